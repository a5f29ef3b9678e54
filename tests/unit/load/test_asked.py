"""What a run was asked for: its users over time, its arrivals and its end, by whatever shape Locust follows."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from locust import LoadTestShape

from locust_ext.load.asked import BATCH, MASTER, TICK, Asked
from locust_ext.load.coordinator import ArrivalsCoordinator
from locust_ext.load.scenario import Pool, Scenario, overlay
from locust_ext.load.schedule import lines
from locust_ext.load.shapes import PlannedShape, TrafficShape
from locust_ext.load.user_time import Aim

COURSE = lines(0, [("ramp", 10, 20), ("steady", 20, 20)])


def asked(shape=None, clients=None, run_time=None, **runner):
    """Return what a run was asked for, without its notes; ``clients`` are the workers of a master."""
    known = {**({} if clients is None else {"clients": clients}), **runner}
    return Asked(
        SimpleNamespace(
            shape_class=shape, runner=SimpleNamespace(**known), parsed_options=SimpleNamespace(run_time=run_time)
        )
    )


def planned():
    """Return a shape of the configuration."""
    return PlannedShape(lambda: COURSE)


def traffic(*scenarios, at=0.0):
    """Return the shape of scenarios, ``at`` seconds after their beginning."""
    coordinator = ArrivalsCoordinator(SimpleNamespace())
    coordinator.prepare(scenarios, [])
    shape = TrafficShape(lambda: overlay(scenarios), coordinator)
    shape.get_run_time = lambda: at
    return shape


CLOSED = Scenario("users", COURSE, tags={})
LATER = Scenario("later", lines(7, [("steady", 40, 7)]), start=10.0, tags={})
OPEN = Scenario("orders", lines(40, [("steady", 20, 40)]), pool=Pool(10, 20), tags={})


RATES = [
    ("what the dispatcher follows", {"_users_dispatcher": SimpleNamespace(_spawn_rate=4), "spawn_rate": 9.0}, 4.0),
    ("what the runner was told", {"_users_dispatcher": None, "spawn_rate": 9.0}, 9.0),
    ("a dispatcher that knows none", {"_users_dispatcher": SimpleNamespace(_spawn_rate=0), "spawn_rate": 9.0}, 9.0),
    ("nothing", {"spawn_rate": None}, 0.0),
    ("a runner without any", {}, 0.0),
]


@pytest.mark.parametrize("runner, rate", [pytest.param(*row[1:], id=row[0]) for row in RATES])
def test_how_fast_users_were_to_come(runner, rate):
    """The dispatcher knows it best, then the runner."""
    one = asked(target_user_count=60, **runner)
    one.note(3.0)
    assert one.aims == [Aim(0.0, 60.0, rate)]


def test_what_was_asked_for_in_turn():
    """The first was so from the beginning, whenever it was seen; the same users again are no other aim."""
    one = asked(target_user_count=60, spawn_rate=4.0)
    for at, users in ((2.0, 60), (3.0, 60), (8.0, 10), (9.0, 10), (12.0, 60)):
        one._environment.runner.target_user_count = users
        one.note(at)
    assert one.aims == [Aim(0.0, 60.0, 4.0), Aim(8.0, 10.0, 4.0), Aim(12.0, 60.0, 4.0)]


class OwnShape(LoadTestShape):
    """A shape of which nothing is known."""

    abstract = True

    def tick(self):
        """Go on as it is."""


USERS = [  # the shape, the workers, levels at seconds of the run that began its schedule 2 s late, the beginning, the lag
    ("the command line", None, None, [(1, 4), (14, 56), (20, 60)], 0.0, BATCH),
    ("the same on a master", None, {}, [(1, 4), (14, 56), (20, 60)], 0.0, BATCH + MASTER),
    ("a shape of one's own", OwnShape(), None, [(1, 4), (20, 60)], 0.0, TICK),
    ("one of one's own on a master", OwnShape(), {}, [(1, 4), (20, 60)], 0.0, TICK + MASTER),
    ("a schedule", planned(), None, [(1, 0), (7, 10), (20, 20)], 2.0, TICK),
    ("a schedule on a master", planned(), {}, [(1, 0), (7, 10), (20, 20)], 2.0, TICK + MASTER),
    ("scenarios", traffic(CLOSED, LATER), None, [(1, 0), (7, 10), (20, 27), (31, 27), (40, 7), (60, 0)], 2.0, TICK),
    ("scenarios on a master", traffic(CLOSED), {}, [(7, 10), (31, 20), (33, 0)], 2.0, TICK + MASTER),
]


@pytest.mark.parametrize("shape, clients, levels, begins, lag", [pytest.param(*row[1:], id=row[0]) for row in USERS])
def test_users_that_were_planned(shape, clients, levels, begins, lag):
    """They are those of the schedule that is followed, else of what Locust was asked for, and may come a little late."""
    one = asked(shape, clients, target_user_count=60, spawn_rate=4.0)
    one.note(0.0)
    found = one.users(60.0, 2.0)
    assert (found.begins, found.lag) == (begins, lag)
    assert [found.level(at) for at, _ in levels] == [level for _, level in levels]


def test_the_sum_of_scenarios_is_looked_at_ten_times_a_second():
    """It lasts as long as the longest, and its user-seconds are theirs."""
    schedule = asked(traffic(CLOSED, LATER)).users(60.0, 0.0).schedule
    assert schedule.duration == pytest.approx(50.0)
    assert len(schedule.pieces) == 500
    assert schedule.area(50.0) == pytest.approx(10 * 10 + 20 * 20 + 40 * 7)


def test_how_late_users_may_come():
    """Locust starts a second's worth at once, looks at a shape each second, and a master waits for its workers."""
    assert (BATCH, TICK, MASTER) == (1.0, 1.5, 1.5)


