"""How often the pages that are open ask: each once a second while they are few, less often each when they are many.

Law: what all of them cost a run is bounded up to 120 pages; beyond that each costs little. Nobody says who he is: only
questions are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

MOST = 12.0
"""Questions a second that all pages together may ask; each costs some 3 ms of the process that answers."""

LOOK = 3.0
"""Seconds over which they are counted."""

SLOWEST = 10.0


class Polling:
    """The seconds from one question of a page to its next."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since, self._count, self._seconds = clock(), 0, 1.0

    def asked(self) -> float:
        """Count a question, and return the seconds until its page should ask again: from 1 to SLOWEST."""
        self._count += 1
        passed = self._clock() - self._since
        if passed >= LOOK:
            self._seconds = min(SLOWEST, max(1.0, self._seconds * self._count / passed / MOST))
            self._since, self._count = self._clock(), 0
        return self._seconds
