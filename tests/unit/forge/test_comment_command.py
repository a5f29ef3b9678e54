"""``locust-ext comment``, as CI calls it: the report of a run, the environment, and a forge over a real socket."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from locust_ext.archive.report_dir import write_report_dir, write_summary
from locust_ext.cli import main
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.comment_marker import Marker
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import Finding
from locust_ext.reports.running import under_way
from tests.forge import READS, WRITES
from tests.unit.reports.examples import OUTCOMES, compared, example

pytestmark = pytest.mark.sockets

ABOUT_CI = ("GITHUB_", "GITLAB_", "CI_", "LOCUST_EXT_", "GH_")
RUN = "https://github.com/ada/shop/actions/runs/20"
HEAD = "0a1b2c3d" * 5
PASSED = replace(example(series=(), findings=()), verdict=Verdict("passed", 0, "3 thresholds passed"))


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch):
    """Forget the CI that these tests may run in."""
    import os

    for name in [name for name in os.environ if name.startswith(ABOUT_CI)]:
        monkeypatch.delenv(name)


@pytest.fixture
def on_github(monkeypatch, tmp_path):
    """Be a job of GitHub Actions for pull request 7."""

    def begin(api, **changes):
        event = tmp_path / "event.json"
        head = {"sha": HEAD, "repo": {"full_name": "ada/shop"}}
        event.write_text(json.dumps({"pull_request": {"number": 7, "head": head}}), "utf-8")
        given = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": api,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_RUN_ID": "20",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SHA": "0a1b2c3d" * 5,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": WRITES,
            **changes,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return begin


@pytest.fixture
def on_gitlab(monkeypatch, tmp_path):
    """Be a job of GitLab CI for merge request 7."""

    def begin(api, **changes):
        given = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": api,
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_PIPELINE_ID": "900",
            "CI_JOB_ID": "7001",
            "CI_JOB_URL": "https://gitlab.example.com/ada/shop/-/jobs/7001",
            "CI_JOB_STATUS": "failed",
            "CI_COMMIT_SHA": HEAD,
            "CI_PROJECT_DIR": str(tmp_path),
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "LOCUST_EXT_GITLAB_TOKEN": WRITES,
            **changes,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)

    return begin


FAILED = replace(PASSED, verdict=Verdict("failed", 99, "1 of 4 thresholds failed"), outcomes=OUTCOMES)


def report(directory, result=FAILED):
    assert write_summary(result, directory / "reports") == ""
    return directory / "reports"


def run(*words):
    """Run the command in this process; it never ends with a traceback."""
    done = CliRunner().invoke(main, ["comment", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    assert WRITES not in done.output
    return done


def test_on_github(serve, on_github, tmp_path, monkeypatch):
    """A red run is told, the same comment is updated by a green one, and each ends with 0."""
    forge, api = serve()
    on_github(api)
    monkeypatch.setenv("LOCUST_EXT_OUTCOME", "failure")
    monkeypatch.setenv("LOCUST_EXT_ARTIFACT_URL", f"{RUN}/artifacts/5")
    assert write_report_dir(compared(), tmp_path / "reports", ReportOptions(html=False)) == []
    done = run(tmp_path / "reports", "--name", "feed")
    assert (done.exit_code, done.output) == (0, "pull request 7 of ada/shop: the comment was added\n")
    (body,) = forge.bodies()
    assert "4 of 8 figures got worse." in body
    assert Marker.read(body) == Marker.of("feed", (20, 1))
    assert body.splitlines()[2] == "### ❌ Load test `feed` failed"
    assert f"[Reports]({RUN}/artifacts/5) · [CI run]({RUN}) · commit `0a1b2c3d`" in body
    monkeypatch.setenv("LOCUST_EXT_OUTCOME", "success")
    monkeypatch.setenv("GITHUB_RUN_ID", "21")
    done = run(report(tmp_path, PASSED), "--name", "feed")
    assert (done.exit_code, done.output) == (0, "pull request 7 of ada/shop: the comment was updated\n")
    assert [body.splitlines()[2] for body in forge.bodies()] == ["### ✅ Load test `feed` passed"]


def test_an_older_run_comes_late(serve, on_github, tmp_path):
    """Its comment would hide that of the newer commit."""
    forge, api = serve()
    on_github(api, GITHUB_RUN_ID="21")
    run(report(tmp_path, PASSED))
    on_github(api, GITHUB_RUN_ID="20", GITHUB_RUN_ATTEMPT="5")
    done = run(report(tmp_path))
    assert (done.exit_code, done.output.endswith("is that of a newer run, and stays\n")) == (0, True)
    assert [body.splitlines()[2] for body in forge.bodies()] == ["### ✅ Load test `feed` passed"]


def test_each_load_test_has_its_own(serve, on_github, tmp_path):
    """Two of them in one repository."""
    forge, api = serve()
    on_github(api)
    for name in ("feed", "checkout", "feed"):
        assert run(report(tmp_path), "--name", name).exit_code == 0
    assert [Marker.read(body).key.partition("-")[0] for body in forge.bodies()] == ["feed", "checkout"]


@pytest.mark.parametrize("named", ["reports", "reports/summary.json"])
def test_on_gitlab(serve, on_gitlab, tmp_path, named):
    """It knows by itself how the job ended and where its reports will be."""
    forge, api = serve("GitLab")
    on_gitlab(api)
    report(tmp_path, PASSED)
    done = run(tmp_path / named, "--name", "feed")
    assert (done.exit_code, done.output) == (0, "merge request 7 of project 5: the comment was added\n")
    (body,) = forge.bodies()
    assert Marker.read(body) == Marker.of("feed", (900, 7001))
    assert body.splitlines()[2] == "### ❌ Load test `feed` passed, but its command did not"
    assert "(https://gitlab.example.com/ada/shop/-/jobs/7001/artifacts/browse/reports)" in body


def refused():
    return replace(
        example(series=(), findings=(Finding("mistake", "shape: there is no 'smke'"),), complete=False),
        verdict=Verdict("error", 104, "1 mistake in the configuration"),
    )


def nothing(directory):
    return directory / "reports"


def damaged(directory):
    (directory / "reports").mkdir()
    (directory / "reports/summary.json").write_text('{"schema": 1, "verd', "utf-8")
    return directory / "reports"


def cut_off(directory):
    write_summary(replace(PASSED, verdict=under_way(PASSED.started_at), complete=False), directory / "reports")
    return directory / "reports"


REPORTS = [
    ("none", nothing, "### ❌ Load test `feed` left no report", "there is no such report directory"),
    ("a damaged one", damaged, "### ❌ Load test `feed` left no report", "it was cut off"),
    ("that of a run that was killed", cut_off, "### ⚠️ Load test `feed` proves nothing", "was cut off"),
    (
        "of one that was refused",
        lambda at: report(at, refused()),
        "### ❌ Load test `feed` ended with an error",
        "'smke'",
    ),
]


@pytest.mark.parametrize("make, head, why", [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS])
def test_a_run_that_judged_nothing(serve, on_github, tmp_path, make, head, why):
    """No older green comment is left standing."""
    forge, api = serve()
    forge.add(f"{Marker.of('feed', (19, 1))}\n\n### ✅ Load test `feed` passed")
    on_github(api, LOCUST_EXT_OUTCOME="failure")
    done = run(make(tmp_path), "--name", "feed")
    assert done.exit_code == 0
    (body,) = forge.bodies()
    assert body.splitlines()[2] == head
    assert why in body


NO_COMMENT = [
    (
        "a push",
        {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"},
        "no comment: this run was started by push",
    ),
    (
        "no token",
        {"GITHUB_TOKEN": ""},
        "no comment: there is no token: give the step env: {GITHUB_TOKEN: ${{ github.token }}}",
    ),
    (
        "another token than one",
        {"GITHUB_TOKEN": "ghs\u00e9"},
        "no comment: GITHUB_TOKEN holds characters that no token has",
    ),
    ("no TLS", {"GITHUB_API_URL": "http://git.example.com"}, "no comment: GITHUB_API_URL does not begin with https://"),
    (
        "it may only read",
        {"GITHUB_TOKEN": READS},
        "::warning title=Load test comment::pull request 7 of ada/shop: there is no comment: GitHub answered 403",
    ),
    (
        "nobody listens",
        {"GITHUB_API_URL": "http://127.0.0.1:1"},
        "::warning title=Load test comment::pull request 7 of ada/shop: there is no comment: GitHub refused",
    ),
]


@pytest.mark.parametrize("changes, line", [row[1:] for row in NO_COMMENT], ids=[row[0] for row in NO_COMMENT])
def test_no_comment(serve, on_github, tmp_path, monkeypatch, changes, line):
    """Is one line that says why, and ends with 0: it turns nothing red."""
    monkeypatch.setattr("locust_ext.forge.one_comment.PAUSES", (0.0,))
    forge, api = serve()
    on_github(api, **changes)
    done = run(report(tmp_path), "--name", "feed")
    assert done.exit_code == 0
    assert done.output.startswith(line)
    assert done.output.count("\n") == 1
    assert forge.bodies() == []


def test_gitlab_without_a_token(serve, on_gitlab, tmp_path):
    """Says what to make, since that of the job is of no use."""
    forge, api = serve("GitLab")
    on_gitlab(api, LOCUST_EXT_GITLAB_TOKEN="", CI_JOB_TOKEN="glcbt-0123456789")
    done = run(report(tmp_path))
    assert done.exit_code == 0
    assert done.output.startswith("no comment: LOCUST_EXT_GITLAB_TOKEN is not set: make a project access token")
    assert forge.asked == []


def test_on_a_desk(tmp_path):
    """There is nothing to post to; --print shows what would be."""
    assert run(report(tmp_path)).output.startswith("no comment: this is neither GitHub Actions nor GitLab CI")
    done = run(report(tmp_path), "--print")
    assert done.exit_code == 0
    assert Marker.read(done.output) == Marker.of("feed")
    assert "### ❌ Load test `feed` failed" in done.output


def test_by_hand(serve, on_github, tmp_path):
    """A run that no pull request has started, with the number of one."""
    forge, api = serve()
    on_github(api, GITHUB_EVENT_PATH="", GITHUB_REF="refs/heads/main", GITHUB_EVENT_NAME="workflow_dispatch")
    assert run(report(tmp_path), "--pull-request", "7").output.endswith("the comment was added\n")
    assert len(forge.bodies()) == 1


WRONG = [
    ("no number", ["--pull-request", "x"], ["'x' is not the number of a pull request"]),
    ("zero", ["--pull-request", "0"], ["'0' is not the number of a pull request"]),
    ("digits of another script", ["--pull-request", "\u0667"], ["is not the number of a pull request"]),
    ("too large", ["--pull-request", "1" * 10], ["is not the number of a pull request"]),
    ("too long a name", ["--name", "x" * 201], ["is too long: a name may have 200 characters"]),
    ("both", ["--pull-request", "-1", "--name", "x" * 201], ["2 mistakes", "--name", "--pull-request"]),
]


@pytest.mark.parametrize("words, said", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_words(tmp_path, words, said):
    """End with 104, all at once, and nothing is posted."""
    done = run(report(tmp_path), *words)
    assert done.exit_code == 104
    assert all(each in done.output or each == "2 mistakes" for each in said), done.output
    assert done.output.count("  - ") == (2 if len(said) == 3 else 1)


def test_a_report_that_names_no_load_test(tmp_path):
    """Then the command line has to: which comment is it to update?"""
    done = run(tmp_path / "reports")
    assert done.exit_code == 104
    assert f"--name: there is no report in {tmp_path / 'reports'} that says which load test this is" in done.output


EVENTS = [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"pull_request": []}']


@pytest.mark.parametrize("content", EVENTS, ids=lambda content: repr(content[:20]))
def test_an_event_that_cannot_be_read(serve, on_github, tmp_path, content):
    """Leaves what the environment says."""
    forge, api = serve()
    on_github(api, GITHUB_REF="refs/pull/7/merge")
    (tmp_path / "event.json").write_bytes(content)
    assert run(report(tmp_path)).output.endswith("the comment was added\n")
    assert "commit `0a1b2c3d`" in forge.bodies()[0]


def test_a_secret_of_the_environment(serve, on_github, tmp_path):
    """Is hidden once more: a report may have been written where it was not known."""
    forge, api = serve()
    on_github(api, LOAD_TEST_TOKEN="s3cret-of-the-tenant")
    leaking = replace(PASSED, verdict=Verdict("failed", 99, "s3cret-of-the-tenant is not it"), warnings=(WRITES,))
    assert run(report(tmp_path, leaking)).exit_code == 0
    (body,) = forge.bodies()
    assert "s3cret-of-the-tenant" not in body
    assert WRITES not in body
    assert Marker.read(body) == Marker.of("feed", (20, 1))


@pytest.mark.parametrize("secret, before", [("s3cret|of`the|tenant", ""), ("s3cret-of-the-tenant", "x" * 490)])
def test_a_secret_that_markdown_takes_apart(serve, on_github, tmp_path, secret, before):
    """Is hidden before a cell is escaped, and before a sentence is cut off."""
    forge, api = serve()
    on_github(api, LOAD_TEST_TOKEN=secret)
    assert run(report(tmp_path, replace(PASSED, warnings=(before + secret,)))).exit_code == 0
    assert "s3cret" not in forge.bodies()[0]
    assert "### Warnings" in forge.bodies()[0]


def test_an_artifact_that_is_none(serve, on_github, tmp_path):
    """Is left out, and that is said."""
    forge, api = serve()
    on_github(api)
    done = run(report(tmp_path), "--artifact", "javascript:alert(1)")
    assert done.output.startswith("--artifact is not an address of the web, and left out: 'javascript:alert(1)'\n")
    assert "javascript" not in forge.bodies()[0]


def test_a_fault_of_ours(serve, on_github, tmp_path, monkeypatch):
    """Is a line with its kind and without its text, and ends with 0."""

    def raises(*_):
        raise RuntimeError(WRITES)

    monkeypatch.setattr("locust_ext.forge.posting.keep_one", raises)
    on_github(serve()[1])
    done = run(report(tmp_path))
    assert (done.exit_code, done.output.endswith("there is no comment: RuntimeError\n")) == (0, True)
