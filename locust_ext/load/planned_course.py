"""What was planned, slice by slice, beside what a timeline has measured.

Law: pure. A plan is looked at in each slice as what was there is: users at their most, arrivals by their number.
"""

from __future__ import annotations

import math
from dataclasses import replace

from locust_ext.load.user_time import Planned
from locust_ext.measure.timeline import Timeline

LOOKS = 4
"""Looks at a plan in each slice, beside the one at its end."""

EDGE = 1e-6
"""Seconds before the end of a slice at which its last level is."""


def with_plan(timeline: Timeline, users: Planned | None, arrivals: Planned | None) -> Timeline:
    """Return the timeline with the users, and the arrivals, that were planned in each slice; None: there is no plan."""
    edges = [(number * timeline.width, (number + 1) * timeline.width) for number in range(len(timeline.users))]
    planned = tuple(_most(users, start, end) for start, end in edges) if users is not None else ()
    due = tuple(_area(arrivals, start, end) for start, end in edges) if arrivals is not None else ()
    return replace(timeline, planned=planned, due=due)


def _most(plan: Planned, start: float, end: float) -> float | None:
    last = max(start, end - EDGE)
    most = max(plan.level(start + (last - start) * look / LOOKS) for look in range(LOOKS + 1))
    return most if math.isfinite(most) else None


def _area(plan: Planned, start: float, end: float) -> float | None:
    area = plan.user_seconds(start, end)
    return round(area, 3) if math.isfinite(area) else None
