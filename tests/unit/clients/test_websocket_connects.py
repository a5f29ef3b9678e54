"""When a WebSocketUser connects, and how the socket under it drops."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
import websocket

from locust_ext.clients import websocket_user
from locust_ext.clients.sockets import Buffered
from locust_ext.clients.websocket_user import WebSocketLink
from locust_ext.storms.link import ConnectFailed
from tests.unit.clients.stand_ins import CLOSED, Connection, Storm, connected, made, text

URLS = [
    pytest.param("http://shop.test", "/ticks", "ws://shop.test/ticks", id="HTTP"),
    pytest.param("https://shop.test/", "/ticks", "wss://shop.test/ticks", id="HTTPS, with a slash too many"),
    pytest.param("ws://shop.test:81", "/", "ws://shop.test:81/", id="as it is"),
    pytest.param("wss://shop.test//", "/a", "wss://shop.test/a", id="TLS as it is"),
]


@pytest.mark.parametrize("host, path, url", URLS)
def test_its_address(host, path, url):
    """The path comes after the host, whose scheme becomes that of WebSockets."""
    user, _ = made(host=host, path=path)
    assert user.url == url


def test_its_host_may_be_that_of_the_run():
    """Its own host comes first; without any the address is the path alone."""
    user, _ = made(host=None, path="/ticks")
    assert user.url == "/ticks"
    user.environment.host = "http://run.test"
    assert user.url == "ws://run.test/ticks"
    user.host = "http://own.test"
    assert user.url == "ws://own.test/ticks"


ADDRESSES = [
    pytest.param("ws://127.0.0.1:7000/a", ("127.0.0.1", 7000), id="IPv4"),
    pytest.param("ws://[::1]:7000/a", ("::1", 7000), id="IPv6"),
    pytest.param("ws://127.0.0.1/a", ("127.0.0.1", 80), id="the port of HTTP"),
    pytest.param("wss://127.0.0.1:7000/a", None, id="TLS"),
    pytest.param("ws://localhost:7000/a", None, id="a name"),
    pytest.param("/a", None, id="no host"),
]


@pytest.mark.parametrize("url, address", ADDRESSES)
def test_what_needs_no_name_service(url, address):
    """Numbers without TLS are connected to directly."""
    assert websocket_user._address(url) == address


def test_an_address_of_numbers_is_dialled_by_itself(net):
    """Its socket sends at once and waits for good, and is read in large pieces."""
    connected(net, path="/ticks", headers={"X-Team": "feed"}, subprotocols=("v2", "v1"))
    ((url, options),) = net.asked
    (sock,) = net.socks
    assert net.dialled == [(("127.0.0.1", 7000), 60.0)]
    assert url == "ws://127.0.0.1:7000/ticks"
    assert isinstance(options["socket"], Buffered)
    assert options.pop("socket").sock is sock
    assert options == {
        "header": {"X-Team": "feed"},
        "subprotocols": ["v2", "v1"],
        "enable_multithread": False,
        "skip_utf8_validation": True,
    }
    assert sock.done == ["nodelay 1", "timeout None"]


def test_a_name_is_left_to_the_library(net):
    """Its time limit is that of the connect alone; nobody asked for a subprotocol."""
    connection = Connection()
    inner = connection.sock
    net.answers.append(connection)
    user, _ = made(host="wss://feed.test")
    user.connect(timeout=3.0)
    ((url, options),) = net.asked
    assert (url, options["timeout"], options["subprotocols"], options["header"]) == ("wss://feed.test/", 3.0, None, {})
    assert not net.dialled
    assert inner.done == ["timeout None"]
    assert isinstance(connection.sock, Buffered)
    assert connection.sock.sock is inner
    assert user.ws is connection


def test_a_failed_handshake_leaves_no_socket_behind(net):
    """The socket that was dialled is closed."""
    net.answers.append(websocket.WebSocketException("no"))
    user, _ = made()
    with pytest.raises(ConnectFailed):
        user.connect()
    assert net.socks[0].done[-1] == "close"


FAILURES = [
    pytest.param(ConnectionRefusedError(), "refused", None, id="refused"),
    pytest.param(OSError("no route"), "closed", None, id="unreachable"),
    pytest.param(CLOSED("gone"), "closed", None, id="closed in the handshake"),
    pytest.param(ConnectFailed("own"), "own", None, id="one that says itself"),
    pytest.param(
        websocket.WebSocketBadStatusException("no", 503, None, {"Retry-After": "7"}), "status:503", 7.0, id="a status"
    ),
]


@pytest.mark.parametrize("error, cause, hint", FAILURES)
def test_why_a_connect_failed(net, error, cause, hint):
    """It is reported as a failed request, and nothing is left open."""
    net.answers.append(error)
    user, told = made(path="/ticks")
    with pytest.raises(ConnectFailed) as raised:
        user.connect()
    (event,) = told
    assert (raised.value.cause, raised.value.hint) == (cause, hint)
    assert event["exception"] is raised.value
    assert user.ws is None


def test_a_connect_is_a_request(net, monkeypatch):
    """Under the path, in milliseconds, with the context of its user."""
    now = iter([100.0, 100.25])
    monkeypatch.setattr(websocket_user, "perf_counter", lambda: next(now))
    net.answers.append(Connection())
    user, told = made(path="/ticks", context=lambda _: {"tags": {"team": "feed"}})
    user.connect()
    assert told == [
        {
            "request_type": "WS",
            "name": "connect /ticks",
            "response_time": 250.0,
            "response_length": 0,
            "context": {"tags": {"team": "feed"}},
            "exception": None,
        }
    ]


def test_ready_with_the_first_message(net):
    """It is waited for within the connect, after the handshake, and then is the first that is read."""
    opened = []
    net.answers.append(Connection(text("a"), text("b")))
    user, told = made(ready_on="frame")
    user.connect(opened=lambda: opened.append(len(net.answers)))
    assert opened == [0]
    assert not told[0]["exception"]
    assert [user.recv(), user.recv()] == ["a", "b"]


def test_ready_with_the_handshake(net):
    """Nothing is read before the user asks."""
    user, connection = connected(net, text("a"))
    assert len(connection.frames) == 1
    assert user.recv() == "a"


def test_a_first_message_that_does_not_come_is_a_failure(net):
    """The time of the attempt is over, and its connection closed."""
    net.answers.append(Connection())
    user, told = made(ready_on="frame")
    with pytest.raises(ConnectFailed) as raised:
        user.connect(timeout=0.01)
    assert raised.value.cause == "timeout"
    assert told[0]["exception"] is raised.value
    assert user.ws is None
    assert net.socks[0].done[-2:] == [f"shutdown {socket.SHUT_RDWR}", "close"]


def test_its_turn_comes_before_its_clock(net, monkeypatch):
    """A wait under a cap is none of the target's time."""
    order = []
    monkeypatch.setattr(websocket_user, "perf_counter", lambda: order.append("clock") or 1.0)
    net.answers.append(Connection())
    user, _ = made()
    user.environment.locust_ext_admission = SimpleNamespace(prepay=order.append)
    user.connect()
    assert order == [user, "clock", "clock"]


