"""Who stops holds nothing open, and can go on all the same."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from geventhttpclient.client import HTTPClientPool
from geventhttpclient.url import URL
from locust import FastHttpUser, HttpUser, User
from locust.env import Environment
from urllib3 import PoolManager

from locust_ext import LeanHttpUser
from locust_ext.clients.leaving import Leaving, closing, leave

HOST = "http://127.0.0.1:9"


class Sock:
    """A socket, or a connection, as far as its end goes."""

    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


def user_of(base, **attributes):
    """Return a user of a class."""
    return type("One", (base,), {"host": HOST, "abstract": False, **attributes})(Environment())


def idle_in_fast(user):
    """Return an idle socket of a FastHttpUser's."""
    sock = Sock()
    pool = user.client.client.clientpool.get_client(URL(HOST))._connection_pool
    pool.get_socket = lambda: None
    pool._socket_queue.put(sock)
    return sock


def idle_in_lean(user):
    """Return an idle connection of a LeanHttpUser's."""
    sock = Sock()
    pool = user.client.lean.pools.get_client(URL(HOST))._connection_pool
    pool.open.add(sock)
    pool._idle.append(sock)
    return sock


def idle_in_requests(user):
    """Return an idle connection of an HttpUser's."""
    sock = Sock()
    pool = user.client.get_adapter(HOST).poolmanager.connection_from_url(HOST)
    pool.pool.get()
    pool.pool.put(sock)
    sock.pool = pool  # else garbage closes it
    return sock


IDLE = [
    (FastHttpUser, idle_in_fast),
    (LeanHttpUser, idle_in_lean),
    (LeanHttpUser, idle_in_fast),  # of requests that go FastHttpUser's way
    (HttpUser, idle_in_requests),
]


@pytest.mark.parametrize(("base", "idle"), IDLE, ids=lambda row: row.__name__)
def test_what_is_idle_is_closed(base, idle):
    """Twice is once, and another connection can be kept afterwards: nothing is closed for ever."""
    user = user_of(base)
    for _ in range(2):
        sock = idle(user)
        leave(user)
        leave(user)
        assert sock.is_closed


def test_a_connection_that_is_used_is_let_be():
    """A greenlet of the user may still wait for its answer; it is closed when it comes back."""
    user = user_of(LeanHttpUser)
    pool = user.client.lean.pools.get_client(URL(HOST))._connection_pool
    used = Sock()
    pool.open.add(used)
    leave(user)
    assert not used.is_closed


def shared(base):
    """Return what users of a class share."""
    return {"client_pool": HTTPClientPool()} if base is not HttpUser else {"pool_manager": PoolManager()}


@pytest.mark.parametrize(
    ("base", "idle"), [row for row in IDLE if row[1] is not idle_in_lean], ids=lambda row: row.__name__
)
def test_what_users_share_stays(base, idle):
    """Others still send over it."""
    user = user_of(base, **shared(base))
    sock = idle(user)
    leave(user)
    assert not sock.is_closed


STRANGERS = [
    ("no client", SimpleNamespace()),
    ("a client of its own", SimpleNamespace(client=object())),
    ("a session that is not as it was made", SimpleNamespace(client=user_of(FastHttpUser).client)),
    ("another adapter", user_of(HttpUser)),
]
STRANGERS[-1][1].client.mount(HOST, SimpleNamespace(close=lambda: None))


@pytest.mark.parametrize("user", [row[1] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def test_whoever_is_not_known_is_let_be(user):
    """Nothing is raised: it is the end of a user, and not of a run."""
    leave(user)


def test_it_comes_after_the_users_own_end():
    """Whatever that raises."""
    events = []
    user = user_of(FastHttpUser)
    sock = idle_in_fast(user)

    def run(_):
        events.append(sock.is_closed)
        raise KeyError("x")

    with pytest.raises(KeyError):
        closing(run)(user)
    assert (events, sock.is_closed) == ([False], True)


def test_the_seam_opens_and_closes():
    """Users of a process without us are as Locust made them."""
    before = vars(User)["run"]
    part = Leaving()
    part.install()
    assert vars(User)["run"].__wrapped__ is before
    part.let_go()
    assert vars(User)["run"] is before
