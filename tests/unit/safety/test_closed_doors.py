"""Between runs nothing of a user leaves: by whichever client, from whichever greenlet."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
import requests
import websocket
from gevent.pool import Group
from locust.contrib.fasthttp import LocustUserAgent

from locust_ext.clients.doors import DOORS
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.safety import closed_interceptors as closed_doors
from locust_ext.safety.closed_interceptors import NO_RUN, ClosedInterceptors
from locust_ext.safety.guard import Blocked

PAUSE = closed_doors.PAUSE
PLACES = [
    (requests.Session, "send"),
    (LocustUserAgent, "_urlopen"),
    (websocket._core, "connect"),
    (websocket._core, "handshake"),
]


@pytest.fixture
def sent(monkeypatch):
    """Let what lies behind the doors only tell that something came through."""
    came = []
    for owner, name in PLACES:
        monkeypatch.setattr(owner, name, lambda *_, name=name: came.append(name))
    monkeypatch.setattr(closed_doors, "PAUSE", 0.0)
    return came


@pytest.fixture
def environment():
    """Return an environment as far as doors are concerned."""
    return SimpleNamespace()


@pytest.fixture
def users():
    """Return the greenlets of users."""
    return Group()


@pytest.fixture
def closed(sent, environment, users):
    """Return closed doors, and leave them after the test."""
    current = gevent.getcurrent
    doors = ClosedInterceptors(environment, OpenRequests(), lambda: current() if current() in users else None, DOORS)
    doors.install()
    yield doors
    doors.leave()


def send(place, client=None):
    """Send something through a door."""
    owner, name = place
    getattr(owner, name)(client or SimpleNamespace())


WAYS = [(f"{owner.__name__.rsplit('.', 1)[-1]}.{name}", (owner, name)) for owner, name in PLACES]


@pytest.mark.parametrize("place", [way[1] for way in WAYS], ids=[way[0] for way in WAYS])
def test_a_user_is_ended(closed, users, sent, place):
    """Whatever a user does after the end, or before the beginning, it sends nothing."""
    user = users.spawn(send, place)
    user.join()
    assert (sent, str(user.value)) == ([], NO_RUN)
    assert isinstance(user.value, gevent.GreenletExit)


@pytest.mark.parametrize("place", [way[1] for way in WAYS], ids=[way[0] for way in WAYS])
def test_a_listener_is_let_through(closed, sent, place):
    """What is nobody's user is none of ours."""
    send(place)
    assert sent == [place[1]]


def test_what_a_user_left_behind(closed, environment, sent):
    """A greenlet that outlived its user still has the user's client."""
    client = SimpleNamespace(user=SimpleNamespace(environment=environment))
    with pytest.raises(Blocked, match="no run is under way"):
        send((requests.Session, "send"), client)
    assert sent == []


def test_the_user_of_another_environment(closed, sent):
    """Another environment of this process has doors of its own."""
    send((requests.Session, "send"), SimpleNamespace(user=SimpleNamespace(environment=object())))
    assert sent == ["send"]


def test_a_request_does_not_even_begin(closed, environment):
    """Locust's clients and those of a team ask before they begin a request."""
    with pytest.raises(Blocked):
        closed._begun.turn(SimpleNamespace(environment=environment))


@pytest.mark.parametrize("steps", [["open"], ["close", "open"], ["open", "close", "open"]])
def test_open_doors(closed, users, sent, steps):
    """While a run lasts others stand there."""
    for step in steps:
        getattr(closed, step)()
    users.spawn(send, PLACES[0]).join()
    assert (sent, closed._begun.turn) == (["send"], None)


def test_nothing_is_left_of_them(sent, environment):
    """Who leaves leaves everything as it was."""
    before = [vars(owner)[name] for owner, name in PLACES]
    doors = ClosedInterceptors(environment, OpenRequests(), lambda: None, DOORS)
    doors.install()
    assert [vars(owner)[name] for owner, name in PLACES] != before
    doors.leave()
    assert [vars(owner)[name] for owner, name in PLACES] == before


def test_a_refusal_takes_a_tenth_of_a_second(closed, environment, users, monkeypatch):
    """Whoever asks again and again neither spins nor keeps others waiting."""
    waits, sleep = [], gevent.sleep
    monkeypatch.setattr(closed_doors, "PAUSE", PAUSE)
    monkeypatch.setattr(closed_doors.gevent, "sleep", lambda seconds: waits.append(seconds) or sleep(0))
    users.spawn(send, PLACES[0]).join()
    with pytest.raises(Blocked):
        closed.refuse(SimpleNamespace(environment=environment))
    assert waits == [0.1, 0.1]
    closed.refuse()
    closed.refuse(SimpleNamespace())
    assert len(waits) == 2
