"""What load does to a target over time: leaks, caches that fill, answers that creep.

Leaks are driven by requests: each one loses a bit, and without load nothing more is lost. What is healthy or merely
slow is driven by the clock from the first request on, so that a tooth or a fill takes the same time at any load.
How much is held at a moment is a pure function; nothing is drawn by dice.
"""

import math
import resource
from collections.abc import Callable

from locust_ext.demo.ballast import Ballast, Descriptors
from locust_ext.demo.faults import Dials

MOST_BYTES = 512 * 1024 * 1024
"""What a memory leak takes at the most: it must not take the machine along."""

MOST_DESCRIPTORS = 100_000

MOST_SLOWDOWN = 1_000.0


def bytes_held(dials: Dials, requests: int, seconds: float) -> float:
    """Return the bytes that are held after so many requests, and so long after the first of them."""
    leaked = min(requests * dials.leaked_bytes, MOST_BYTES)
    tooth = dials.tooth_bytes * (seconds % dials.tooth_seconds) / dials.tooth_seconds
    filled = dials.cache_bytes * -math.expm1(-seconds / dials.cache_seconds)
    return leaked + tooth + filled


def slowdown(dials: Dials, seconds: float) -> float:
    """Return what times are multiplied by so long after the first request."""
    return float(min(2.0 ** min(seconds / dials.doubling_seconds, 64.0), MOST_SLOWDOWN))


class Wear:
    """The wear of one target, which begins with its first request."""

    def __init__(self, dials: Dials, *, clock: Callable[[], float]) -> None:
        self._dials, self._clock = dials, clock
        self._first: float | None = None
        self._requests = 0
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.descriptors = Descriptors(min(soft // 2, MOST_DESCRIPTORS) if soft > 0 else MOST_DESCRIPTORS)
        self.ballast = Ballast()

    def request(self) -> None:
        """Wear it by one request."""
        self._requests += 1
        if self._first is None:
            self._first = self._clock()
        self.descriptors.hold(self._requests * self._dials.leaked_descriptors)
        self.ballast.hold(bytes_held(self._dials, self._requests, self._seconds))

    @property
    def slowdown(self) -> float:
        """What its times are multiplied by now."""
        return slowdown(self._dials, self._seconds)

    @property
    def _seconds(self) -> float:
        return 0.0 if self._first is None else self._clock() - self._first
