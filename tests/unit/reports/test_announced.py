"""Who is told of a run beside the console: GitHub's files, and a Slack channel, which is a stand-in here."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
from examples import OUTCOMES, example

from locust_ext.archive import announce as module
from locust_ext.archive.announce import announce
from locust_ext.gates.verdict import Verdict
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.slack import message

HOOK = "https://hooks.example.com/services/s3cret"
PASSED = example()
FAILED = replace(PASSED, verdict=Verdict("failed", 99, "1 of 4 thresholds failed"), outcomes=OUTCOMES)


@pytest.fixture
def slack(monkeypatch):
    """Stand in for Slack, which answers; ``posted`` is what it was told."""
    found = SimpleNamespace(posted=[], error=None, answer=SimpleNamespace(ok=True, status_code=200))

    def post(url, **named):
        found.posted.append((url, named))
        if found.error:
            raise found.error
        return found.answer

    monkeypatch.setattr(module.requests, "post", post)
    return found


@pytest.mark.parametrize(
    "result, when, tells",
    [(PASSED, "failure", False), (PASSED, "always", True), (FAILED, "failure", True), (FAILED, "always", True)],
    ids=["a pass", "a pass, always", "a failure", "a failure, always"],
)
def test_when_slack_is_told(slack, result, when, tells):
    """Of what did not pass, or of each run; with the whole message, once, and no further than that address."""
    options = ReportOptions(github=False, slack_env="HOOK", slack_when=when)
    assert announce(result, options, {"HOOK": f" {HOOK}\n"}) == []
    told = (HOOK, {"json": message(result), "timeout": 5.0, "allow_redirects": False})
    assert slack.posted == [told] * tells


NOT_TOLD = [
    pytest.param({}, None, 200, [], id="not set, on a desk"),
    pytest.param({"HOOK": " "}, None, 200, [], id="empty, on a desk"),
    pytest.param({"CI": "true"}, None, 200, ["Slack was not told: $HOOK is not set"], id="not set, in CI"),
    pytest.param({"HOOK": HOOK}, None, 404, ["Slack was not told: it answered 404"], id="it does not know the hook"),
    pytest.param(
        {"HOOK": HOOK}, requests.ConnectionError(HOOK), 200, ["Slack was not told: ConnectionError"], id="no answer"
    ),
    pytest.param({"HOOK": HOOK}, ValueError(HOOK), 200, ["Slack was not told: ValueError"], id="no address"),
    pytest.param({"HOOK": HOOK}, OSError(HOOK), 200, ["Slack was not told: OSError"], id="no network"),
]


@pytest.mark.parametrize("environment, error, status, troubles", NOT_TOLD)
def test_slack_that_is_not_told(slack, environment, error, status, troubles):
    """Is said in a sentence without the address, which is a secret."""
    slack.error, slack.answer = error, SimpleNamespace(ok=status < 400, status_code=status)
    assert announce(FAILED, ReportOptions(github=False, slack_env="HOOK"), environment) == troubles


def test_a_run_without_a_channel_tells_nobody(slack):
    """Nobody is told whom the configuration does not name."""
    assert announce(FAILED, ReportOptions(), {"HOOK": HOOK, "CI": "true"}) == []
    assert slack.posted == []


def test_github(tmp_path, capsys):
    """Its files are appended to, and its page gets a line."""
    page, values = tmp_path / "page", tmp_path / "values"
    page.write_text("before\n", "utf-8")
    environment = {"GITHUB_STEP_SUMMARY": str(page), "GITHUB_OUTPUT": str(values), "GITHUB_ACTIONS": "true"}
    assert announce(FAILED, ReportOptions(), environment) == []
    assert page.read_text("utf-8") == "before\n" + module.markdown(FAILED)
    assert values.read_text("utf-8") == module.outputs(FAILED)
    assert module.annotation(FAILED) in capsys.readouterr().out


@pytest.mark.parametrize("environment", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_STEP_SUMMARY": ""}])
def test_a_machine_that_is_not_github_s(capsys, environment):
    """Gets nothing of that."""
    assert announce(FAILED, ReportOptions(), environment) == []
    assert capsys.readouterr().out == ""


def test_github_is_told_nothing_where_that_is_off(tmp_path, capsys):
    """Whatever its variables say."""
    environment = {"GITHUB_STEP_SUMMARY": str(tmp_path / "page"), "GITHUB_ACTIONS": "true"}
    assert announce(FAILED, ReportOptions(github=False), environment) == []
    assert (list(tmp_path.iterdir()), capsys.readouterr().out) == ([], "")


def test_a_file_of_github_s_that_cannot_be_written(tmp_path):
    """Is said, and the other one is written."""
    values = tmp_path / "values"
    environment = {"GITHUB_STEP_SUMMARY": str(tmp_path), "GITHUB_OUTPUT": str(values)}
    assert announce(FAILED, ReportOptions(), environment) == ["$GITHUB_STEP_SUMMARY was not written: Is a directory"]
    assert values.read_text("utf-8") == module.outputs(FAILED)
