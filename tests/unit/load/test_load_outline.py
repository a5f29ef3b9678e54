"""What a run is going to offer, in lines for people: of each phase, of one open load, of several loads."""

from __future__ import annotations

import math

import pytest

from locust_ext.load import outline
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import Schedule, lines

RAMP = lines(0, [("ramp", 10, 20), ("steady", 50, 20)])
ENDLESS = Schedule((Line("steady", math.inf, 12.5, 12.5),))

PHASES = [
    ("users that climb and hold", RAMP, outline.users, ["ramp", "0s to 10s", "0 to 20 users"], ["20 users"]),
    ("arrivals that climb and hold", RAMP, outline.rate, ["ramp", "0s to 10s", "0/s to 20/s"], ["steady", "20/s"]),
]


@pytest.mark.parametrize("schedule, tell, first, last", [pytest.param(*row[1:], id=row[0]) for row in PHASES])
def test_phases(schedule, tell, first, last):
    """Each has its name, its times and its levels; one level is said once."""
    found = list(outline.phases(schedule, tell))
    assert len(found) == 2
    assert [part for part in first if part not in found[0]] == []
    assert [part for part in last if part not in found[1]] == []
    assert " to " in found[1]
    assert found[1].count("20") == 1


def test_how_the_lines_stand():
    """Name, times and levels begin below each other."""
    assert list(outline.phases(RAMP, outline.users)) == [
        "  ramp         0s to 10s          0 to 20 users",
        "  steady       10s to 1m          20 users",
    ]


def test_a_phase_without_an_end():
    """It is said to go on for ever, at its level."""
    (line,) = outline.phases(ENDLESS, outline.rate)
    assert line.endswith("12.5/s")
    assert "12.5/s to" not in line


LEVELS = [
    ("whole users", outline.users, 19.6, "20 users"),
    ("a rate", outline.rate, 20.0, "20/s"),
    ("a rate to the thousandth", outline.rate, 0.12349, "0.123/s"),
]


@pytest.mark.parametrize("tell, level, said", [pytest.param(*row[1:], id=row[0]) for row in LEVELS])
def test_levels(tell, level, said):
    """Users are whole, and a rate is told to the thousandth."""
    assert tell(level) == said


POOLS = [
    ("one user", Pool(1, 1), "1 user"),
    ("a pool that does not grow", Pool(50, 50), "50 users"),
    ("one that grows", Pool(50, 1500), "50 users, at most 1,500"),
    ("Locust's own users", Pool(None, 500), "the users of the command line or the shape"),
]


@pytest.mark.parametrize("pool, said", [pytest.param(*row[1:], id=row[0]) for row in POOLS])
def test_an_open_load(pool, said):
    """Its phases, its peak, who makes it, and how many iterations that is."""
    scenario = Scenario("orders", RAMP, pool=pool)
    assert list(outline.open_load(scenario)) == [
        *outline.phases(RAMP, outline.rate),
        f"peak rate    20/s, by {said}",
        "iterations   1,100",
    ]


def test_an_open_load_without_an_end():
    """Nobody can say how many iterations that is."""
    assert list(outline.open_load(Scenario("orders", ENDLESS, pool=Pool(1, 1))))[-2:] == [
        "peak rate    12.5/s, by 1 user",
        "iterations   until it is stopped",
    ]


def test_a_part_of_an_iteration():
    """One that has begun is one; what rounding adds is none."""
    for seconds, said in ((2.0, "2"), (2.1, "3")):
        scenario = Scenario("orders", lines(1, [("steady", seconds, 1)]), pool=Pool(1, 1))
        assert list(outline.open_load(scenario))[-1] == f"iterations   {said}"


def test_several_loads():
    """A closed one is told in users, an open one in arrivals, each with its times on the run's clock."""
    loads = [Scenario("browse", RAMP, tags={}), Scenario("orders", RAMP, start=30.0, pool=Pool(5, 9), tags={})]
    assert list(outline.scenarios(loads)) == [
        "  browse       0s to 1m           at most 20 users",
        "  orders       30s to 1m30s       at most 20/s by 5 users, at most 9; 1,100 iterations",
    ]
