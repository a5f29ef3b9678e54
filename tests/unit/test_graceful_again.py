"""The users that leave, from one run of a process to the next: what was said of the last one holds no more."""

from types import SimpleNamespace

import gevent
import pytest
from gevent.pool import Group

from locust_ext.measure.open_requests import OpenRequests
from locust_ext.run import graceful
from locust_ext.run.graceful import GracefulStop


@pytest.fixture
def now(monkeypatch):
    """Return a clock that stands still until it is set."""
    clock = SimpleNamespace(time=100.0)
    monkeypatch.setattr(graceful, "monotonic", lambda: clock.time)
    return clock


@pytest.fixture
def stop():
    """Return the graceful stop of a runner without users."""
    runner = SimpleNamespace(user_greenlets=Group(), stop_users=lambda counts: None)
    one = GracefulStop(runner, OpenRequests(), lambda: None)
    one.allow(30.0)
    yield one
    one.leave()


SHORTENED = [
    pytest.param([None], graceful.math.inf, id="nobody is in a hurry"),
    pytest.param([5.0], 105.0, id="a signal"),
    pytest.param([5.0, 5.0], 105.0, id="the same word again is not a new time"),
    pytest.param([5.0, 7.0], 105.0, id="nor is a longer one"),
    pytest.param([5.0, 0.0], 101.0, id="a shorter one is"),
    pytest.param([0.0, None], 100.0, id="what was said stays"),
]


@pytest.mark.parametrize("seconds, until", SHORTENED)
def test_until_when(stop, now, seconds, until):
    """The first word of a length counts from when it was said, a second later each."""
    for number, each in enumerate(seconds):
        now.time = 100.0 + number
        stop.shorten(each)
    assert stop._until == until


def test_a_run_begins_with_all_its_time(stop, now):
    """What a signal or a master said of the last run is none of it."""
    stop.shorten(0.0)
    stop.waits, stop.ends = False, True
    stop.follow(stop.orders(20.0), "r2")
    assert (stop.limit, stop.waits, stop.ends, stop._until) == (20.0, True, False, graceful.math.inf)
    stop.shorten(5.0)
    assert stop._until == 105.0


def test_a_run_without_it_is_locust_s(stop):
    """Its users are stopped as Locust stops them, and nobody was told how long they may take."""
    ours = stop._runner.stop_users
    assert stop.orders(None) is None
    stop.follow(None, "r2")
    assert stop.limit is stop.patience is None
    assert stop._runner.stop_users is not ours


class Named:
    """A user of a greenlet."""


def test_who_was_given_up_still_begins_nothing(stop):
    """After the run only those are forgotten who have ended, or never began."""
    ended = gevent.spawn(lambda: None)
    ended.join()
    running = gevent.spawn(gevent.sleep, 60)
    leaving = stop._register.leaving
    for greenlet in (None, ended, running):
        user = Named()
        user.greenlet = greenlet
        leaving[user] = True
    stop.leave()
    assert [user.greenlet for user in leaving] == [running]
    running.kill()


def test_what_is_waited_for_is_said(stop, caplog, monkeypatch):
    """Once there are requests of users that leave, and time for them."""
    caplog.set_level("INFO")
    user, other = object(), object()
    assert not stop._tell()
    stop._leaving[user] = None
    monkeypatch.setattr(stop._register, "opened", [SimpleNamespace(user=user), SimpleNamespace(user=other)])
    assert stop._tell()
    assert caplog.messages == ["waiting up to 30s for 1 request"]
    stop.waits = False
    assert stop._tell()
    assert len(caplog.messages) == 1
    stop._leaving.clear()
