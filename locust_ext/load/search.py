"""The search for the cliff: climb until a level breaks, then halve what lies between that and one that held.

Law: pure, and a function of what it is told. Its schedule always runs to the end that comes when all levels still
ahead hold, so only a break changes it, and never what came before the break. What held or broke is not tried again.

::

    level
     300        ___/|                          level-300 breaks: the schedule is cut there
     275      _/    |            __/|          level-275 breaks too
     262     /      |           /   |            ______  level-262 holds: near enough to 275
     250  __/       |__________/    |___________/
                       rest-1          rest-2

Times are seconds of the schedule, stretched by the time scale. A level that has gone by without a break counts as held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from enum import StrEnum
from typing import Self

from locust_ext.load.pieces import Line, Piece
from locust_ext.load.schedule import Schedule, lines
from locust_ext.load.stress import AGAIN, LEVEL, Stress, can_prove, holding
from locust_ext.text.frozen import dataclass

REST = "rest-"
SLACK = 1e-6
"""Seconds by which a level may seem to end early: sums of durations are rounded."""


class LevelState(StrEnum):
    """What became of a level."""

    AHEAD = "ahead"  # or under way
    HELD = "held"  # its time is over without a break; of a ramp's level: it was passed
    BROKE = "broke"
    CUT = "cut"  # it was under way when another level turned out to have broken


@dataclass(frozen=True)
class Level:
    """One level: its phase, its number in users or arrivals a second, its time, and what became of it."""

    phase: str
    number: int
    start: float = 0.0
    end: float = 0.0
    probe: bool = False
    """Whether it belongs to the search, and not to the climb."""
    fate: LevelState = LevelState.AHEAD
    broke_by: str = ""

    @property
    def proven(self) -> bool:
        """Whether it has held its level for its full time."""
        return self.fate is LevelState.HELD and can_prove(self.phase)

    def over(self, at: float) -> Level:
        """Return the level as it is at ``at``: when its time is over by then, and it did not break, it has held."""
        return replace(self, fate=LevelState.HELD) if self.fate is LevelState.AHEAD and at + SLACK >= self.end else self


@dataclass(frozen=True)
class Search:
    """A stress run as it is known now: what was tried, what comes next, and the schedule of both."""

    profile: Stress
    time_scale: float
    schedule: Schedule = field(repr=False)
    levels: tuple[Level, ...]
    """All levels of the schedule in order, also those ahead."""

    @classmethod
    def of(cls, profile: Stress, time_scale: float = 1.0) -> Self:
        """Return the search at the start of a run: nothing is known, and the whole climb is ahead."""
        schedule = profile.schedule().scaled(time=time_scale)
        phases = zip(schedule.phases, profile.levels, strict=True)
        levels = tuple(Level(phase.name, number, phase.start, phase.end) for phase, number in phases)
        return cls(profile, time_scale, schedule, levels)

    @property
    def longest(self) -> float:
        """The seconds that it lasts at most, whatever breaks when."""
        return self.profile.longest * self.time_scale

    @property
    def good(self) -> int:
        """The highest level that has held below all that broke; 0: none yet."""
        bad = self.bad
        return max((one.number for one in self.levels if one.proven and (bad is None or one.number < bad)), default=0)

    @property
    def bad(self) -> int | None:
        """The lowest level that broke; None: none yet."""
        return min((one.number for one in self.levels if one.fate is LevelState.BROKE), default=None)

    def held(self, phase: str, at: float) -> Search:
        """Return the search after the full time of a level has gone by without a break, which was at ``at``."""
        return replace(self, levels=tuple(one.over(at) if one.phase == phase else one for one in self.levels))

    def broke(self, phase: str, at: float, by: str = "") -> Search:
        """Return the search after a threshold broke in the level ``phase``: the schedule is another one from ``at`` on.

        ``by`` says what broke it. What is not a level, has not begun or broke before changes nothing. What is over and
        tells nothing new, since a lower level broke, is only noted; so is what shows after the end of the schedule.
        """
        one = next((level for level in self.levels if level.phase == phase), None)
        if one is None or one.fate is LevelState.BROKE or at <= one.start:
            return self
        broken = replace(one, fate=LevelState.BROKE, broke_by=by)
        after = replace(self, levels=tuple(broken if level is one else level.over(at) for level in self.levels))
        known = self.bad is not None and one.number >= self.bad and one.end <= at
        return after if known or at >= self.schedule.duration else _resumed(after, at)


def _resumed(search: Search, at: float) -> Search:
    """Return the search cut at ``at``, with a rest and the next levels behind it; without any it ends there."""
    past, profile = _cut(search.schedule, at), search.profile
    used = [phase.name for phase in past.phases]
    probes = [Level(_unused(number, used), number, probe=True) for number in _ahead(search, at)]
    step, rest = profile.step * search.time_scale, search.good or (search.bad or 0) // 2
    corners = [corner for probe in probes for corner in holding(probe.phase, step, probe.number)]
    schedule = past.then(lines(rest, [(*_rest(search, at, used), rest), *corners] if probes else []))
    times = {phase.name: phase for phase in schedule.phases}
    begun = (
        replace(one, fate=LevelState.CUT) if one.fate is LevelState.AHEAD else one
        for one in search.levels
        if one.start < at
    )
    levels = (replace(one, start=times[one.phase].start, end=times[one.phase].end) for one in (*begun, *probes))
    return replace(search, schedule=schedule, levels=tuple(levels))


def _cut(schedule: Schedule, at: float) -> Schedule:
    """Return the schedule up to ``at``: the same level and the same area until there, and nothing after it."""
    pieces, start = list[Piece](), 0.0
    for piece in schedule.pieces:
        seconds = at - start
        if seconds > 0:
            part = Line(piece.phase, seconds, piece.level(0.0), piece.level(seconds))
            pieces.append(piece if piece.duration <= seconds else part)
        start += piece.duration
    return Schedule(tuple(pieces))


def _rest(search: Search, at: float, used: Sequence[str]) -> tuple[str, float]:
    """Return the phase and the seconds of the rest after a break; one that is under way gets no longer."""
    for phase in search.schedule.phases:
        if phase.name.startswith(REST) and phase.start < at <= phase.end:
            return phase.name, phase.end - at
    number = 1 + sum(name.startswith(REST) for name in used)
    return f"{REST}{number}", search.profile.pause * search.time_scale


def _unused(number: int, used: Sequence[str]) -> str:
    """Return the name of the phase that holds a level; one that was cut short is tried under another."""
    name = f"{LEVEL}{number}"
    while name in used:
        name += AGAIN
    return name


def _ahead(search: Search, at: float) -> Iterator[int]:
    """Yield the levels to try from ``at`` on, if each of them holds."""
    good, assumed, bad = search.good, _assumed(search.levels), search.bad
    for _ in range(search.profile.probes - sum(level.probe and level.start < at for level in search.levels)):
        number = _between(good, assumed, bad or 0, search.profile.precision)
        if number is None:
            return
        yield number
        good = number


def _assumed(levels: Sequence[Level]) -> int:
    """Return the level that a ramp has passed for sure, but not held; 0 where there is none.

    It is the start of the line before the one that broke: the break may have come in that line, and shown in the next.
    """
    climb = [level for level in levels if not level.probe]
    broken = next((place for place, level in enumerate(climb) if level.fate is LevelState.BROKE), 0)
    passed = climb[broken - 2] if broken > 1 else None
    return passed.number if passed and not can_prove(passed.phase) else 0


def _between(good: int, assumed: int, bad: int, precision: float) -> int | None:
    """Return the next level to try, or None when good and bad are as near to each other as they must be."""
    low = max(good, assumed if assumed < bad else 0)
    if bad - low > max(1, precision * bad):
        return (low + bad) // 2
    return low if low > good else None
