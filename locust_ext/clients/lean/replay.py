"""An exchange that turned out not to be plain, for geventhttpclient to go through as if it had just begun.

Law: what is sent again was sent before and is not sent twice; what was read is read again, and then comes the rest.
"""

from __future__ import annotations

from typing import Any

import gevent

from locust_ext.clients.lean.answer import only_first
from locust_ext.clients.lean.connection import Connection
from locust_ext.clients.lean.conversation import BLOCK
from locust_ext.clients.lean.interim import Answers


class Passage:
    """A connection as geventhttpclient sees it."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.owner = connection, gevent.getcurrent()
        self._answers = Answers(self._read)
        self.recv = self._answers.recv

    def _read(self, size: int) -> bytes:
        return self.connection.recv(size)

    def sendall(self, data: Any) -> None:
        """Send all of it."""
        head, _, _ = bytes(data[:BLOCK]).partition(b"\r\n\r\n")
        if b"\r\nexpect:" in head.lower():
            self._answers.pass_all()
        self.connection.sendall(data)


class Replay(Passage):
    """A connection on which a request stands already, what has come of its answer, and how that ended if it did."""

    def __init__(
        self, connection: Connection, came: bytes, unsent: BaseException | None, ended: BaseException | None
    ) -> None:
        super().__init__(connection)
        self._left, self._unsent, self._ended = came, unsent, ended

    @classmethod
    def of(
        cls, connection: Connection, came: bytes, unsent: BaseException | None, ended: BaseException | None
    ) -> Replay:
        """Return the exchange on a connection; of two answers that came at once only the first counts."""
        answer = connection.answer
        if answer.begun > 1 and answer.ended and ended is None:
            came = only_first(came)
            connection.forget()
        connection.renew()
        return cls(connection, came, unsent, ended)

    def sendall(self, _: Any) -> None:
        """Do as the first time: nothing, or fail as it did."""
        if self._unsent is not None:
            error, self._unsent = self._unsent, None
            raise error

    def _read(self, size: int) -> bytes:
        # what came before, then what comes now
        if self._left:
            piece, self._left = self._left[:size], self._left[size:]
            return piece
        if self._ended is not None:
            raise self._ended
        return self.connection.recv(size)
