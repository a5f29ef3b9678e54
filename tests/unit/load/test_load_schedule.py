"""Load as a pure function of elapsed time: its laws hold for any pieces."""

import math
from itertools import pairwise

import msgpack
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from locust_ext.load.pieces import Decay, Line
from locust_ext.load.schedule import Phase, Schedule, from_rows, lines, to_rows

LEVELS = st.floats(0, 10_000)
NAMES = st.sampled_from(["warmup", "climb", "peak", "recovery"])


@st.composite
def pieces(draw):
    """Any piece: a line, a jump, or a decay that is neither a step nor a line."""
    phase, start, end = draw(NAMES), draw(LEVELS), draw(LEVELS)
    duration = draw(st.one_of(st.just(0.0), st.floats(0.01, 1000)))
    if duration and draw(st.booleans()):
        return Decay(phase, duration, start, end, duration * draw(st.floats(0.05, 20)))
    return Line(phase, duration, start, end)


SCHEDULES = st.lists(pieces(), max_size=6).map(lambda found: Schedule(tuple(found)))
SHARES = st.floats(0, 1)

# Gauss-Legendre: three points a panel are exact up to the fifth degree.
NODES = [(-math.sqrt(0.6), 5 / 9), (0.0, 8 / 9), (math.sqrt(0.6), 5 / 9)]
PANELS = 60


def integral(level, start, end):
    """Return the integral of ``level`` by quadrature: no closed form."""
    width = (end - start) / PANELS
    middles = [start + (panel + 0.5) * width for panel in range(PANELS)]
    return sum(weight * level(middle + node * width / 2) for middle in middles for node, weight in NODES) * width / 2


@given(SCHEDULES, SHARES)
def test_area_is_the_integral_of_the_level(schedule, share):
    """Up to any time, the area is what quadrature of the level gives."""
    until = schedule.duration * share
    edges, at = [0.0], 0.0
    for piece in schedule.pieces:
        at += piece.duration
        edges.append(min(at, until))
    summed = sum(integral(schedule.level, left, right) for left, right in pairwise(edges))
    assert summed == pytest.approx(schedule.area(until), rel=1e-6, abs=1e-3)


@given(SCHEDULES, SHARES, SHARES)
def test_area_never_falls(schedule, one, other):
    """More time is never less load."""
    earlier, later = sorted([one * schedule.duration, other * schedule.duration])
    assert schedule.area(earlier) <= schedule.area(later) + 1e-6 * (1 + schedule.area(later))


@given(SCHEDULES)
def test_outside_of_its_time(schedule):
    """Before the start nothing has been done, from the end on the level is 0 and the area stays."""
    total = schedule.area(schedule.duration)
    assert schedule.area(-1) == 0
    assert schedule.level(schedule.duration) == 0
    assert schedule.level(schedule.duration + 1e6) == 0
    assert schedule.area(schedule.duration + 1e6) == pytest.approx(total)


@given(SCHEDULES, SHARES)
def test_level_stays_below_the_peak(schedule, share):
    """The peak is the highest level of all times."""
    assert 0 <= schedule.level(schedule.duration * share) <= schedule.peak * (1 + 1e-9) + 1e-9


@given(SCHEDULES, SCHEDULES, SHARES)
def test_then_appends(first, second, share):
    """What follows begins where the first ends: its duration and its area are added."""
    both = first.then(second)
    at = second.duration * share
    assert first.duration + second.duration == pytest.approx(both.duration)
    assert first.area(first.duration) + second.area(at) == pytest.approx(
        both.area(first.duration + at), rel=1e-6, abs=0.1
    )


@given(SCHEDULES, SCHEDULES, SCHEDULES)
def test_then_is_associative_with_an_identity(first, second, third):
    """Grouping does not matter, and the empty schedule changes nothing."""
    assert first.then(second).then(third) == first.then(second.then(third))
    assert first == first.then(Schedule(())) == Schedule(()).then(first)


