"""However a request ends, its connection is nobody's afterwards: it can be used again or it is closed.

Nothing of it comes later either: a deadline that nobody waits for is no exception in the middle of other code.
"""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event
from gevent.server import StreamServer
from locust.env import Environment

from locust_ext.clients.lean.user import LeanHttpUser

pytestmark = pytest.mark.sockets

BOUND = 0.3
LARGE = b"x" * 30_000_000
"""More than the buffers of a socket hold."""


@pytest.fixture
def deaf():
    """Return where a server listens that takes connections and reads nothing."""
    over = Event()
    server = StreamServer(("127.0.0.1", 0), lambda *_: over.wait(30))
    server.start()
    yield f"http://127.0.0.1:{server.server_port}"
    over.set()
    server.stop(timeout=0)


def made(host, **settings):
    return type("Reader", (LeanHttpUser,), {"host": host, "concurrency": 2, **settings})(Environment())


def give_up(user, **options):
    """Have the user lose patience."""
    with gevent.Timeout(0.05, False):
        user.client.request(**options)


def kill(user, **options):
    """Kill the greenlet in which it asks."""
    asking = gevent.spawn(user.client.request, **options)
    gevent.sleep(0.05)
    asking.kill()


WAYS = {
    "a plain request": {"method": "POST", "url": "/a", "data": LARGE},
    "one that geventhttpclient sends": {"method": "POST", "url": "/a", "data": LARGE, "headers": {"X": 1}},
    "one that waits for its answer": {"method": "GET", "url": "/a"},
    "one of geventhttpclient's that does": {"method": "GET", "url": "/a", "headers": {"X": 1}},
}


@pytest.mark.parametrize("end", [give_up, kill])
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_a_request_that_is_given_up(deaf, end, options):
    """Oftener than the user may have requests at once, and then nothing comes of it when its time would be over."""
    user = made(deaf, network_timeout=BOUND)
    for _ in range(4):
        end(user, **options)
    (pool,) = user.client.lean.pools.pools()
    assert (pool._turns.counter, pool.open, pool._handed, pool._replays) == (2, set(), {}, {})
    gevent.sleep(BOUND + 0.1)


def test_a_head_that_cannot_be_sent(server):
    """It raises what FastHttpUser raises, and takes nothing with it."""
    user = made(server.url)
    for _ in range(4):
        with pytest.raises(ValueError, match="invalid value for header field"):
            user.client.get("/a", headers={"X": "\u20ac", "Y": 1})
    assert user.client.get("/a").status_code == 200


@pytest.mark.parametrize("setting", ["network_timeout", "connection_timeout"])
@pytest.mark.parametrize("options", [{}, {"headers": {"X": 1}}], ids=["plain", "geventhttpclient's"])
def test_a_user_without_a_timeout(server, setting, options):
    """FastHttpUser takes None for a wait without an end."""
    assert made(server.url, **{setting: None}).client.get("/a", **options).status_code == 200
