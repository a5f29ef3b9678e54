"""What leaves the process: one redaction for reports, messages, log lines and pages, made of the environment."""

import io
import logging
from collections import UserDict

import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import MOST_TEXT
from locust_ext.measure.user_code import UserCode
from locust_ext.safety import outlet as module
from locust_ext.safety.outlet import Outlet, Veil

SECRET = "canary-77aa88bb"


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still unless it is moved."""
    state = {"now": 1000.0}
    monkeypatch.setattr(module, "monotonic", lambda: state["now"])
    return state


def test_the_environment_of_the_moment():
    """A secret that code puts there is one from then on, and stays one when it is taken out again."""
    environment = {}
    outlet = Outlet(environment)
    assert outlet.text(f"see {SECRET}") == f"see {SECRET}"
    environment["MY_TOKEN"] = SECRET
    assert outlet.text(f"see {SECRET}") == "see ***"
    del environment["MY_TOKEN"]
    assert outlet.text(f"see {SECRET}") == "see ***"


def test_what_the_configuration_names():
    """Variables of any name, and the passwords of hosts; however many hosts there come."""
    outlet = Outlet({"MINE": SECRET})
    assert outlet.text(SECRET) == SECRET
    outlet.know(["MINE", "ABSENT"], [None, "", "https://bob:hunter22@example.com"])
    assert outlet.text(f"{SECRET} hunter22") == "*** ***"
    for number in range(200):
        outlet.know(urls=[f"https://bob:password{number}@example.com"])
    assert len(outlet._urls) == 100


def test_a_label_is_looked_up_once(clock):
    """A text that was seen costs no look at the environment; a new one does, but not each of many at once."""
    looks = []

    class Environment(UserDict):
        def keys(self):
            looks.append(1)
            return super().keys()

    outlet = Outlet(Environment(MY_TOKEN=SECRET))
    assert outlet.label(f"/a/{SECRET}") == "/a/***"
    first = len(looks)
    for number in range(100):
        assert outlet.label(f"/a/{SECRET}") == "/a/***"
        outlet.label(f"/b/{number}")
    assert len(looks) == first
    clock["now"] += 1
    assert outlet.label(f"/a/{SECRET}") == "/a/***"
    assert len(looks) == first
    outlet.label("/c")
    assert len(looks) == first + 1
    outlet.label("/d")
    clock["now"] += 0.01
    outlet.label("/e")
    assert len(looks) == first + 2


def test_what_the_environment_held_is_forgotten_at_last():
    """A thousand values that it holds no longer are remembered, the last ones, and those that it holds for good."""
    environment = {"MY_TOKEN": SECRET}
    outlet = Outlet(environment)
    assert outlet.redaction.secrets == (SECRET,)
    for number in range(3):
        environment["OTHER_TOKEN"] = f"value-{number:06}"
        assert outlet.text(f"value-{number:06}") == "***"
    assert {outlet.text(f"value-{number:06}") for number in range(3)} == {"***"}
    assert outlet.redaction is outlet.redaction


def test_a_new_secret_is_hidden_in_labels_that_were_seen(clock):
    """What was remembered without it counts no more."""
    environment = {}
    outlet = Outlet(environment)
    assert outlet.label(f"/a/{SECRET}") == f"/a/{SECRET}"
    environment["MY_TOKEN"] = SECRET
    clock["now"] += 1
    outlet.label("/b")
    assert outlet.label(f"/a/{SECRET}") == "/a/***"


LONG = "x" * (MOST_TEXT - 8)
STRADDLES = [
    ("a secret", LONG + SECRET, LONG + "***"),
    ("an encoded secret", LONG + SECRET.replace("-", "%2D"), LONG + "***"),
    ("a secret in the middle of a long name", f"/{SECRET}/{LONG}", f"/***/{LONG}"[: MOST_TEXT - 1]),
    ("the user of a URL", LONG[:-8] + "://bob:hunter22@example.com", LONG[:-8] + "://***@exa"),
]


@pytest.mark.parametrize("name, shown", [row[1:] for row in STRADDLES], ids=[row[0] for row in STRADDLES])
def test_a_name_is_cut_last(name, shown):
    """No beginning of a secret is left where a name is cut: of requests, of tags, of what did not come back."""
    outlet = Outlet({"MY_TOKEN": SECRET})
    recorder = Recorder(hide=outlet.label)
    recorder.on_request(request_type="GET", name=name, response_time=5.0, context={"tags": {name: name}})
    recorder.on_request(request_type="GET", name=name, response_time="5", context={"tags": [name]})
    recorder.add("checks", "rate", True, {"check": name})
    recorder.lose_iteration(0.0)
    rows = recorder.take()
    texts = {text for _, tags, _, _ in rows for pair in tags for text in pair}
    assert shown in {text[: len(shown)] for text in texts}
    assert not any("canar" in text or "hunt" in text for text in texts), texts


def test_an_exception_is_cut_last(monkeypatch):
    """Its text goes to the master, and into the verdict's reason."""
    monkeypatch.setenv("MY_TOKEN", SECRET)
    code = UserCode()
    code.raised(ValueError("y" * 192 + SECRET))
    assert code.take()["first"].startswith("ValueError: yyy")
    assert "canar" not in code.first


@pytest.fixture
def logger(monkeypatch):
    """A logger of ours beside a handler that writes, as Locust's does."""
    monkeypatch.setenv("MY_TOKEN", SECRET)
    theirs, ours, written = logging.getLogger("theirs"), logging.getLogger("theirs.ours"), io.StringIO()
    monkeypatch.setattr(theirs, "parent", None)
    monkeypatch.setattr(theirs, "handlers", [logging.StreamHandler(written)])
    monkeypatch.setattr(ours, "handlers", [Veil()])
    return ours, written


def test_log_lines(logger):
    """Arguments, tracebacks, and what cannot be formatted at all."""
    ours, written = logger
    ours.warning("it sent %s to %s", SECRET, "https://bob:pw@example.com")
    ours.error("it failed", exc_info=ValueError(SECRET))
    assert written.getvalue() == "it sent *** to https://***@example.com\nit failed\nValueError: ***\n"


def test_a_line_that_nobody_else_writes(logger, monkeypatch, capsys):
    """A script without any handlers sees warnings as before."""
    ours, _ = logger
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    ours.warning("it sent %s", SECRET)
    ours.info("and a word")
    assert capsys.readouterr().err == "it sent ***\n"
