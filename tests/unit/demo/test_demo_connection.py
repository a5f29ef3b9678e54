"""One connection of the demo target, over a pair of sockets in this process; and how the target begins and ends."""

import signal
from http.client import HTTPException
from types import SimpleNamespace

import gevent
import gevent.socket
import pytest

from locust_ext.demo import command
from locust_ext.demo import server as module
from locust_ext.demo.faults import dials
from locust_ext.demo.server import Connection, Server


class Sock:
    """The server's end, which takes note of its options."""

    def __init__(self, sock):
        self.options, self.end = [], sock

    def setsockopt(self, *option):
        """Take note: only TCP has these."""
        self.options.append(option)

    def __getattr__(self, name):
        return getattr(self.end, name)


@pytest.fixture
def connected(spawn):
    """Return both ends of a connection that is being served, and the greenlet that does so."""
    ours, theirs = gevent.socket.socketpair()
    sock = Sock(ours)
    serving = spawn(Server("127.0.0.1", 0, dials([]), seed=1)._http.handle, sock, ("127.0.0.1", 1))
    yield sock, theirs, serving
    ours.close()
    theirs.close()


def answer_to(theirs, request):
    """Return what is answered before the connection ends."""
    with gevent.Timeout(5):
        theirs.sendall(request)
        said = b""
        while piece := theirs.recv(65_536):
            said += piece
    return said


def test_a_request_over_a_connection(connected):
    """Is answered, without a wait for what else may leave with it."""
    sock, theirs, serving = connected
    said = answer_to(theirs, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert said.endswith(b'\r\n\r\n{"ok": true}')
    assert sock.options == [(module.IPPROTO_TCP, module.TCP_NODELAY, 1)]
    serving.join(5)
    assert serving.exception is None


def test_a_handshake_over_a_connection(connected):
    """The stream of ticks takes the connection over, with what its client has to know."""
    _, theirs, _ = connected
    theirs.sendall(
        b"GET /ticks HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with gevent.Timeout(5):
        said = theirs.recv(65_536)
    assert said.startswith(b"HTTP/1.1 101")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in said


def test_a_body_over_a_connection(connected):
    """It is read to its end."""
    _, theirs, _ = connected
    body = b'{"body": "hello"}'
    head = f"POST /communities/7/posts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    assert answer_to(theirs, head.encode() + body).startswith(b"HTTP/1.1 201 Created\r\n")


def test_too_many_headers(connected):
    """Are their sender's mistake, and no fault of the target."""
    _, theirs, serving = connected
    headers = b"".join(b"X-%d: 1\r\n" % number for number in range(200))
    assert answer_to(theirs, b"GET /health HTTP/1.1\r\n" + headers + b"\r\n").startswith(b"HTTP/1.1 400 ")
    serving.join(5)
    assert serving.exception is None


GONE = [
    pytest.param(ConnectionResetError(), None, id="the client has gone"),
    pytest.param(BrokenPipeError(), None, id="it has gone while it was told"),
    pytest.param(ValueError("odd"), 400, id="a mistake of its own"),
    pytest.param(HTTPException("got more than 100 headers"), 400, id="what http.client cannot read"),
]


@pytest.mark.parametrize("error, status", GONE)
def test_a_client_s_mistake(connected, error, status):
    """It is answered while somebody is there."""
    sock, _, _ = connected
    connection = Connection(sock, ("127.0.0.1", 1), Server("127.0.0.1", 0, dials([]), seed=1)._http)
    found = connection._handle_client_error(error)
    assert found is None if status is None else found[0].startswith(str(status))


def test_a_connection_that_breaks_off(connected, monkeypatch):
    """Ends in silence: in a storm they all do."""
    sock, _, _ = connected

    def broken(connection):
        raise OSError

    monkeypatch.setattr(module.WSGIHandler, "handle", broken)
    Connection(sock, ("127.0.0.1", 1), Server("127.0.0.1", 0, dials([]), seed=1)._http).handle()


class Listening:
    """Stands in for what listens, and keeps what it is told."""

    def __init__(self, *given, **named):
        self.given, self.named, self.told, self.server_port = given, named, [], "4711"

    def start(self):
        """Listen."""
        self.told.append("start")

    def stop(self, **named):
        """Listen no more."""
        self.told.append(("stop", named))


def test_a_server_begins_and_ends(monkeypatch):
    """It listens where it is to, writes no log, ticks from then on, and waits for nobody at its end."""
    ticking = []
    monkeypatch.setattr(module, "WSGIServer", Listening)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(spawn=ticking.append))
    server = Server("::1", 0, dials([]), seed=1)
    http = server._http
    assert http.given[0] == ("::1", 0)
    assert http.named == {
        "backlog": 4096, "log": None, "error_log": None, "handler_class": Connection, "environ": {"SERVER_NAME": "::1"},
    }  # fmt: skip
    assert server.start() == 4711
    assert ticking == [server._ticks.run]
    server.stop()
    assert http.told == ["start", ("stop", {"timeout": 0})]


class Target:
    """Stands in for the server behind the command."""

    made = []

    def __init__(self, *given, **named):
        self.given, self.stops = (*given, *named.values()), 0
        self.made.append(self)

    def start(self):
        """Return the port."""
        return 4711

    def stop(self):
        """Count it."""
        self.stops += 1


@pytest.fixture
def commanded(monkeypatch):
    """Serve with a stand-in; return the handlers of signals by their numbers."""
    handlers, ignored = {}, []
    monkeypatch.setattr(command, "Server", Target)
    monkeypatch.setattr(Target, "made", [])
    monkeypatch.setattr(command.gevent, "signal_handler", handlers.__setitem__)
    monkeypatch.setattr(command.signal, "signal", lambda *given: ignored.append(given))
    monkeypatch.setattr(command, "_allow_many_connections", lambda: handlers.update(many=True))
    monkeypatch.delenv(command.KEY_VARIABLE, raising=False)
    return SimpleNamespace(handlers=handlers, ignored=ignored)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_target_in_the_foreground(commanded, capsys, spawn, number):
    """Says where it is and what goes wrong there, serves until a signal, and ends with 0."""
    serving = spawn(command.serve, 0, "127.0.0.1", ["reconnect", "slow"], 5, False)
    gevent.sleep(0)
    assert capsys.readouterr().out == "demo target on http://127.0.0.1:4711 (faults: reconnect, slow)\n"
    assert set(commanded.handlers) == {"many", signal.SIGTERM, signal.SIGINT}
    (target,) = Target.made
    assert target.given == ("127.0.0.1", 0, dials(["reconnect", "slow"]), 5, ())
    assert (serving.ready(), target.stops) == (False, 0)
    commanded.handlers[number]()
    assert serving.get(timeout=5) == 0
    assert target.stops == 1
    assert commanded.ignored == []


def test_a_target_of_a_parent_process(commanded, capsys, spawn, monkeypatch):
    """Leaves Ctrl-C to its parent, and ends with it."""
    watched = []
    monkeypatch.setattr(command, "_watch_parent", lambda ended: (watched.append(ended), ended.set()))
    serving = spawn(command.serve, 0, "127.0.0.1", [], 1, True)
    assert serving.get(timeout=5) == 0
    assert capsys.readouterr().out == "demo target on http://127.0.0.1:4711 (faults: none)\n"
    assert set(commanded.handlers) == {"many", signal.SIGTERM}
    assert commanded.ignored == [(signal.SIGINT, signal.SIG_IGN)]
    assert (len(watched), Target.made[0].stops) == (1, 1)
