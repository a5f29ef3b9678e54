"""Which part of a run is judged for drift: the longest load that stays the same, and the hold without load after it.

Law: pure. Only a load that stays the same is judged. Storms, outages and what follows them are left out; a load that no
schedule describes is taken whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from locust_ext.gates.drift import Stretch
from locust_ext.load.schedule import Phase, Schedule

LEFT_OUT = frozenset({"storm", "recovery", "stampede"})
"""Phases in which figures are another matter."""

EDGE = 0.001
"""Share of a stretch by which its first and its last look keep off its edges, where one piece follows another."""

Level = tuple[float, float, tuple[float, ...]]
"""Its start and its end in seconds, and how high each load of the run is."""


def steady_load(courses: Sequence[Schedule], begins: float, phases: Sequence[Phase], until: float) -> Stretch:
    """Return what is judged of a run that has lasted ``until``; ``courses`` are its loads, from ``begins`` on.

    Of several loads all have to stay the same. Where no schedule says what the load is, it is the whole run. One that
    is never level, or is not yet, has nothing to judge: what grows with the load does not drift.
    """
    left_out = tuple((phase.start, phase.end) for phase in phases if phase.name in LEFT_OUT)
    if not courses:
        return Stretch(0.0, until, left_out)
    levels = _levels(courses, begins)
    loaded = [one for one in levels if any(one[2])]
    start, end, _ = max(loaded, key=lambda one: one[1] - one[0], default=(until, until, ()))
    rest = [(after, min(to, until)) for after, to, heights in levels if not any(heights) and end <= after < until]
    return Stretch(min(start, until), min(end, until), left_out, rest[-1] if rest else None)


def _levels(courses: Sequence[Schedule], begins: float) -> list[Level]:
    """Return where all loads are level at once, neighbours of the same heights as one."""
    ends = {end for course in courses for end in accumulate(piece.duration for piece in course.pieces)}
    found: list[Level] = []
    for start, end in pairwise(sorted({0.0, *ends})):
        heights = [_height(course, start, end) for course in courses]
        if None in heights:
            continue
        level = (begins + start, begins + end, tuple(map(float, heights)))  # type: ignore[arg-type]
        if found and found[-1][1:] == (level[0], level[2]):
            level = (found.pop()[0], *level[1:])
        found.append(level)
    return found


def _height(course: Schedule, start: float, end: float) -> float | None:
    """Return how high a load is between two of its edges; None where it is not level."""
    share = (end - start) * EDGE
    heights = {course.level(at) for at in (start + share, (start + end) / 2, end - share)}
    return heights.pop() if len(heights) == 1 else None
