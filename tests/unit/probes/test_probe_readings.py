"""An instance over time: rates, restarts, several processes at one address, and points that are thinned."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.probes.readings import MOST_FOLLOWED, MOST_POINTS, MOST_RESTARTS, Course, InstanceReadings, Reading

FDS, CPU, START, MOST = "process_open_fds", "process_cpu_seconds_total", "process_start_time_seconds", "process_max_fds"


def follow(*reads, **options):
    """Take values at 0 s, 5 s, ...; return the instance and what each gave."""
    one = InstanceReadings(5.0, **options)
    return one, [one.take(5.0 * n, values) for n, values in enumerate(reads)]


def started(*starts):
    """Reads of processes that began at those times."""
    return [{START: Reading(start), FDS: Reading(float(n))} for n, start in enumerate(starts)]


COUNTS = [
    ("steady", [100, 110, 130], [None, 2.0, 4.0]),
    ("nothing happens", [100, 100], [None, 0.0]),
    ("it goes back: the rate begins again", [100, 110, 5, 15], [None, 2.0, None, 2.0]),
    ("a reading is missing: the rate is that of both spans", [100, None, 120], [None, None, 2.0]),
]


@pytest.mark.parametrize("counts, rates", [row[1:] for row in COUNTS], ids=[row[0] for row in COUNTS])
def test_rates(counts, rates):
    """Counters are told as rates a second; one that goes back tells none."""
    _, found = follow(*({"n": Reading(c, counts=True)} if c is not None else {} for c in counts))
    assert [one.get("n") for one in found] == rates


def test_a_clock_that_stands_still():
    """It is that of a run that has ended: what is read then belongs to none."""
    one = InstanceReadings(5.0)
    one.take(0.0, {"n": Reading(1, counts=True), FDS: Reading(5)})
    assert one.take(0.0, {"n": Reading(9, counts=True), FDS: Reading(6)}) == {}
    assert one.take(2.0, {"n": Reading(11, counts=True), FDS: Reading(7)}) == {"n": 5.0, FDS: 7}
    assert one.history(FDS).points == ((0.0, 5.0), (2.0, 7.0))


RESTARTS = [
    ("none", [100, 100, 100], (), False),
    ("rounded in another way", [100, 100.9, 100.1], (), False),
    ("a clock that is set slowly", [100, 100.6, 101.2, 101.8, 102.4], (), False),
    ("one", [100, 100, 160, 160], (10.0,), False),
    ("two", [100, 160, 190], (5.0, 10.0), False),
    ("a second and a bit", [100, 101.1], (5.0,), False),
    ("an earlier one: the clock there was set back", [100, 40, 40], (5.0,), False),
    ("one comes back", [100, 160, 100], (5.0, 10.0), True),
    ("four in turn", [100, 101.5, 103, 104.5, 100.2], (5.0, 10.0, 15.0, 20.0), True),
]


@pytest.mark.parametrize("starts, restarts, mixed", [row[1:] for row in RESTARTS], ids=[row[0] for row in RESTARTS])
def test_restarts(starts, restarts, mixed):
    """A start time that changes is a restart; one that comes back is another process."""
    one, _ = follow(*started(*starts))
    assert (tuple(one.restarts), one.is_mixed) == (restarts, mixed)
    assert one.history(FDS).restarts == restarts


def test_a_restart_begins_the_rates_again():
    """Also where the counter is higher than before."""
    _, found = follow(
        {START: Reading(1), "n": Reading(5, counts=True)}, {START: Reading(9), "n": Reading(50, counts=True)}
    )
    assert "n" not in found[1]


def test_without_a_start_time_the_processor_time_tells():
    """It goes back when a process begins again."""
    one, _ = follow(*({CPU: Reading(used, counts=True)} for used in (3, 5, 1, 2)))
    assert one.restarts == [10.0]
    one, _ = follow(*({CPU: Reading(used, counts=True), START: Reading(7)} for used in (3, 5, 1, 2)))
    assert one.restarts == []
    one, _ = follow(
        *(
            {CPU: Reading(used, counts=True), **start}
            for used, start in ((3, {START: Reading(7)}), (1, {}), (2, {START: Reading(9)}))
        )
    )
    assert one.restarts == [10.0], "the same restart is not told twice"


def test_restarts_are_bounded():
    """A process that begins again each time is counted on."""
    one, _ = follow(*started(*range(0, 3000, 3)))
    assert (len(one.restarts), one.restarted) == (MOST_RESTARTS - 1, 999) or len(one.restarts) <= MOST_RESTARTS
    assert one.restarted == 999


LIMITS = [("said", Reading(1024), 1024.0), ("none is said", None, None), ("of several processes", Reading(2048, parts=2), None), ("nonsense", Reading(0), None)]  # fmt: skip


@pytest.mark.parametrize("said, limit", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_limits(said, limit):
    """The limit of descriptors is that of open descriptors, and of nothing else."""
    one, _ = follow({FDS: Reading(3), **({MOST: said} if said else {})})
    assert (one.limit_of(FDS), one.limit_of("other")) == (limit, None)


def test_names_that_change_are_bounded():
    """What was asked for is followed all the same."""
    one = InstanceReadings(5.0, ["late"])
    for n in range(200):
        one.take(float(n), {f"process_{n}": Reading(1)})
    assert one.take(300.0, {"late": Reading(2), "process_x": Reading(3)}) == {"late": 2}
    assert len(one.series) == MOST_FOLLOWED + 1
    assert one.has_too_many


def test_history_of_what_was_never_read():
    """It has no points."""
    assert follow({FDS: Reading(3)})[0].history("other").points == ()


def test_few_points_stay_as_they_are():
    """With their times, and the latest among them."""
    one, _ = follow(*({FDS: Reading(float(n))} for n in range(10)))
    assert one.history(FDS).points == tuple((5.0 * n, float(n)) for n in range(10))
    assert one.history(FDS).interval == 5.0


@given(st.integers(1, 9000), st.lists(st.integers(1, 9000), max_size=5, unique=True).map(sorted))
def test_thinning_drops_nothing(count, edges):
    """There are few points, in order, over the whole time; none is made of what lies on both sides of an edge."""
    course = Course()
    for n in range(count):
        course.add(float(n), float(sum(edge <= n for edge in edges)), [edge for edge in edges if edge <= n])
    points = course.points
    times = [at for at, _ in points]
    assert len(points) <= MOST_POINTS + 1
    assert times == sorted(set(times))
    assert times[0] <= course.stride
    assert times[-1] >= count - 1 - course.stride
    assert max((later - earlier for earlier, later in pairwise(times)), default=0) <= 2 * course.stride
    assert all(value == int(value) for _, value in points)
    if count >= 2 * MOST_POINTS:
        assert course.stride > 1


def test_a_mean_stays_the_mean():
    """A ramp that is thinned is the same ramp."""
    course = Course()
    for n in range(5000):
        course.add(float(n), 2.0 * n)
    assert all(value == pytest.approx(2 * at) for at, value in course.points)
    assert course.stride == 8
