"""What ``locust-ext init`` writes and prints."""

import os
import re
import shlex
import stat
from pathlib import Path

import pytest
import yaml
from written import EVERY, GITHUB, GITLAB, write

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import make_plan
from locust_ext.load.profiles import PROFILES
from locust_ext.scaffold.command import CI, PARTS, in_yaml, render

ROOT = Path(__file__).parents[3]
SHOWN = ROOT / "docs" / "how-to" / "ci"


@pytest.fixture(autouse=True)
def _no_host(monkeypatch):
    monkeypatch.delenv("BASE_URL", raising=False)


def files(directory):
    return {str(path.relative_to(directory)) for path in Path(directory).rglob("*") if not path.is_dir()}


# What is written


@pytest.mark.parametrize(
    "ci, absent",
    [("both", set()), ("github", {GITLAB}), ("gitlab", {GITHUB}), ("none", {GITHUB, GITLAB})],
    ids=["both", "github", "gitlab", "none"],
)
@pytest.mark.slow
def test_writes(tmp_path, ci, absent):
    """Everything for the CI that was named, and nothing else; all of it is said."""
    told = write(tmp_path, ci=ci)
    assert files(tmp_path) == EVERY - absent
    assert all(str(tmp_path / target) in told for target in EVERY - absent)
    assert not any(target in told for target in absent)


def test_files_can_be_read_by_others(tmp_path):
    """They have the mode of any other file."""
    mask = os.umask(0)
    os.umask(mask)
    write(tmp_path)
    modes = {stat.S_IMODE((tmp_path / target).stat().st_mode) for target in EVERY}
    assert modes == {0o666 & ~mask}


@pytest.mark.parametrize(
    "directory, locustfile",
    [
        (".", "loadtests/feed.py"),
        ("service", "service/loadtests/feed.py"),
        ("a b/c's", "'a b/c'\"'\"'s/loadtests/feed.py'"),
    ],
    ids=["here", "elsewhere", "a path that needs quotes"],
)
@pytest.mark.slow
def test_prints_two_commands(tmp_path, monkeypatch, directory, locustfile):
    """The two commands work from where the user stands, and name files that are there."""
    monkeypatch.chdir(tmp_path)
    told = write(directory)
    commands = [line.strip() for line in told.partition("Now run:\n")[2].splitlines()]
    assert commands == [
        f"locust-ext check {locustfile}",
        f"locust -f {locustfile} --headless --report-dir reports",
    ]
    assert Path(shlex.split(commands[0])[2]).is_file()


def test_no_placeholder_is_left(tmp_path):
    """No delimiter of the templates remains, and no other name than the one that was given."""
    write(tmp_path, name="checkout_2")
    for target in files(tmp_path):
        text = (tmp_path / target).read_text("utf-8")
        assert not re.search(r"\[\[|\]\]|\[%|%\]|\[#|#\]", text.replace("baselines/checkout_2]]", "")), target
        assert "feed" not in text, target
        assert text.endswith("\n"), target
        assert not text.endswith("\n\n"), target
        assert all(line == line.rstrip() for line in text.splitlines()), target


def test_every_template_has_a_place():
    """The table and the directory of templates say the same."""
    templates = {path.name for path in (ROOT / "locust_ext/scaffold/templates").iterdir()}
    assert {part.template for part in PARTS} == templates | {"runbook"}, "the runbook has one template, and not here"
    assert {part.ci for part in PARTS} - {""} == CI["both"]


def test_never_names_the_package_of_somebody_else(tmp_path):
    """``pip install locust-ext`` would install what is not ours."""
    write(tmp_path)
    for target in files(tmp_path):
        text = (tmp_path / target).read_text("utf-8")
        assert not re.search(r"pip3? install[^\n]*locust", text), target
        assert not re.search(r"^locust-ext(?!-pack)\b", text, re.MULTILINE) or target.endswith(".md"), target


def test_documents_show_what_is_written():
    """The two workflows in the documents are the ones that init writes, to the letter."""
    texts = render("feed", "demo", "both")
    for target, shown in ((GITHUB, "load-test.yml"), (GITLAB, "load-test.gitlab-ci.yml")):
        assert texts[target] == (SHOWN / shown).read_text("utf-8"), f"copy what init writes to {SHOWN / shown}"


# The scenario and its configuration


