"""Families of what a run is doing: its users and arrivals, what is open, its phase, its load generator.

Law: pure; what is not known is not told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import field

from locust_ext.exports.family import Family, Labels, Moment, Point
from locust_ext.exports.measured import SECONDS, labels_of
from locust_ext.exports.names import FAMILIES
from locust_ext.load.planned_curve import Points
from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.rows import Tags
from locust_ext.measure.series import Hide
from locust_ext.text.frozen import dataclass

MOST_PHASES = 50


@dataclass(frozen=True)
class UnderWay:
    """What a run is doing at one moment, ``at`` seconds after its start."""

    at: float
    is_running: bool
    users: int = 0
    workers: int | None = None
    """None where there are none: the process makes its load itself."""
    phases: Sequence[Phase] = ()
    planned_users: Points = field(default=())  # type: ignore[arg-type]
    planned_arrivals: Points = field(default=())  # type: ignore[arg-type]
    cpu: float | None = None
    """Percent of a core."""
    open: Sequence[tuple[Tags, Histogram]] = ()
    """Ages of what has not come back, in milliseconds."""


def families_under_way(run: UnderWay, hide: Hide) -> Iterator[Family]:
    """Yield the families; those of which nothing is known are left out."""
    single = {
        "loadtest.run.elapsed": run.at,
        "loadtest.running": float(run.is_running),
        "loadtest.users": float(run.users),
        "loadtest.users.planned": level_at(run.planned_users, run.at) if run.is_running else None,
        "loadtest.arrivals.planned": level_at(run.planned_arrivals, run.at) if run.is_running else None,
        "loadtest.workers": None if run.workers is None else float(run.workers),
        "loadtest.generator.cpu": None if run.cpu is None else run.cpu / 100,
    }
    for name, value in single.items():
        if value is not None and math.isfinite(value):
            yield Family(FAMILIES[name], (Point((), value),))
    yield from _phase(run, hide)
    yield from _open(run, hide)


def _phase(run: UnderWay, hide: Hide) -> Iterator[Family]:
    names = dict.fromkeys(phase.name for phase in run.phases[-MOST_PHASES:])
    current = run.phases[-1].name if run.phases and run.is_running else None
    points = tuple(Point((("phase", hide(name)),), float(name == current)) for name in names)
    if points:
        yield Family(FAMILIES["loadtest.phase"], points)


def _open(run: UnderWay, hide: Hide) -> Iterator[Family]:
    counts: dict[Labels, float] = {}
    oldest = 0.0
    for tags, ages in run.open:
        labels = labels_of(tags, hide)
        counts[labels] = counts.get(labels, 0.0) + ages.count + ages.invalid
        oldest = max(oldest, ages.maximum or 0.0)
    points = tuple(Point(labels, count) for labels, count in counts.items()) or (Point((), 0.0),)
    yield Family(FAMILIES["loadtest.requests.open"], points)
    yield Family(FAMILIES["loadtest.requests.open.oldest"], (Point((), oldest * SECONDS),))


def level_at(points: Points, at: float) -> float | None:
    """Return the level of a curve at a moment; None of no curve, and after its end what it ended with."""
    if not points:
        return None
    before = points[0]
    for point in points:
        if point[0] > at:
            (t0, v0), (t1, v1) = before, point
            return v0 if at <= t0 else v0 + (v1 - v0) * (at - t0) / (t1 - t0)
        before = point
    return before[1]


def phase_moments(phases: Sequence[Phase], hide: Hide) -> list[Moment]:
    """Return when each phase began."""
    return [
        Moment("loadtest.phase", phase.start, (("phase", hide(phase.name)),), f"phase {hide(phase.name)} begins")
        for phase in phases[-MOST_PHASES:]
    ]
