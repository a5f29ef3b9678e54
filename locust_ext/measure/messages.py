"""What the messages of a feed tell of themselves: when they were made, and which number they have.

Law: a message that tells nothing, or nonsense, is silent about it; it is never an error and never a made-up number.
"""

from __future__ import annotations

import json
import math
from typing import NamedTuple

LATEST = 1e11
"""Seconds from which on a number is not taken for a time in seconds: since 1973 that is what milliseconds look like."""

HIGHEST = 2**53
"""Numbers of messages up to which JSON is exact everywhere."""


class Told(NamedTuple):
    """What one message tells."""

    time: float | None = None
    seq: int | None = None


NOTHING = Told()


def read(message: object) -> Told:
    """Return what a JSON text (or its bytes) tells by its keys ``t`` and ``seq``.

    >>> read('{"seq": 7, "t": 1732689600.5}')
    Told(time=1732689600.5, seq=7)
    """
    try:
        if not _mentions(message):
            return NOTHING
        told = json.loads(message)  # type: ignore[arg-type]  # what it cannot read it refuses
    except (TypeError, ValueError, RecursionError):
        return NOTHING
    if not isinstance(told, dict):
        return NOTHING
    return Told(seconds_of(told.get("t")), number_of(told.get("seq")))


def _mentions(message: object) -> bool:
    """Tell whether it is worth the parsing: a search costs a hundredth of it."""
    if isinstance(message, str):
        return '"t"' in message or '"seq"' in message
    return isinstance(message, (bytes, bytearray)) and (b'"t"' in message or b'"seq"' in message)


def seconds_of(value: object) -> float | None:
    """Return a time in seconds as a float; None for what is not a number, not finite, or in milliseconds."""
    if isinstance(value, (bool, str, bytes, bytearray)) or value is None:
        return None
    try:
        seconds = float(value)  # type: ignore[arg-type]  # numpy's and Decimal's numbers too
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and abs(seconds) < LATEST else None


def number_of(value: object) -> int | None:
    """Return the number of a message; None for what is not a whole number, or one that JSON cannot hold."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < HIGHEST else None


def missed(last: int | None, seq: int) -> int:
    """Return how many messages are missing between two of a connection; numbers that go back began again.

    >>> missed(7, 10), missed(7, 8), missed(7, 7), missed(7, 1), missed(None, 10)
    (2, 0, 0, 0, 0)
    """
    return max(0, seq - last - 1) if last is not None else 0


class Offset:
    """The difference between the clocks of a sender and a receiver, as far as messages tell it.

    The smallest difference seen is that of the clocks and of the least delay; what a message has beyond it is its
    age. So the clocks need not agree, they must only run equally fast.
    """

    __slots__ = ("_smallest",)

    def __init__(self) -> None:
        self._smallest = math.inf

    def age(self, received: float, sent: float) -> float:
        """Return the age in seconds of a message when it was received."""
        offset = received - sent
        self._smallest = min(self._smallest, offset)
        return offset - self._smallest