def test_on_start_connects_and_on_stop_disconnects(net):
    """Alone, it does so itself."""
    net.answers.append(Connection())
    user, told = made()
    user.on_start()
    assert len(told) == 1
    assert user.ws is not None
    user.on_stop()
    assert user.ws is None
    assert net.socks[0].done[-2:] == [f"shutdown {socket.SHUT_RDWR}", "close"]
    user.on_stop()  # a second time there is nothing to close


def test_a_storm_says_when_it_arrives(net):
    """Its member connects it, by its policy."""
    user, told = made()
    user._storm = Storm()
    user.on_start()
    assert user._storm.calls == ["arrive"]
    assert not told


def test_a_connection_without_a_socket_is_left_alone():
    """The library had closed it by itself."""
    user, _ = made()
    user.ws = SimpleNamespace(sock=None)
    user.disconnect()
    assert user.ws is None


DROPS = [
    pytest.param("reset", ["linger", f"shutdown {socket.SHUT_RD}", "close"], [], id="reset"),
    pytest.param("close", [f"shutdown {socket.SHUT_RDWR}", "close"], [], id="closed"),
    pytest.param("half_open", [], ["linger", f"shutdown {socket.SHUT_RD}", "close"], id="half open, and reset later"),
]


@pytest.mark.parametrize("cause, at_once, later", DROPS)
def test_how_a_storm_drops_it(cause, at_once, later):
    """A half-open one is left as it is until the storm forgets it, and then it is reset once."""
    user, _ = made()
    user.ws = Connection()
    link = user.storm_link()
    link.drop(cause)
    assert user.ws.sock.done == at_once
    user.ws.sock.done.clear()
    link.forget()
    link.forget()
    assert user.ws.sock.done == later


def test_there_may_be_nothing_to_drop():
    """A user that is away, and one whose library has closed the socket."""
    user, _ = made()
    link = user.storm_link()
    link.drop("half_open")
    user.ws = SimpleNamespace(sock=None)
    link.drop("half_open")
    link.forget()
    assert isinstance(link, WebSocketLink)


def test_a_storm_connects_it_by_its_own_limits(net):
    """The time of an attempt, and who is told of the handshake."""
    net.answers.append(Connection())
    user, _ = made()
    opened = []
    user.storm_link().connect(2.5, lambda: opened.append(1))
    assert net.dialled == [(("127.0.0.1", 7000), 2.5)]
    assert opened == [1]
