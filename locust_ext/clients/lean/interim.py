"""What a server says before it answers (100, 102, 103), left out.

Law: geventhttpclient takes the end of such a message for that of the answer, and gives the connection away while it
still reads there. So it never sees one, and all else byte by byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from geventhttpclient._parser import HTTPParseError

_INTERIM = re.compile(rb"[\r\n]*HTTP/1\.\d 1(?!01)\d\d[ \r]")
_UNCLEAR = re.compile(rb"[\r\n]*(H(T(T(P(/(1(\.(\d( (1(\d\d?)?)?)?)?)?)?)?)?)?)?)?")
"""The beginning of what may become one."""

_END = b"\r\n\r\n"
LONGEST = 65536
"""Bytes of one, at most."""


def after_interim(came: bytes) -> bytes:
    """Return what comes after the messages before an answer that have come whole."""
    while _INTERIM.match(came) and (end := came.find(_END)) >= 0:
        came = came[end + len(_END) :]
    return came


class Answers:
    """Reads by ``read``, as a socket's ``recv`` does, and leaves out what comes before an answer."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._held = b""
        self._is_past = self._has_left_out = False

    def pass_all(self) -> None:
        """Leave nothing out: who asked for leave to send a body waits for it."""
        self._is_past = True

    def recv(self, size: int) -> bytes:
        """Return what comes; an empty line stands for what is left out, or may be once more of it has come."""
        if self._is_past:
            return self._rest(size) or self._read(size)
        came = self._read(size)
        held = self._held + came
        left = after_interim(held)
        self._has_left_out |= left is not held
        if not came and not left and self._has_left_out:
            raise HTTPParseError("Incomplete response.")  # as it calls this end itself
        self._held = left
        if came and len(left) <= LONGEST and (_INTERIM.match(left) or _UNCLEAR.fullmatch(left)):
            return b"\r\n"
        self._is_past = True
        return self._rest(size)

    def _rest(self, size: int) -> bytes:
        piece, self._held = self._held[:size], self._held[size:]
        return piece
