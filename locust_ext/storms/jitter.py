"""How chance spreads a wait, each in the very arithmetic of those who ship it.

Law: a jitter is data; it draws exactly as often as the client does, and never reads another source of chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Protocol


class Jitter(Protocol):
    """What chance does to one wait."""

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait, spread."""


@dataclass(frozen=True, slots=True)
class NoJitter:
    """The wait as it is; nothing is drawn."""

    def apply(self, value: float, rng: Random) -> float:  # noqa: ARG002
        """Return ``value``."""
        return value


@dataclass(frozen=True, slots=True)
class Full:
    """``low + u * (value - low)``; ``whole``: a whole number from ``low`` to ``value``, both included."""

    low: float = 0.0
    whole: bool = False

    def apply(self, value: float, rng: Random) -> float:
        """Return anything below ``value``."""
        u = rng.random()
        if math.isinf(value):
            return value
        if self.whole:
            return float(math.floor(u * (value - self.low + 1) + self.low))
        return self.low + u * (value - self.low)


@dataclass(frozen=True, slots=True)
class Equal:
    """``value / 2 + u * value / 2``."""

    def apply(self, value: float, rng: Random) -> float:
        """Return anything in the upper half."""
        half = value / 2
        return half + half * rng.random()


@dataclass(frozen=True, slots=True)
class Scaled:
    """``value * (start + slope * u)``: a share of the wait, such as 80 % to 120 %."""

    start: float
    slope: float

    @classmethod
    def between(cls, low: float, high: float) -> Scaled:
        """Return the jitter from ``low`` to ``high`` times the wait."""
        return cls(low, high - low)

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait, scaled."""
        return value * (self.start + self.slope * rng.random())


@dataclass(frozen=True, slots=True)
class Additive:
    """``value + (low + u * (high - low))``; ``whole`` rounds what is added down."""

    low: float
    high: float
    whole: bool = False

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait with something added."""
        added = rng.random() * (self.high - self.low) + self.low
        return value + (math.floor(added) if self.whole else added)


@dataclass(frozen=True, slots=True)
class Swing:
    """``value + width * (2 u - 1)``: as much to either side, however long the wait is."""

    width: float

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait, swung."""
        return value + self.width * (2 * rng.random() - 1)


@dataclass(frozen=True, slots=True)
class Around:
    """A whole number from ``value * (1 - share)`` to ``value * (1 + share) + 1``, at least ``least``.

    Source: Resilience4j, IntervalFunction.
    """

    share: float
    least: float = 1.0

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait, spread around itself."""
        u = rng.random()
        if math.isinf(value):
            return value
        delta = self.share * value
        low, high = value - delta, value + delta
        spread = low + u * (high - low + 1)
        return max(self.least, float(math.trunc(spread))) if math.isfinite(spread) else math.inf


@dataclass(frozen=True, slots=True)
class Backo2:
    """socket.io's: moved by ``floor(u * share * value)``, and the first digit of ``u`` decides in which direction.

    Beyond the greatest float it is infinity less infinity in half of the draws, which is not a number: as there.
    """

    share: float

    def apply(self, value: float, rng: Random) -> float:
        """Return the wait, moved."""
        if not self.share:
            return value
        u = rng.random()
        deviation = u * self.share * value
        if math.isfinite(deviation):
            deviation = math.floor(deviation)
        return value - deviation if math.floor(u * 10) % 2 == 0 else value + deviation
