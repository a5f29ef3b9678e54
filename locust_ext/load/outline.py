"""What a run is going to offer, in lines for people.

Law: an open load is told in arrivals and a closed one in users; what has no end is called so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from locust_ext.load.quota import Quota
from locust_ext.load.scenario import Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration, format_rate

Level = Callable[[float], str]


def users(level: float) -> str:
    """Return a level of a closed load."""
    return f"{level:.0f} users"


def rate(level: float) -> str:
    """Return a level of an open load."""
    return format_rate(round(level, 3))


def phases(schedule: Schedule, tell: Level) -> Iterator[str]:
    """Yield a line for each phase: its name, its times and its levels."""
    for phase in schedule.phases:
        last = phase.end if math.isinf(phase.end) else phase.end - 1e-6
        ends = [tell(schedule.level(phase.start)), tell(schedule.level(last) if math.isfinite(last) else schedule.peak)]
        level = ends[1] if ends[0] == ends[1] else " to ".join([ends[0].removesuffix(" users"), ends[1]])
        times = f"{format_duration(phase.start)} to {format_duration(phase.end)}"
        yield f"  {phase.name:<12} {times:<18} {level}"


def open_load(scenario: Scenario) -> Iterator[str]:
    """Yield the lines of an open load: its phases, its peak, its pool and its iterations."""
    yield from phases(scenario.course, rate)
    yield f"peak rate    {rate(scenario.schedule.peak)}, by {_pool(scenario)}"
    yield f"iterations   {_iterations(scenario)}"


def scenarios(loads: Sequence[Scenario]) -> Iterator[str]:
    """Yield a line for each of several loads."""
    for one in loads:
        times = f"{format_duration(one.start)} to {format_duration(one.end)}"
        if one.pool is None:
            what = f"at most {users(one.schedule.peak)}"
            what += f"; iterations: {_shared(one.quota, one.schedule.peak)}" if one.quota else ""
        else:
            what = f"at most {rate(one.schedule.peak)} by {_pool(one)}; {_iterations(one)} iterations"
        yield f"  {one.name:<12} {times:<18} {what}"


def iterations(quota: Quota, most: float | None) -> str:
    """Return how many iterations the run makes, with ``most`` users, and for how long at the most."""
    return f"iterations   {_shared(quota, most)}"


def _shared(quota: Quota, most: float | None) -> str:
    """Return how many iterations there are, and by whom."""
    people = "the users of the command line" if most is None else f"at most {plural(most, 'user')}"
    each = quota.shared is None
    what = f"{quota.per_user:,} by each of {people}" if each else f"{quota.shared:,} shared by {people}"
    return what if quota.max_duration is None else f"{what}, at most {format_duration(quota.max_duration)}"


def _pool(scenario: Scenario) -> str:
    pool = scenario.pool
    if pool is None or pool.users is None:
        return "the users of the command line or the shape"
    most = f", at most {pool.max_users:,}" if pool.max_users > pool.users else ""
    return plural(pool.users, "user") + most


def _iterations(scenario: Scenario) -> str:
    if scenario.quota is not None:
        return _shared(scenario.quota, scenario.pool.max_users if scenario.pool and scenario.pool.users else None)
    total = scenario.schedule.total
    return "until it is stopped" if math.isinf(total) else f"{math.ceil(total - 1e-9):,}"
