"""The demo target in a process of its own: here a stand-in for it, which says the same and has no socket."""

import errno
import os
import sys
from types import SimpleNamespace

import pytest

from locust_ext.demo import command, process
from locust_ext.demo.process import DemoTarget, TargetNotStarted

pytestmark = pytest.mark.slow

UP = "print('demo target on http://127.0.0.1:4711 (faults: none)', flush=True); import sys; sys.stdin.read()"
DOWN = "import sys; sys.exit('Port 4711 is in use.')"


def stand_in(monkeypatch, code, answers=lambda _: True):
    """Return a target whose process runs ``code``."""
    monkeypatch.setattr(process, "_answers", answers)
    monkeypatch.setattr(process, "_POLL_SECONDS", 0.001)
    target = DemoTarget()
    target._command = [sys.executable, "-S", "-c", code]
    return target


def test_what_is_called():
    """The command of ours that ends with its parent, with the faults, the port and the seed."""
    words = DemoTarget(["reconnect", "slow"], port=4711, seed=3)._command
    assert words[1:] == [
        "-m", "locust_ext.demo", "--until-stdin-closes", "--port", "4711", "--fault", "reconnect,slow", "--seed", "3",
    ]  # fmt: skip
    assert DemoTarget()._command[4:] == ["--port", "0", "--fault", "", "--seed", "1"]


def test_a_target_that_is_up(monkeypatch):
    """It has an address and a process, is started once, and is asked until it answers."""
    asked = []
    target = stand_in(monkeypatch, UP, lambda port: asked.append(port) or len(asked) == 3)
    with target as found:
        assert found is target
        assert target.url == "http://127.0.0.1:4711"
        assert asked == [4711] * 3
        pid = target.pid
        assert target.start() is target
        assert target.pid == pid
        os.kill(pid, 0)
        assert os.getsid(pid) == pid  # out of reach of the terminal's Ctrl-C
        running = target._process
    assert running.returncode is not None
    with pytest.raises(RuntimeError, match=r"not running: call start\(\), or use it in a with statement"):
        target.url  # noqa: B018 it raises
    with pytest.raises(RuntimeError, match="not running"):
        target.pid  # noqa: B018 it raises
    target.stop()


def test_a_target_that_does_not_start(monkeypatch):
    """What it said is what is said, and nothing is left of it."""
    target = stand_in(monkeypatch, DOWN)
    with pytest.raises(TargetNotStarted, match=r"^The demo target did not start\. Port 4711 is in use\.$"):
        target.start()
    assert target._process is None


def test_a_target_that_says_nothing(monkeypatch):
    """It is given up when its time is over, and ended."""
    monkeypatch.setattr(process, "START_SECONDS", 0.0)
    target = stand_in(monkeypatch, "import sys; sys.stdin.read()")
    with pytest.raises(TargetNotStarted, match=r"^The demo target did not start\.$"):
        target.start()
    assert target._process is None


def test_a_fork_leaves_the_target_alone(monkeypatch):
    """Only the process that started it ends it."""
    target = stand_in(monkeypatch, UP)
    with target:
        target._owner = os.getpid() + 1
        target.stop()
        assert target._process.poll() is None
        target._owner = os.getpid()


def test_a_target_that_does_not_end(monkeypatch):
    """It is killed when its time is over."""
    monkeypatch.setattr(process, "STOP_SECONDS", 0.01)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + UP.replace(
        "sys.stdin.read()", "time.sleep(60)"
    )
    target = stand_in(monkeypatch, code)
    running = target.start()._process
    target.stop()
    assert running.returncode == -9


WHY_NOT = [
    pytest.param(OSError(errno.EADDRINUSE, "used"), "Port 80 on here is in use: end what listens there", id="in use"),
    pytest.param(
        OSError(errno.EACCES, "no"), "Port 80 on here needs privileges: choose one from 1024", id="privileges"
    ),
    pytest.param(OSError(errno.EADDRNOTAVAIL, "none"), "Cannot listen on here: none. Give --host an", id="no address"),
    pytest.param(OSError("odd"), "Cannot listen on here: odd. Give --host an address of this machine.", id="odd"),
    pytest.param(
        OverflowError(), "There is no port 80: choose one from 0 to 65535 (0 picks a free one).", id="no port"
    ),
]


@pytest.mark.parametrize("error, sentence", WHY_NOT)
def test_why_it_cannot_listen(monkeypatch, capsys, error, sentence):
    """Is a sentence on standard error, with 104."""

    def start(server):
        raise error

    monkeypatch.setattr(command.Server, "start", start)
    monkeypatch.setattr(command, "_allow_many_connections", lambda: None)
    assert command.serve(80, "here", [], 1, until_stdin_closes=False) == 104
    said = capsys.readouterr()
    assert said.err.startswith(sentence)
    assert said.out == ""


def test_a_fault_that_nobody_knows(monkeypatch, capsys):
    """Is a sentence, too."""
    monkeypatch.setattr(command, "_allow_many_connections", lambda: None)
    assert command.serve(0, "127.0.0.1", ["fire"], 1, until_stdin_closes=False) == 104
    assert "fire" in capsys.readouterr().err


def test_keys_that_cannot_be_used(monkeypatch, capsys):
    """They are named by their variable, and not shown; without any the variable may be empty."""
    monkeypatch.setattr(command, "_allow_many_connections", lambda: None)
    monkeypatch.setenv(command.KEY_VARIABLE, "  ")
    assert command._keys() == ()
    monkeypatch.setenv(command.KEY_VARIABLE, "no-key")
    assert command.serve(0, "127.0.0.1", [], 1, until_stdin_closes=False) == 104
    said = capsys.readouterr().err
    assert said.startswith(f"The environment variable {command.KEY_VARIABLE} cannot be used: ")


def test_the_list_of_faults():
    """A line each, what they do in one column."""
    lines = command.list_faults().splitlines()
    assert len(lines) == len(command.FAULTS)
    column = max(map(len, command.FAULTS)) + 2
    for line, fault in zip(lines, command.FAULTS.values(), strict=True):
        assert line[:column].strip() == fault.name
        assert line[column:] == fault.summary


def test_the_parent_s_end(monkeypatch):
    """Either sign is enough: another parent, or standard input that closes."""
    slept = []
    monkeypatch.setattr(command, "gevent", SimpleNamespace(sleep=slept.append))
    for parents, closed in (([7, 7, 7, 1], [False] * 4), ([7] * 5, [False, False, True])):
        ended, left, states = [], list(parents), list(closed)
        monkeypatch.setattr(command.os, "getppid", lambda left=left: left.pop(0))
        monkeypatch.setattr(command, "_stdin_closed", lambda states=states: states.pop(0))
        command._watch_parent(SimpleNamespace(set=lambda ended=ended: ended.append(True)))
        assert ended == [True]
    assert slept == [0.2] * 4
