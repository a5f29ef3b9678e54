"""What of a plan comes within its run: its storms, its stampedes and its windows, beside the end that is known.

Law: pure. What never comes is a mistake, since nobody wrote it to be left out; what may never come is said.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from locust_ext.config.plan import Plan
from locust_ext.gates.options import Thresholds
from locust_ext.load.quota import made_by
from locust_ext.load.schedule import Schedule
from locust_ext.storms.moments import likely, moments, releases
from locust_ext.text.document import Path
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import Problem
from locust_ext.text.spelling import nearest, plural
from locust_ext.text.units import format_duration


@dataclass(frozen=True)
class Horizon:
    """What is known of a run's load and end before it starts."""

    schedule: Schedule | None = None
    """Its load over time, where it follows one of ours."""
    run_time: float | None = None
    """What the command line says, in seconds."""
    is_own: bool = False
    """Whether it follows a shape of the locustfile's own, which says itself when it ends."""

    @property
    def end(self) -> float | None:
        """After how many seconds it ends; None where nobody knows."""
        if self.is_own and self.schedule is None:  # Locust's own timer does not stop such a run either
            return None
        longest = self.schedule.duration if self.schedule is not None else math.inf
        end = min(longest, self.run_time or math.inf)
        return None if math.isinf(end) else end


@dataclass(frozen=True)
class _Series:
    """Moments of one kind that the configuration asks for, in seconds of the run."""

    path: Path
    what: str
    """What comes, such as ``storm``."""
    planned: list[float]
    likely: list[float]
    """When they come at the earliest: each waits until the one before is over."""


def never(plan: Plan, horizon: Horizon) -> list[Problem]:
    """Return a problem for each storm, stampede and window that never comes in the run."""
    return [plan.document.problem(path, what) for path, what in _never(plan, horizon)]


def unsure(plan: Plan, horizon: Horizon) -> list[str]:
    """Return a sentence for each storm, stampede and window of which some may not come."""
    found = [*_unsure_series(plan, horizon), *_unsure_windows(plan, horizon), *_unsure_iterations(plan, horizon)]
    return [str(plan.document.problem(path, what)) for path, what in found]


def _never(plan: Plan, horizon: Horizon) -> Iterator[tuple[Path, str]]:
    yield from _no_such_phase(plan, horizon)
    end = horizon.end
    if end is None:
        return
    for series in _series(plan, horizon):
        if series.planned and series.planned[0] >= end:
            yield series.path, _too_late(series, end, plan)
    if plan.time_scale >= 1:
        for path, window in _windows(plan):
            if window > end:
                yield path, f"{_too_long(window, end, plan)}; take a shorter one, or a longer run"


def _no_such_phase(plan: Plan, horizon: Horizon) -> Iterator[tuple[Path, str]]:
    """Yield that a storm counts from a phase which the load of the run does not have."""
    phase = plan.config.storm.phase if plan.config.storm else ""
    known = {one.name for one in horizon.schedule.phases if one.name} if horizon.schedule else set()
    if phase and phase not in known:
        what = (
            f"the load of this run has no phase {phase!r}{nearest(phase, known)}"
            if known
            else (
                f"the load of this run has no phases, and so no {phase!r}: name a shape that has it, or leave phase out"
            )
        )
        yield ("storm", "phase"), f"{what}; the storm never happens"


def _series(plan: Plan, horizon: Horizon) -> list[_Series]:
    storm, stampede, scale = plan.config.storm, plan.config.stampede, plan.time_scale
    found = []
    if storm is not None:
        planned = moments(storm, horizon.schedule.phases if horizon.schedule else (), scale)
        key = "at" if storm.at is not None else "every" if storm.every is not None else "phase"
        found.append(_Series(("storm", key), "storm", planned, likely(storm, planned)))
    if stampede is not None:
        planned = releases(stampede, scale)
        found.append(_Series(("stampede", "at"), "stampede", planned, likely(stampede, planned)))
    return found


def _windows(plan: Plan) -> Iterator[tuple[Path, float]]:
    written: list[tuple[Path, Thresholds]] = [(("thresholds",), plan.config.thresholds)]
    written += [(("scenarios", name, "thresholds"), one.thresholds) for name, one in plan.config.scenarios.items()]
    for place, thresholds in written:
        for key, items in thresholds.items():
            for index, item in enumerate(items):
                if item.window:
                    yield (*place, key, index, "window"), item.window


def _unsure_series(plan: Plan, horizon: Horizon) -> Iterator[tuple[Path, str]]:
    end = horizon.end
    for series in _series(plan, horizon):
        if not series.planned:
            continue
        if end is None:
            at = format_duration(series.planned[-1])
            yield series.path, f"nothing says how long the run is; a {series.what} that was to come at {at} needs more"
        elif series.planned[0] < end:
            missing = sum(moment >= end for moment in series.likely)
            if missing:
                count, whole = plural(missing, series.what), len(series.likely)
                yield series.path, f"{count} of {whole} will not come: the run of {_run(end, plan)} is over before"


def _unsure_windows(plan: Plan, horizon: Horizon) -> Iterator[tuple[Path, str]]:
    windows, end = list(_windows(plan)), horizon.end
    if not windows:
        return
    if end is None:
        path, longest = max(windows, key=lambda one: one[1])
        yield path, f"nothing says how long the run is; a window of {format_duration(longest)} needs at least as much"
    elif plan.time_scale < 1:
        for path, window in windows:
            if window > end:
                yield path, f"{_too_long(window, end, plan)} (windows are not scaled), and proves nothing"


def _unsure_iterations(plan: Plan, horizon: Horizon) -> Iterator[tuple[Path, str]]:
    """Yield that iterations may end the run before what is to come in it, or that a rehearsal has no time for them."""
    if plan.config.iterations is not None:
        for series in _series(plan, horizon):
            if series.planned:
                yield series.path, f"the run ends with its iterations; a {series.what} that is to come later does not"
    for one in plan.scenarios:
        if one.quota is not None and one.quota.shared is not None and made_by(one.schedule) < one.quota.shared:
            at = ("scenarios", one.name, "iterations") if plan.config.scenarios else ("iterations",)
            made = f"its rate begins {made_by(one.schedule):,} of {one.quota.shared:,}"
            yield at, f"at the time scale {plan.time_scale:g} {made}: iterations are not scaled"


def _too_late(series: _Series, end: float, plan: Plan) -> str:
    first = "the first " if len(series.planned) > 1 else "the "
    at = format_duration(series.planned[0])
    late = f"{first}{series.what} is to come at {at}, and the run ends after {_run(end, plan)}: it never happens"
    return f"{late}; let it come earlier, or the run last longer"


def _too_long(window: float, end: float, plan: Plan) -> str:
    return f"a window of {format_duration(window)} is never full in a run of {_run(end, plan)}"


def _run(end: float, plan: Plan) -> str:
    """Return the length of the run, and by which scale it is so short."""
    scale = f" at the time scale {plan.time_scale:g}" if plan.time_scale != 1 else ""
    return f"{format_duration(end)}{scale}"
