"""The tick stream: one timer for every WebSocket.

A frame from a server is not masked and no extension is agreed on, so that all readers of a tick get the same bytes.
They are made once and handed to each socket with one non-blocking write. A reader that lets its buffers run full is
cut off: waiting for it would make the others late. A slow fan-out holds frames back by whole ticks; nobody misses one,
and nobody gets two in another order.

The protocol itself (handshake, frames, close) is wsproto's.
"""

import json
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from math import inf

import gevent
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage
from wsproto.utilities import ProtocolError

INTERVAL = 0.2
# Between so many sockets others get a turn, so that a broadcast to thousands does not delay the other routes.
_BATCH = 50
_NONE_YET = -1


class NotAWebSocket(Exception):  # noqa: N818 - it reads as what happened
    """The request does not ask for a WebSocket in a way that can be accepted."""


@dataclass(frozen=True, slots=True)
class Fanout:
    """How late a tick goes out: at once to the first ``prompt`` sockets, then later, to the last by ``seconds``."""

    prompt: float = inf
    seconds: float = 0.0

    def lateness(self, place: int, of: int) -> float:
        """Return the seconds for the socket at ``place`` (from 1) of so many.

        >>> [Fanout(50, 3.0).lateness(place, 200) for place in (1, 50, 125, 200)]
        [0.0, 0.0, 1.5, 3.0]
        """
        return self.seconds * (place - self.prompt) / (of - self.prompt) if place > self.prompt else 0.0


class Subscriber:
    """One WebSocket, from its handshake (a whole HTTP request) to its end.

    NotAWebSocket if the handshake asks for something else. `headers` are sent along when it is accepted.
    """

    def __init__(
        self,
        handshake: bytes,
        sock: socket.socket,
        stream: BufferedReader,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self._socket = sock
        self._stream = stream
        self._protocol = WSConnection(ConnectionType.SERVER)
        try:
            self._protocol.receive_data(handshake)
        except (ProtocolError, UnicodeError) as error:  # the latter from a Host that is not ASCII
            raise NotAWebSocket(str(error)) from None
        if not isinstance(next(self._protocol.events(), None), Request):
            raise NotAWebSocket("The handshake is incomplete.")
        self._accept = self._protocol.send(AcceptConnection(extra_headers=[*headers]))

    def offer(self, data: bytes) -> None:
        """Write all of it without waiting, or cut the reader off."""
        try:
            written = os.write(self._socket.fileno(), data)
        except OSError:
            written = 0
        if written < len(data):
            self.cut()

    def cut(self) -> None:
        """End the connection under the protocol's feet; `follow` notices and returns."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def watched(self, left: Callable[[], object]) -> Iterator[None]:
        """Call `left` if the client goes away while the block runs; no client has to speak before it is accepted."""
        watch = gevent.spawn(self._watch, left)
        try:
            yield
        finally:
            watch.kill()

    def _watch(self, left: Callable[[], object]) -> None:
        with suppress(OSError):
            if self._stream.peek(1):
                return
        left()

    def accept(self) -> None:
        """Answer the handshake."""
        self.offer(self._accept)

    def follow(self) -> None:
        """Answer pings and the closing handshake until the connection is over."""
        with suppress(OSError, ProtocolError):
            while data := self._stream.read1():
                self._protocol.receive_data(data)
                if self._closing():
                    break
        self.cut()

    def _closing(self) -> bool:
        for event in self._protocol.events():
            if isinstance(event, Ping | CloseConnection):
                self.offer(self._protocol.send(event.response()))
            if isinstance(event, CloseConnection):
                return True
        return False


class Ticks:
    """All subscribers, and the one greenlet that serves them."""

    def __init__(
        self,
        *,
        interval: float = INTERVAL,
        fanout: Fanout | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = gevent.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        # Bounded by the number of connections; a dictionary because it keeps the order of arrival. Each has the number
        # of the last frame that it got.
        self._subscribers: dict[Subscriber, int] = {}
        self._fanout = fanout or Fanout()
        self._recent: deque[bytes] = deque(maxlen=2 + round(self._fanout.seconds / interval))
        self._seq = 0
        self.connects = 0

    @property
    def open(self) -> int:
        """How many WebSockets are open."""
        return len(self._subscribers)

    def serve(self, subscriber: Subscriber) -> None:
        """Keep one subscriber supplied until it goes away."""
        subscriber.accept()
        self.connects += 1
        self._subscribers[subscriber] = _NONE_YET
        try:
            subscriber.follow()
        finally:
            del self._subscribers[subscriber]

    def run(self) -> None:
        """Tick for ever."""
        while True:
            self._sleep(self._interval)
            self.tick()

    def tick(self) -> None:
        """Send one frame to everybody who is subscribed now; those whom the fan-out makes late get an earlier one."""
        self._seq += 1
        text = json.dumps({"seq": self._seq, "t": round(self._clock(), 6)})
        self._recent.append(Connection(ConnectionType.SERVER).send(TextMessage(data=text)))
        everybody = tuple(self._subscribers.items())
        for place, (subscriber, last) in enumerate(everybody, start=1):
            self._send(subscriber, last, self._fanout.lateness(place, len(everybody)))
            if place % _BATCH == 0:
                self._sleep(0)

    def _send(self, subscriber: Subscriber, last: int, lateness: float) -> None:
        """Send what is due: to a newcomer the newest frame, so that it is connected at once."""
        due = self._seq if last == _NONE_YET else self._seq - round(lateness / self._interval)
        first = due if last == _NONE_YET else last + 1
        oldest = self._seq - len(self._recent) + 1
        for number in range(max(first, oldest), due + 1):
            subscriber.offer(self._recent[number - oldest])
        if due > last and subscriber in self._subscribers:
            self._subscribers[subscriber] = due
