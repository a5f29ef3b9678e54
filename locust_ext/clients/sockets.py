"""Real sockets, dropped as they drop in production.

Law: ``reset`` sends RST, ``close`` sends FIN and no word of any protocol above, ``half_open`` sends nothing at all: the
peer keeps a connection that nobody reads any more.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from ssl import SSLSocket
from time import perf_counter
from typing import Any

PIECE = 65536
"""Bytes to ask for at once."""

WAITED = 0.0002
"""Seconds that a read takes at least if it had to wait; one that finds something takes a twentieth of it."""

_NO_LINGER = struct.pack("ii", 1, 0)


def drop(sock: Any, cause: str) -> None:
    """Drop one socket (plain, TLS or wrapped) for ``cause``; one that is gone already is left alone."""
    with suppress(OSError, AttributeError, ValueError):
        if cause == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            _wake(sock, socket.SHUT_RD)
        elif cause == "close":
            _wake(sock, socket.SHUT_RDWR)
        else:
            return
        sock.close()


def _wake(sock: Any, how: int) -> None:
    """End the reads of anyone who waits on the socket, so that closing it reaches the wire at once."""
    with suppress(OSError, AttributeError):
        getattr(sock, "_sock", sock).shutdown(how)


def drop_all(socks: Iterable[Any], cause: str) -> None:
    """Drop every socket for ``cause``."""
    for sock in list(socks):
        drop(sock, cause)


class Buffered:
    """A socket that is read in large pieces, for protocols that ask for one byte at a time.

    It stands in for the socket of websocket-client, whose handshake and frames cost half as much with it. It knows
    when its bytes arrived: at ``read_at``, or by at most ``doubt`` seconds earlier, where nobody was waiting for them.
    """

    __slots__ = ("_buffer", "_empties", "_position", "_sure_at", "doubt", "read_at", "sock")

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self._buffer, self._position = b"", 0
        self._empties = not isinstance(sock, SSLSocket)
        """Whether a read that is not full leaves nothing behind; TLS hands out one record at a time."""
        self._sure_at = self.read_at = perf_counter()
        self.doubt = 0.0

    def recv(self, size: int) -> bytes:
        """Return at most ``size`` bytes; waits only when nothing is left of what was read before."""
        position = self._position
        if position >= len(self._buffer):
            self._buffer, position = self._read(), 0
        piece = self._buffer[position : position + size]
        self._position = position + len(piece)
        return piece

    def _read(self) -> bytes:
        asked = perf_counter()
        piece: bytes = self.sock.recv(PIECE)
        self.read_at = now = perf_counter()
        waited = now - asked >= WAITED
        self.doubt = 0.0 if waited else now - self._sure_at
        if waited or (self._empties and len(piece) < PIECE):
            self._sure_at = now
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)
