"""A request that ends while it connects: its slot comes back, nothing stays open, it is told once and in time."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer
from locust import FastHttpUser
from locust.event import EventHook

from locust_ext.clients.lean.user import LeanHttpUser
from tests.unit.clients.lean.telling import words

pytestmark = pytest.mark.sockets

BRIEF = 0.004
TIMES = 1000
LATE = 30.0
"""Seconds that a timeout has which is not to end anything."""
SLACK = 10.0
"""Seconds within which whatever ends is over: a busy machine has them, and what hangs has gone on for longer."""


class Crowd:
    """Nobody is let in: the queue of those who wait is full, and a SYN has no answer."""

    scheme = "http"

    def __init__(self):
        self._busy = socket.socket()
        self._busy.bind(("127.0.0.1", 0))
        self._busy.listen(0)
        self.port = self._busy.getsockname()[1]
        self._waiting = [socket.socket() for _ in range(3)]
        for each in self._waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", self.port))

    def stop(self):
        """Let nobody wait any more."""
        for each in (self._busy, *self._waiting):
            each.close()


class Mute:
    """Takes connections and never shakes hands; with ``every`` it drips bytes of one."""

    scheme = "https"

    def __init__(self, every=None):
        self._every = every
        self._server = StreamServer(("127.0.0.1", 0), self._hold)
        self._server.start()
        self.port = self._server.server_port

    def _hold(self, sock, _):
        try:
            if self._every is None:
                while sock.recv(65536):
                    pass
                return
            for byte in b"\x16\x03\x03\x40\x00" + bytes(2000):
                sock.sendall(bytes([byte]))
                gevent.sleep(self._every)
        except OSError:
            pass

    def stop(self):
        """Close its door."""
        self._server.stop(timeout=0)


@pytest.fixture(params=[Crowd, Mute], ids=["a SYN without an answer", "a handshake without an answer"])
def silent(request):
    """Return who does not answer."""
    found = request.param()
    yield found
    found.stop()


def made(kind, place, **settings):
    """Return a user, and what it tells."""
    events, hook = [], EventHook()
    hook.add_listener(lambda **event: events.append(words(event["exception"])))
    host = f"{place.scheme}://127.0.0.1:{place.port}"
    some = type("Someone", (kind,), {"host": host, "concurrency": 2, "network_timeout": 0.05, **settings})
    return some(SimpleNamespace(events=SimpleNamespace(request=hook))), events


def is_clean(user):
    """Tell whether nothing of a user's requests is left."""
    (pool,) = user.client.lean.pools.pools()
    return (pool._turns.counter, pool.open, pool._handed, pool._replays) == (2, set(), {}, {})


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def settle(condition):
    """Give what is on its way between two sockets the time to come."""
    with gevent.Timeout(SLACK, False):
        while not condition():
            gevent.sleep(0.01)


def timed_out(user):
    user.client.get("/a")


def killed(user):
    asking = gevent.spawn(user.client.get, "/a")
    gevent.sleep(0)
    asking.kill()


def given_up(user):
    with gevent.Timeout(BRIEF, False):
        user.client.get("/a")


ENDS = [(timed_out, BRIEF, 1), (killed, LATE, 0), (given_up, LATE, 0)]


@pytest.mark.parametrize("end, timeout, told", ENDS, ids=[row[0].__name__ for row in ENDS])
@pytest.mark.parametrize("times", [30, pytest.param(TIMES, marks=pytest.mark.long)])
def test_again_and_again(silent, end, timeout, told, times):
    """No descriptor more than at first, both slots are there, and each that was not killed is told once."""
    user, events = made(LeanHttpUser, silent, connection_timeout=timeout)
    end(user)
    gevent.sleep(0.02)
    events.clear()
    gc.collect()
    before = descriptors()
    for _ in range(times):
        began = time.perf_counter()
        end(user)
        assert time.perf_counter() - began < SLACK
    settle(lambda: descriptors() <= before)
    assert (len(events), descriptors() <= before, is_clean(user)) == (told * times, True, True)


@pytest.mark.parametrize("retries", [0, 2])
def test_what_is_told_is_what_fasthttpuser_tells(silent, retries):
    """The same exception with the same words, once, however often it was tried."""
    told = []
    for kind in (FastHttpUser, LeanHttpUser):
        user, events = made(kind, silent, connection_timeout=0.03, network_timeout=1.0, max_retries=retries)
        user.client.get("/a")
        told.append(events)
    assert len(told[0]) == 1
    assert told[0] == told[1]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_handshake_that_drips_ends_in_time(retries):
    """FastHttpUser waits for each byte, forty seconds; here both timeouts bound an attempt, and so all of them."""
    place = Mute(every=0.02)
    user, events = made(LeanHttpUser, place, connection_timeout=0.1, network_timeout=0.1, max_retries=retries)
    began = time.perf_counter()
    user.client.get("/a")
    took = time.perf_counter() - began
    place.stop()
    assert 0.2 * (retries + 1) - 0.02 < took < 0.2 * (retries + 1) + SLACK
    assert len(events) == 1
    assert is_clean(user)


def test_a_handshake_that_drips_leaves_no_socket():
    """It is closed when its time is over, and not when garbage is collected."""
    place = Mute(every=0.02)
    user, _ = made(LeanHttpUser, place, connection_timeout=0.1, network_timeout=0.1)
    before = descriptors()
    gc.disable()
    try:
        for _ in range(3):
            user.client.get("/a")
        settle(lambda: descriptors() <= before)
        assert descriptors() <= before
    finally:
        gc.enable()
        place.stop()


def test_a_host_with_a_silent_address_before_a_good_one(server, monkeypatch):
    """As FastHttpUser it goes on to the next address when the first has had its time."""
    crowd = Crowd()
    here = SimpleNamespace(scheme="http", port=int(server.url.rpartition(":")[2]))
    for kind in (FastHttpUser, LeanHttpUser):
        user, events = made(kind, here, connection_timeout=0.05)
        client = (user.client.lean.pools if kind is LeanHttpUser else user.client.client.clientpool).get_client(
            user.client.client._make_request(f"{user.host}/a").url_split
        )
        pool = client._connection_pool
        opener = getattr(pool, "_opener", pool)
        good = opener._resolve()
        bad = [(*each[:4], ("127.0.0.1", crowd.port)) for each in good]
        monkeypatch.setattr(opener, "_resolve", lambda found=bad + good: found)
        user.client.get("/a")
        assert events == [None]
    crowd.stop()


def test_a_host_of_many_silent_addresses_ends_in_time(monkeypatch):
    """However many it has: all of them together have the time of one request."""
    crowd = Crowd()
    user, events = made(LeanHttpUser, crowd, connection_timeout=0.5)
    pool = user.client.lean.pools.get_client(user.client.client._make_request(f"{user.host}/a").url_split)
    opener = pool._connection_pool._opener
    found = opener._resolve() * 50
    monkeypatch.setattr(opener, "_resolve", lambda: found)
    began = time.perf_counter()
    user.client.get("/a")
    took = time.perf_counter() - began
    crowd.stop()
    assert 0.4 < took < SLACK < 50 * 0.5
    assert len(events) == 1
    assert is_clean(user)
