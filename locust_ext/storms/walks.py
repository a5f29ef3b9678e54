"""Waits that depend on their own past, or on chance before any jitter.

Law: that of curves: a walk is data, and never overflows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from locust_ext.storms.curves import Unsettled, power


@dataclass(frozen=True, slots=True)
class Decorrelated(Unsettled):
    """``min(cap, U[low, factor * previous])`` with ``low`` the base, or the wait before (``from_previous``).

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, and its simulator.
    """

    base: float
    cap: float
    factor: float = 3.0
    from_previous: bool = False
    first: float | None = None
    """The first wait, where it is not drawn."""
    start: float | None = None
    """The wait before the first one that is drawn; the base by default."""

    def values(self, rng: Random) -> Iterator[float]:
        """Yield a walk that depends on its own past."""
        previous = self.base if self.start is None else self.start
        if self.first is not None:
            previous = self.first
            yield previous
        while True:
            low = previous if self.from_previous else self.base
            high = max(self.base, previous * self.factor)
            previous = min(self.cap, rng.uniform(low, high))
            yield previous


@dataclass(frozen=True, slots=True)
class PollyV2(Unsettled):
    """Polly's DecorrelatedJitterBackoffV2: ``(N(t) - N(t before)) * base / 1.4``, ``N(t) = f**t * tanh(sqrt(4 t))``.

    ``t`` is ``n + u``. Source: Polly v8, RetryHelper; the same in cockatiel, where the factor ``f`` can be set.
    """

    base: float
    factor: float = 2.0

    def values(self, rng: Random) -> Iterator[float]:
        """Yield the differences of a smooth curve at random places."""
        n, previous = 0, 0.0
        while True:
            t = n + rng.random()
            here = power(self.factor, t) * math.tanh(math.sqrt(4.0 * t))
            grown = max(0.0, here - previous) if math.isfinite(here) else math.inf
            yield grown * (1 / 1.4) * self.base if self.base else 0.0
            previous = here
            n += 1


@dataclass(frozen=True, slots=True)
class Compounding(Unsettled):
    """``u * previous * 2**n``: the random wait itself is what grows next; once it could reach the cap it stays there.

    Source: Finagle, Backoff.exponentialJittered.
    """

    start: float
    cap: float

    def values(self, rng: Random) -> Iterator[float]:
        """Yield the start, then a walk that compounds."""
        wait, n = self.start, 1
        yield wait
        while (most := wait * power(2.0, min(n, 62))) < self.cap:
            wait = rng.random() * most
            yield wait
            n += 1
        while True:
            yield self.cap
