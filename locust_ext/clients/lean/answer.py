"""Whether an answer is plain: whole, one, and with nothing behind it.

Law: geventhttpclient's parser says where an answer ends.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

FINAL = 200
"""The first status of an answer that is not followed by another one."""

SWITCHING = 101
"""The status after which the connection speaks something else."""

_leave: Any = deque[Any](maxlen=0).append
"""Takes no notice, without a call of Python: the parser asks for each name and each value of a header."""


class Answer(HTTPResponseParser):
    """The answers that come on one connection, one after the other."""

    _on_status = _on_header_field = _on_header_value = staticmethod(_leave)
    _on_headers_complete = bool

    def __init__(self) -> None:
        super().__init__()
        self.body: list[bytearray] = []
        self._on_body = self.body.append
        self.begun = self.ended = self.first = self.interim = 0
        """Answers that have begun and ended since the last request, the status of the first, and what came before."""

    def _on_message_begin(self) -> None:
        self.begun += 1

    def _on_message_complete(self) -> None:
        status = self.get_code()
        if status < FINAL and status != SWITCHING:
            self.begun -= 1
            self.interim += 1
            return
        self.ended += 1
        if self.ended == 1:
            self.first = status

    def begin(self) -> None:
        """Expect the answer to one request."""
        self.body.clear()
        self.begun = self.ended = self.interim = 0


def only_first(came: bytes) -> bytes:
    """Return the first answer of several that came at once."""
    answer = Answer()
    for place in range(len(came)):
        try:
            answer.feed(came[place : place + 1])
        except HTTPParseError:
            break
        if answer.ended:
            return came[: place + 1]
    return came
