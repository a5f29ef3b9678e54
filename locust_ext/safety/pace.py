"""The pace of one process: when the next request may go.

Law: pure; at most ``quota`` in any window, wherever one begins to count, one at a time and evenly spread. The spreading
is GCRA's (ITU-T I.371): a theoretical arrival time that each request moves on by one interval.
"""

from __future__ import annotations

import math
from collections import deque

TOLERANCE = 0.01
"""Seconds by which a request may come before its theoretical arrival time: timers of a busy loop wake late by
milliseconds, and what that loses must be made up for within the window. At 100 a second or less nothing bunches."""


class Pace:
    """Paces requests; times are of one monotonic clock, in seconds."""

    def __init__(self, quota: int = 0, window: float = 1.0) -> None:
        self._sent: deque[float] = deque()
        self._due = -math.inf
        """GCRA's theoretical arrival time."""
        self.set(quota, window)

    def set(self, quota: int, window: float) -> None:
        """Allow ``quota`` requests in any ``window`` seconds from now on; what was sent still counts."""
        self.quota, self.window = quota, window
        self._interval = window / quota if quota else math.inf
        self._tolerance = min(TOLERANCE, window / 10)

    def take(self, now: float) -> bool:
        """Let a request go at ``now`` if it may; tell whether it may."""
        sent, quota = self._sent, self.quota
        begins = now - self.window
        while sent and sent[0] <= begins:
            sent.popleft()
        due = self._due
        if len(sent) >= quota or now < due - self._tolerance:
            return False
        self._due = (max(now, due)) + self._interval
        sent.append(now)
        return True

    def rest(self, now: float) -> float:
        """Return the seconds until the next request may go; infinity when none may."""
        if not self.quota:
            return math.inf
        full = len(self._sent) >= self.quota
        freed = self._sent[-self.quota] + self.window if full else -math.inf
        return max(0.0, freed - now, self._due - self._tolerance - now)

    def sent_since(self, now: float) -> int:
        """Return how many requests have gone within the window that ends at ``now``."""
        return sum(at > now - self.window for at in self._sent)
