"""One load of a run: which users follow which schedule, and whether they wait for answers or for nobody.

Law: closed, a level is users, and a slow target slows them down; open, a level is arrivals a second, and users are a
pool that makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from locust_ext.load.arrivals import Spacing
from locust_ext.load.pieces import Line
from locust_ext.load.quota import Quota
from locust_ext.load.schedule import Schedule
from locust_ext.text.frozen import dataclass

IDLE = "pause"
"""The phase between scenarios, when none is under way."""

ONE = 0.5
"""From which level on there is a user."""


@dataclass(frozen=True)
class Pool:
    """How arrivals are made; times are seconds."""

    users: int | None
    """Users from the beginning; None: as many as Locust is told to have."""
    max_users: int = 0
    spacing: Spacing = "uniform"
    patience: float = 5.0
    graceful_stop: float = 30.0


@dataclass(frozen=True)
class Scenario:
    """A named load; ``schedule`` begins ``start`` seconds into the run."""

    name: str
    schedule: Schedule
    users: tuple[str, ...] = ()
    """Names of user classes; none: all."""
    start: float = 0.0
    pool: Pool | None = None
    """How its arrivals are made; None: it is closed."""
    tags: Mapping[str, str] | None = None
    """What its measurements carry beside its name; None: it is the only load, and its measurements carry neither."""
    quota: Quota | None = None
    """How many iterations it makes; None: as many as there are until its end."""

    @property
    def end(self) -> float:
        """When it ends, in seconds of the run."""
        return self.start + self.schedule.duration

    @property
    def there(self) -> float:
        """By when its first users have come, in seconds of the run: at the end of the ramp that brings them."""
        passed = self.start
        for piece in self.schedule.pieces:
            if piece.level(0.0) >= ONE:
                break
            passed += piece.duration
            if piece.peak >= ONE:
                break
        return passed

    @property
    def course(self) -> Schedule:
        """Its schedule on the run's clock."""
        return Schedule((Line(IDLE, self.start, 0, 0), *self.schedule.pieces)) if self.start else self.schedule

    def scaled(self, time: float) -> Scenario:
        """Return the scenario rehearsed: all times of its load times ``time``."""
        quota = self.quota.scaled(time) if self.quota else None
        return replace(self, schedule=self.schedule.scaled(time=time), start=self.start * time, quota=quota)

    def following(self, schedule: Schedule) -> Scenario:
        """Return the scenario with another schedule."""
        return replace(self, schedule=schedule)


def overlay(scenarios: Sequence[Scenario]) -> Schedule:
    """Return what the whole run looks like: the course of a single scenario, else one phase for each set of scenarios.

    Such a phase is called after those that are under way, ``smoke+soak``; its level is the most users they may have.
    """
    if len(scenarios) == 1:
        return scenarios[0].course
    edges = sorted({0.0, *(edge for one in scenarios for edge in (one.start, one.end))})
    pieces = []
    for start, end in pairwise(edges):
        under_way = [one for one in scenarios if one.start <= start < one.end]
        name = "+".join(one.name for one in under_way) or IDLE
        level = sum(_most_users(one) for one in under_way)
        pieces.append(Line(name, end - start, level, level))
    return Schedule(tuple(pieces))


def most_users(scenarios: Sequence[Scenario]) -> float:
    """Return how many users a run may have at once."""
    return sum(_most_users(one) for one in scenarios)


def _most_users(scenario: Scenario) -> float:
    return scenario.schedule.peak if scenario.pool is None else float(scenario.pool.max_users)
