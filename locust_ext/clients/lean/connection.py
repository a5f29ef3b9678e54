"""One connection of a user: the socket that geventhttpclient opened, and the time by which an exchange on it ends.

Law: an exchange ends by its deadline, however slowly its bytes come. A connection that had something to read while
nobody had asked for anything is not used again.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Callable
from contextlib import suppress
from ssl import SSLSocket
from time import perf_counter
from typing import Any
from weakref import ref

import gevent
from gevent.monkey import get_original

from locust_ext.clients.lean.answer import Answer

READ, WRITE = 1, 2
LATE = "timed out"
"""What sockets say at the end of their time; those of TLS say what they were doing."""

_SOCKET = get_original("socket", "socket")
_POLL, _IN = get_original("select", ["poll", "POLLIN"])


class Connection:
    """A connection: ``sendall`` and ``recv`` as a socket has them, under one deadline.

    ``bound`` is the number of seconds that one exchange takes at most, from ``begin`` on; None: it has no end.
    """

    __slots__ = (
        "__weakref__",
        "_alarm",
        "_bound",
        "_deadline",
        "_hub",
        "_is_armed",
        "_is_busy",
        "_is_cut",
        "_is_late",
        "_is_usable",
        "_late",
        "_parked",
        "_poll",
        "_readable",
        "_recv",
        "_send",
        "_writable",
        "answer",
        "sock",
    )

    def __init__(self, sock: Any, bound: float | None) -> None:
        self.sock, self._bound, self._hub = _bare(sock), bound, gevent.get_hub()
        self._send, self._recv = self.sock.send, self.sock.recv
        self.answer = Answer()
        """Where the answers that come on it end."""
        self._poll = _POLL()
        self._poll.register(self.sock.fileno(), _IN)
        self._readable = self._writable = None
        loop = self._hub.loop
        if not isinstance(sock, SSLSocket):
            self._readable, self._writable = loop.io(self.sock.fileno(), READ), loop.io(self.sock.fileno(), WRITE)
        self._alarm = loop.timer(bound or 0.0)
        self._deadline, self._parked = math.inf, None
        self._is_armed = self._is_busy = self._is_late = self._is_cut = False
        self._is_usable = True
        self._late = LATE

    def begin(self, latest: float | None = None) -> None:
        """Begin an exchange: it ends ``bound`` seconds from now at the latest, or, without one, whenever it does.

        ``latest``, by ``perf_counter``, is when the first one ends that had to wait for its connection.
        """
        self._is_busy = True
        if self._bound is None:
            return
        now = perf_counter()
        self._deadline = now + self._bound
        if latest is not None and latest < self._deadline:
            self._deadline = latest
            self._alarm = self._hub.loop.timer(max(0.001, latest - now))
        if not self._is_armed:
            self._is_armed = True
            self._alarm.start(_look, ref(self), update=True)

    def renew(self) -> None:
        """Let somebody else read the answer that has begun to come."""
        self.answer = Answer()

    def end(self) -> bool:
        """End an exchange; returns whether another one can follow."""
        self._is_busy = False
        return self._is_usable

    def is_idle(self) -> bool:
        """Tell whether it stands open with nothing to read, as it should between two exchanges."""
        has_more = self._readable is None and self.sock.pending()  # of a record that TLS has unpacked already
        return self._is_usable and not has_more and not self._poll.poll(0)

    def sendall(self, data: Any) -> None:
        """Send all of it; raises OSError, and TimeoutError at the deadline."""
        if self._writable is None:
            self._within(self.sock.sendall, data, "The write operation timed out")
            return
        left: Any = data
        while True:
            try:
                sent = self._send(left)
            except BlockingIOError:
                self._wait(self._writable)
            else:
                if sent == len(left):
                    return
                left = memoryview(left)[sent:]

    def recv(self, size: int) -> bytes:
        """Wait for what comes, and return at most ``size`` bytes; raises OSError, TimeoutError at the deadline."""
        if self._readable is None:
            return self._within(self.sock.recv, size, "The read operation timed out")  # type: ignore[no-any-return]
        while True:
            try:
                return self._recv(size)  # type: ignore[no-any-return]
            except BlockingIOError:
                self._wait(self._readable)

    def first(self, size: int) -> bytes:
        """Return what comes next, like ``recv``; wait first: who has just sent a request finds nothing yet."""
        if self._readable is not None:
            self._wait(self._readable)
        return self.recv(size)

    def _wait(self, watcher: Any) -> None:
        self._check()
        self._parked = current = gevent.getcurrent()
        watcher.start(current.switch)
        try:
            self._hub.switch()
        finally:
            self._parked = None
            watcher.stop()
            if self._is_cut:
                self._shut()
        if self._is_cut:
            self._check()

    def _check(self) -> None:
        if self._is_late:
            raise TimeoutError(self._late)
        if self._is_cut:
            raise OSError(errno.EBADF, "File descriptor was closed in another greenlet")  # as gevent's sockets do

    def _within(self, call: Callable[[Any], Any], argument: Any, late: str) -> Any:
        """Return what a socket of TLS returns, which waits by itself."""
        self._late = late
        self._check()
        self._parked = gevent.getcurrent()
        try:
            return call(argument)
        finally:
            self._parked = None

    def forget(self) -> None:
        """Let no other exchange follow on it."""
        self._is_usable = False

    def look(self) -> None:
        """End the exchange that is over its time; called when a deadline may have come.

        Only who waits here is told at once: a greenlet that has gone elsewhere is left alone.
        """
        self._is_armed = False
        if not self._is_busy:
            return
        left = self._deadline - perf_counter()
        if left > 0:
            self._is_armed = True
            self._alarm = self._hub.loop.timer(left)
            self._alarm.start(_look, ref(self), update=True)
            return
        self._is_usable, self._is_late = False, True
        if self._parked is not None:
            self._parked.throw(TimeoutError(self._late))

    def setsockopt(self, *option: Any) -> None:
        """Set an option of the socket."""
        self.sock.setsockopt(*option)

    def shutdown(self, how: int) -> None:
        """Shut the socket down, and so wake up anyone who waits on it."""
        getattr(self.sock, "_sock", self.sock).shutdown(how)  # TLS is not asked: it would say goodbye first

    def close(self) -> None:
        """Close it; a greenlet that waits on it fails first."""
        self._is_usable, self._is_cut = False, True
        if self._readable is None or self._parked is None:
            self._shut()

    def _shut(self) -> None:
        self._alarm.stop()
        for watcher in filter(None, (self._readable, self._writable)):
            watcher.stop()
        with suppress(OSError):
            self.sock.close()


def _bare(sock: Any) -> Any:
    """Return a socket that we wait on ourselves, in place of gevent's; one of TLS waits by itself."""
    if isinstance(sock, SSLSocket):
        sock.settimeout(None)
        return sock
    bare = _SOCKET(fileno=sock.detach())
    bare.settimeout(0)
    return bare


def _look(connection: ref[Connection]) -> None:
    if (found := connection()) is not None:
        found.look()
