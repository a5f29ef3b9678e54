"""What was planned beside what was there, slice by slice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.pieces import Line
from locust_ext.load.planned_course import with_plan
from locust_ext.load.schedule import Schedule, lines
from locust_ext.load.user_time import Planned
from locust_ext.measure.timeline import Timeline

RAMP = Planned(lines(0, [("ramp", 4, 8), ("steady", 2, 8)]))
PLANS = [
    ("a ramp, at the most of each slice", RAMP, 1.0, 7, (2, 4, 6, 8, 8, 8, 0)),
    ("wider slices", RAMP, 2.0, 3, (4, 8, 8)),
    ("one that begins later", Planned(RAMP.schedule, begins=2.0), 1.0, 4, (0, 0, 2, 4)),
    (
        "a step belongs to the slice that it begins",
        Planned(Schedule((Line("", 1, 2, 2), Line("", 1, 9, 9)))),
        1.0,
        2,
        (2, 9),
    ),
    ("no slices", RAMP, 1.0, 0, ()),
    ("nothing planned", Planned(Schedule(())), 1.0, 2, (0, 0)),
]


@pytest.mark.parametrize("plan, width, slices, users", [row[1:] for row in PLANS], ids=[row[0] for row in PLANS])
def test_users(plan, width, slices, users):
    """As many whole users as there were to be at the most."""
    found = with_plan(Timeline(width, (1.0,) * slices), plan, None)
    assert (found.planned, found.due) == (users, ())


def test_arrivals():
    """As many as were due in each slice, none before the beginning and after the end."""
    plan = Planned(lines(10, [("steady", 3, 10)]), begins=1.0)
    found = with_plan(Timeline(2.0, (1.0,) * 3), None, plan)
    assert (found.planned, found.due) == ((), (10.0, 20.0, 0.0))


@given(st.floats(0, 50), st.floats(0.1, 30), st.integers(1, 40))
def test_no_arrival_is_lost(begins, width, slices):
    """All slices together have what was due by the end of the last one."""
    plan = Planned(lines(0, [("ramp", 60, 30), ("fall", 60, 0)]), begins)
    found = with_plan(Timeline(width, (1.0,) * slices), None, plan)
    assert sum(found.due) == pytest.approx(plan.user_seconds(0, width * slices), abs=0.001 * slices)


def test_what_cannot_be_written():
    """A level without end is left out: a report has finite numbers."""
    endless = Planned(lines(0, [("", math.inf, 0)]))
    assert with_plan(Timeline(1.0, (1.0,)), endless, endless).due in {(0.0,), (None,)}
