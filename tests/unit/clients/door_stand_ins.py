"""What stands behind the doors in their tests, and who asks them."""

from __future__ import annotations

from types import SimpleNamespace

import requests
import websocket
from geventhttpclient.connectionpool import ConnectionPool
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from requests.structures import CaseInsensitiveDict
from urllib3.util.retry import Retry

from locust_ext.measure.recorder import Recorder
from locust_ext.safety.admission import Admission
from locust_ext.safety.origin import Origins
from locust_ext.safety.tenant import TenantHeaders

HOST, EVIL = "http://shop.example.com", "http://evil.com"
HEADER = "x-synthetic-tenant"
MARK = TenantHeaders(HEADER, "true", Origins.of([HOST]))

PLACES = [
    (HttpSession, "send"),
    (HttpSession, "request"),
    (HttpSession, "_build_url"),
    (requests.Session, "send"),
    (FastHttpSession, "request"),
    (FastHttpSession, "_build_url"),
    (LocustUserAgent, "_urlopen"),
    (ConnectionPool, "get_socket"),
    (Retry, "sleep"),
    (websocket._core, "connect"),
    (websocket._core, "handshake"),
]


class Acks:
    """Looks at answers."""

    def __init__(self):
        self.seen = []

    def look(self, response):
        self.seen.append(response)


class Turns(Admission):
    """An admission that lets everything pass, and tells what it was asked."""

    def __init__(self, calls):
        super().__init__(Recorder())
        self._calls = calls
        self.late = 0.0
        """For how long each turn seems to have waited."""

    def turn(self, user=None):
        self._calls.append("turn")
        return self.late


def standing(environment):
    """Return what stands at each place, down to whether a class has it of its own."""
    found = {(owner, name): vars(owner).get(name) for owner, name in PLACES}
    return {**found, "fire": vars(environment.events.request).get("fire")}


STEPS = {
    "close": lambda doors, guard: doors.close(),
    "bare": lambda doors, guard: doors.open(mark=None, guard=guard),
    "mark": lambda doors, guard: doors.open(mark=MARK, guard=guard),
    "waits": lambda doors, guard: doors.open(mark=None, guard=guard, waits=True),
    "acks": lambda doors, guard: doors.open(mark=MARK, guard=guard, acks=Acks()),
    "all": lambda doors, guard: doors.open(mark=MARK, guard=guard, acks=Acks(), waits=True),
    "late": lambda doors, guard: doors.admission.on_late(),
}


def request(url=f"{HOST}/a", **headers):
    return SimpleNamespace(url=url, headers=CaseInsensitiveDict(headers))


def send(session=requests.Session, url=f"{HOST}/a"):
    """Send one request below the clock, as redirects are."""
    return session.send(SimpleNamespace(user=None), request(url))


def shake(url="ws://shop.example.com/feed", **options):
    """Connect and shake hands, as websocket-client does for each connection and each redirect."""
    connection, _ = websocket._core.connect(url, None, None, None)
    return websocket._core.handshake(connection, url, "host", 80, "/feed", **options)


def as_user(environment, function):
    """Run ``function`` in a user's greenlet and return what it returned."""
    return environment.runner.user_greenlets.spawn(function).get(timeout=5)