def test_configuration_is_accepted(tmp_path, monkeypatch):
    """It makes a plan: the smoke against the demo target, with thresholds, and compared with the baseline."""
    write(tmp_path)
    locustfile = str(tmp_path / "loadtests/feed.py")
    plan = make_plan(CommandLine(locustfiles=(locustfile,)))
    assert (plan.name, plan.host, plan.shape, plan.baseline) == ("feed", "demo", "smoke", "baselines/feed")
    assert plan.policy.max_regression == 0.3
    assert plan.policy.optional
    judged = {str(threshold) for threshold in plan.thresholds}
    assert judged >= {
        "http_req_duration{endpoint:read}: p(95)<400",
        "http_req_duration{endpoint:read}: p(99)<1200",
        "http_req_failed: rate<0.01",
    }
    assert plan.tenant.token_env == "LOAD_TEST_TOKEN"
    assert plan.config.reports.slack_env == "SLACK_LOAD_WEBHOOK"
    nightly = make_plan(CommandLine(locustfiles=(locustfile,), shape="nightly", baseline="none"))
    assert (nightly.shape, nightly.profile.kind, nightly.baseline) == ("nightly", "soak", "")
    monkeypatch.setenv("BASE_URL", "")
    assert make_plan(CommandLine(locustfiles=(locustfile,))).host == "demo", "an empty secret is none"


def test_smoke_is_short_and_long_enough(tmp_path):
    """Under two minutes, and over 1,000 reads in the steady phase, also where an answer takes 0.3 s."""
    write(tmp_path)
    smoke = PROFILES["smoke"].model_validate(
        yaml.safe_load((tmp_path / "loadtests/feed.yml").read_text())["shapes"]["smoke"]
    )
    steady = smoke.duration - smoke.ramp
    wait, answer, share_of_reads = 0.25, 0.3, 8 / 9
    assert smoke.duration < 120
    assert smoke.users * steady / (wait + answer) * share_of_reads > 1000


def test_a_night_fits_into_its_jobs(tmp_path):
    """It ends, with five minutes to install and to report, before CI ends it; and it rests, to see what comes back."""
    write(tmp_path)
    nightly = make_plan(CommandLine(locustfiles=(str(tmp_path / "loadtests/feed.py"),), shape="nightly")).profile
    minutes = (nightly.schedule().duration + 300) / 60
    assert nightly.rest > 0
    assert minutes < yaml.safe_load((tmp_path / GITHUB).read_text("utf-8"))["jobs"]["soak"]["timeout-minutes"]
    timeout = yaml.safe_load((tmp_path / GITLAB).read_text("utf-8"))["load-test-soak"]["timeout"]
    assert timeout == "60 minutes"
    assert minutes < 60


def test_scenario_has_what_a_scenario_needs(tmp_path):
    """It compiles; two weighted tasks, each with a name and a tag that the thresholds know; and a check."""
    write(tmp_path)
    text = (tmp_path / "loadtests/feed.py").read_text("utf-8")
    compile(text, "feed.py", "exec")
    assert "locust_ext.install()" in text
    assert re.findall(r"@task\((\d+)\)", text) == ["8", "1"]
    judged = "".join(yaml.safe_load((tmp_path / "loadtests/feed.yml").read_text())["thresholds"])
    endpoints = re.findall(r'"endpoint": "(\w+)"', text)
    assert endpoints == ["read", "write"]
    assert all(f"endpoint:{endpoint}" in judged for endpoint in endpoints)
    assert "locust_ext.check(" in text


@pytest.mark.parametrize(
    "host",
    [
        "",
        "demo",
        "https://staging.example.com",
        "http://localhost:8000/api",
        "https://x.example/#'\"{}[],&*!%@`: x"[:-2],
    ],
)
def test_host_is_quoted(tmp_path, host):
    """Whatever the host, the file reads it back."""
    write(tmp_path, host=host)
    configuration = tmp_path / "loadtests/feed.yml"
    assert yaml.safe_load(configuration.read_text("utf-8"))["host"] == (host or "demo")
    assert make_plan(CommandLine(file=str(configuration))).host == (host or "demo")


@pytest.mark.parametrize("name", ["yes", "null", "on", "n", "true", "e1", "F00", "x" * 64])
@pytest.mark.slow
def test_name_is_quoted(tmp_path, name):
    """What YAML takes for something else than text is quoted, in each file."""
    write(tmp_path, name=name)
    configuration = tmp_path / f"loadtests/{name}.yml"
    values = yaml.safe_load(configuration.read_text("utf-8"))
    assert (values["name"], values["tags"]) == (name, {"service": name})
    assert make_plan(CommandLine(file=str(configuration))).name == name
    assert set(yaml.safe_load((tmp_path / GITHUB).read_text("utf-8"))["jobs"]) == {"smoke", "baseline", "soak"}
    assert yaml.safe_load((tmp_path / GITLAB).read_text("utf-8"))[".load-test-cache"]["cache"]["paths"] == [
        f"baselines/{name}"
    ]


@pytest.mark.parametrize(
    "value", ["plain", "yes", "1", "a: b", "a #b", "'", '"', "{a}", "[a]", "ü", "", "- x", "x" * 300]
)
def test_yaml_reads_back(value):
    """A value in the middle of a line, also in a list and in a mapping."""
    text = in_yaml(value)
    assert "\n" not in text
    assert yaml.safe_load(f"key: {text} # comment\nmap: {{inner: {text}}}\n") == {"key": value, "map": {"inner": value}}
