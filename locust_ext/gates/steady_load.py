"""Which part of a run is judged for drift: the longest load that stays the same, and the hold without load after it.

Law: pure. Only a load that stays the same is judged. Storms, outages and what follows them are left out; a load that no
schedule describes is taken whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from locust_ext.gates.drift import Stretch
from locust_ext.load.schedule import Phase, Schedule

LEFT_OUT = frozenset({"storm", "recovery", "stampede"})
"""Phases in which figures are another matter."""

Level = tuple[float, float, float]
"""Its start and its end in seconds, and how high it is."""


def steady_load(schedule: Schedule | None, begins: float, phases: Sequence[Phase], until: float) -> Stretch:
    """Return what is judged of a run that has lasted ``until``; the schedule began at ``begins``.

    Without a schedule that is the whole run. A schedule that is never level, or is not yet, has nothing to judge: what
    grows with the load does not drift.
    """
    left_out = tuple((phase.start, phase.end) for phase in phases if phase.name in LEFT_OUT)
    if schedule is None:
        return Stretch(0.0, until, left_out)
    levels = _levels(schedule, begins)
    loaded = [one for one in levels if one[2] > 0]
    start, end, _ = max(loaded, key=lambda one: one[1] - one[0], default=(until, until, 0.0))
    rest = [(after, min(to, until)) for after, to, height in levels if height == 0 and end <= after < until]
    return Stretch(min(start, until), min(end, until), left_out, rest[-1] if rest else None)


def _levels(schedule: Schedule, begins: float) -> list[Level]:
    """Return the levels of a schedule, neighbours of one height as one."""
    edges = [begins]
    for piece in schedule.pieces:
        edges.append(edges[-1] + piece.duration)
    found: list[Level] = []
    for piece, (start, end) in zip(schedule.pieces, pairwise(edges), strict=True):
        heights = {piece.level(0.0), piece.level(piece.duration / 2), piece.level(piece.duration)}
        if end <= start or len(heights) > 1:
            continue
        (height,) = heights
        if found and found[-1][1] == start and found[-1][2] == height:
            start = found.pop()[0]  # noqa: PLW2901
        found.append((start, end, height))
    return found
