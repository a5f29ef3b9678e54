"""The connections of one user to one host: one as a rule, more while its requests overlap.

Law: an exchange has its connection alone. A connection goes back only after a whole answer with nothing behind it;
whatever ends otherwise closes it.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from geventhttpclient.client import HTTPClient, HTTPClientPool
from geventhttpclient.connectionpool import ConnectionPool

from locust_ext.clients.lean.connection import LATE, Connection
from locust_ext.clients.lean.conversation import BLOCK
from locust_ext.clients.lean.replay import Passage, Replay


class Late(BaseException):
    """The end of a request's whole time: where geventhttpclient would go on after a TimeoutError, it does not now."""


class Connections:
    """Stands in for geventhttpclient's pool of connections: opens them by ``opener``, and keeps at most its size."""

    def __init__(self, opener: ConnectionPool) -> None:
        self.size = opener.size
        timeouts = opener.connection_timeout, opener.network_timeout
        self.bound = None if None in timeouts else sum(timeouts)
        """Seconds that a request has, from its turn on; geventhttpclient sees to each step of connecting."""
        self.open: set[Connection] = set()
        """Those that are open, whether a request is under way on them or not."""
        self._opener = opener
        self._turns = BoundedSemaphore(opener.size)
        self._idle: list[Connection] = []
        self._replays: dict[Any, Replay | Exception] = {}
        self._handed: dict[Any, Passage] = {}
        """What geventhttpclient has, by greenlet: a request at a time."""
        self._closed = False

    def get_socket(self) -> Passage:
        """Return what geventhttpclient shall send on: what has been sent already, or a connection."""
        if self._replays and (replay := self._replays.pop(gevent.getcurrent(), None)) is not None:
            if isinstance(replay, Exception):
                raise replay
            passage: Passage = replay
        else:
            passage = Passage(self.take())
        self._handed[passage.owner] = passage
        return passage

    def replay(self, replay: Replay | Exception) -> None:
        """Let geventhttpclient meet, in this greenlet, an exchange that it has not seen, or why there was none."""
        self._replays[gevent.getcurrent()] = replay

    def has_replay(self) -> bool:
        """Tell whether geventhttpclient is to meet an exchange in this greenlet that it has not seen."""
        return gevent.getcurrent() in self._replays

    def abandon(self) -> None:
        """Close what geventhttpclient was given in this greenlet, and has neither kept nor given back."""
        if (passage := self._handed.get(gevent.getcurrent())) is not None:
            self.release_socket(passage)

    def drop_replay(self) -> None:
        """Close the exchange that nobody wanted to see again."""
        if self._replays and isinstance(replay := self._replays.pop(gevent.getcurrent(), None), Replay):
            self.release_socket(replay)

    def take(self) -> Connection:
        """Return a connection for one exchange, and wait for one if ``size`` are in use; raises OSError."""
        self._turns.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if connection.is_idle():
                    connection.begin()
                    return connection
                self._close(connection)
            return self._connect()
        except BaseException:
            self._turns.release()
            raise

    def _connect(self) -> Connection:
        if self._closed:
            raise RuntimeError("connection pool closed")
        began = perf_counter()
        try:
            with gevent.Timeout(self.bound, late := Late()):
                sock = self._opener._create_socket()  # noqa: SLF001 addresses, TLS and its errors as FastHttpUser's
        except Late as error:
            if error is not late:
                raise
            # What it was raised in holds the socket of a handshake, which is closed when nobody holds it.
            error.__traceback__ = error.__context__ = None
            raise TimeoutError(LATE) from None
        connection = Connection(sock, self._opener.network_timeout)
        self.open.add(connection)
        connection.begin(None if self.bound is None else began + self.bound)
        return connection

    def return_socket(self, used: Connection | Passage) -> None:
        """Keep a connection for the next exchange."""
        connection = self._back(used)
        if connection.end() and not self._closed:
            self._idle.append(connection)
        else:
            self._close(connection)
        self._turns.release()

    def release_socket(self, used: Connection | Passage) -> None:
        """Close a connection whose exchange is over."""
        connection = self._back(used)
        connection.end()
        self._close(connection)
        self._turns.release()

    def _back(self, used: Connection | Passage) -> Connection:
        if not isinstance(used, Passage):
            return used
        self._handed.pop(used.owner, None)
        return used.connection

    def _close(self, connection: Connection) -> None:
        if connection in self.open:  # else somebody else has it now, and closes it
            self.open.discard(connection)
            connection.close()

    def give_up(self) -> list[Connection]:
        """Return every connection that is open; none of them is used again."""
        given = list(self.open)
        for connection in given:
            connection.forget()
        self.open.clear()
        self._idle.clear()
        return given

    def close(self) -> None:
        """Close those that nobody uses now, and the others when they come back."""
        self._closed = True
        self.close_idle()

    def close_idle(self) -> None:
        """Close those that nobody uses now."""
        while self._idle:
            self._close(self._idle.pop())


class UserPools(HTTPClientPool):
    """geventhttpclient's clients of one user, one for each host, over connections of ours."""

    def get_client(self, url: Any) -> HTTPClient:
        """Return the client for a host."""
        client = super().get_client(url)
        if not isinstance(client._connection_pool, Connections):  # noqa: SLF001 the only place that knows its sockets
            client._connection_pool = Connections(client._connection_pool)  # type: ignore[assignment]  # noqa: SLF001
            client.block_size = BLOCK
        return client

    def pools(self) -> list[Connections]:
        """Return the connections to each host."""
        return [client._connection_pool for client in self.clients.values()]  # type: ignore[misc]  # noqa: SLF001

    def has_replay(self) -> bool:
        """Tell whether this greenlet left something to be seen again."""
        return any(pool.has_replay() for pool in self.pools())

    def drop_replays(self) -> None:
        """Close what this greenlet left to be seen again, if nobody wanted to."""
        for pool in self.pools():
            pool.drop_replay()
