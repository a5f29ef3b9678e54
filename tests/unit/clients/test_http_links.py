"""The connections of HTTP users: which are known, how they drop, and what their requests say of fresh data."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from geventhttpclient.url import URL
from locust import FastHttpUser, HttpUser
from locust.env import Environment
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING
from urllib3 import PoolManager
from urllib3 import connection as connections

from locust_ext import ReconnectStormUser
from locust_ext.clients import fasthttp_link, requests_link, sockets
from locust_ext.clients.fasthttp_link import FastHttpLink
from locust_ext.clients.links import UserLinks
from locust_ext.clients.requests_link import RequestsLink
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.storms.agent import StormAgent
from locust_ext.storms.messages import StormsTold
from locust_ext.storms.reconnect import State


class FakeSocket:
    """Writes down what is done to it."""

    def __init__(self):
        self.did = []

    def setsockopt(self, *_):
        """Lingering is set."""
        self.did.append("linger")

    def shutdown(self, how):
        """It is shut down."""
        self.did.append("shutdown" if how == socket.SHUT_RDWR else "half")

    def close(self):
        """It is closed."""
        self.did.append("close")


def user_of(base, host, **attributes):
    """Return a user of one of Locust's classes."""
    made = type("Made", (base,), {"host": host, "abstract": True, **attributes})
    return made(Environment(user_classes=[made]))


@pytest.fixture
def opened(monkeypatch):
    """Open a connection of a pool, whose socket leads nowhere and whose handshake is none; return the connection."""

    def handshake(**_):
        return FakeSocket(), True

    monkeypatch.setattr(connections, "_ssl_wrap_socket_and_match_hostname", handshake)

    def opening(manager, url):
        connection = manager.connection_from_url(url)._new_conn()
        connection._new_conn = FakeSocket
        connection.connect()
        return connection

    return opening


SCHEMES = [
    ("http", "http://shop", {}),
    ("https", "https://shop", {}),
    ("http, of a pool that users share", "http://shop", {"pool_manager": PoolManager()}),
    ("https, of a pool that users share", "https://shop", {"pool_manager": PoolManager()}),
]


@pytest.mark.parametrize("cause", ["reset", "close", "half_open"])
@pytest.mark.parametrize("host, attributes", [pytest.param(*row[1:], id=row[0]) for row in SCHEMES])
def test_every_connection_of_a_user_drops(opened, host, attributes, cause):
    """Of either scheme, also where Locust made a pool for each; urllib3 sees that it must connect again."""
    user = user_of(HttpUser, host, **attributes)
    link = RequestsLink(user, "/")
    connection = opened(user.client.get_adapter(host).poolmanager, host)
    sock = connection.sock
    link.drop(cause)
    assert connection.sock is None
    assert bool(sock.did) is (cause != "half_open")
    link.forget()
    assert sock.did[-1] == "close"
    did = list(sock.did)
    link.drop("reset")
    link.forget()
    assert sock.did == did


def test_a_connection_that_is_closed_already(opened):
    """Has nothing to drop."""
    user = user_of(HttpUser, "http://shop")
    link = RequestsLink(user, "/")
    connection = opened(user.client.get_adapter("http://shop").poolmanager, "http://shop")
    connection.sock = None
    link.drop("reset")
    link.drop("half_open")
    assert link._left == []


def test_users_that_share_a_pool_share_its_connections(opened):
    """It is prepared once, whoever comes first."""
    manager = PoolManager()
    first = requests_link.track(manager)
    classes = dict(manager.pool_classes_by_scheme)
    assert requests_link.track(manager) is first
    assert manager.pool_classes_by_scheme == classes
    assert {name: made.__name__ for name, made in classes.items()} == {
        "http": "HTTPConnectionPool",
        "https": "HTTPSConnectionPool",
    }
    connection = opened(manager, "http://shop")
    assert list(first) == [connection]
    assert connection.sock.did == []


def test_sockets_of_a_fast_user():
    """Its pools tell of every socket that they open, also of one to another host; each pool once."""
    user = user_of(FastHttpUser, "http://shop")
    link = FastHttpLink(user, "/")
    pool = user.client.client.clientpool
    clients = [pool.get_client(URL(url)) for url in ("http://shop/a", "http://shop/b", "http://other/")]
    assert clients[0] is clients[1]
    assert link._pools == [clients[0]._connection_pool, clients[2]._connection_pool]
    socks = [FakeSocket(), FakeSocket()]
    for one, sock in zip(link._pools, socks, strict=True):
        one.after_connect(sock)
    link.drop("close")
    assert ["close" in sock.did for sock in socks] == [True, True]


def fast_link(pools):
    """Return a link over these pools."""
    link = FastHttpLink(user_of(FastHttpUser, "http://shop"), "/")
    link._pools = pools
    return link


def test_one_attempt_is_one():
    """As long as it lasts, geventhttpclient repeats nothing by itself; afterwards its pools are as they were."""
    pools = [SimpleNamespace(size=3), SimpleNamespace(size=5)]
    link = fast_link(pools)
    with link.one_attempt():
        assert [pool.size for pool in pools] == [-1, -1]
        pools.append(SimpleNamespace(size=7))  # one that the attempt itself has made
    assert [pool.size for pool in pools] == [3, 5, 7]
    with pytest.raises(KeyError), link.one_attempt():
        raise KeyError
    assert [pool.size for pool in pools] == [3, 5, 7]


