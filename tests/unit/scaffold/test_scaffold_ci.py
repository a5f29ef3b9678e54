"""The workflows and the runbook that ``locust-ext init`` writes: who triggers what, with which rights."""

import json
import re
from pathlib import Path

import pytest
import yaml
from written import GITHUB, GITLAB, write

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.runbook.command import render

ROOT = Path(__file__).parents[3]
COMMENT = "locust-ext comment reports --name feed"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    directory = tmp_path_factory.mktemp("written")
    write(directory)
    return directory


@pytest.fixture
def github(written):
    return yaml.safe_load((written / GITHUB).read_text("utf-8"))


@pytest.fixture
def gitlab(written):
    return yaml.safe_load((written / GITLAB).read_text("utf-8"))


def test_github_triggers(github):
    """Pull requests, the default branch, each night, and by hand; each job belongs to its events."""
    triggers = github[True]  # YAML 1.1 reads `on` as true
    assert set(triggers) == {"pull_request", "push", "schedule", "workflow_dispatch"}
    assert triggers["push"]["branches"] == ["main", "master"]
    minute, hour, *rest = triggers["schedule"][0]["cron"].split()
    assert (minute.isdigit(), hour.isdigit(), rest) == (True, True, ["*", "*", "*"]), "once a night"
    smoke, baseline, soak = (github["jobs"][name]["if"] for name in ("smoke", "baseline", "soak"))
    assert "github.event_name == 'pull_request'" in smoke
    assert "head.repo.full_name == github.repository" in smoke
    assert "user.login != 'dependabot[bot]'" in smoke
    assert "github.event_name == 'push'" in baseline
    assert "github.ref_name == github.event.repository.default_branch" in baseline
    assert "github.event_name == 'schedule'" in soak
    assert "!github.event.repository.fork" in soak


