"""The curves that schedules are made of, each with a closed form for its level and its integral.

Law: times are seconds from the beginning of the piece; nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from locust_ext.text.frozen import dataclass


class Piece(Protocol):
    """A stretch of one phase whose level has a closed form."""

    @property
    def duration(self) -> float:
        """Its length in seconds."""

    @property
    def phase(self) -> str:
        """The name of the phase it belongs to."""

    @property
    def peak(self) -> float:
        """The highest level in it."""

    def level(self, t: float) -> float:
        """Return the level ``t`` seconds into the piece."""

    def area(self, t: float) -> float:
        """Return the integral of the level over the first ``t`` seconds."""

    def when(self, area: float) -> float:
        """Return the seconds after which the integral is ``area``; the end, where it is never that much."""

    def cut(self, end: float) -> Piece:
        """Return the first ``end`` seconds of the piece."""

    def scaled(self, time: float, height: float) -> Piece:
        """Return the piece stretched by the two factors."""


@dataclass(frozen=True)
class Line:
    """A straight line from ``start`` to ``end``; of no duration: a jump."""

    phase: str
    duration: float
    start: float
    end: float

    @property
    def peak(self) -> float:
        """The higher end."""
        return max(self.start, self.end)

    def level(self, t: float) -> float:
        """Return the point on the line."""
        if self.duration == 0 or self.start == self.end:  # a line without end is level
            return self.end
        return self.start + (self.end - self.start) * (t / self.duration)

    def area(self, t: float) -> float:
        """Return the trapezium below the line."""
        return (self.start + self.level(t)) / 2 * t if self.duration and self.peak else 0.0

    def when(self, area: float) -> float:
        """Return the root of the quadratic, in the form that loses no digits where the line is nearly level."""
        slope = (self.end - self.start) / self.duration if self.duration else 0.0
        below = self.start + math.sqrt(max(0.0, self.start * self.start + 2 * slope * area))
        if below == 0:  # it rises from nothing, or is nothing
            return 0.0 if slope > 0 else self.duration
        return min(self.duration, 2 * area / below)

    def cut(self, end: float) -> Line:
        """Return its first ``end`` seconds."""
        return replace(self, duration=end, end=self.level(end))

    def scaled(self, time: float, height: float) -> Line:
        """Return the line stretched."""
        return replace(self, duration=self.duration * time, start=self.start * height, end=self.end * height)


@dataclass(frozen=True)
class Decay:
    """An exponential approach from ``start`` to ``end``, bent so that it arrives exactly at its end.

    ``start + (end - start) * (1 - 2^(-t/h)) / (1 - 2^(-duration/h))`` with the half-life ``h`` in seconds.
    """

    phase: str
    duration: float
    start: float
    end: float
    half_life: float

    @property
    def peak(self) -> float:
        """The higher end."""
        return max(self.start, self.end)

    @property
    def _reach(self) -> float:
        return self._way(self.duration)

    def _way(self, t: float) -> float:
        """Return 1 - 2^(-t/h), to the last digit also where t is tiny."""
        return -math.expm1(-t / self.half_life * math.log(2))

    def level(self, t: float) -> float:
        """Return the level on the curve."""
        return self.start + (self.end - self.start) * self._way(t) / self._reach

    def area(self, t: float) -> float:
        """Return the integral of the curve."""
        time_constant = self.half_life / math.log(2)
        covered = t - time_constant * self._way(t)
        return self.start * t + (self.end - self.start) * covered / self._reach

    def when(self, area: float) -> float:
        """Return the root by halving: the curve has no inverse in closed form, and its integral only rises."""
        low, high = 0.0, self.duration
        while low < (middle := (low + high) / 2) < high:
            if self.area(middle) < area:
                low = middle
            else:
                high = middle
        return high

    def cut(self, end: float) -> Decay:
        """Return its first ``end`` seconds."""
        return replace(self, duration=end, end=self.level(end))

    def scaled(self, time: float, height: float) -> Decay:
        """Return the curve stretched."""
        return replace(
            self,
            duration=self.duration * time,
            half_life=self.half_life * time,
            start=self.start * height,
            end=self.end * height,
        )


PIECES: Mapping[str, Callable[..., Piece]] = {"Line": Line, "Decay": Decay}
"""Every curve by its name."""
