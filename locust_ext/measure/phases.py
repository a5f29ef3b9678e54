"""Which phase it was when a request began.

Law: a request belongs to the phase in which it started, however late it ends. Times are of one monotonic clock.
"""

from __future__ import annotations

from collections import deque

REMEMBERED = 32


class PhaseLog:
    """The phases of a run as they begin; the last 32 are remembered."""

    def __init__(self) -> None:
        self.name = ""
        self.since = float("-inf")
        self.lasted = 0.0
        """Seconds that the phase has lasted at least: what ends now and took less began in it."""
        self._past: deque[tuple[float, str]] = deque(maxlen=REMEMBERED)

    def enter(self, name: str, at: float) -> None:
        """Begin phase ``name`` at time ``at``."""
        if name != self.name:
            self._past.appendleft((self.since, self.name))
            self.name, self.since, self.lasted = name, at, 0.0

    def look(self, now: float) -> None:
        """Note that the phase has lasted until ``now``: that spares the request path a look at the clock."""
        self.lasted = now - self.since

    def at(self, time: float) -> str:
        """Return the phase that it was at ``time``; the oldest one remembered before that."""
        if time >= self.since:
            return self.name
        name = self.name
        for since, name in self._past:  # noqa: B007 the oldest is the answer of last resort
            if time >= since:
                break
        return name
