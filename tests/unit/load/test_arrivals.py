"""When iterations are due: nothing drifts, and processes that share a schedule make each arrival once."""

import math
import random
from itertools import accumulate, pairwise
from statistics import mean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.arrivals import Poisson, Share, Uniform, arrivals
from locust_ext.load.pieces import Decay, Line
from locust_ext.load.schedule import Schedule, lines

LEVELS = st.just(0.0) | st.floats(1, 50)


@st.composite
def pieces(draw):
    """A piece of some arrivals: a line, a pause, a jump, or a decay."""
    duration = draw(st.floats(0.5, 8))
    kind = draw(st.sampled_from(["line", "pause", "jump", "decay"]))
    if kind == "pause":
        return Line("p", duration, 0, 0)
    start, end = draw(LEVELS), draw(LEVELS)
    if kind == "decay":
        return Decay("p", duration, start, end, duration * draw(st.floats(0.1, 10)))
    return Line("p", 0 if kind == "jump" else duration, start, end)


SCHEDULES = st.lists(pieces(), min_size=1, max_size=5).map(lambda found: Schedule(tuple(found)))
PARTS = st.floats(0, 1)


def due(made, until=math.inf):
    """Return the times of all arrivals before ``until``."""
    found = []
    while made.due < until:
        found.append(made.due)
        made.advance()
    return found


def steady(rate, duration=math.inf):
    """Return a constant rate."""
    return Schedule((Line("steady", duration, rate, rate),))


@given(SCHEDULES, PARTS, PARTS)
@pytest.mark.slow
def test_any_stretch_has_as_many_arrivals_as_area(schedule, one, other):
    """The number of uniform arrivals in any stretch is its area, to one: nothing drifts, however long the run is."""
    start, end = sorted([one * schedule.duration, other * schedule.duration])
    times = due(Uniform(schedule))
    between = sum(start <= at < end for at in times)
    assert abs(between - (schedule.area(end) - schedule.area(start))) <= 1 + 1e-6


@given(SCHEDULES)
def test_all_arrivals_in_order(schedule):
    """There are as many as the whole area, rounded up; they come in order and before the end."""
    times = due(Uniform(schedule))
    assert math.ceil(schedule.total) == len(times)
    assert times == sorted(times)
    assert all(0 <= at <= schedule.duration for at in times)


TIMES = [
    ("a constant rate begins at once", steady(2, 2), [0, 0.5, 1, 1.5]),
    ("a rate below one a second", steady(0.25, 10), [0, 4, 8]),
    ("a ramp from nothing begins at once", lines(0, [("p", 2, 2)]), [0, math.sqrt(2)]),
    ("a falling ramp", lines(2, [("p", 2, 0)]), [0, 2 - math.sqrt(2)]),
    ("a pause comes before its next arrival", lines(1, [("p", 2, 1), ("p", 0, 0), ("p", 5, 0), ("p", 0, 1), ("p", 2, 1)]), [0, 1, 7, 8]),
    ("nothing at a rate of none", steady(0, 10), []),
    ("nothing without a schedule", Schedule(()), []),
]  # fmt: skip


