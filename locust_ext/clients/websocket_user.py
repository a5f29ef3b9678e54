"""A user of one WebSocket, over websocket-client.

Law: the library speaks the protocol; here is only when to connect, and how the socket under it drops.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from time import perf_counter
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import gevent
import websocket
from locust import User

from locust_ext.clients.shortage import dial, note
from locust_ext.clients.sockets import Buffered, drop
from locust_ext.clients.websocket_client import connecting, listener_for, receive
from locust_ext.measure.messages import read
from locust_ext.storms.comeback import LONGEST_ATTEMPT
from locust_ext.storms.hint import retry_after
from locust_ext.storms.link import ConnectFailed


class WebSocketUser(User):
    """A user with one WebSocket: ``recv()`` returns the next message, ``send()`` sends one.

    ``path`` is appended to the host (``https`` becomes ``wss``). ``ready_on`` says when it is ready: when the
    handshake is over (``open``), or with the first message (``frame``). ``headers`` and ``subprotocols`` go into the
    handshake. Each connect is a request event of type ``WS``. Together with ReconnectStormUser a lost connection
    comes back by its policy; alone, ``recv()`` raises websocket.WebSocketConnectionClosedException.

    Messages that carry a time are measured as ``message_age``; ``message_time()`` says where it stands. A user that
    waits for a message longer than is usual is silent, and its data grows old; ``silent_after`` gives the seconds
    (``math.inf``: never), without it they are learned from the feed.
    """

    abstract = True
    path: ClassVar[str] = "/"
    ready_on: ClassVar[Literal["open", "frame"]] = "open"
    headers: ClassVar[dict[str, str]] = {}
    subprotocols: ClassVar[tuple[str, ...]] = ()
    silent_after: ClassVar[float | None] = None

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.ws: websocket.WebSocket | None = None
        self._first: tuple[str | bytes, float, float] | None = None
        self._storm: Any = None
        self._listener = listener_for(self, WebSocketUser.message_time)

    @property
    def url(self) -> str:
        """The address of the WebSocket."""
        host = (self.host or self.environment.host or "").rstrip("/")
        return "ws" + host.removeprefix("http") + self.path if host.startswith("http") else host + self.path

    def on_start(self) -> None:
        """Connect."""
        if self._storm is not None:
            self._storm.arrive()
        else:
            self.connect()

    def on_stop(self) -> None:
        """Disconnect."""
        self.disconnect()

    def connect(self, timeout: float = LONGEST_ATTEMPT, opened: Callable[[], None] = lambda: None) -> None:
        """Connect, and wait until ready; raises ConnectFailed."""
        admission = getattr(self.environment, "locust_ext_admission", None)
        if admission is not None:
            admission.prepay(self)  # before the clock runs: a wait under the cap is none of the target's
        with connecting(self):
            failure = self._connect(timeout, opened)
        if failure is not None:
            raise failure
        if self._listener is not None:
            self._listener.connected(self.url)

    def _connect(self, timeout: float, opened: Callable[[], None]) -> ConnectFailed | None:
        """Connect, report it, and return why it failed."""
        began, failure = perf_counter(), None
        try:
            with gevent.Timeout(timeout, ConnectFailed("timeout")):
                self.ws = self._open(timeout)
                opened()
                self._first = receive(self.ws) if self.ready_on == "frame" else None
        except ConnectFailed as error:
            failure = error
        except websocket.WebSocketBadStatusException as error:
            failure = ConnectFailed(f"status:{error.status_code}", retry_after(error.resp_headers))
            failure.__cause__ = error  # it holds the answer
        except (OSError, websocket.WebSocketException) as error:
            self._note(error)
            failure = ConnectFailed("refused" if isinstance(error, ConnectionRefusedError) else _why(error))
        finally:
            if failure is not None:
                self.disconnect()
        self.environment.events.request.fire(
            request_type="WS",
            name=f"connect {self.path}",
            response_time=(perf_counter() - began) * 1000,
            response_length=0,
            context=self.context(),
            exception=failure,
        )
        return failure

    def _note(self, error: Exception) -> None:
        """Count a connection that this machine had nothing to make of."""
        storms = getattr(self.environment, "locust_ext_storms", None)
        if storms is not None:
            note(storms.recorder, error)

    def _open(self, timeout: float) -> websocket.WebSocket:
        address = _address(self.url)
        options: dict[str, Any] = {
            "header": dict(self.headers),
            "subprotocols": list(self.subprotocols) or None,
            "enable_multithread": False,
            "skip_utf8_validation": True,
        }
        if address is None:
            connection = websocket.create_connection(self.url, timeout=timeout, **options)
            connection.settimeout(None)
            connection.sock = Buffered(connection.sock)  # type: ignore[assignment]
            return connection
        sock = dial(address, timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(None)
            return websocket.create_connection(self.url, socket=Buffered(sock), **options)
        except BaseException:
            sock.close()
            raise

    def message_time(self, message: str | bytes) -> float | None:
        """Return when the sender made a message, in seconds of any clock that runs evenly; None if it does not say.

        Without being overridden that is ``t`` of a JSON object, in seconds since 1970.
        """
        return read(message).time

    def recv(self) -> str | bytes:
        """Return the next message, waiting for it; after a loss it is the first one of the new connection."""
        listener = self._listener
        if listener is None:
            return self._next()
        listener.wait()
        try:
            return self._next()
        finally:
            listener.give_up()

    def _next(self) -> str | bytes:
        while True:
            first, self._first = self._first, None
            connection = self.ws
            try:
                if first is None and connection is None:
                    raise websocket.WebSocketConnectionClosedException("not connected")
                heard = first if first is not None else receive(connection)  # type: ignore[arg-type]
            except (OSError, websocket.WebSocketException, AttributeError) as error:
                if self._storm is None:
                    raise
                if connection is self.ws:  # else it is known already, and the user is back on another one
                    self._storm.lost(_why(error))
                self._storm.wait()
                self._wait_anew()
                continue
            if self._storm is None or not self._storm.is_away:
                self._hear(*heard)
                return heard[0]
            self._storm.wait()  # it came over a connection that is dead to the client
            self._wait_anew()

    def _hear(self, message: str | bytes, arrived: float, doubt: float) -> None:
        is_lost = self._storm is not None and self._storm.is_stale
        if self._storm is not None:
            self._storm.saw_data()
        if self._listener is not None:
            self._listener.hear(message, arrived, doubt, is_lost=is_lost)

    def _wait_anew(self) -> None:
        """Wait on, after a loss; the silence of a connection that a storm dropped is none of the target's."""
        if self._listener is not None and self._storm.was_dropped:
            self._listener.forget()
            self._listener.wait()

    def send(self, message: str | bytes) -> None:
        """Send a text or a binary message; after a loss it waits until the connection is back."""
        while True:
            try:
                if self.ws is None:
                    raise websocket.WebSocketConnectionClosedException("not connected")
                binary = isinstance(message, bytes)
                self.ws.send(message, websocket.ABNF.OPCODE_BINARY if binary else websocket.ABNF.OPCODE_TEXT)
            except (OSError, websocket.WebSocketException):
                if self._storm is None:
                    raise
                self._storm.lost("lost")
                self._storm.wait()
            else:
                return

    def disconnect(self) -> None:
        """Close the connection without waiting for the server's word."""
        connection, self.ws = self.ws, None
        if connection is not None and connection.sock is not None:
            drop(connection.sock, "close")

    def storm_link(self) -> WebSocketLink:
        """Return what a storm drops and makes again."""
        return WebSocketLink(self)


class WebSocketLink:
    """The one socket of a WebSocketUser."""

    def __init__(self, user: WebSocketUser) -> None:
        self._user = user
        self._left: list[Any] = []

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Connect the user; raises ConnectFailed."""
        self._user.connect(timeout, opened)

    def drop(self, cause: str) -> None:
        """Drop the socket; of a half-open one the user alone is taken away."""
        connection = self._user.ws
        if connection is None or connection.sock is None:
            return
        if cause == "half_open":
            self._left.append(connection.sock)
        else:
            drop(connection.sock, cause)

    def forget(self) -> None:
        """Reset what a half-open drop left behind."""
        for sock in self._left:
            drop(sock, "reset")
        self._left.clear()


def _address(url: str) -> tuple[str, int] | None:
    """Return host and port of a ``ws://`` address of numbers, which needs no name service and no TLS; else None."""
    parts = urlsplit(url)
    try:
        ip_address(parts.hostname or "")
    except ValueError:
        return None
    return (parts.hostname or "", parts.port or 80) if parts.scheme == "ws" else None


def _why(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    return f"status:{status}" if status else "closed"
