"""A plan of load as points: jumps stay jumps, and the end is told."""

import math

import pytest

from locust_ext.load.pieces import Line
from locust_ext.load.planned_curve import EDGE, MOST_EDGES, MOST_POINTS, curve_of
from locust_ext.load.schedule import Schedule

STEP = Schedule((Line("low", 10, 5, 5), Line("high", 10, 50, 50)))


def test_a_jump():
    """There is a point right before it, and one at it."""
    points = dict(curve_of([STEP], 0.0, 0.0))
    assert (points[10 - EDGE], points[10.0], points[20 - EDGE], points[20.0]) == (5, 50, 50, 0)


ROWS = [
    ("nothing is planned", [], 0.0, 60.0, []),
    ("it begins later", [STEP], 3.0, 0.0, [(3.0, 5), (23.0, 0)]),
    ("it has no end: as far as the run", [Schedule((Line("on", math.inf, 7, 7),))], 0.0, 60.0, [(0.0, 7), (60.0, 7)]),
    ("several together", [STEP, Schedule((Line("", 30, 1, 1),))], 0.0, 0.0, [(0.0, 6), (30.0, 0)]),
    ("of no length", [Schedule((Line("", 0, 1, 1),))], 0.0, 0.0, [(0.0, 0), (0.0, 0)]),
]


@pytest.mark.parametrize("courses, begins, until, ends", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_from_its_beginning_to_its_end(courses, begins, until, ends):
    """In seconds of the run."""
    points = curve_of(courses, begins, until)
    assert ([points[0], points[-1]] if points else []) == ends


def test_it_is_bounded():
    """However many phases there are."""
    course = Schedule(tuple(Line(f"p{n}", 1, n, n) for n in range(5_000)))
    assert len(curve_of([course], 0.0, 0.0)) <= MOST_POINTS + 2 * (MOST_EDGES + 2)
