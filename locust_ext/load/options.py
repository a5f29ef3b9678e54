"""``arrivals:`` and ``scenarios:`` of the configuration.

Law: what passes here has exactly one load; rates are arrivals a second, times are seconds.
"""

from __future__ import annotations

import math
from typing import Self

from pydantic import model_validator

from locust_ext.load.arrivals import Spacing
from locust_ext.load.pieces import Line
from locust_ext.load.profile import SomeUsers
from locust_ext.load.scenario import Pool
from locust_ext.load.schedule import Schedule, lines
from locust_ext.text.fields import Section
from locust_ext.text.units import ArrivalLevel, ArrivalRate, Duration, Span

USERS, MOST_USERS = 50, 500
"""The pool where the configuration does not size it: from the beginning, and when it is starved."""

STEADY = "steady"
"""The phase of a constant rate."""


class RateStage(Section):
    """A straight line to a rate, as in k6; of no duration: a jump."""

    target: ArrivalLevel
    duration: Duration
    phase: str | None = None


class ArrivalOptions(Section):
    """An open load: iterations start when they are due, whatever became of those before."""

    rate: ArrivalRate | None = None
    start_rate: ArrivalLevel | None = None
    stages: tuple[RateStage, ...] = ()
    duration: Span | None = None
    users: SomeUsers | None = None
    max_users: SomeUsers | None = None
    spacing: Spacing = "uniform"
    patience: Duration = 5.0
    graceful_stop: Duration = 30.0

    @model_validator(mode="after")
    def _one_load(self) -> Self:
        if self.rate is not None and (self.stages or self.start_rate is not None):
            raise ValueError("write either rate, or start_rate and stages")
        if self.start_rate is not None and not self.stages:
            raise ValueError("start_rate needs stages that it starts; write rate for a constant one")
        if self.stages and self.duration is not None:
            raise ValueError("stages have durations of their own; leave duration out")
        if self.duration is not None and not self.has_rate:
            raise ValueError("duration is that of a rate; a shape has a length of its own: leave duration out")
        if self.stages and not sum(stage.duration for stage in self.stages):
            raise ValueError("the stages last no time at all: give one of them a duration")
        if self.max_users is not None and self.max_users < self.pool.users:  # type: ignore[operator]
            raise ValueError("max_users must not be less than users")
        return self

    @property
    def has_rate(self) -> bool:
        """Whether it says the rate itself; else the levels of a shape are the rate."""
        return self.rate is not None or bool(self.stages)

    @property
    def pool(self) -> Pool:
        """The users that make the arrivals."""
        users = self.users or min(USERS, self.max_users or USERS)
        most = self.max_users or (self.users or MOST_USERS)
        return Pool(users, most, self.spacing, self.patience, self.graceful_stop)

    def schedule(self, duration: float | None = None) -> Schedule:
        """Return the rate over time; a constant one without a duration lasts until somebody ends the run."""
        if self.rate is not None:
            return Schedule((Line(STEADY, self.duration or duration or math.inf, self.rate, self.rate),))
        corners = [
            (stage.phase or f"stage-{number}", stage.duration, stage.target)
            for number, stage in enumerate(self.stages, start=1)
        ]
        return lines(self.start_rate or 0.0, corners)