@given(SCHEDULES, st.floats(0.01, 100), st.floats(0.01, 100), SHARES)
def test_scaled_stretches(schedule, time, height, share):
    """Time times a and height times b: the duration, the peak and the area follow, and the phases keep their order."""
    stretched = schedule.scaled(time, height)
    at = schedule.duration * share
    assert schedule.duration * time == pytest.approx(stretched.duration)
    assert schedule.peak * height == pytest.approx(stretched.peak)
    assert schedule.area(at) * time * height == pytest.approx(stretched.area(at * time), rel=1e-6, abs=1)
    assert [phase.name for phase in schedule.phases] == [phase.name for phase in stretched.phases]


@given(SCHEDULES)
def test_phases_cover_the_schedule(schedule):
    """Phases follow each other without gaps from 0 to the end; no neighbours share a name, none is empty."""
    phases = schedule.phases
    assert [phase.end for phase in phases[:-1]] == pytest.approx([phase.start for phase in phases[1:]])
    assert all(phase.start < phase.end for phase in phases)
    assert all(left.name != right.name for left, right in pairwise(phases))
    if phases:
        assert phases[0].start == 0
        assert phases[-1].end == pytest.approx(schedule.duration)


@given(SCHEDULES, SHARES)
def test_phase_at_a_time(schedule, share):
    """At any time the phase is the one whose stretch holds it."""
    at = schedule.duration * share
    expected = next((phase.name for phase in schedule.phases if phase.start <= at < phase.end), None)
    if expected is not None:
        assert expected == schedule.phase(at)


SPIKE = lines(20, [("warmup", 30, 20), ("climb", 10, 200), ("climb", 0, 180), ("peak", 60, 180), ("", 0, 0)])


def test_phases_of_an_example():
    """Neighbours of one name are one phase, and a jump is none."""
    assert SPIKE.phases == (Phase("warmup", 0, 30), Phase("climb", 30, 40), Phase("peak", 40, 100))


TIMES = [
    ("before the start it is the first level", -5, 20, "warmup"),
    ("at the start", 0, 20, "warmup"),
    ("on the climb", 35, 110, "climb"),
    ("after a jump it is the new level", 40, 180, "peak"),
    ("just before the end", 99.9, 180, "peak"),
    ("at the end there is no load, but still the last phase", 100, 0, "peak"),
]


@pytest.mark.parametrize("at, level, phase", [row[1:] for row in TIMES], ids=[row[0] for row in TIMES])
def test_example(at, level, phase):
    """Level and phase of the example at a time."""
    assert level == pytest.approx(SPIKE.level(at))
    assert phase == SPIKE.phase(at)


def test_empty():
    """A schedule of nothing holds no load, for no time, in no phase."""
    empty = Schedule(())
    assert (
        empty.duration,
        empty.peak,
        empty.level(0),
        empty.area(10),
        empty.phase(0),
        empty.phases,
    ) == (0, 0, 0, 0, "", ())


AREAS = st.floats(0, 1)


@given(SCHEDULES, AREAS)
def test_when_is_when_the_area_is_reached(schedule, share):
    """At the time of any area below the total, the integral is that area; the total itself is never exceeded."""
    area = schedule.total * share
    if area < schedule.total:
        assume(area == 0 or area > 1e-6 * schedule.total)
        at = schedule.when(area)
        assert 0 <= at <= schedule.duration
        assert schedule.area(at) == pytest.approx(area, rel=1e-6, abs=1e-6 * (1 + schedule.total))
    assert schedule.when(schedule.total) == math.inf
    assert schedule.when(schedule.total * 2 + 1) == math.inf


