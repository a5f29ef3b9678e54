"""How a wait grows from one attempt to the next, before jitter and cap.

Law: a curve is data; ``values(rng)`` yields one incident's raw waits in the client's own unit. It never overflows: what
is beyond a float is infinite, and a cap makes it finite again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, Protocol


class Curve(Protocol):
    """Raw waits, one after the other; the end of the iterator means that the client stops."""

    def values(self, rng: Random) -> Iterator[float]:
        """Yield the raw waits of one incident."""

    def settled(self, rng: Random) -> Curve:
        """Return the curve with what one client draws once and for all drawn."""


class Unsettled:
    """A curve without anything drawn once for each client."""

    def settled(self, rng: Random) -> Curve:  # noqa: ARG002
        """Return itself."""
        return self  # type: ignore[return-value]


def power(base: float, exponent: float) -> float:
    """Return ``base ** exponent``, infinite instead of an error where it is too great."""
    with suppress(OverflowError):
        return float(base**exponent)
    return math.inf


@dataclass(frozen=True, slots=True)
class Constant(Unsettled):
    """Always the same wait."""

    delay: float

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield ``delay`` for ever."""
        while True:
            yield self.delay


@dataclass(frozen=True, slots=True)
class Table(Unsettled):
    """A list of waits, and what follows it: its last one, another one, or the end."""

    delays: tuple[float, ...]
    tail: float | Literal["last", "stop"] = "last"

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield the list, then the tail."""
        yield from self.delays
        if self.tail == "stop" or (self.tail == "last" and not self.delays):
            return
        tail = self.delays[-1] if self.tail == "last" else float(self.tail)
        while True:
            yield tail


@dataclass(frozen=True, slots=True)
class Linear(Unsettled):
    """``base + n * step``; ``last`` is the greatest n."""

    base: float
    step: float
    last: float = math.inf

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield a straight line."""
        n = 0
        while True:
            yield self.base + min(n, self.last) * self.step
            n += 1


@dataclass(frozen=True, slots=True)
class Exponential:
    """``base * factor ** (n + first)``, the exponent at most ``last``.

    ``stepwise`` multiplies from step to step instead of raising to a power, and ``truncate`` cuts each step to a whole
    number: both differ in the last digits, and equality is wanted. ``spread`` is what one client adds to its base once,
    at random: ``base + spread * u``.
    """

    base: float
    factor: float = 2.0
    first: int = 0
    last: float = math.inf
    stepwise: bool = False
    truncate: bool = False
    spread: float = 0.0

    def settled(self, rng: Random) -> Exponential:
        """Return the curve with its base drawn, if it has a spread."""
        if not self.spread:
            return self
        return replace(self, base=self.base + rng.random() * self.spread, spread=0.0)

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield the geometric series."""
        value = self.base * power(self.factor, self.first)
        n = 0
        while True:
            if not self.stepwise:
                value = self.base * power(self.factor, min(n + self.first, self.last)) if self.base else 0.0
            if self.truncate and math.isfinite(value):
                value = float(math.trunc(value))
            yield value
            if self.stepwise and n + self.first < self.last:
                value *= self.factor
            n += 1


@dataclass(frozen=True, slots=True)
class Fibonacci(Unsettled):
    """``base`` times 1, 1, 2, 3, 5, ..."""

    base: float = 1.0

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield the series; infinite once it is beyond a float."""
        one, two = 1.0, 1.0
        while True:
            yield self.base * one if self.base else 0.0
            one, two = two, one + two
