"""The pace of one process: when the next request may go.

Law: pure; at most ``quota`` in any window, wherever one begins to count, one at a time and evenly spread. This is GCRA
(ITU-T I.371): each request moves a theoretical arrival time on by one interval, and may come a little before it::

    interval = (window + tolerance) / quota
    k requests from t(1) on:   t(k) >= t(1) + (k - 1) * interval - tolerance,   so that t(quota + 1) - t(1) >= window
"""

from __future__ import annotations

import math

TOLERANCE = 0.01
"""Seconds by which a request may come before its theoretical arrival time: timers of a busy loop wake late by
milliseconds, and what that loses must be made up for. At 100 a second or less nothing bunches."""

_LONG_AGO = -1e18


class Pace:
    """Paces requests; times are of one monotonic clock, in seconds."""

    def __init__(self, quota: int = 0, window: float = 1.0) -> None:
        self.sent = 0
        """How many requests have gone."""
        self._earliest = _LONG_AGO
        """The theoretical arrival time of the next one, less the tolerance."""
        self.set(quota, window)

    def set(self, quota: int, window: float) -> None:
        """Allow ``quota`` requests in any ``window`` seconds that begins from now on."""
        self.quota, self.window = quota, window
        self._tolerance = min(TOLERANCE, window / 10)
        self._interval = (window + self._tolerance) / quota if quota else math.inf

    def take(self, now: float) -> bool:
        """Let a request go at ``now`` if it may; tell whether it may."""
        earliest = self._earliest
        if now < earliest or not self.quota:
            return False
        saved = now - self._tolerance
        self._earliest = (earliest if earliest > saved else saved) + self._interval  # noqa: FURB136 max() costs a call
        self.sent += 1
        return True

    def rest(self, now: float) -> float:
        """Return the seconds until the next request may go; infinity when none may."""
        return max(0.0, self._earliest - now) if self.quota else math.inf
