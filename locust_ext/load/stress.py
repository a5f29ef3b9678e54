"""Where is the cliff? Levels that climb until a threshold breaks, and what may be tried after that.

Law: a level is named by its number, users or arrivals a second; only a phase that holds its level can prove it.

::

    level-50  level-100 ...      climb: steps, and every level that is tried after the break: up, then held
    ramp-50   ramp-100  ...      climb: ramp, a straight line up to that level: it can break it, and never prove it
    rest-1    rest-2    ...      after a break, before the next try: no level at all
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from locust_ext.load.profile import Profile, SomeUsers
from locust_ext.load.schedule import Schedule, lines
from locust_ext.text.units import Duration, Share, Span

MOST_LEVELS = 200
"""Levels of a stress run at the most: each is a phase, and so a tag value."""

MOST_PROBES = 20
"""Levels tried after the break at the most: halving a million takes no more."""

REST = 0.5
"""Length of a rest, where none is given, as a share of a level's."""

LEVEL, RAMP, AGAIN = "level-", "ramp-", "-again"
_NAME = re.compile(rf"(?:{LEVEL}|{RAMP})(\d{{1,18}})(?:{AGAIN})*")


def number_of(phase: str) -> int | None:
    """Return the level that a phase is about, in users or arrivals a second; None for a rest or any other phase."""
    match = _NAME.fullmatch(phase)
    return int(match[1]) if match else None


def can_prove(phase: str) -> bool:
    """Tell whether the phase holds its level, so that a level can prove itself in it."""
    return phase.startswith(LEVEL) and number_of(phase) is not None


Corner = tuple[str, float, float]


def holding(phase: str, seconds: float, level: int) -> list[Corner]:
    """Return the corners of a level that is held: the first tenth is the climb, or the descent, to it."""
    climb = seconds / 10
    return [(phase, climb, level), (phase, seconds - climb, level)]


class Stress(Profile):
    """Climbs until a threshold breaks or the maximum is reached, then searches in between: where is the cliff?"""

    kind = "stress"
    about = "climbs until a threshold breaks, then searches; finds the cliff"
    start_users: SomeUsers = Field(default=50, description="The first level.")
    step_users: SomeUsers = Field(default=50, description="What each level adds.")
    step: Span = Field(
        default=60.0, description="Length of a level. Its first tenth is the climb; with `climb: ramp` all of it is."
    )
    max_users: SomeUsers = Field(default=2000, description="The last level; not less than `start_users`.")
    climb: Literal["steps", "ramp"] = Field(
        default="steps",
        description="Levels that are held one after the other, or straight lines from level to level until one breaks.",
    )
    probes: Annotated[int, Field(ge=0, le=MOST_PROBES)] = Field(
        default=6, description="The most levels that are tried after the break; 0: the run ends there."
    )
    precision: Share = Field(
        default=0.05,
        description="The search ends when good and bad are no further apart than this share of the bad level.",
    )
    rest: Duration | None = Field(
        default=None,
        description="Time at the last good level after each break, before the next try, so that the target drains. "
        "Without a good level it is at half of the bad one. Absent means half of `step`.",
    )

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if self.max_users < self.start_users:
            raise ValueError("max_users must not be less than start_users")
        if len(self.levels) > MOST_LEVELS:
            raise ValueError(f"{len(self.levels)} levels are more than {MOST_LEVELS}: take a larger step_users")
        return self

    @property
    def levels(self) -> list[int]:
        """The levels of the climb, in users or arrivals a second, each of one step."""
        levels = list(range(self.start_users, self.max_users + 1, self.step_users))
        return levels if levels[-1] == self.max_users else [*levels, self.max_users]

    @property
    def pause(self) -> float:
        """The seconds of a rest."""
        return self.step * REST if self.rest is None else self.rest

    @property
    def longest(self) -> float:
        """The seconds that climb and search take together at the most."""
        return len(self.levels) * self.step + self.probes * (self.step + self.pause)

    def schedule(self) -> Schedule:
        """Return the climb, one phase a level; what is tried after a break only the run can tell."""
        if self.climb == "ramp":
            return lines(0, [(f"{RAMP}{level}", self.step, level) for level in self.levels])
        return lines(0, [corner for level in self.levels for corner in holding(f"{LEVEL}{level}", self.step, level)])
