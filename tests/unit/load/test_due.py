"""How many arrivals were due, by the schedule alone."""

import pytest

from locust_ext.load.due import Due, due_by
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import lines

FORTY = Scenario("smoke", lines(40, [("steady", 20, 40)]), pool=Pool(10, 20))
LATER = Scenario("soak", lines(10, [("steady", 10, 10)]), start=5.0, pool=Pool(10, 20), tags={})
CLOSED = Scenario("users", lines(5, [("steady", 20, 5)]))
POISSON = Scenario("smoke", lines(40, [("steady", 20, 40)]), pool=Pool(10, 20, spacing="poisson"))

ROWS = [
    ("all of it", [FORTY], 20.0, [("", 800)]),
    ("long after its end", [FORTY], 50.0, [("", 800)]),
    ("until a second before a stop", [FORTY], 11.0, [("", 400)]),
    ("before it began", [FORTY], 0.0, [("", 0)]),
    ("one that begins later", [LATER], 10.0, [("soak", 40)]),
    ("that has ended", [LATER], 15.0, [("soak", 100)]),
    ("users are not arrivals", [CLOSED, FORTY], 20.0, [("", 800)]),
]


@pytest.mark.parametrize("scenarios, elapsed, due", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_due(scenarios, elapsed, due):
    """The schedule's integral, of what has ended to the last, and of what was stopped to a second before."""
    assert [(one.name, one.count) for one in due_by(scenarios, elapsed)] == due


MISSING = [
    ("none", Due("", 800, 2), 800, 0),
    ("one for each process is rounding", Due("", 800, 2), 798, 0),
    ("a lapsed share", Due("", 800, 2), 713, 87),
    ("more than were due", Due("", 800, 2), 803, 0),
    ("Poisson has room", due_by([POISSON], 20.0)[0], 690, 0),
    ("but not for this", due_by([POISSON], 20.0)[0], 680, 120),
]


@pytest.mark.parametrize("due, made, missing", [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
def test_missing(due, made, missing):
    """What neither began nor was dropped is missing, beyond what chance and rounding explain."""
    assert due.missing(made) == missing
