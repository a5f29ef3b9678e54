"""One look at the users that leave: who has finished, who is stopped now, who is given up."""

import math
from types import SimpleNamespace

import pytest
from gevent.pool import Group
from locust.user.task import LOCUST_STATE_STOPPING

from locust_ext.measure.open_requests import OpenRequests
from locust_ext.run import graceful
from locust_ext.run.graceful import GracefulStop, Leaving
from tests.unit.leaving import Request


class User:
    """Somebody who leaves."""

    def __init__(self):
        self._state, self._group, self.greenlet = "running", None, None


class Gone:
    """A greenlet that is over, or not."""

    def __init__(self, is_over=False):
        self.is_over = is_over

    def ready(self):
        """Tell whether it is over."""
        return self.is_over


@pytest.fixture
def stop(monkeypatch):
    """Return the graceful stop of a runner without users; ``stopped`` tells who was stopped, when, and if barred."""
    runner = SimpleNamespace(user_greenlets=Group(), stop_users=lambda counts: None)
    one = GracefulStop(runner, OpenRequests(), lambda: one.hurry)
    one.hurry, one.stopped = None, []
    one.allow(30.0)

    def stopped(leaving, now, unbar):
        leaving.stops, leaving.stopped_at = leaving.stops + 1, now
        unbar(leaving.user)
        one.stopped.append((now, one._register.leaving[leaving.user]))

    monkeypatch.setattr(Leaving, "stop", stopped)
    yield one
    one._leaving.clear()
    one.leave()


def leaving(stop, *, since=100.0, stops=0, stopped_at=math.inf, busy=True, over=False):
    """Let one user leave; ``busy``: with a request that is open."""
    user = User()
    user.greenlet = Gone(over)
    one = Leaving(user, user.greenlet, since)
    one.stops, one.stopped_at = stops, stopped_at
    stop._leaving[user] = one
    stop._register.leaving[user] = True
    if busy:
        stop._register.begin(Request(user))
    return user


LOOKS = [
    pytest.param({}, {}, 110.0, [], True, id="it waits for its answer"),
    pytest.param({"busy": False}, {}, 110.0, [(110.0, False)], True, id="it waits for none"),
    pytest.param({}, {}, 129.9, [], True, id="there is a little time left"),
    pytest.param({}, {}, 130.0, [(130.0, False)], True, id="its time is up"),
    pytest.param({}, {"until": 120.0}, 120.0, [(120.0, False)], True, id="the time of all is up"),
    pytest.param({}, {"until": 120.0}, 119.9, [], True, id="the time of all is not up"),
    pytest.param({}, {"waits": False}, 100.0, [(100.0, False)], True, id="nobody waits"),
    pytest.param({}, {"limit": None}, 100.0, [(100.0, False)], True, id="there is no time"),
    pytest.param({"over": True}, {}, 200.0, [], False, id="it has finished"),
    pytest.param({"stops": 1, "stopped_at": 100.0}, {}, 129.9, [], True, id="its last words may take as long"),
    pytest.param({"stops": 1, "stopped_at": 129.5}, {}, 130.4, [], True, id="they have a second at least"),
    pytest.param({"stops": 1, "stopped_at": 129.5}, {}, 130.5, [(130.5, True)], True, id="it is stopped again"),
    pytest.param({"stops": 1, "stopped_at": 100.0}, {}, 130.0, [(130.0, True)], True, id="when its time is up"),
    pytest.param({"stops": 2, "stopped_at": 130.5}, {}, 131.4, [], True, id="it gets a second after that"),
    pytest.param({"stops": 2, "stopped_at": 130.5}, {}, 131.5, [], False, id="it is given up"),
]


@pytest.mark.parametrize("who, how, now, stopped, stays", LOOKS)
def test_a_look_at_a_user(stop, caplog, who, how, now, stopped, stays):
    """Once it is stopped its last words may begin requests; when it is given up it begins nothing any more."""
    stop.waits, stop.limit = how.get("waits", True), how.get("limit", 30.0)
    stop._until = how.get("until", math.inf)
    user = leaving(stop, **who)
    stop._step(now)
    assert stop.stopped == stopped
    assert (user in stop._leaving) is stays
    given_up = not stays and not who.get("over")
    said = "a User did not stop: its on_stop hangs, and is given up"
    assert [record.getMessage() for record in caplog.records] == [said] * given_up
    barred = stop._register.leaving.get(user)
    assert barred is (None if who.get("over") else not (stopped and not stopped[0][1]))


def test_a_look_hears_whether_somebody_is_in_a_hurry(stop, monkeypatch):
    """From then on there is less time for all."""
    monkeypatch.setattr(graceful, "monotonic", lambda: 101.0)
    leaving(stop)
    stop.hurry = 5.0
    stop._step(101.0)
    assert (stop._until, stop.stopped) == (106.0, [])
    stop._step(106.0)
    assert stop.stopped == [(106.0, False)]


def test_who_is_taken_away(stop, monkeypatch):
    """Is no user any more from then on, and counts among those that finish; one that ends the run itself just goes."""
    monkeypatch.setattr(graceful, "monotonic", lambda: 7.0)
    user, own, greenlet, gone = User(), User(), Gone(), []
    stop._runner.user_greenlets = SimpleNamespace(discard=gone.append)
    stop.finishing = set()
    stop._take(user, greenlet)
    current = graceful.gevent.getcurrent()
    stop._take(own, current)
    assert gone == [greenlet, current]
    assert stop.finishing == {greenlet, current}
    assert [one._group is stop.finishing for one in (user, own)] == [True, True]
    assert stop._register.leaving == {user: True, own: True}
    assert list(stop._leaving) == [user]
    assert stop._leaving[user].since == 7.0
    assert (user._state, own._state) == ("running", LOCUST_STATE_STOPPING)


class Other(User):
    """A user of another class."""


def test_who_is_chosen(stop):
    """As many of each class as are to go, the first ones first; a greenlet that is nobody's is left alone."""
    users = [User(), Other(), User(), Other(), User()]
    greenlets = [SimpleNamespace(args=(user,)) for user in users]
    stop._runner.user_greenlets = [SimpleNamespace(args=()), SimpleNamespace(), *greenlets]
    assert stop._choose({"User": 2, "Other": 1}) == list(zip(users[:3], greenlets[:3], strict=True))
    assert stop._choose({"User": 0}) == []
    assert [user for user, _ in stop._choose({"Other": 9})] == [users[1], users[3]]