def test_a_pool_is_known_by_its_sockets():
    """Whatever the client, its pool is asked, and no pool twice."""
    pool, sockets, pools = SimpleNamespace(), set(), []
    holder = SimpleNamespace(get_client=lambda url: SimpleNamespace(url=url, _connection_pool=pool))
    fasthttp_link.track(holder, sockets, pools)
    assert [holder.get_client(url).url for url in "ab"] == ["a", "b"]
    assert pools == [pool]
    pool.after_connect("a socket")
    assert sockets == {"a socket"}


class Shopper(ReconnectStormUser, HttpUser):
    """Storms with the connections of its HTTP client."""

    abstract = True
    host = "http://shop"


@pytest.fixture
def shopper():
    """A user of an environment with storms, whose requests are answered with what the test says."""
    environment = Environment(user_classes=[Shopper])
    environment.runner = SimpleNamespace()
    seam = TaskSeam()
    storms = environment.locust_ext_storms = StormAgent(environment, Recorder(), seam, UserLinks())
    storms.follow(StormsTold(storm={"connect_path": "/ready"}, retry=None), "run-1")
    yield Shopper(environment)
    seam.let_go()


def answered(user, answer):
    """Let the user's next requests be answered so."""
    user.client.request = lambda *_, **__: answer
    user._storm.link.gate(user._storm.wait, user._storm.saw_data)


FRESH = [
    ("an answer", 200, True),
    ("elsewhere", 302, True),
    ("the last that is fresh", 399, True),
    ("a mistake of the client's", 400, False),
    ("a fault of the server's", 500, False),
    ("no answer", 0, False),
    ("no status", None, False),
]


@pytest.mark.parametrize("status, fresh", [pytest.param(*row[1:], id=row[0]) for row in FRESH])
def test_an_answer_below_400_is_fresh_data(shopper, status, fresh):
    """Whatever else came, the user's view is as old as before."""
    answered(shopper, SimpleNamespace(status_code=status))
    assert shopper.client.request("GET", "/").status_code == status
    assert bool(shopper._storm._data_at) is fresh


def test_an_answer_of_another_kind(shopper):
    """What has no status, such as a context manager's, is handed on as it is."""
    answered(shopper, "answer")
    assert shopper.client.request("GET", "/") == "answer"
    assert not shopper._storm._data_at


def test_requests_wait_while_the_user_is_away(shopper):
    """One that shall stop does not wait."""
    answered(shopper, SimpleNamespace(status_code=200))
    shopper._storm.state = State.AWAY
    shopper._state = LOCUST_STATE_STOPPING
    with pytest.raises(StopUser):
        shopper.client.request("GET", "/")
    assert not shopper._storm._data_at


def test_a_user_of_its_own_link():
    """The gate is for HTTP clients alone; without storms there is no member, and data is nobody's."""
    link = SimpleNamespace()
    made = type("Own", (ReconnectStormUser, HttpUser), {"host": "http://shop", "storm_link": lambda _: link})
    environment = Environment(user_classes=[made])
    request = made(environment)
    request.saw_data()
    assert request._storm is None
    environment.runner = SimpleNamespace()
    environment.locust_ext_storms = StormAgent(environment, Recorder(), TaskSeam(), UserLinks())
    user = made(environment)
    assert user._storm.link is link
    assert user.client.request.__name__ == "request"
    user.saw_data()
    assert user._storm._data_at > 0


def test_the_user_of_an_http_client(shopper):
    """Its requests pass the gate, its attempts go where the configuration says, and it may say itself what is fresh."""
    assert shopper.client.request.__name__ == "gated"
    assert shopper._storm.link._path == "/ready"
    shopper.saw_data()
    assert shopper._storm._data_at > 0


READS = [  # how long a read takes, whether it had to wait for its bytes
    ("it found something", 0.00001, False),
    ("just too short for a wait", 0.00019, False),
    ("a wait, of the shortest", 0.00021, True),
    ("a wait", 3.0, True),
]


@pytest.mark.parametrize("seconds, waited", [pytest.param(*row[1:], id=row[0]) for row in READS])
def test_when_bytes_arrived(monkeypatch, seconds, waited):
    """Who waited for them knows it; else they came at some time since the last read that left nothing behind."""
    state = SimpleNamespace(now=100.0)
    monkeypatch.setattr(sockets, "perf_counter", lambda: state.now)

    def recv(size):
        assert size == 65536
        state.now += seconds
        return b"ab"

    one = sockets.Buffered(SimpleNamespace(recv=recv, timeout=5))
    state.now = 101.0
    assert (one.recv(1), one.recv(5)) == (b"a", b"b")
    assert one.read_at == pytest.approx(101.0 + seconds)
    assert one.doubt == pytest.approx(0.0 if waited else 1.0 + seconds)
    state.now = 103.0
    assert one.recv(5) == b"ab"
    assert one.doubt == pytest.approx(0.0 if waited else 2.0)
    assert one.timeout == 5
