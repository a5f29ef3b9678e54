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


class _Same:
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
class Constant(_Same):
    """Always the same wait."""

    delay: float

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield ``delay`` for ever."""
        while True:
            yield self.delay


@dataclass(frozen=True, slots=True)
class Table(_Same):
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
class Linear(_Same):
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
class Fibonacci(_Same):
    """``base`` times 1, 1, 2, 3, 5, ..."""

    base: float = 1.0

    def values(self, rng: Random) -> Iterator[float]:  # noqa: ARG002
        """Yield the series; infinite once it is beyond a float."""
        one, two = 1.0, 1.0
        while True:
            yield self.base * one if self.base else 0.0
            one, two = two, one + two


@dataclass(frozen=True, slots=True)
class Decorrelated(_Same):
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
class PollyV2(_Same):
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
class Compounding(_Same):
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
