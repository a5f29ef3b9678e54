"""What a process watches of itself: begun when it is installed, ended when it is let go, and in whose phase."""

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.measure import hiccup, user_seconds, watching
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Phase
from locust_ext.measure.watching import LagWatch, UserCount
from locust_ext.process.supervised import Work
from locust_ext.process.wire import Inbox


class Started:
    """Remembers what was started, which waits until it is ended."""

    def __init__(self):
        self.calls, self.greenlets = [], []

    def start(self, function, *arguments):
        """Note it."""
        self.calls.append((function, *arguments))
        self.greenlets.append(gevent.spawn(gevent.sleep, 60))
        gevent.sleep(0)
        return self.greenlets[-1]


@pytest.fixture
def started(monkeypatch):
    """Return what both watches start."""
    found = Started()
    monkeypatch.setattr(hiccup, "WATCHING", found)
    monkeypatch.setattr(user_seconds, "COUNTING", found)
    yield found
    gevent.killall(found.greenlets, timeout=5)


def ended(started):
    """Tell of each whether it has ended by now."""
    gevent.sleep(0)
    return [greenlet.dead for greenlet in started.greenlets]


def test_the_lag_is_watched_until_it_is_let_go(started):
    """Once installed, and no longer."""
    recorder = Recorder()
    part = LagWatch(recorder)
    part.let_go()
    part.install()
    assert started.calls == [(hiccup.watch, recorder)]
    assert ended(started) == [False]
    part.let_go()
    assert ended(started) == [True]


def test_users_are_counted_until_it_is_let_go(started):
    """Once installed, and no longer."""
    recorder, runner = Recorder(), object()
    part = UserCount(runner, recorder)
    part.let_go()
    part.install()
    assert started.calls == [(user_seconds.watch, recorder, runner)]
    assert ended(started) == [False]
    part.let_go()
    assert ended(started) == [True]


def test_a_run_is_left_without_a_phase():
    """The phase that is announced is that of what is measured; the next run begins in none."""
    recorder = Recorder()
    part = LagWatch(recorder)
    ((name, handler, _),) = part.messages(Inbox(lambda sentence: None))
    assert name == Phase.type
    handler(msg=SimpleNamespace(data=Phase(run="r", name="surge").told(), node_id="master"), environment=None)
    assert recorder.phases.name == "surge"
    part.leave()
    assert recorder.phases.name == ""


def test_both_watches_are_works_that_last():
    """A process that goes on without them says so."""
    assert isinstance(hiccup.WATCHING, Work)
    assert isinstance(user_seconds.COUNTING, Work)
    assert watching.hiccup is hiccup
