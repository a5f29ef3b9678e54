"""Whose a signal is, and the letter that asks a process to stop without one."""

import signal

import gevent
import pytest

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
