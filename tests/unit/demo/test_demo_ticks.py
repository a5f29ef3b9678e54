"""The tick stream: whom it accepts, and whom it cuts off."""

import io
import json
import socket
from types import SimpleNamespace

import gevent.socket
import pytest
from gevent.event import Event
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Ping, Pong

from locust_ext.demo.ticks import Fanout, NotAWebSocket, Subscriber, Ticks

HEADERS = {
    "Host": "x",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(**changes):
    """Render a handshake with some headers changed; None leaves one out."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if value is not None]
    return "".join(["GET /ticks HTTP/1.1\r\n", *lines, "\r\n"]).encode("latin-1")


REFUSED = [
    ("no upgrade", handshake(Upgrade=None)),
    ("no connection header", handshake(Connection=None)),
    ("no key", handshake(Sec_WebSocket_Key=None)),
    ("no host", handshake(Host=None)),
    ("a host that is not ASCII", handshake(Host="é")),
    ("an ancient version", handshake(Sec_WebSocket_Version="8")),
    ("half a request", b"GET /ticks HTTP/1.1\r\n"),
    ("no request at all", b"\x16\x03\x01"),
]


@pytest.mark.parametrize("request_bytes", [row[1] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(request_bytes):
    """What does not ask for a WebSocket is refused, whatever it is."""
    with socket.socket() as sock, pytest.raises(NotAWebSocket):
        Subscriber(request_bytes, sock, io.BytesIO())


@pytest.fixture
def pair():
    """Two ends of a connection: the server's and the client's."""
    server, client = socket.socketpair()
    with server, client:
        server.settimeout(0)
        client.settimeout(5)
        yield server, client


class Silence:
    """A client that says nothing until it is told to hang up."""

    def __init__(self, world):
        self._world = world

    def read1(self):
        """Wait for an hour, then end."""
        self._world.sleep(3600.0)
        return b""


def test_everybody_gets_the_same_frame(world, spawn, pair):
    """A tick is one unmasked text frame after the answer to the handshake."""
    server, client = pair
    ticks = Ticks(clock=world.clock, sleep=world.sleep, interval=0.5)
    spawn(ticks.run)
    spawn(ticks.serve, Subscriber(handshake(), server, Silence(world)))
    world.run(1.1)
    answer, _, frames = client.recv(4096).partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101")
    first = frames[2 : 2 + frames[1]]
    assert frames[0] == 0x81
    assert json.loads(first) == {"seq": 1, "t": 0.5}
    assert (ticks.open, ticks.connects) == (1, 1)


def test_headers_of_the_answer(pair):
    """What is sent along stands in the answer to the handshake, and nothing does by default."""
    server, client = pair
    for headers in ((), [(b"x-synthetic-tenant-ack", b"nightly-7")]):
        Subscriber(handshake(), server, io.BytesIO(), headers).accept()
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        assert answer.count(b"\r\nx-synthetic-tenant-ack: nightly-7\r\n") == len(headers)


def test_forgotten_when_over(world, spawn, pair):
    """A subscriber whose connection ends gets no more ticks."""
    ticks = Ticks(clock=world.clock, sleep=world.sleep)
    spawn(ticks.serve, Subscriber(handshake(), pair[0], Silence(world)))
    world.run(3600.0)
    assert (ticks.open, ticks.connects) == (0, 1)


DEPARTURES = [
    ("a client that waits", lambda _: None, 0),
    ("a client that hangs up", lambda client: client.close(), 1),
    ("a client that ends its half", lambda client: client.shutdown(socket.SHUT_WR), 1),
    ("a client that speaks too early", lambda client: client.sendall(b"early, "), 0),
]


@pytest.mark.parametrize("deed, departures", [row[1:] for row in DEPARTURES], ids=[row[0] for row in DEPARTURES])
def test_watched(deed, departures):
    """Anyone who watches learns of a client's end once, and what the client says is kept for later."""
    server, client = gevent.socket.socketpair()
    left = []
    with server, client, server.makefile("rb") as stream:
        with Subscriber(handshake(), server, stream).watched(lambda: left.append("left")):
            gevent.sleep(0)
            deed(client)
            gevent.sleep(0.01)
        assert len(left) == departures
        if not departures:
            client.sendall(b"late")
            client.close()
            assert stream.read() in {b"late", b"early, late"}


def test_slow_reader_is_cut_off(pair):
    """A client that lets its buffers run full loses its connection and delays nobody."""
    server, client = pair
    slow = Subscriber(handshake(), server, io.BytesIO())
    for _ in range(200):
        slow.offer(b"x" * 65_536)
    received = 0
    while chunk := client.recv(1_000_000):
        received += len(chunk)
    assert 0 < received < 200 * 65_536


class Reader:
    """A subscriber that keeps what it is offered, until it leaves."""

    def __init__(self, world):
        self.frames = []
        self._world, self._left = world, Event()

    def accept(self):
        """Take any handshake."""

    def follow(self):
        """Stay until told to leave."""
        self._left.wait()

    def leave(self):
        """Hang up."""
        self._left.set()

    def offer(self, frame):
        """Note the number of the tick and how late it came."""
        tick = json.loads(frame[2:])
        self.frames.append((tick["seq"], round(self._world.now - tick["t"], 6)))


def test_a_slow_fanout_reaches_few_at_once_and_many_late(world, spawn):
    """The first two get all ticks at once; later ones are late, the last by 3 s, but for the first frame of each."""
    readers = [Reader(world) for _ in range(8)]
    ticks = Ticks(clock=world.clock, sleep=world.sleep, interval=1.0, fanout=Fanout(2, 3.0))
    spawn(ticks.run)
    for reader in readers:
        spawn(ticks.serve, reader)
    world.run(9.5)
    for reader, late in zip(readers, (0, 0, 0, 1, 2, 2, 2, 3), strict=True):
        assert [seq for seq, _ in reader.frames] == list(range(1, 10 - late))
        assert {lateness for _, lateness in reader.frames[1:]} == {late}
        assert reader.frames[0] == (1, 0)


def test_a_slow_fanout_that_gets_faster_loses_and_repeats_nothing(world, spawn):
    """When most have left, the last one gets at once what was held back, in order; others that come change nothing."""
    readers = [Reader(world) for _ in range(8)]
    ticks = Ticks(clock=world.clock, sleep=world.sleep, interval=1.0, fanout=Fanout(2, 3.0))
    spawn(ticks.run)
    for reader in readers:
        spawn(ticks.serve, reader)
    world.run(9.5)
    for reader in readers[:6]:
        reader.leave()
    world.run(12.5)
    for _ in range(6):
        spawn(ticks.serve, Reader(world))
    world.run(20.5)
    assert [seq for seq, _ in readers[-1].frames] == list(range(1, 21))
    assert readers[-1].frames[-1] == (20, 0)


def test_few_connections_never_meet_the_slow_fanout(world, spawn):
    """The fault is one of many: up to its bound everybody gets the tick at once."""
    readers = [Reader(world) for _ in range(2)]
    ticks = Ticks(clock=world.clock, sleep=world.sleep, interval=1.0, fanout=Fanout(2, 3.0))
    spawn(ticks.run)
    for reader in readers:
        spawn(ticks.serve, reader)
    world.run(5.5)
    assert all(reader.frames == [(seq, 0) for seq in range(1, 6)] for reader in readers)


class Taker:
    """A subscriber that hands on what it is offered."""

    def __init__(self, offer):
        self.offer = offer


@pytest.mark.parametrize("count, turns", [(49, 0), (50, 1), (99, 1), (120, 2)])
def test_a_broadcast_gives_others_a_turn(count, turns):
    """Each time that it has served fifty."""
    slept, served = [], []
    ticks = Ticks(clock=lambda: 5.0, sleep=slept.append)
    for _ in range(count):
        ticks._subscribers[Taker(served.append)] = -1
    ticks.tick()
    assert slept == [0] * turns
    assert (len(served), len(set(served))) == (count, 1)


def test_how_often_it_ticks():
    """Five times a second, if nobody says anything else; times have six decimals."""
    slept, frames = [], []
    ticks = Ticks(clock=lambda: 1.23456789, sleep=slept.append)
    ticks._subscribers[Taker(frames.append)] = -1

    def stop(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            raise StopIteration

    ticks._sleep = stop
    with pytest.raises(StopIteration):
        ticks.run()
    assert slept == [0.2] * 3
    assert [json.loads(frame[2:]) for frame in frames] == [{"seq": 1, "t": 1.234568}, {"seq": 2, "t": 1.234568}]


class Stream:
    """What comes from a client, piece by piece."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def read1(self):
        """Return the next one."""
        return self.pieces.pop(0) if self.pieces else b""


def test_a_ping_is_answered_and_a_close_is_the_end(pair):
    """What comes after a closing handshake is not read; the connection ends."""
    server, client = pair
    ours = Connection(ConnectionType.CLIENT)
    stream = Stream(ours.send(Ping(payload=b"are you there")), ours.send(CloseConnection(code=1000)), b"more")
    subscriber = Subscriber(handshake(), server, stream)
    subscriber.accept()
    client.recv(4096)
    subscriber.follow()
    said = b""
    while piece := client.recv(4096):
        said += piece
    ours.receive_data(said)
    pong, closed = list(ours.events())
    assert (type(pong), bytes(pong.payload)) == (Pong, b"are you there")
    assert (type(closed), closed.code) == (CloseConnection, 1000)
    assert stream.pieces == [b"more"]


@pytest.mark.parametrize("piece", [b"\xff\xff\xff\xff", b""], ids=["what is no frame", "nothing more"])
def test_a_client_that_speaks_something_else(pair, piece):
    """Loses its connection, and nothing is raised."""
    server, client = pair
    subscriber = Subscriber(handshake(), server, Stream(piece, b"more"))
    subscriber.accept()
    subscriber.follow()
    assert client.recv(4096).startswith(b"HTTP/1.1 101")
    assert client.recv(4096) == b""


def test_a_connection_that_breaks_while_it_is_read(pair):
    """Is over, as any other."""

    def broken():
        raise OSError

    server, client = pair
    Subscriber(handshake(), server, SimpleNamespace(read1=broken)).follow()
    assert client.recv(4096) == b""


def test_a_reader_that_has_gone_is_cut_off(pair):
    """What is offered to it is lost, and nothing is raised, however often."""
    server, client = pair
    subscriber = Subscriber(handshake(), server, io.BytesIO())
    subscriber.offer(b"hello")
    assert client.recv(10) == b"hello"
    client.close()
    for _ in range(3):
        subscriber.offer(b"hello")
    server.close()
    subscriber.offer(b"hello")
