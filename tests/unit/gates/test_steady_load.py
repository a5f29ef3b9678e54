"""Which part of a run is judged for drift."""

import pytest

from locust_ext.gates.drift import Stretch
from locust_ext.gates.steady_load import steady_load
from locust_ext.load.schedule import Phase, lines

SOAK = lines(0, [("ramp", 10, 100), ("soak", 100, 100), ("cooldown", 10, 0), ("rest", 30, 0)])
WAITS = lines(0, [("wait", 10, 0), ("soak", 0, 100), ("soak", 100, 100)])
STAIRS = lines(10, [("a", 20, 10), ("b", 20, 20), ("c", 30, 20), ("d", 10, 30)])
LONG_RAMPS = lines(0, [("ramp", 40, 100), ("soak", 20, 100), ("cooldown", 30, 0), ("rest", 10, 0)])
SLOPE = lines(0, [("ramp", 80, 100)])
ROWS = [
    ("no schedule: the whole run", None, 0, [], 80, Stretch(0, 80)),
    ("the load between the ramps, and the rest", SOAK, 0, [], 150, Stretch(10, 110, rest=(120, 150))),
    ("it began later", SOAK, 5, [], 155, Stretch(15, 115, rest=(125, 155))),
    ("while it lasts", SOAK, 0, [], 60, Stretch(10, 60)),
    ("in the ramp there is no level yet", SOAK, 0, [], 8, Stretch(8, 8)),
    ("it ended soon after the ramp", SOAK, 0, [], 13, Stretch(10, 13)),
    ("the ramps take longer than the load", LONG_RAMPS, 0, [], 100, Stretch(40, 60, rest=(90, 100))),
    ("a rest that has begun", SOAK, 0, [], 130, Stretch(10, 110, rest=(120, 130))),
    ("stairs: the longest of them", STAIRS, 0, [], 80, Stretch(40, 70)),
    ("never level", SLOPE, 0, [], 80, Stretch(80, 80)),
    ("a wait before the load is not the rest after it", WAITS, 0, [], 110, Stretch(10, 110)),
    ("before anything", SOAK, 0, [], 0, Stretch(0, 0)),
    (
        "storms and what follows them are left out",
        SOAK,
        0,
        [Phase("soak", 10, 30), Phase("storm", 30, 40), Phase("recovery", 40, 50), Phase("stampede", 60, 61)],
        150,
        Stretch(10, 110, ((30, 40), (40, 50), (60, 61)), (120, 150)),
    ),
]


@pytest.mark.parametrize("schedule, begins, phases, until, expected", [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_what_is_judged(schedule, begins, phases, until, expected):
    """The longest level, as far as the run has come: what grows with the load does not drift."""
    assert steady_load([schedule] if schedule else [], begins, phases, until) == expected


SPIKE = lines(0, [("wait", 40, 0), ("climb", 20, 50), ("peak", 10, 50), ("fall", 10, 0)])


def test_of_several_loads_all_have_to_stay_the_same():
    """One that climbs beside a steady one makes what both do grow."""
    assert steady_load([SOAK, SPIKE], 0, [], 150) == Stretch(10, 40, rest=(120, 150))
    assert steady_load([SPIKE], 0, [], 150) == Stretch(60, 70)
