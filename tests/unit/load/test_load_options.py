"""``arrivals:`` and ``scenarios:``: what is written, and what it means."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from locust_ext.config.scenarios import ScenarioOptions
from locust_ext.load.options import MOST_USERS, USERS, ArrivalOptions
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool
from locust_ext.load.schedule import Phase

RATES = [
    ("a second", "200/s", 200),
    ("a minute", "300/m", 5),
    ("an hour, down to one", "1/h", 1 / 3600),
    ("a fraction", "0.5/s", 0.5),
    ("a plain number", 12, 12),
]


@pytest.mark.parametrize("text, rate", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_a_constant_rate(text, rate):
    """It is one level for as long as it says, in a phase called steady."""
    schedule = ArrivalOptions(rate=text, duration="2m").schedule()
    assert schedule.phases == (Phase("steady", 0, 120),)
    assert schedule.level(60) == pytest.approx(rate)


def test_a_constant_rate_without_an_end():
    """Without a duration somebody else ends the run; a scenario's own duration holds where it has one."""
    options = ArrivalOptions(rate="1/s")
    assert options.schedule().duration == math.inf
    assert options.schedule(7.0).duration == 7


def test_stages():
    """Straight lines from the start rate; a stage of no duration jumps, and stages are numbered where they have no name."""
    options = ArrivalOptions(
        start_rate="60/m",
        stages=[
            {"target": "5/s", "duration": "10s"},
            {"target": 8, "duration": 0},
            {"target": "8/s", "duration": "1m", "phase": "peak"},
            {"target": 0, "duration": "4s"},
        ],
    )
    schedule = options.schedule()
    assert [(one.name, one.end) for one in schedule.phases] == [("stage-1", 10), ("peak", 70), ("stage-4", 74)]
    assert [schedule.level(at) for at in (0, 5, 10, 70, 72, 74)] == pytest.approx([1, 3, 8, 8, 4, 0])
    assert schedule.total == pytest.approx(30 + 480 + 16)


def test_stages_begin_at_nothing():
    """Without a start rate the first line begins at 0, as in k6."""
    schedule = ArrivalOptions(stages=[{"target": "10/s", "duration": "10s"}]).schedule()
    assert schedule.pieces == (Line("stage-1", 10, 0, 10),)


POOLS = [
    ("neither is said", {}, USERS, MOST_USERS),
    ("users alone: the pool does not grow", {"users": 30}, 30, 30),
    ("more users than the usual maximum", {"users": 900}, 900, 900),
    ("both", {"users": 30, "max_users": 90}, 30, 90),
    ("both are the same", {"users": 30, "max_users": 30}, 30, 30),
    ("a maximum above the usual beginning", {"max_users": 90}, USERS, 90),
    ("a maximum below the usual beginning", {"max_users": 20}, 20, 20),
]


@pytest.mark.parametrize("given_, users, most", [row[1:] for row in POOLS], ids=[row[0] for row in POOLS])
def test_pool(given_, users, most):
    """How many users there are from the beginning, and at the most."""
    pool = ArrivalOptions(rate="1/s", **given_).pool
    assert (pool.users, pool.max_users) == (users, most)


@given(st.none() | st.integers(1, 2000), st.none() | st.integers(1, 2000))
def test_any_pool_begins_within_its_maximum(users, most):
    """Whatever passes has at least one user, and never more than its maximum."""
    try:
        pool = ArrivalOptions(rate="1/s", users=users, max_users=most).pool
    except ValidationError:
        assert most < users
    else:
        assert 1 <= pool.users <= pool.max_users


def test_how_arrivals_are_made():
    """Spacing, patience and the graceful stop have the values of the design, and of the file."""
    assert ArrivalOptions(rate=1).pool == Pool(50, 500, "uniform", 5.0, 30.0)
    made = ArrivalOptions(rate=1, users=1, spacing="poisson", patience="0s", graceful_stop="1m").pool
    assert made == Pool(1, 1, "poisson", 0.0, 60.0)


HAS_RATE = [
    ("a rate", {"rate": 1}, True),
    ("stages", {"stages": [{"target": 1, "duration": 1}]}, True),
    ("neither", {"users": 5}, False),
]


@pytest.mark.parametrize("given_, has_rate", [row[1:] for row in HAS_RATE], ids=[row[0] for row in HAS_RATE])
def test_has_rate(given_, has_rate):
    """Where it says no rate, the levels of a shape are the rate."""
    assert ArrivalOptions(**given_).has_rate is has_rate


LOAD = {"rate": "1/s", "duration": "1s"}

FORMS = [
    ("one user class is a list", {"arrivals": LOAD, "users": "Feed"}, "users", ("Feed",)),
    ("a list of them", {"arrivals": LOAD, "users": ["Feed", "Chat"]}, "users", ("Feed", "Chat")),
    ("all of them", {"arrivals": LOAD}, "users", ()),
    ("tags are text", {"arrivals": LOAD, "tags": {"team": 5, "beta": True}}, "tags", {"team": "5", "beta": "True"}),
    ("a start time", {"shape": "smoke", "start_time": "3m"}, "start_time", 180),
    ("at once", {"shape": "smoke"}, "start_time", 0),
    ("a shape cut short", {"shape": "smoke", "duration": "10s"}, "duration", 10),
    ("a shape whose levels are the rate", {"shape": "smoke", "arrivals": {"users": 5}}, "shape", "smoke"),
    ("a rate that lasts as long as the scenario", {"arrivals": {"rate": 1}, "duration": "9s"}, "duration", 9),
]


@pytest.mark.parametrize("written, key, value", [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_scenario(written, key, value):
    """A scenario reads what people write."""
    assert value == getattr(ScenarioOptions.model_validate(written), key)
