"""What the tests of clients share."""

from types import SimpleNamespace

import gevent
import pytest
import requests
import websocket
from gevent.pool import Group
from geventhttpclient.connectionpool import ConnectionPool
from locust.contrib.fasthttp import LocustUserAgent
from locust.event import EventHook
from urllib3.util.retry import Retry

from locust_ext.clients.doors import DOORS
from locust_ext.safety.admission import PAID
from locust_ext.safety.guard import Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.options import SafetyOptions
from tests.unit.clients.door_stand_ins import HOST, Turns
from tests.unit.clients.stand_ins import Net


@pytest.fixture
def net(monkeypatch):
    """A network of stand-ins."""
    return Net(monkeypatch)


@pytest.fixture
def calls():
    """Return what happened at the doors, in order."""
    return []


@pytest.fixture
def environment():
    """Return an environment as far as doors are concerned."""
    return SimpleNamespace(events=SimpleNamespace(request=EventHook()), runner=SimpleNamespace(user_greenlets=Group()))


@pytest.fixture
def guard():
    """Return a guard who knows one host of production."""
    rules = SafetyOptions.model_validate({"production": {"go_ahead_for": "shop.example.com"}})
    return Guard(Targets.of([HOST], rules), lambda _: None)


@pytest.fixture
def stubs(monkeypatch, calls):
    """Let what lies behind the doors only tell what comes through; ``stubs.inside`` happens meanwhile."""
    inside = SimpleNamespace(inside=lambda: None)

    def send(session, request, **options):
        calls.append(("send", request.url, dict(request.headers)))
        inside.inside()
        return "answer"

    def urlopen(agent, request):
        calls.append(("open", request.url, dict(request.headers)))
        return "answer"

    def handshake(sock, url, *address, **options):
        calls.append(("shake", url, options.get("header")))
        return "answer"

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setattr(LocustUserAgent, "_urlopen", urlopen)
    monkeypatch.setattr(websocket._core, "connect", lambda url, *_: (calls.append(("connect", url)), (url,)))
    monkeypatch.setattr(websocket._core, "handshake", handshake)
    monkeypatch.setattr(Retry, "sleep", lambda retry, response=None: calls.append("pause"))
    monkeypatch.setattr(ConnectionPool, "get_socket", lambda pool: calls.append("socket"))
    return inside


@pytest.fixture
def doors(environment, calls, monkeypatch):  # it closes before the patches are undone
    """Return doors, and close them after the test."""
    setattr(gevent.getcurrent(), PAID, False)
    found = Interceptors(environment, Turns(calls), DOORS)
    yield found
    found.close()
    setattr(gevent.getcurrent(), PAID, False)
