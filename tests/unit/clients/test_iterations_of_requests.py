"""To which iteration an open request belongs, and when it takes its turn: the same for every kind of client."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from types import SimpleNamespace

import gevent
import pytest
from locust import User
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.event import EventHook

import locust_ext
from locust_ext.clients.fasthttp import FastSession
from locust_ext.clients.lean.door import LeanClient
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.requests_client import RequestsSession
from locust_ext.clients.websocket_client import connecting
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.iteration_context import IterationContext, begin
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder


class Caller(User):
    """A user whose greenlet is what the test makes of it."""


class Sender:
    """A user whose requests begin, and wait within for good; ``seam`` is where they do, if they need one."""

    def __init__(self, recorder, seam=None):
        self.recorder = recorder
        environment = Environment()
        environment.locust_ext_storms = SimpleNamespace(recorder=recorder)
        self.user = Caller(environment)
        self.user.path, self.seam = "/ticks", seam

    def send(self, _user):
        """Begin a request."""
        raise NotImplementedError


class Own(Sender):
    """Sends by a client of its own."""

    def send(self, _user):
        with locust_ext.request("grpc", "Pay", event=EventHook()):
            gevent.sleep(60)


class Socket(Sender):
    """Connects."""

    def send(self, _user):
        with connecting(self.user):
            gevent.sleep(60)


class Http(Sender):
    """Sends by a client of Locust's, which stands still where it would connect."""

    session = HttpSession

    def send(self, _user):
        client = self.session("http://127.0.0.1:1", request_event=EventHook(), user=self.user)
        with suppress(AttributeError):
            client.client.urlopen = lambda *_, **__: gevent.sleep(60)
        client.send = client._plain = lambda *_, **__: gevent.sleep(60)
        client.get("/a")


class Fast(Http):
    """The same by the other one."""

    session = FastHttpSession


class Lean(Http):
    """The same by the one of LeanHttpUser."""

    session = LeanSession


SENDERS = [
    pytest.param(Own, None, id="one's own"),
    pytest.param(Socket, None, id="WebSocket"),
    pytest.param(Http, RequestsSession().begins, id="requests"),
    pytest.param(Fast, FastSession().begins, id="geventhttpclient"),
    pytest.param(Lean, LeanClient().begins, id="lean"),
]


@contextmanager
def sending(kind, seam, recorder, iteration=None):
    """Let a user's greenlet send, in an iteration."""
    one = kind(recorder)
    opened = seam(recorder) if seam else None
    if opened:
        opened.open()

    def task(user):
        if iteration is not None:
            begin(iteration)
        one.send(user)

    greenlet = gevent.spawn(task, one.user)
    gevent.sleep(0)
    try:
        yield one.user
    finally:
        greenlet.kill()
        if opened:
            opened.close()


@pytest.fixture
def recorder(monkeypatch):
    """The recorder of this process."""
    one = Recorder()
    monkeypatch.setattr(DECLARED, "_recorder", one)
    return one


@pytest.mark.parametrize("has_iteration", [True, False])
@pytest.mark.parametrize("kind, seam", SENDERS)
def test_the_iteration_of_an_open_request(recorder, kind, seam, has_iteration):
    """Where requests belong to iterations at all, it is that in which it began."""
    recorder.by_iteration = has_iteration
    with sending(kind, seam, recorder, IterationContext({"scenario": "soak"})):
        known = CensoredStore()
        known.merge(recorder.take())
    ((_, tags),) = known.leaves
    assert dict(tags).get("scenario") == ("soak" if has_iteration else None)


@pytest.mark.parametrize("kind, seam", SENDERS[:1] + SENDERS[2:])
def test_the_turn_comes_before_the_request_begins(recorder, kind, seam):
    """While it waits for it nothing is open; a client of Locust's says for whom it waits."""
    waits = []

    def turn(user):
        waits.append(user)
        gevent.sleep(60)

    recorder.open.turn = turn
    with sending(kind, seam, recorder) as user:
        assert waits == [None if kind is Own else user]
        assert not list(recorder.open.opened)


@pytest.mark.parametrize("kind, seam", SENDERS)
def test_who_sends_it(recorder, kind, seam):
    """The user finds its own among what is open."""
    with sending(kind, seam, recorder) as user:
        assert recorder.open.of(user)
        assert not recorder.open.of(Caller(Environment()))
        assert recorder.open.users() == {user}