@pytest.mark.parametrize("schedule, times", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_times(schedule, times):
    """Arrival ``n`` is due when the area reaches ``n``."""
    assert times == pytest.approx(due(Uniform(schedule)))


def test_a_constant_rate_has_no_end():
    """Without a duration it goes on, and the millionth arrival is where it belongs."""
    made = Uniform(steady(200))
    made.take(Share(since=5000))
    assert made.due == pytest.approx(5000)
    assert len(due(made, 5001)) == 200


@given(SCHEDULES, st.integers(1, 7))
def test_processes_together_make_the_arrivals_of_one(schedule, of):
    """Each takes every ``of``-th: together there is none twice, and none is missing."""
    together = []
    for index in range(of):
        made = Uniform(schedule)
        made.take(Share(index, of))
        together += due(made)
    assert sorted(together) == due(Uniform(schedule))


@given(SCHEDULES, st.lists(st.tuples(PARTS, st.integers(1, 5)), min_size=1, max_size=6))
def test_a_new_division_at_any_instant(schedule, changes):
    """Processes join and go: told in time, all together still make the arrivals of one, none twice and none missing."""
    sinces = [0.0, *sorted(part * schedule.duration for part, _ in changes)]
    members = [2, *(of for _, of in changes)]
    processes = [Uniform(schedule) for _ in range(max(members))]
    together = []
    for (since, of), until in zip(zip(sinces, members, strict=True), [*sinces[1:], math.inf], strict=True):
        for index, made in enumerate(processes[:of]):
            made.take(Share(index, of, since))
            while made.due < math.inf and made.is_before(until):
                together.append(made.due)
                made.advance()
    assert sorted(together) == due(Uniform(schedule))


HAIRS = [-1e-9, -1e-11, -1e-13, 0.0, 1e-13, 1e-11, 4.7e-11, 1e-9]


@pytest.mark.parametrize("hair", HAIRS)
@pytest.mark.parametrize("number", [1, 3, 22, 68, 230])
def test_an_arrival_and_a_division_at_one_instant(number, hair):
    """However the instants are rounded, either the old division makes it or the new one."""
    schedule = steady(20, 15)
    since = number / 20 + hair
    old, new = Uniform(schedule), Uniform(schedule)
    made = 0
    while old.is_before(since):
        made += 1
        old.advance()
    new.take(Share(0, 1, since))
    assert made + len(due(new)) == 300


def test_independent_arrivals_at_the_instant_of_a_division():
    """One that is due at that very instant is none of the old division."""
    made = Poisson(steady(10, 10), lambda rate: 1 / rate)
    assert made.due == pytest.approx(0.1)
    assert (made.is_before(made.due), made.is_before(made.due + 0.01)) == (False, True)


SAME_INSTANT = [
    ("the arrival of that instant belongs to the new division", 1.0, [0, 0.5], [1, 1.5]),
    ("a little later it belongs to the old one", 1.1, [0, 0.5, 1], [1.5]),
]


@pytest.mark.parametrize("since, old, new", [row[1:] for row in SAME_INSTANT], ids=[row[0] for row in SAME_INSTANT])
def test_at_the_instant_of_a_division(since, old, new):
    """A share holds from its instant on, that included."""
    schedule = steady(2, 2)
    assert due(Uniform(schedule), since) == pytest.approx(old)
    successor = Uniform(schedule)
    successor.take(Share(0, 1, since))
    assert due(successor) == pytest.approx(new)


def test_a_share_that_was_told_late_repeats_nothing():
    """A process that has gone beyond the instant of its new share goes on behind its last arrival."""
    made = Uniform(steady(10, 10))
    before = due(made, 5)
    made.take(Share(0, 2, since=3))
    after = due(made)
    assert after[0] == pytest.approx(5)
    assert not set(before) & set(after)


@given(SCHEDULES, SCHEDULES, PARTS, st.sampled_from(["uniform", "poisson"]))
def test_an_extended_schedule_changes_nothing_before(schedule, more, part, spacing):
    """Anyone who follows a longer schedule from some time on makes the same arrivals as if it had known it at once."""

    def seeded(begin):
        return arrivals(begin, spacing, random.Random(7).expovariate)

    longer = schedule.then(more)
    at = part * schedule.duration
    made = seeded(schedule)
    found = due(made, at)
    made.follow(longer)
    assert [*found, *due(made)] == pytest.approx(due(seeded(longer)), rel=1e-6, abs=1e-6)


def test_a_longer_schedule_wakes_who_was_done():
    """After the last arrival none is due; with more schedule there is one again."""
    made = Uniform(steady(1, 3))
    assert len(due(made)) == 3
    assert made.due == math.inf
    made.follow(steady(1, 5))
    assert due(made) == pytest.approx([3, 4])


@pytest.mark.parametrize("of", [1, 4])
def test_poisson_counts(of):
    """In windows of one length, the counts of all processes have the mean of the rate, and a variance as large."""
    rate, windows = 20, 2000
    counts = [0] * windows
    for index in range(of):
        made = Poisson(steady(rate, windows), random.Random(index).expovariate)
        made.take(Share(index, of))
        for at in due(made):
            counts[int(at)] += 1
    assert mean(counts) == pytest.approx(rate, rel=0.02)
    assert pvariance(counts) == pytest.approx(rate, rel=0.1)


def test_poisson_has_no_memory():
    """The steps between arrivals are exponential: their deviation is their mean, and neighbours know nothing of each other."""
    times = due(Poisson(steady(10, 2000), random.Random(3).expovariate))
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert math.sqrt(pvariance(steps)) == pytest.approx(mean(steps), rel=0.03)
    together = mean((one - 0.1) * (other - 0.1) for one, other in pairwise(steps))
    assert abs(together) < 0.03 * pvariance(steps)


def test_poisson_follows_the_rate():
    """On a ramp, half of the way has a quarter of the arrivals: time is rescaled by the area."""
    times = due(Poisson(lines(0, [("p", 100, 200)]), random.Random(5).expovariate))
    assert len(times) == pytest.approx(10_000, rel=0.05)
    assert sum(at < 50 for at in times) == pytest.approx(2500, rel=0.08)


def test_poisson_is_drawn_from_what_is_handed_in():
    """Chance comes from outside: the same draws make the same arrivals, and a share of three stretches its steps threefold."""
    draws = [0.5, 1.0, 2.0]
    script = iter(draws * 3)
    made = Poisson(steady(1, 100), lambda rate: next(script) / rate)
    assert due(made, 3.75) == pytest.approx(list(accumulate(draws)))
    made.take(Share(1, 3, since=10))
    assert made.due == pytest.approx(10 + 3 * 1.0)


@given(SCHEDULES, PARTS, st.integers(1, 5))
def test_a_poisson_share_begins_at_its_instant(schedule, part, of):
    """Nothing comes before its instant, and nothing again."""
    made = Poisson(schedule, random.Random(1).expovariate)
    since = part * schedule.duration
    last = max(due(made, since), default=0.0)
    made.take(Share(0, of, since))
    assert made.due >= max(since, last) - 1e-6
