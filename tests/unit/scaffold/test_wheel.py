"""The wheel of this installation: what pip is asked to build, and what is said where it does not. pip is a stand-in."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from locust_ext.scaffold import wheel
from locust_ext.text.problems import ConfigurationError

NAME = "locust_ext_pack-1.2.3-py3-none-any.whl"
WAY = "; put a wheel of yours there, locust_ext_pack-VERSION-py3-none-any.whl, then it is taken"


@pytest.fixture
def pip(monkeypatch):
    """Let pip build what it is to, and keep how it was called."""
    told = SimpleNamespace(names=[NAME], said="", code=0, error=None, calls=[], seen=set())

    def run(command, **named):
        told.calls.append((command, named))
        if told.error:
            raise told.error
        wheels, what = Path(command[-2]), Path(command[-1])
        wheels.mkdir()
        for name in told.names:
            (wheels / name).write_bytes(b"content")
        told.seen = {str(path.relative_to(what)) for path in what.rglob("*")} if what.is_dir() else {what.name}
        return SimpleNamespace(returncode=told.code, stdout="", stderr=told.said)

    monkeypatch.setattr(wheel.subprocess, "run", run)
    monkeypatch.setattr(wheel, "version", lambda name: "80.1")
    return told


def refusal(source):
    """Return what is said instead of a wheel."""
    with pytest.raises(ConfigurationError) as caught:
        wheel.build(source)
    (problem,) = caught.value.problems
    return f"{problem.path}: {problem.message}"


def test_a_file(pip, tmp_path):
    """Is built as it is, by this Python's pip, without its dependencies and without a word to a terminal."""
    archive = tmp_path / "pack 1.tar.gz"
    archive.write_bytes(b"archive")
    assert wheel.build(archive.as_uri()) == wheel.Wheel(NAME, b"content")
    ((command, named),) = pip.calls
    assert command[:4] == [sys.executable, "-m", "pip", "wheel"]
    assert command[4:8] == ["--no-deps", "--disable-pip-version-check", "--quiet", "--no-build-isolation"]
    assert command[8] == "--wheel-dir"
    assert command[10:] == [str(archive)]
    assert named == {
        "stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 300, "check": False,
    }  # fmt: skip
    assert not Path(command[9]).parent.exists()


def test_a_checkout_is_copied(pip, tmp_path):
    """What its wheel is made of is built from a copy, and what was built before stays out of it."""
    for name in ("pyproject.toml", "README.md", "junk.txt", "locust_ext/a.py", "locust_ext/__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert wheel.build(str(tmp_path)).name == NAME
    assert pip.seen == {"pyproject.toml", "README.md", "locust_ext", "locust_ext/a.py"}
    assert sorted(tmp_path.rglob("*")) == before


def test_another_directory_is_built_where_it_is(pip, tmp_path):
    """It is no checkout of ours."""
    wheel.build(str(tmp_path))
    assert pip.calls[0][0][-1] == str(tmp_path)


def test_what_version_control_has(pip):
    """Goes to pip as it is."""
    wheel.build("git+file:///srv/pack@c0ffee")
    assert pip.calls[0][0][-1] == "git+file:///srv/pack@c0ffee"


def test_a_source_that_is_gone(pip, tmp_path):
    """Is said, and pip is not asked."""
    gone = str(tmp_path / "gone")
    assert refusal(gone) == (
        f"loadtests/vendor: CI cannot reach '{gone}', and its wheel could not be built: it is not there any more{WAY}"
    )
    assert pip.calls == []


REFUSALS = [
    pytest.param({"code": 1, "said": "error: no compiler"}, "error: no compiler", id="pip failed"),
    pytest.param({"names": [], "said": "nothing"}, "nothing", id="no wheel came of it"),
    pytest.param({"names": [NAME, f"x{NAME}"], "said": "two"}, "two", id="two came of it"),
    pytest.param({"error": OSError("no pip")}, "no pip", id="pip could not be called"),
    pytest.param(
        {"error": subprocess.TimeoutExpired("pip", 300)}, "Command 'pip' timed out after 300 seconds", id="too slow"
    ),
]


@pytest.mark.parametrize("happens, why", REFUSALS)
def test_a_wheel_that_is_not_built(pip, tmp_path, happens, why):
    """A sentence says why, and the way around it."""
    vars(pip).update(happens)
    assert refusal(str(tmp_path)).endswith(f"its wheel could not be built: {why}{WAY}")


@pytest.mark.parametrize(
    "found, options",
    [
        ("77.0.1", ["--no-build-isolation"]),
        ("76.9", []),
        ("100", ["--no-build-isolation"]),
        ("odd", []),
        (PackageNotFoundError("setuptools"), []),
    ],
)
def test_what_is_here_builds_where_it_is_new_enough(monkeypatch, found, options):
    """Then no package index is asked for it."""

    def version(name):
        assert name == "setuptools"
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(wheel, "version", version)
    assert wheel._isolation() == options


PLACES = [
    pytest.param("file:///home/me/a%20pack", Path("/home/me/a pack"), id="an address of a file"),
    pytest.param("/home/me/pack", Path("/home/me/pack"), id="a path"),
    pytest.param("git+file:///srv/pack@c0ffee", None, id="a repository"),
]


@pytest.mark.parametrize("source, place", PLACES)
def test_where_a_source_is(source, place):
    """On this machine, or somewhere that pip knows how to get it from."""
    assert wheel._place_of(source) == place


SAID = [
    pytest.param("", "pip said nothing", id="nothing"),
    pytest.param("one\n\n  two  \n", "two", id="the last line"),
    pytest.param("error: first\nnoise\n", "error: first", id="the line of the error"),
    pytest.param("ERROR: real\nerror: subprocess-exited-with-error\n", "ERROR: real", id="a frame says nothing"),
    pytest.param("ERROR: real\nERROR: Failed building wheel for x\nlate\n", "ERROR: real", id="nor that it failed"),
    pytest.param("ImportError: no x\nlate", "ImportError: no x", id="an exception"),
    pytest.param("/usr/bin/python: No module named pip\nlate", "/usr/bin/python: No module named pip", id="no pip"),
    pytest.param(
        "fatal: https://ada:s3cret@git.example.com/x", "fatal: https://git.example.com/x", id="without what is secret"
    ),
]


@pytest.mark.parametrize("said, reason", SAID)
def test_the_reason_in_what_pip_says(said, reason):
    """The last line that tells something, without a user and a password."""
    assert wheel._reason(said) == reason


def test_a_long_reason_is_cut():
    """Pip may say a page in a line."""
    assert len(wheel._reason("error: " + "x" * 100_000)) <= wheel.LONGEST_TEXT


def test_the_wheel_that_is_there_already(tmp_path):
    """The one of ours, if it is one: two do not say which, and a directory is none."""
    assert wheel.there_already(tmp_path) == ""
    (tmp_path / "other-1-py3-none-any.whl").touch()
    (tmp_path / "locust_ext_pack-0-py3-none-any.whl").mkdir()
    assert wheel.there_already(tmp_path) == ""
    (tmp_path / NAME).touch()
    assert wheel.there_already(tmp_path) == NAME
    (tmp_path / "locust_ext_pack-2-py3-none-any.whl").touch()
    assert wheel.there_already(tmp_path) == ""
