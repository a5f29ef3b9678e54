"""Users that were there beside those that were planned, phase by phase.

Law: pure. The plan is a level of users over time; what steps, batches and messages may shift it by is allowed for, by
the least and the most that it may have meant. A phase under 5 s proves nothing about its users.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from locust_ext.load.schedule import Phase, Schedule, lines
from locust_ext.text.frozen import dataclass

SHORTEST = 5.0
"""Seconds of a phase from which on its users are compared with the plan."""

LEAST, MOST = 0.9, 1.1
"""Shares of the planned user-seconds between which a load is the one that was asked for."""

LEAD = 1.0
"""Seconds by which users may come before a straight line says so: Locust starts a second's worth at once."""

_STEP, _MOST_STEPS = 0.1, 2000

Level = Callable[[float], float]


@dataclass(frozen=True)
class Aim:
    """What Locust was asked for, ``at`` seconds into the run: users, and how many to add or take away in a second."""

    at: float
    users: float
    rate: float


def ramps(aims: Sequence[Aim], until: float) -> Schedule:
    """Return the ramps that a run followed: each as far as the next one let it come."""
    schedule, level = Schedule(()), 0.0
    for aim, end in zip(aims, [*(aim.at for aim in aims[1:]), until], strict=True):
        length = max(0.0, end - aim.at)
        climb = min(length, abs(aim.users - level) / aim.rate if aim.rate > 0 else 0.0)
        whole = climb >= abs(aim.users - level) / aim.rate if aim.rate > 0 else True
        reached = aim.users if whole else level + (aim.users - level) * climb * aim.rate / abs(aim.users - level)
        schedule = schedule.then(lines(level, [("", climb, reached)]))
        schedule = schedule.then(lines(reached, [("", length - climb, reached)]))
        level = reached
    return schedule


def never_reached(aims: Sequence[Aim], until: float) -> str:
    """Return that the users which were asked for last cannot have come in time; ``""`` where they can."""
    if not aims:
        return ""
    wanted, planned = aims[-1].users, ramps(aims, until)
    reached = planned.level(max(0.0, until - 1e-6))
    if reached >= wanted - 0.5 or not until:
        return ""
    return (
        f"the run ended before its ramp did: {reached:.0f} of {wanted:.0f} users were due by then;"
        " give it a longer run, or a higher --spawn-rate"
    )


@dataclass(frozen=True)
class Planned:
    """A plan of users; times are seconds of the run."""

    schedule: Schedule
    begins: float = 0.0
    """When the schedule begins."""
    lag: float = 1.0
    """Seconds by which users may come, or go, later than the schedule says."""

    def level(self, t: float) -> float:
        """Return how many whole users there are to be; none before the beginning."""
        at = t - self.begins
        return 0.0 if at < 0 else float(int(self.schedule.level(at) + 0.5))

    def user_seconds(self, start: float, end: float) -> float:
        """Return the user-seconds that the plan says between two times."""
        area = self.schedule.area
        return area(max(0.0, end - self.begins)) - area(max(0.0, start - self.begins))

    def bounds(self, start: float, end: float) -> tuple[float, float]:
        """Return the least and the most user-seconds that the plan may mean between two times."""
        steps = min(_MOST_STEPS, max(1, round((end - start) / _STEP)))
        width, least, most = (end - start) / steps, 0.0, 0.0
        for number in range(steps):
            t = start + (number + 0.5) * width
            behind = [self.level(t - shift) for shift in (0.0, self.lag / 2, self.lag)]
            least, most = least + min(behind), most + max(*behind, self.level(t + LEAD))
        return least * width, most * width


def other_users(
    planned: Planned, phases: Sequence[Phase], there: Mapping[str, float], longer: float = 0.0
) -> list[str]:
    """Return a sentence for each phase whose users were not those that were planned.

    ``there`` are the user-seconds that were counted, by phase, and ``longer`` is how many seconds the counting went on
    after the last phase.
    """
    found = []
    for name in dict.fromkeys(phase.name for phase in phases):
        stretches = [phase for phase in phases if phase.name == name]
        seconds = sum(phase.end - phase.start for phase in stretches)
        if seconds < SHORTEST:
            continue
        bounds = [planned.bounds(phase.start, phase.end) for phase in stretches]
        after = longer * planned.level(phases[-1].end - 0.1) if phases[-1].name == name else 0.0
        least, most = sum(low for low, _ in bounds), sum(high for _, high in bounds) + after
        if not LEAST * least <= there.get(name, 0.0) <= MOST * most + 1:
            exact = sum(planned.user_seconds(phase.start, phase.end) for phase in stretches)
            found.append(_sentence(name, there.get(name, 0.0) / seconds, exact / seconds))
    return found


def whole(phases: Iterable[Phase], until: float) -> list[Phase]:
    """Return the phases of a run with what was before the first of them, under no name."""
    found = [phase for phase in phases if phase.end > phase.start]
    first = found[0].start if found else until
    return [*([Phase("", 0.0, first)] if first > 0 else []), *found]


def _sentence(name: str, there: float, planned: float) -> str:
    where = f" in {name}" if name else ""
    what = f"there were {there:,.1f} users on average{where}, and {planned:,.1f} were planned"
    return f"{what}: the load was not the one that was asked for"
