"""An exchange that turned out not to be plain, for geventhttpclient to go through as if it had just begun.

Law: what is sent again was sent before and is not sent twice; what was read is read again, and then comes the rest.
"""

from __future__ import annotations

from typing import Any

from locust_ext.clients.lean.answer import only_first
from locust_ext.clients.lean.connection import Connection

FINAL = 200
"""The first status of an answer that is not followed by another one."""


class Replay:
    """A connection on which a request stands already, what has come of its answer, and how that ended if it did."""

    def __init__(
        self, connection: Connection, came: bytes, unsent: BaseException | None, ended: BaseException | None
    ) -> None:
        self.connection = connection
        self._left, self._unsent, self._ended = came, unsent, ended

    @classmethod
    def of(
        cls, connection: Connection, came: bytes, unsent: BaseException | None, ended: BaseException | None
    ) -> Replay:
        """Return the exchange on a connection; of two answers that came at once only the first counts."""
        answer = connection.answer
        if answer.begun > 1 and answer.ended and answer.first >= FINAL and ended is None:
            came = only_first(came)
            connection.forget()
        connection.renew()
        return cls(connection, came, unsent, ended)

    def sendall(self, _: Any) -> None:
        """Do as the first time: nothing, or fail as it did."""
        if self._unsent is not None:
            error, self._unsent = self._unsent, None
            raise error

    def recv(self, size: int) -> bytes:
        """Return what came before, then what comes now."""
        if self._left:
            piece, self._left = self._left[:size], self._left[size:]
            return piece
        if self._ended is not None:
            raise self._ended
        return self.connection.recv(size)
