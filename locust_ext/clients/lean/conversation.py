"""One request and what comes for it.

Law: whatever happens, what came is not lost; only the end of the user itself is not kept back.
"""

from __future__ import annotations

import gevent
from geventhttpclient._parser import HTTPParseError

from locust_ext.clients.lean.connection import Connection

BLOCK = 65536
"""Bytes to read at once."""

LONGEST = 4 * BLOCK
"""Bytes of a plain answer, at most: longer ones are read by geventhttpclient."""


def converse(connection: Connection, sent: bytes) -> tuple[bytes, BaseException | None, BaseException | None]:
    """Send a request and read its answer; return what came, what kept it from being sent, and what ended the answer.

    The answer is plain if its connection's ``answer`` has begun and ended once.
    """
    answer, came = connection.answer, b""
    answer.begin()
    try:
        connection.sendall(sent)
    except gevent.GreenletExit:
        raise
    except BaseException as error:  # noqa: BLE001 a timeout of the user's own, too: geventhttpclient knows them all
        return came, error, None
    try:
        came = connection.first(BLOCK)
        answer.feed(came)
        while not answer.ended and came and len(came) <= LONGEST:
            more = connection.recv(BLOCK)
            came += more
            answer.feed(more)
            if not more:
                break
    except gevent.GreenletExit:
        raise
    except HTTPParseError:
        answer.begun = 0
    except BaseException as error:  # noqa: BLE001
        return came, None, error
    return came, None, None
