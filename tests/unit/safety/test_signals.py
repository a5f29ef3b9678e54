"""Whose a signal is, and the letter that asks a process to stop without one."""

import signal
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.safety import signals
from locust_ext.safety.registry import Registered, entries, letter_to
from locust_ext.safety.signals import is_caught

NUMBER = signal.SIGUSR2


@pytest.fixture(autouse=True)
def restored():
    """Leave the signal as it was."""
    before = signal.getsignal(NUMBER)
    signal.signal(NUMBER, signal.SIG_DFL)
    yield
    signal.signal(NUMBER, before)


def test_nobodys():
    """What is left to the system, or ignored, nobody catches."""
    assert not is_caught(NUMBER)
    signal.signal(NUMBER, signal.SIG_IGN)
    assert not is_caught(NUMBER)


def test_pythons():
    """A handler of Python's is seen."""
    signal.signal(NUMBER, lambda *_: None)
    assert is_caught(NUMBER)


def test_gevents():
    """A handler of gevent's is seen, of which Python knows nothing."""
    watcher = gevent.signal_handler(NUMBER, lambda: None)
    try:
        gevent.sleep(0)
        assert is_caught(NUMBER)
    finally:
        watcher.cancel()


def test_a_letter(tmp_path):
    """A letter is read once; one to the process that had the number before is not."""
    place = tmp_path / "registry"
    registered = Registered("feed", place)
    registered.keep_signal()
    place.mkdir()
    pid = registered._entry.pid
    letter_to(pid, place).touch()
    registered.enter()
    assert not registered.is_asked()
    assert [entry.signal for entry in entries(place)] == [False]
    letter_to(pid, place).touch()
    assert [registered.is_asked(), registered.is_asked()] == [True, False]
    registered.leave()
    assert list(place.iterdir()) == []


def test_where_nobody_can_tell(monkeypatch):
    """On a system without a table of processes the signal is ours."""
    monkeypatch.setattr(signals, "_STATUS", SimpleNamespace(read_text=lambda **_: (_ for _ in ()).throw(OSError())))
    assert is_caught(NUMBER) is False
    monkeypatch.setattr(signals, "_STATUS", SimpleNamespace(read_text=lambda **_: "Name:\tpython\n"))
    assert is_caught(NUMBER) is False


CAUGHT = [
    pytest.param(1 << (NUMBER - 1), True, id="it alone"),
    pytest.param(1 << NUMBER, False, id="the next one"),
    pytest.param(1 << (NUMBER - 2), False, id="the one before"),
    pytest.param(0, False, id="none"),
]


@pytest.mark.parametrize("mask, caught", CAUGHT)
def test_the_table_of_processes(monkeypatch, mask, caught):
    """It has a bit for each signal, the first one for the signal 1."""
    text = f"SigIgn:\tffffffffffffffff\nSigCgt:\t{mask:016x}\n"
    monkeypatch.setattr(signals, "_STATUS", SimpleNamespace(read_text=lambda **_: text))
    assert is_caught(NUMBER) is caught


CAUGHT = [
    pytest.param("SigCgt:\t0000000000000800\n", True, id="it is caught"),
    pytest.param("SigIgn:\t0000000000000800\nSigCgt:\t0000000000000000\n", False, id="it is ignored"),
    pytest.param("SigCgt:\t00000000000007ff\n", False, id="all below it"),
    pytest.param("SigCgt:\t0000000000001000\n", False, id="the one above it"),
    pytest.param("SigCgt:\tfffffffffffff000\n", False, id="all above it"),
    pytest.param("SigCgt:\tffffffffffffffff\n", True, id="all"),
    pytest.param("Name:\tpython\n", False, id="the system says nothing of it"),
    pytest.param(None, False, id="the system cannot be asked"),
]


@pytest.mark.parametrize("status, caught", CAUGHT)
def test_what_the_system_says(tmp_path, monkeypatch, status, caught):
    """SIGUSR2 is the twelfth signal: its bit tells whether somebody catches it."""
    file = tmp_path / "status"
    if status is not None:
        file.write_text(status, "ascii")
    monkeypatch.setattr(signals, "_STATUS", file)
    assert (NUMBER, is_caught(NUMBER)) == (12, caught)
