"""The loads of a run: each on its own schedule, together an overlay."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.pieces import Line
from locust_ext.load.scenario import IDLE, Pool, Scenario, most_users, overlay
from locust_ext.load.schedule import Phase, Schedule


def load(name, duration, level, start=0.0, pool=None):
    """Return a load of one level."""
    return Scenario(name, Schedule((Line("steady", duration, level, level),)), start=start, pool=pool, tags={})


@given(st.floats(0, 1000), st.floats(0.1, 1000), st.floats(0, 1))
def test_the_course_is_the_schedule_from_its_start_on(start, duration, part):
    """Before its start there is nothing, from then on it is the schedule; it ends as much later."""
    one = load("a", duration, 7, start)
    assert one.end == pytest.approx(start + duration)
    assert one.course.duration == pytest.approx(one.end)
    at = part * duration
    assert one.course.area(start + at) == pytest.approx(one.schedule.area(at), rel=1e-6, abs=1e-6)
    assert one.course.area(start / 2) == 0
    assert one.course.when(0) == pytest.approx(start)


def test_a_scenario_waits_in_a_phase_of_its_own():
    """What comes before its start is a pause."""
    assert load("a", 10, 5, 3).course.phases == (Phase(IDLE, 0, 3), Phase("steady", 3, 13))
    assert load("a", 10, 5).course == load("a", 10, 5).schedule


def test_scaled():
    """A rehearsal shortens the wait before the start too, and leaves levels alone."""
    one = load("a", 10, 5, 4).scaled(0.5)
    assert (one.start, one.end, one.schedule.peak, one.name) == (2, 7, 5, "a")


def test_following():
    """Another schedule, the same load."""
    other = Schedule((Line("level-2", 1, 2, 2),))
    one = load("a", 10, 5, 4, Pool(3, 9)).following(other)
    assert (one.schedule, one.start, one.pool.max_users) == (other, 4, 9)


OVERLAYS = [
    ("one alone is itself", [load("a", 10, 5, 2)], [("pause", 0, 2, 0), ("steady", 2, 12, 5)]),
    (
        "two at once",
        [load("a", 10, 5), load("b", 10, 3)],
        [("a+b", 0, 10, 8)],
    ),
    (
        "one after the other with a gap",
        [load("a", 2, 5), load("b", 3, 4, 6)],
        [("a", 0, 2, 5), (IDLE, 2, 6, 0), ("b", 6, 9, 4)],
    ),
    (
        "overlapping",
        [load("a", 5, 5), load("b", 5, 3, 2)],
        [("a", 0, 2, 5), ("a+b", 2, 5, 8), ("b", 5, 7, 3)],
    ),
    (
        "nobody at first",
        [load("a", 5, 5, 1), load("b", 5, 3, 1)],
        [(IDLE, 0, 1, 0), ("a+b", 1, 6, 8)],
    ),
    (
        "an open one counts as its largest pool",
        [load("a", 5, 800, pool=Pool(20, 60)), load("b", 5, 3)],
        [("a+b", 0, 5, 63)],
    ),
]  # fmt: skip


@pytest.mark.parametrize("scenarios, phases", [row[1:] for row in OVERLAYS], ids=[row[0] for row in OVERLAYS])
def test_overlay(scenarios, phases):
    """The whole run: a phase for each set of scenarios, whose level is the most users that they may have."""
    made = overlay(scenarios)
    assert [row[:3] for row in phases] == [(one.name, one.start, one.end) for one in made.phases]
    assert [row[3] for row in phases] == [made.level(row[1]) for row in phases]


def test_an_overlay_without_end():
    """A constant rate without a duration lasts as long as the run."""
    made = overlay([load("a", math.inf, 10, pool=Pool(5, 5))])
    assert made.duration == math.inf
    assert made.phases == (Phase("steady", 0, math.inf),)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.5, 50), st.integers(0, 100)), min_size=2, max_size=6))
def test_an_overlay_covers_all(rows):
    """It ends with the last scenario, and never has more users than the run may have."""
    scenarios = [load(f"s{index}", duration, level, start) for index, (start, duration, level) in enumerate(rows)]
    made = overlay(scenarios)
    assert made.duration == pytest.approx(max(one.end for one in scenarios))
    assert made.peak <= most_users(scenarios)
    for one in scenarios:
        assert one.name in made.phase(one.start + (one.end - one.start) / 2).split("+")


def test_most_users():
    """Closed loads count by their peak, open ones by their largest pool."""
    assert most_users([load("a", 1, 5), load("b", 1, 800, pool=Pool(20, 60))]) == 65
    assert most_users([]) == 0
