"""The interceptors, whatever the clients: who is a user's, and whose time a wait is."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from gevent.pool import Group
from greenlet import greenlet as bare_greenlet
from locust.event import EventHook

from locust_ext.measure.recorder import Recorder
from locust_ext.safety.admission import Admission
from locust_ext.safety.interceptors import Interceptors, _take_off


@pytest.fixture
def environment():
    """Return an environment as far as interceptors are concerned."""
    return SimpleNamespace(events=SimpleNamespace(request=EventHook()), runner=SimpleNamespace(user_greenlets=Group()))


@pytest.fixture
def interceptors(environment):
    """Return the interceptors of a process without clients, and close them after the test."""
    found = Interceptors(environment, Admission(Recorder()), ())
    yield found
    found.close()


def as_user(environment, function):
    """Run ``function`` in a user's greenlet and return what it returned."""
    return environment.runner.user_greenlets.spawn(function).get(timeout=5)


def test_who_is_a_users(interceptors, environment):
    """A user's own greenlet is, and whatever it has started, and what that has started; a stranger is not."""
    deeper = [
        interceptors.is_users,
        lambda: gevent.spawn(interceptors.is_users).get(timeout=5),
        lambda: gevent.spawn(lambda: gevent.spawn(interceptors.is_users).get(timeout=5)).get(timeout=5),
    ]
    for ask in deeper:
        assert as_user(environment, ask) is True
        assert gevent.spawn(ask).get(timeout=5) is False
    assert interceptors.is_users() is False
    assert bare_greenlet(interceptors.is_users).switch() is False


class Generation:
    """A greenlet, as far as its parent is concerned."""

    def __init__(self, parent):
        self.spawning_greenlet = lambda: parent


def descendant(ancestor, generations):
    """Return the last of a chain of children."""
    for _ in range(generations):
        ancestor = Generation(ancestor)
    return ancestor


def endless():
    """Return a greenlet that is its own parent."""
    one = Generation(None)
    one.spawning_greenlet = lambda: one
    return one


LINES = [
    ("a child whose parent nobody remembers", lambda user: Generation(None), False),
    ("a child", lambda user: descendant(user, 1), True),
    ("many generations", lambda user: descendant(user, 31), True),
    ("more than anybody asks", lambda user: descendant(user, 32), False),
    ("a circle", lambda user: endless(), False),
]


@pytest.mark.parametrize("make, is_users", [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lines_of_descent(interceptors, environment, monkeypatch, make, is_users):
    """Parents are asked whose child they are, until one is a user's, is gone, or it has been enough."""
    user = Generation(None)
    environment.runner.user_greenlets = {user}
    with monkeypatch.context() as patch:
        patch.setattr(gevent, "getcurrent", lambda: make(user))
        found = interceptors.is_users()
    assert found is is_users


def test_a_user_that_is_only_finishing_is_one(interceptors, environment, monkeypatch):
    """It is counted no more, and its requests are a user's all the same."""
    user = Generation(None)
    environment.runner.user_greenlets, environment.locust_ext_finishing = set(), {user}
    with monkeypatch.context() as patch:
        patch.setattr(gevent, "getcurrent", lambda: user)
        found = interceptors.is_users()
    assert found


TIMES = [
    ("a part", 100.0, 0.04, 60.0),
    ("all of it", 100.0, 0.1, 0.0),
    ("more than it took", 100.0, 9.0, 0.0),
    ("nothing", 100.0, 0.0, 100.0),
    ("without a time", None, 1.0, None),
]


@pytest.mark.parametrize("before, seconds, after", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_take_off(before, seconds, after):
    """The wait is taken off in milliseconds, and never makes a time negative."""
    event = {"response_time": before, "name": "/a"}
    _take_off(event, seconds)
    assert event == {"response_time": pytest.approx(after) if after is not None else None, "name": "/a"}
    empty = {}
    _take_off(empty, seconds)
    assert empty == {}


def test_an_event_fired_backwards(interceptors, environment):
    """Whatever else Locust's event can be given reaches it, also while we stand there."""
    heard = []
    for n in (1, 2):
        environment.events.request.add_listener(lambda n=n, **_: heard.append(n))
    interceptors.admission.on_late()
    environment.events.request.fire(reverse=True, name="/a")
    assert heard == [2, 1]


def test_locusts_own_greenlets_take_no_turn(interceptors, environment):
    """What hears the master calls listeners; what those start is on its own."""
    environment.runner.greenlet = Group()
    assert not interceptors.admission.is_locusts()
    hearing = environment.runner.greenlet.spawn(
        lambda: (interceptors.admission.is_locusts(), gevent.spawn(interceptors.admission.is_locusts).get())
    )
    assert hearing.get(timeout=5) == (True, False)
