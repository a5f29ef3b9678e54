"""Answers to the live page, each made once for all who ask the same within a moment.

Law: bounded in number and in time. While one is being made, those who ask the same wait for it and make none.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from gevent.lock import Semaphore

from locust_ext.web.encoded import Encoded, encoded

FRESH = 0.9
"""Seconds for which an answer is given again."""

MOST_KEPT = 64

SMALLEST = 500
"""Bytes from which on an answer is packed."""

LEVEL = 1
"""Of packing: the quickest; a portion of the past has some 40 kB so."""

LONGEST = 2_000
"""Bytes of a question that is remembered."""


class Answers:
    """The answers of one page."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[bytes, tuple[float, bytes, bytes]] = {}
        self._turns: dict[bytes, Semaphore] = {}

    def get(self, question: bytes, make: Callable[[], bytes]) -> tuple[bytes, bytes]:
        """Return the answer, and the same packed, empty where that is not worth it."""
        if len(question) > LONGEST:
            return _packed(make())
        turn = self._turns.setdefault(question, Semaphore())
        try:
            with turn:
                made = self._kept.get(question)
                if made is None or self._clock() > made[0] + FRESH:
                    content = _packed(make())
                    if len(self._kept) >= MOST_KEPT:
                        self.forget()
                    made = self._kept[question] = (self._clock(), *content)
                return made[1:]
        finally:
            if not turn.locked():
                self._turns.pop(question, None)

    def forget(self) -> None:
        """Make all of them again: something has changed."""
        self._kept.clear()


def _packed(content: bytes) -> tuple[bytes, bytes]:
    return content, gzip.compress(content, LEVEL) if len(content) >= SMALLEST else b""


def shared(
    piece: Callable[[Mapping[str, str]], Any], *names: str, clock: Callable[[], float] = monotonic
) -> Callable[[Mapping[str, str]], Encoded]:
    """Return a piece of the state that is made once for all pages that ask alike within a moment.

    What it says depends on ``names`` of what is asked alone: pages may ask for different charts beside it.
    """
    kept: dict[tuple[str | None, ...], tuple[float, Encoded]] = {}

    def told(asked: Mapping[str, str]) -> Encoded:
        key = tuple(asked.get(name) for name in names)
        made = kept.get(key)
        if made is None or clock() > made[0] + FRESH:
            text = Encoded(encoded(piece(asked)))
            if len(kept) >= MOST_KEPT:
                kept.clear()
            made = kept[key] = (clock(), text)
        return made[1]

    return told
