"""Repeats of what the guard has blocked: they yield, ten a second and user, and mostly before the client's clock."""

import gevent
import pytest
import requests
from locust.clients import HttpSession
from locust.contrib.fasthttp import LocustUserAgent
from websocket import _core as websocket_core

from locust_ext.clients.doors import DOORS
from locust_ext.measure.recorder import Recorder
from locust_ext.safety import repeats
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Blocked, Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.options import SafetyOptions
from locust_ext.safety.repeats import Repeats

EVIL = "http://login.shop.com/token"


class Clock:
    """A clock that only waiting moves."""

    def __init__(self):
        self.now, self.waits = 100.0, []

    def sleep(self, seconds):
        """Wait: the time passes."""
        self.waits.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """Put a clock in place of the machine's."""
    found = Clock()
    monkeypatch.setattr(repeats, "monotonic", lambda: found.now)
    monkeypatch.setattr(repeats.gevent, "sleep", found.sleep)
    return found


class Owner:
    """A user's greenlet."""


def test_the_first_yields_and_the_others_wait(clock):
    """The first refusal only yields; each after it comes a tenth of a second after the one before."""
    user = Owner()
    held = Repeats(lambda: user)
    for _ in range(4):
        held.refuse()
    assert clock.waits == [0, 0.1, 0.1, 0.1]


def test_no_debt_after_a_pause(clock):
    """Who has not asked for a while waits for nothing, and has saved nothing up."""
    user = Owner()
    held = Repeats(lambda: user)
    held.refuse()
    clock.now += 10
    for _ in range(2):
        held.refuse()
    assert clock.waits == [0, 0, 0.1]


def test_each_user_by_itself(clock):
    """One user's repeats hold no other's, and a user's own greenlets share one turn."""
    owners = [Owner(), Owner()]
    held = Repeats(lambda: owners[0])
    held.refuse()
    Repeats(lambda: owners[1]).refuse()
    held.refuse()
    assert clock.waits == [0, 0, 0.1]


def test_nobody(clock):
    """Where no user is known the greenlet itself is held."""
    held = Repeats(lambda: None)

    def twice():
        held.refuse()
        held.refuse()

    gevent.spawn(twice).get()
    assert clock.waits == [0, 0.1]


def test_waited_before_the_clock(clock):
    """A refusal that was waited for before the client's clock waits no second time."""
    user = Owner()
    held = Repeats(lambda: user)
    held.refuse()
    held.expect()
    held.refuse()
    assert clock.waits == [0, 0.1]
    held.refuse()
    assert clock.waits == [0, 0.1, 0.1]


@pytest.fixture
def doors(monkeypatch):
    """Return open doors with a guard behind which nothing is."""
    environment = type("Environment", (), {})()
    environment.events = type("Events", (), {"request": object()})()
    environment.runner = type("Runner", (), {"user_greenlets": ()})()
    found = Interceptors(environment, Admission(Recorder()), DOORS)
    found.open(mark=None, guard=Guard(Targets.of(["http://127.0.0.1"], SafetyOptions()), lambda _: None))
    yield found
    found.close()


CLIENTS = [
    ("HttpUser", lambda: HttpSession.send(None, requests.Request("GET", EVIL).prepare()), requests.ConnectionError),
    ("FastHttpUser", lambda: LocustUserAgent._urlopen(None, type("Request", (), {"url": EVIL})()), Blocked),
    ("websocket", lambda: websocket_core.connect("ws://login.shop.com/", None, None, None), Blocked),
]


@pytest.mark.parametrize("send, error", [row[1:] for row in CLIENTS], ids=[row[0] for row in CLIENTS])
def test_every_client_is_held(doors, clock, send, error):
    """Whatever the client, what the guard blocks yields, and its repeats wait."""

    def thrice():
        for _ in range(3):
            with pytest.raises(error):
                send()

    gevent.spawn(thrice).get()
    assert clock.waits == [0, 0.1, 0.1]


def test_what_leaves_is_not_held(doors, clock):
    """What goes to a declared host waits for nothing, also after something was blocked."""
    with pytest.raises(requests.ConnectionError):
        HttpSession.send(None, requests.Request("GET", EVIL).prepare())
    session = HttpSession(base_url="http://127.0.0.1", request_event=None, user=None)
    clock.waits.clear()
    assert session._build_url("/fine") == "http://127.0.0.1/fine"
    assert clock.waits == []
    assert session._build_url(EVIL) == EVIL
    assert clock.waits == [0.1]
