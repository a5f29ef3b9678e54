"""How many iterations a load makes: ``iterations:`` and ``max_duration:`` of the configuration.

Law: pure. A number is shared by all users of the load, on all workers; ``per_user`` is a number for each of the users
that are planned at the most. Iterations do not scale with ``--time-scale``; ``max_duration`` does.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from locust_ext.load.schedule import Schedule
from locust_ext.text.fields import Section
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

MOST = 1_000_000_000
"""Iterations of a load."""

Iterations = Annotated[int, Field(ge=1, le=MOST)]


class IterationOptions(Section):
    """How many iterations there are, of all users together or of each."""

    shared: Iterations | None = None
    per_user: Iterations | None = None

    @model_validator(mode="after")
    def _one_number(self) -> Self:
        if (self.shared is None) == (self.per_user is None):
            raise ValueError("write one number: iterations: 1000 for all users together, or iterations: {per_user: 10}")
        return self


def _read(value: Any) -> Any:
    """Return a number alone as that of all users; raises ValueError for one that it cannot be."""
    if value is None or isinstance(value, (dict, IterationOptions)):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return {"shared": value}
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= len(str(MOST)):
        return _read(int(value))
    raise ValueError(
        f"{quoted(value)} is not a number of iterations: write one from 1 to {MOST:,}, or one of each user as"
        " {per_user: 10}"
    )


IterationsWritten = Annotated[IterationOptions, BeforeValidator(_read)]
"""``1000``, or ``{per_user: 10}``."""


@dataclass(frozen=True)
class Quota:
    """The iterations of a load: of all its users, or of each; ``max_duration`` in seconds ends it earlier."""

    shared: int | None = None
    per_user: int | None = None
    max_duration: float | None = None

    @classmethod
    def of(cls, options: IterationOptions | None, max_duration: float | None) -> Quota | None:
        """Return what is written; None where nothing is."""
        return None if options is None else cls(options.shared, options.per_user, max_duration)

    def scaled(self, time: float) -> Quota:
        """Return the quota of a rehearsal: the same iterations, within another time."""
        return self if self.max_duration is None else replace(self, max_duration=self.max_duration * time)

    def within(self, schedule: Schedule) -> Schedule:
        """Return the schedule as far as it is followed at the most."""
        return schedule if self.max_duration is None else schedule.until(self.max_duration)

    def total(self, users: int) -> int:
        """Return how many iterations there are, with so many users."""
        return self.shared if self.shared is not None else (self.per_user or 0) * users


def misfits(quota: Quota, schedule: Schedule | None, *, is_open: bool) -> list[tuple[str, str]]:
    """Return what of a quota does not go with the load that it is for: keys, and what is wrong with each."""
    found = []
    if is_open and quota.per_user is not None:
        what = (
            "an open load begins its iterations at a rate, whichever user makes them; write how many they are"
            " together, as iterations: 1000"
        )
        found.append(("iterations", what))
    if schedule is None:
        return found
    within = quota.within(schedule)
    if is_open and quota.shared is not None and made_by(within) < quota.shared:
        made, ends = plural(made_by(within), "iteration"), format_duration(within.duration)
        what = f"its rate begins {made} in {ends}, and these are {quota.shared:,}: let it last longer, or be faster"
        found.append(("iterations", what))
    if quota.max_duration is not None and quota.max_duration > schedule.duration + 1e-9:
        ends = format_duration(schedule.duration)
        what = f"the load is over after {ends}, before {format_duration(quota.max_duration)}: let it last longer"
        found.append(("max_duration", what))
    return found


def made_by(schedule: Schedule) -> float:
    """Return how many iterations a rate over time begins."""
    return math.ceil(schedule.total - 1e-9) if math.isfinite(schedule.total) else math.inf


def without_iterations(options: IterationOptions | None, max_duration: float | None) -> str:
    """Return what is wrong with a longest time that ends no iterations; ``""`` where there are some."""
    if options is not None or max_duration is None:
        return ""
    return "it ends iterations earlier, and there are none: write iterations, or give the load a duration"
