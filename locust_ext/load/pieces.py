"""The curves that schedules are made of, each with a closed form for its level and its integral.

Law: times are seconds from the beginning of the piece; nothing is rounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol


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
        return self.end if self.duration == 0 else self.start + (self.end - self.start) * (t / self.duration)

    def area(self, t: float) -> float:
        """Return the trapezium below the line."""
        return (self.start + self.level(t)) / 2 * t if self.duration else 0.0

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
        return 1 - 2 ** (-self.duration / self.half_life)

    def level(self, t: float) -> float:
        """Return the level on the curve."""
        return self.start + (self.end - self.start) * (1 - 2 ** (-t / self.half_life)) / self._reach

    def area(self, t: float) -> float:
        """Return the integral of the curve."""
        time_constant = self.half_life / math.log(2)
        covered = t - time_constant * (1 - 2 ** (-t / self.half_life))
        return self.start * t + (self.end - self.start) * covered / self._reach

    def scaled(self, time: float, height: float) -> Decay:
        """Return the curve stretched."""
        return replace(
            self,
            duration=self.duration * time,
            half_life=self.half_life * time,
            start=self.start * height,
            end=self.end * height,
        )
