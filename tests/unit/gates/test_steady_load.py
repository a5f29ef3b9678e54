"""Which part of a run is judged for drift."""

import pytest

from locust_ext.gates.drift import Stretch
from locust_ext.gates.steady_load import steady_load
from locust_ext.load.schedule import Phase, lines

SOAK = lines(0, [("ramp", 10, 100), ("soak", 100, 100), ("cooldown", 10, 0), ("rest", 30, 0)])
WAITS = lines(0, [("wait", 10, 0), ("soak", 0, 100), ("soak", 100, 100)])
STAIRS = lines(10, [(name, 20, level) for name, level in [("a", 10), ("b", 20), ("c", 20), ("d", 30)]])
ROWS = [
    ("no schedule: the whole run", None, 0, [], 80, Stretch(0, 80)),
    ("the load between the ramps, and the rest", SOAK, 0, [], 150, Stretch(10, 110, rest=(120, 150))),
    ("it began later", SOAK, 5, [], 155, Stretch(15, 115, rest=(125, 155))),
    ("while it lasts", SOAK, 0, [], 60, Stretch(10, 60)),
    ("in the ramp there is no level yet", SOAK, 0, [], 8, Stretch(0, 8)),
    ("a rest that has begun", SOAK, 0, [], 130, Stretch(10, 110, rest=(120, 130))),
    ("stairs: all of them", STAIRS, 0, [], 80, Stretch(0, 80)),
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
    """The longest level that lasts for half of the run; else all of it."""
    assert steady_load(schedule, begins, phases, until) == expected
