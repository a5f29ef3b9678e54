"""A series over time with fewer points, so that it is still the same to the eye.

Law: pure; what is kept was seen: the first and the last point, and the lowest and the highest between. What has few
points already stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from locust_ext.measure.interval_history import Point

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift
    from locust_ext.reports.watched import Watched

MOST_POINTS = 240
"""Points of a series in a report."""

MOST_JUDGED = 64
"""Points of a trend in a report."""

DIGITS = 6
"""Of a value: more than a chart shows."""


def thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """Return at most ``most`` of the points that can be drawn, at least 4, rounded to a millisecond and six digits."""
    seen = [(float(at), float(value)) for at, value in points if math.isfinite(at) and math.isfinite(value)]
    if len(seen) > most:
        count, inner = (most - 2) // 2, seen[1:-1]
        edges = [len(inner) * number // count for number in range(count + 1)]
        parts = [inner[start:end] for start, end in pairwise(edges)]
        seen = [seen[0], *(point for part in parts for point in _ends(part)), seen[-1]]
    return tuple((round(at, 3), float(f"{value:.{DIGITS}g}")) for at, value in seen)


def thin_drift(drift: Drift) -> Drift:
    """Return the drift as reports show it."""
    return replace(drift, points=thinned(drift.points, MOST_POINTS), judged=thinned(drift.judged, MOST_JUDGED))


def thin_watched(series: Watched) -> Watched:
    """Return the series as reports show it."""
    restarts = tuple(round(float(at), 3) for at in series.restarts if math.isfinite(at))
    return replace(series, points=thinned(series.points, MOST_POINTS), restarts=restarts[:MOST_POINTS])


def _ends(part: Sequence[Point]) -> list[Point]:
    """Return the lowest and the highest point, in the order of their times."""
    low = min(range(len(part)), key=lambda number: part[number][1])
    high = max(range(len(part)), key=lambda number: part[number][1])
    return list(map(part.__getitem__, sorted({low, high})))
