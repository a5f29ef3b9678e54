"""A plan of load as points of a curve, as a page draws it.

Law: pure; a jump stays a jump: each edge of a phase has a point before it and one at it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from locust_ext.load.schedule import Schedule

MOST_POINTS = 240
"""Points of a curve, beside the edges of its phases."""

MOST_EDGES = 200

EDGE = 1e-3
"""Seconds before an edge at which the level before it stands."""

Points = list[tuple[float, float]]
"""(seconds of the run, level)."""


def curve_of(courses: Sequence[Schedule], begins: float, until: float) -> Points:
    """Return the sum of schedules, the first second of which is ``begins`` seconds into the run.

    It ends with the longest of them; one without an end goes on to ``until``.
    """
    length = max((course.duration for course in courses), default=0.0)
    if not math.isfinite(length):
        length = max(0.0, until - begins)
    edges = {phase.start for course in courses for phase in course.phases if 0 < phase.start < length}
    times = {length * number / MOST_POINTS for number in range(MOST_POINTS)}
    for edge in [*sorted(edges)[:MOST_EDGES], length]:
        times |= {max(0.0, edge - EDGE), edge}
    return [(begins + t, sum(course.level(t) for course in courses)) for t in sorted(times)] if courses else []
