"""Where a run comes from."""

import subprocess

import pytest

from locust_ext import provenance
from locust_ext.provenance import git_sha, run_tags


@pytest.fixture(autouse=True)
def no_ci(monkeypatch):
    """No continuous integration is around, unless a test says so."""
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"):
        monkeypatch.delenv(variable, raising=False)


def answer(monkeypatch, *, returncode=0, stdout="", error=None):
    """Let git answer like this."""

    def run(command, **_):
        if error:
            raise error
        return subprocess.CompletedProcess(command, returncode, stdout, "")

    monkeypatch.setattr(provenance.subprocess, "run", run)


@pytest.mark.parametrize("variable", ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"])
def test_the_ci_knows(monkeypatch, tmp_path, variable):
    """A CI's variable wins over the checkout, cut to eight digits."""
    answer(monkeypatch, stdout="ffffffff\n")
    monkeypatch.setenv(variable, "0123456789abcdef")
    assert git_sha(tmp_path) == "01234567"


ANSWERS = [
    ("a checkout", {"stdout": "89abcdef\n"}, "89abcdef"),
    ("no checkout", {"returncode": 128}, ""),
    ("no git", {"error": FileNotFoundError("git")}, ""),
    ("a git that hangs", {"error": subprocess.TimeoutExpired("git", 2)}, ""),
]


@pytest.mark.parametrize("git, sha", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_checkout(monkeypatch, tmp_path, git, sha):
    """What git does not know is left out; nothing fails."""
    answer(monkeypatch, **git)
    assert sha == git_sha(tmp_path)


TAGS = [
    ("found by itself", {"team": "feed"}, "89abcdef", {"team": "feed", "git_sha": "89abcdef"}),
    ("not found", {"team": "feed"}, "", {"team": "feed"}),
    ("given", {"git_sha": "mine"}, "89abcdef", {"git_sha": "mine"}),
]


@pytest.mark.parametrize("given, found, tags", [row[1:] for row in TAGS], ids=[row[0] for row in TAGS])
def test_run_tags(monkeypatch, tmp_path, given, found, tags):
    """A run carries the configuration's tags, and the commit if it can be found; the given one wins."""
    answer(monkeypatch, stdout=found)
    assert tags == run_tags(given, str(tmp_path / "feed.yml"))
    assert tags == run_tags(given, "")