UNKNOWN = [
    ("arrivals", traffic(OPEN)),
    ("arrivals beside users", traffic(CLOSED, OPEN)),
    ("users without an end", traffic(Scenario("endless", lines(5, [("steady", float("inf"), 5)])))),
    ("nothing was asked for yet", None),
]


@pytest.mark.parametrize("shape", [pytest.param(row[1], id=row[0]) for row in UNKNOWN])
def test_users_that_nobody_planned(shape):
    """How many users make arrivals is up to their pools."""
    assert asked(shape).users(60.0, 0.0) is None


def test_a_ramp_that_cannot_end():
    """It is said of the command line alone: a shape says itself how long it takes."""
    for shape, said in ((None, True), (OwnShape(), False), (planned(), False)):
        one = asked(shape, target_user_count=60, spawn_rate=4.0)
        one.note(0.0)
        assert ("24 of 60 users were due by then" in one.never_reached(6.0)) is said
        assert bool(one.never_reached(6.0)) is said


DUE = [  # the shape, the workers, the names, the counts and the rooms
    ("one process", traffic(OPEN, at=20.0), None, [("orders", 800, 1)]),
    ("a master without workers", traffic(OPEN, at=20.0), {}, [("orders", 800, 1)]),
    ("three workers", traffic(OPEN, CLOSED, at=11.0), {"a": 1, "b": 2, "c": 3}, [("orders", 400, 3)]),
    ("users alone", traffic(CLOSED, at=20.0), None, []),
    ("a shape without arrivals", planned(), None, []),
    ("no shape", None, None, []),
]


@pytest.mark.parametrize("shape, clients, due", [pytest.param(*row[1:], id=row[0]) for row in DUE])
def test_arrivals_that_are_due(shape, clients, due):
    """Those of the scenarios by now; each process may have rounded one away."""
    assert [(one.name, one.count, one.room) for one in asked(shape, clients).due()] == due


def test_how_far_the_load_is():
    """Arrivals wait for their pools; any other load is as old as the run."""
    assert asked(traffic(OPEN, at=4.0)).position(9.0) == 4.0
    assert asked(planned()).position(9.0) == 9.0
    assert asked().position(9.0) == 9.0


ENDS = [
    ("nothing says so", None, None, None),
    ("the command line", None, 20, 20.0),
    ("a schedule", planned(), None, 30.0),
    ("a schedule that is cut off", planned(), 20, 20.0),
    ("a schedule that is shorter", planned(), 40, 30.0),
    ("a shape of one's own follows no --run-time", OwnShape(), 20, None),
]


@pytest.mark.parametrize("shape, run_time, end", [pytest.param(*row[1:], id=row[0]) for row in ENDS])
def test_when_it_was_to_end(shape, run_time, end):
    """The schedule or ``--run-time``, whichever is over first."""
    assert asked(shape, run_time=run_time).end == end


def test_no_options_at_all():
    """A library that runs Locust without a command line has said nothing of the end."""
    one = asked()
    one._environment.parsed_options = None
    assert one.end is None


ARRIVALS = [
    ("no scenarios", planned(), None),
    ("no shape", None, None),
    ("scenarios of users", traffic(CLOSED), None),
    ("arrivals", traffic(OPEN), 800.0),
    ("arrivals beside users", traffic(CLOSED, OPEN), 800.0),
    ("two of them", traffic(OPEN, Scenario("more", lines(10, [("steady", 10, 10)]), pool=Pool(1, 2), tags={})), 900.0),
    ("arrivals without end", traffic(Scenario("all", lines(4, [("", math.inf, 4)]), pool=Pool(1, 2), tags={})), None),
]


@pytest.mark.parametrize("shape, total", [pytest.param(*row[1:], id=row[0]) for row in ARRIVALS])
def test_arrivals_that_were_planned(shape, total):
    """The sum of all scenarios that have them, from where their time begins."""
    found = asked(shape).arrivals(3.0)
    if total is None:
        assert found is None
    else:
        assert (found.user_seconds(0, 3.0), found.user_seconds(0, 100.0)) == (0.0, pytest.approx(total))