@given(SCHEDULES, SHARES)
def test_when_of_an_area_is_its_time(schedule, share):
    """Where there is load, the time of the area up to then is that time: neither is without the other."""
    at = schedule.duration * share
    area = schedule.area(at)
    assume(schedule.level(at) > 1 and area > 1e-3 and area < schedule.total * (1 - 1e-9))
    slack = 1e-9 * (1 + schedule.total) / schedule.level(at)  # what rounding the area moves the time by
    assert schedule.when(area) == pytest.approx(at, rel=1e-6, abs=1e-6 + slack)


@given(SCHEDULES, AREAS, AREAS)
def test_when_never_falls(schedule, one, other):
    """A later arrival is never due earlier."""
    earlier, later = sorted([one * schedule.total, other * schedule.total])
    assume(earlier > 1e-6 * schedule.total)
    assert schedule.when(earlier) <= schedule.when(later) + 1e-6 * (1 + schedule.duration)


PAUSED = lines(2, [("on", 5, 2), ("off", 0, 0), ("off", 10, 0), ("on", 0, 4), ("on", 5, 4)])

DUE = [
    ("the first at once", 0, 0),
    ("before the pause", 9, 4.5),
    ("a pause ends before its next arrival comes", 10, 15),
    ("after the pause", 14, 16),
    ("never", 30, math.inf),
]


@pytest.mark.parametrize("area, at", [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_when(area, at):
    """When the area is reached and goes on to rise."""
    assert at == pytest.approx(PAUSED.when(area))


def test_when_there_is_nothing():
    """Without load no arrival is ever due."""
    assert Schedule(()).when(0) == math.inf
    assert lines(0, [("off", 10, 0)]).when(0) == math.inf


@given(SCHEDULES, SHARES, SHARES)
def test_until_agrees(schedule, share, part):
    """A schedule that is cut is the same up to there, in level, area, phase and time, and has no more behind."""
    end = schedule.duration * share
    assume(all(not 0 < end - start < 1e-6 for start in schedule._starts))
    cut = schedule.until(end)
    at = end * part
    assert cut.duration == pytest.approx(end)
    assert cut.area(at) == pytest.approx(schedule.area(at), rel=1e-6, abs=1e-3)
    if at < min(end, cut.duration):
        assert cut.level(at) == pytest.approx(schedule.level(at), rel=1e-6, abs=1e-3)
        assert cut.phase(at) == schedule.phase(at)


@given(SCHEDULES)
@pytest.mark.slow
def test_until_beyond_the_end(schedule):
    """What is long enough is not changed."""
    assert schedule.until(math.inf) == schedule
    assert schedule.until(0) == Schedule(())


NEXT = [
    ("before the start", -1, 0),
    ("at the start", 0, 30),
    ("within", 29.9, 30),
    ("at the beginning of one", 30, 40),
    ("in the last", 50, math.inf),
    ("after the end", 500, math.inf),
]


@pytest.mark.parametrize("at, begins", [row[1:] for row in NEXT], ids=[row[0] for row in NEXT])
def test_next_phase(at, begins):
    """When the next phase begins; infinity when none does."""
    assert begins == SPIKE.next_phase(at)


@given(SCHEDULES)
def test_a_schedule_travels(schedule):
    """From one process to another it stays the same, to the last digit."""
    packed = msgpack.packb(to_rows(schedule))
    assert from_rows(msgpack.unpackb(packed)) == schedule


def test_an_endless_schedule_travels():
    """Infinity, too."""
    endless = Schedule((Line("pause", 3, 0, 0), Line("steady", math.inf, 5, 5)))
    assert to_rows(endless) == [["Line", "pause", 3, 0, 0], ["Line", "steady", math.inf, 5, 5]]
    assert from_rows(msgpack.unpackb(msgpack.packb(to_rows(endless)))) == endless
    assert from_rows([]) == Schedule(())


def test_until_within_a_rounding_of_a_piece():
    """A decay cut to next to nothing is still a curve."""
    cut = Schedule((Decay("p", 100, 10, 5, 60),)).until(1e-16)
    assert cut.level(0) == pytest.approx(10)
    assert cut.area(1) == pytest.approx(1e-15)