def test_github_is_minimal(github):
    """It reads the contents, and comments on a pull request; each job ends; only a newer commit's run cancels another."""
    assert github["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in github["jobs"].items() if "permissions" in job}
    assert more == {"smoke": {"contents": "read", "pull-requests": "write"}}
    assert {name: job["timeout-minutes"] for name, job in github["jobs"].items()} == {
        "smoke": 10,
        "baseline": 10,
        "soak": 60,
    }
    cancelling = {name: job["concurrency"].get("cancel-in-progress", False) for name, job in github["jobs"].items()}
    assert cancelling == {"smoke": True, "baseline": False, "soak": False}
    assert "pull_request.number" in github["jobs"]["smoke"]["concurrency"]["group"]
    for job in github["jobs"].values():
        checkout = next(step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@"))
        assert checkout["with"]["persist-credentials"] is False


def test_github_actions_are_pinned(github):
    """Every action is one of GitHub's own, at a major version."""
    used = {step["uses"] for job in github["jobs"].values() for step in job["steps"] if "uses" in step}
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+(/[a-z]+)?@v\d+", use) for use in used), used


def test_github_runs_hold_no_expression(github):
    """Nothing that a stranger can write becomes part of a command; secrets are only in the environment of locust."""
    for name, job in github["jobs"].items():
        assert "env" not in job, name
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), (name, step)
            if step.get("run", "").startswith("locust-ext comment"):
                continue
            if "env" in step:
                assert step["run"].startswith("locust -f loadtests/feed.py --headless")
                assert set(step["env"]) - {"SLACK_LOAD_WEBHOOK"} == {"BASE_URL", "LOAD_TEST_TOKEN"}
            assert ("SLACK_LOAD_WEBHOOK" in step.get("env", {})) <= (name == "soak"), "only the nightly run posts"
    assert "github.event" not in json.dumps([s for j in github["jobs"].values() for s in j["steps"]])


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_github_commands(github):
    """What each job runs."""
    install = "pip install -r loadtests/requirements.txt"
    run = "locust -f loadtests/feed.py --headless"
    assert {name: commands(job) for name, job in github["jobs"].items()} == {
        "smoke": [install, f"{run} --report-dir reports --baseline baselines/feed --confirm", COMMENT],
        "baseline": [
            install,
            f"{run} --report-dir reports --baseline none",
            "locust-ext baseline add reports --dir baselines/feed --keep 10",
        ],
        "soak": [install, f"{run} --shape nightly --report-dir reports --baseline none"],
    }


def test_github_comments_whatever_the_verdict(github):
    """The last step, after the reports are there; it has the job's token, and is told how the run ended and where they are."""
    *before, upload, comment = github["jobs"]["smoke"]["steps"]
    ids = {step["id"]: step for step in [*before, upload] if "id" in step}
    assert comment == {
        "run": COMMENT,
        "if": "always()",
        "env": {
            "GITHUB_TOKEN": "${{ github.token }}",
            "LOCUST_EXT_OUTCOME": "${{ steps.run.outcome }}",
            "LOCUST_EXT_ARTIFACT_URL": "${{ steps.artifact.outputs.artifact-url }}",
        },
    }
    assert ids["run"]["run"].startswith("locust -f loadtests/feed.py --headless")
    assert ids["artifact"] is upload
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert not any("github.token" in json.dumps(step) for step in [*before, upload])


def test_gitlab_comments_whatever_the_verdict(gitlab):
    """After the script, so that it changes nothing; and no run has the token."""
    assert {name: job["after_script"] for name, job in gitlab.items() if "after_script" in job} == {
        "load-test-smoke": [COMMENT]
    }
    assert "unset LOCUST_EXT_GITLAB_TOKEN" in gitlab[".load-test"]["before_script"][:-1]
    jobs = [job for name, job in gitlab.items() if not name.startswith(".")]
    assert all("before_script" not in job and ".load-test" in job["extends"] for job in jobs)


def test_github_baseline_is_restored_and_saved(github):
    """A pull request restores the newest of the default branch; only the job `baseline` saves, under a new key."""
    steps = {name: {step.get("uses", ""): step for step in job["steps"]} for name, job in github["jobs"].items()}
    restored = [name for name, used in steps.items() if "actions/cache/restore@v6" in used]
    saved = [name for name, used in steps.items() if "actions/cache/save@v6" in used]
    assert (restored, saved) == (["smoke", "baseline"], ["baseline"])
    for name in restored:
        options = steps[name]["actions/cache/restore@v6"]["with"]
        assert options["path"] == "baselines/feed"
        assert options["key"].startswith(options["restore-keys"])
    key = steps["baseline"]["actions/cache/save@v6"]["with"]["key"]
    assert "github.run_id" in key
    assert github["env"]["BASELINE_KEY"] == "load-baseline-feed-v1"
    for name, used in steps.items():
        upload = used["actions/upload-artifact@v7"]
        assert (upload["if"], upload["with"]) == ("always()", {"name": f"load-test-{name}", "path": "reports"})


def test_gitlab_jobs(gitlab):
    """Three jobs, each for its pipelines; what is hidden is shared."""
    assert {name for name in gitlab if not name.startswith(".")} == {
        "load-test-smoke",
        "load-test-baseline",
        "load-test-soak",
    }
    rules = {name: [rule["if"] for rule in job["rules"]] for name, job in gitlab.items() if "rules" in job}
    ours = "$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_MERGE_REQUEST_PROJECT_PATH"
    assert rules == {
        "load-test-smoke": [f'$CI_PIPELINE_SOURCE == "merge_request_event" && {ours}'],
        "load-test-baseline": [
            '$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
            '$CI_PIPELINE_SOURCE == "web" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH',
        ],
        "load-test-soak": ['$CI_PIPELINE_SOURCE == "schedule" && $LOAD_TEST == "soak"'],
    }


def test_gitlab_reports_and_cache(gitlab):
    """The reports are kept whatever the verdict; the cache crosses protection, and only the default branch writes it."""
    assert gitlab[".load-test"]["artifacts"]["when"] == "always"
    assert gitlab[".load-test"]["artifacts"]["reports"] == {
        "junit": "reports/junit.xml",
        "load_performance": "reports/gitlab-load-performance.json",
        "metrics": "reports/metrics.txt",
    }
    cache = gitlab[".load-test-cache"]["cache"]
    assert cache == {"key": "load-baseline-feed-v1", "paths": ["baselines/feed"], "unprotect": True, "policy": "pull"}
    assert "cache" not in gitlab["load-test-smoke"]
    assert gitlab["load-test-baseline"]["cache"] == {"policy": "pull-push"}
    assert ".load-test-cache" not in gitlab["load-test-soak"]["extends"]


def test_gitlab_scripts_are_those_of_github(gitlab, github):
    """The same commands on both; and only the nightly run keeps the webhook."""
    before = gitlab[".load-test"]["before_script"]
    for name, job in github["jobs"].items():
        script = gitlab[f"load-test-{name}"]["script"]
        quiet = [line for line in script if line == "unset SLACK_LOAD_WEBHOOK"]
        assert len(quiet) == (name != "soak")
        after = gitlab[f"load-test-{name}"].get("after_script", [])
        assert [before[-1], *(line for line in script if line not in quiet), *after] == commands(job)


def test_the_runbook_knows_every_exit_code(written):
    """The codes of the reference, all of them."""
    reference = (ROOT / "docs/reference/exit-codes.md").read_text("utf-8")
    known = set(re.findall(r"^\| (\d+) \| `", reference, re.MULTILINE))
    told = set(re.findall(r"^\| (\d+) \|", (written / "loadtests/RUNBOOK.md").read_text("utf-8"), re.MULTILINE))
    assert told >= known


@pytest.mark.parametrize(
    "ci, there, absent",
    [
        ("github", ["On GitHub"], ["GitLab"]),
        ("gitlab", ["On GitLab"], ["GitHub"]),
        ("none", ["locust-ext baseline add"], ["GitHub", "GitLab", "adds a run by itself"]),
    ],
)
def test_the_runbook_speaks_of_the_ci_that_there_is(tmp_path, ci, there, absent):
    """Nothing about a CI that was not asked for."""
    write(tmp_path, ci=ci)
    text = (tmp_path / "loadtests/RUNBOOK.md").read_text("utf-8")
    assert all(word in text for word in there)
    assert not any(word in text for word in absent)
    assert "\n\n\n" not in text


def test_the_runbook_is_that_of_the_configuration(tmp_path):
    """``locust-ext runbook`` prints the same for what was written, but for paths and for CI, which it does not know."""
    write(tmp_path, host="https://staging.example.com", ci="none")
    configuration = tmp_path / "loadtests/feed.yml"
    plan = make_plan(CommandLine(file=str(configuration), locustfiles=(str(configuration.with_suffix(".py")),)))
    printed = render(plan, Path("loadtests/feed.yml"), frozenset()).text
    assert (tmp_path / "loadtests/RUNBOOK.md").read_text("utf-8") == printed
    for said in (
        "`https://staging.example.com`, which counts as staging",
        "15 users, in the shape `smoke`",
        "CAP, over",
    ):
        assert said in printed
