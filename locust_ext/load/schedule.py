r"""Load as a pure function of elapsed time.

Law: a schedule never waits, never rounds and reads no clock. ``level(t)`` is the load at ``t`` seconds,
``area(t)`` is its exact integral (user-seconds, or arrivals), and a phase is a named stretch of time.

::

     level
      |            ____________              t in [0, duration)
      |           /            \              before 0: the first level, after the end: 0
      |__________/              \\________
      +----------+--+----------+-+-------> t
       warmup   climb   peak   fall recovery
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import astuple, replace
from functools import cached_property

from locust_ext.load.pieces import PIECES, Decay, Line, Piece
from locust_ext.process.wire import UnfitError
from locust_ext.text.frozen import dataclass

MOST_PIECES = 100_000
"""Pieces of a schedule that travels."""

MOST_LEVEL = 1e9
"""Users, or arrivals a second, that nobody has."""


@dataclass(frozen=True)
class Phase:
    """A named stretch of a schedule, from ``start`` (included) to ``end`` (excluded), in seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Schedule:
    """Pieces, one after the other."""

    pieces: tuple[Piece, ...]

    @cached_property
    def _starts(self) -> tuple[float, ...]:
        starts, at = [], 0.0
        for piece in self.pieces:
            starts.append(at)
            at += piece.duration
        return tuple(starts)

    @cached_property
    def _areas(self) -> tuple[float, ...]:
        areas, total = [], 0.0
        for piece in self.pieces:
            areas.append(total)
            total += piece.area(piece.duration)
        return tuple(areas)

    @cached_property
    def duration(self) -> float:
        """Its length in seconds."""
        return sum(piece.duration for piece in self.pieces)

    @cached_property
    def total(self) -> float:
        """The integral of the whole: user-seconds, or arrivals."""
        return sum(piece.area(piece.duration) for piece in self.pieces)

    @cached_property
    def peak(self) -> float:
        """The highest level it reaches."""
        return max((piece.peak for piece in self.pieces), default=0.0)

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """Its phases in order; neighbours of one name are one phase, those of no length are none."""
        phases: list[Phase] = []
        for start, piece in zip(self._starts, self.pieces, strict=True):
            if not piece.duration:
                continue
            if phases and phases[-1].name == piece.phase:
                phases[-1] = replace(phases[-1], end=start + piece.duration)
            else:
                phases.append(Phase(piece.phase, start, start + piece.duration))
        return tuple(phases)

    def _at(self, t: float) -> int:
        return max(0, bisect_right(self._starts, t) - 1)

    def level(self, t: float) -> float:
        """Return the load at ``t``: the first level before the start, 0 from the end on."""
        if t >= self.duration:
            return 0.0
        index = self._at(max(0.0, t))
        return self.pieces[index].level(max(0.0, t) - self._starts[index])

    def area(self, t: float) -> float:
        """Return the integral of the level from 0 to ``t``."""
        if not self.pieces or t <= 0:
            return 0.0
        index = self._at(min(t, self.duration))
        piece = self.pieces[index]
        return self._areas[index] + piece.area(min(t - self._starts[index], piece.duration))

    def when(self, area: float) -> float:
        """Return the time in seconds at which the integral reaches ``area`` and goes on to rise; infinity when never.

        It is the time at which the arrival of that number is due, so a pause ends before its next arrival comes.
        """
        if area >= self.total:
            return math.inf
        index = bisect_right(self._areas, area) - 1
        return self._starts[index] + self.pieces[index].when(area - self._areas[index])

    def phase(self, t: float) -> str:
        """Return the name of the phase at ``t``: the last one from the end on, ``""`` without any."""
        current = ""
        for phase in self.phases:
            if phase.start > t and current:
                break
            current = phase.name
        return current

    def next_phase(self, t: float) -> float:
        """Return when the next phase begins after ``t``; infinity when none does."""
        return next((phase.start for phase in self.phases if phase.start > t), math.inf)

    def then(self, other: Schedule) -> Schedule:
        """Return this schedule with ``other`` behind it."""
        return Schedule(self.pieces + other.pieces)

    def until(self, end: float) -> Schedule:
        """Return the schedule up to ``end`` seconds; it agrees with this one in level and area for as long."""
        kept = [
            piece if start + piece.duration <= end else piece.cut(end - start)
            for start, piece in zip(self._starts, self.pieces, strict=True)
            if start < end
        ]
        return Schedule(tuple(kept))

    def scaled(self, time: float = 1.0, height: float = 1.0) -> Schedule:
        """Return the schedule with every duration times ``time`` and every level times ``height``."""
        return Schedule(tuple(piece.scaled(time, height) for piece in self.pieces))


def lines(start: float, corners: Iterable[tuple[str, float, float]]) -> Schedule:
    """Return straight lines from ``start`` through (phase, seconds, level) corners."""
    pieces: list[Piece] = []
    for phase, duration, level in corners:
        pieces.append(Line(phase, duration, start, level))
        start = level
    return Schedule(tuple(pieces))


Rows = list[list[str | float]]
"""A schedule as it travels: the name of a curve and its parameters, for each piece."""


def to_rows(schedule: Schedule) -> Rows:
    """Return what :func:`from_rows` makes the same schedule of."""
    return [[type(piece).__name__, *astuple(piece)] for piece in schedule.pieces]  # type: ignore[call-overload]


def from_rows(rows: object) -> Schedule:
    """Return the schedule that travelled; raises :class:`UnfitError` for anything else."""
    if not isinstance(rows, (list, tuple)) or len(rows) > MOST_PIECES:
        raise UnfitError(f"a schedule is at most {MOST_PIECES:,} pieces")
    return Schedule(tuple(map(_piece, rows)))


def _piece(row: object) -> Piece:
    if not isinstance(row, (list, tuple)) or len(row) < 2:  # noqa: PLR2004 a kind and a phase
        raise UnfitError("a piece is the name of a curve, a phase and numbers")
    kind, phase, *numbers = row
    made = PIECES.get(kind) if isinstance(kind, str) else None
    fits = isinstance(phase, str) and all(type(number) in {int, float} and number >= 0 for number in numbers)
    if made is None or not fits or any(number > MOST_LEVEL for number in numbers[1:]):
        raise UnfitError("a piece is of a curve that is known, and of numbers from 0 on")
    try:
        piece = made(phase, *numbers)
    except TypeError:
        raise UnfitError("a piece has the numbers of its curve") from None
    if isinstance(piece, Decay) and not (piece.half_life > 0 and 0 < piece.duration < math.inf):
        raise UnfitError("a decay lasts, and so does its half-life")
    if isinstance(piece, Line) and math.isinf(piece.duration) and piece.start != piece.end:
        raise UnfitError("a line without end is level")
    return piece
