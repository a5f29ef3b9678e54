"""Where a run comes from."""

import subprocess
from argparse import Namespace

import pytest

from locust_ext.archive import provenance
from locust_ext.archive.provenance import fingerprint, git_sha, run_tags, software
from locust_ext.config.plan import Plan
from locust_ext.config.schema import Config
from locust_ext.load.profiles import Smoke
from locust_ext.measure.trace_options import TraceOptions
from locust_ext.storms.options import StormOptions


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
    """Of a worktree git is asked; what it does not know is left out; nothing fails."""
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    answer(monkeypatch, **git)
    assert sha == git_sha(tmp_path)


COMMIT = "89abcdef" * 5
CHECKOUTS = [
    ("a branch", {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{COMMIT}\n"}, "89abcdef"),
    ("no branch", {"HEAD": f"{COMMIT}\n"}, "89abcdef"),
    ("packed references", {"HEAD": "ref: refs/heads/main\n"}, "asked"),
    ("a HEAD of another kind", {"HEAD": "ref: refs/heads/.invalid\n"}, "asked"),
    ("something else there", {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": "something else\n"}, "asked"),
    ("no commit yet", {"HEAD": "\n"}, "asked"),
]


@pytest.mark.parametrize("files, sha", [row[1:] for row in CHECKOUTS], ids=[row[0] for row in CHECKOUTS])
def test_a_plain_checkout_is_read(monkeypatch, tmp_path, files, sha):
    """Git itself is asked only where its files do not say it; from anywhere below."""
    for name, text in files.items():
        file = tmp_path / ".git" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    answer(monkeypatch, stdout="asked\n")
    below = tmp_path / "loadtests"
    below.mkdir()
    assert sha == git_sha(below)


TAGS = [
    ("found by itself", {"team": "feed"}, "89abcdef", {"team": "feed", "git_sha": "89abcdef"}),
    ("not found", {"team": "feed"}, "", {"team": "feed"}),
    ("given", {"git_sha": "mine"}, "89abcdef", {"git_sha": "mine"}),
]


@pytest.mark.parametrize("given, found, tags", [row[1:] for row in TAGS], ids=[row[0] for row in TAGS])
def test_run_tags(monkeypatch, tmp_path, given, found, tags):
    """A run carries the configuration's tags, and the commit if it can be found; the given one wins."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    answer(monkeypatch, stdout=found)
    assert tags == run_tags(given, str(tmp_path / "feed.yml"))
    assert tags == run_tags(given, "")


def made(plan=None, shape=None, users=(), **options):
    """Return the fingerprint of a run."""
    return fingerprint(plan or Plan("feed"), Namespace(**options), shape, users)


class Reader:
    weight = 8


class Writer:
    weight = 1


SMOKE = Plan("feed", shape="smoke", profile=Smoke())
DIFFERENT = [
    ("the name", SMOKE, Plan("other", shape="smoke", profile=Smoke()), "name"),
    ("the shape's parameters", SMOKE, Plan("feed", shape="smoke", profile=Smoke(users=11)), "load"),
    ("the time scale", SMOKE, Plan("feed", shape="smoke", profile=Smoke(), time_scale=0.5), "load"),
    ("a storm", SMOKE, Plan("feed", Config(storm=StormOptions(at=5)), shape="smoke", profile=Smoke()), "load"),
]


@pytest.mark.parametrize("one, other, key", [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT])
def test_runs_made_in_another_way(one, other, key):
    """What changes what is measured changes the fingerprint, in one place."""
    first, second = made(one), made(other)
    assert {name for name in first if first[name] != second[name]} == {key}


TRACED = [
    pytest.param(None, None, id="none"),
    pytest.param(0.01, None, id="one in a hundred, which p99 hardly knows of"),
    pytest.param(0.1, "10% of requests", id="one in ten"),
    pytest.param(1.0, "100% of requests", id="each"),
]


@pytest.mark.parametrize("share, said", TRACED)
def test_requests_that_carry_traces(share, said):
    """To record them is the target's work: it is said where there are many."""
    plan = Plan("feed", Config(trace=None if share is None else TraceOptions(share=share)))
    assert made(plan).get("trace") == said


def test_traces_that_nobody_is_asked_to_record():
    """That too is another run: the target's samplers follow."""
    plan = Plan("feed", Config(trace=TraceOptions(share=0.5, sampled=False)))
    assert made(plan)["trace"] == "50% of requests, not sampled"


def test_runs_made_in_the_same_way():
    """Thresholds, reports and directories do not matter, nor the order of user classes."""
    one = Plan("feed", shape="smoke", profile=Smoke(), report_dir="a", baseline="b")
    assert made(SMOKE, users=[Reader, Writer]) == made(one, users=[Writer, Reader])


def test_plain_users_and_foreign_shapes():
    """Without one of our shapes the load is what the command line or the class says."""
    assert made(num_users=5, spawn_rate=2, run_time=60)["load"].startswith("5 users, 2/s, 60 s (")
    assert made(shape=Reader())["load"].startswith("Reader (")
    assert made(users=[Writer, Reader])["users"] == "Reader*8, Writer*1"


def test_the_kind_of_machine_can_be_named(monkeypatch):
    """Where system and cores do not tell it."""
    monkeypatch.setenv("LOCUST_EXT_RUNNER", "large")
    assert made()["runner"] == "large"
    assert "cores" in made()["machine"]


def test_no_host_is_in_a_fingerprint():
    """Hosts of staging are secrets in many a CI."""
    plan = Plan("feed", host="https://staging.internal.example.com")
    assert "staging" not in str(made(plan, host="https://staging.internal.example.com"))


def test_software():
    """The versions of what measures; what is not installed is left out."""
    found = software()
    assert {"python", "locust", "hdrhistogram"} <= set(found)


def test_software_that_is_not_installed(monkeypatch):
    """It is left out."""
    monkeypatch.setattr(provenance, "_PACKAGES", ("no-such-package",))
    assert set(software()) == {"python"}
