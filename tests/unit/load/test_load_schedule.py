"""Load as a pure function of elapsed time: its laws hold for any pieces."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.pieces import Decay, Line
from locust_ext.load.schedule import Phase, Schedule, lines

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
    """A schedule of nothing is no load, for no time, in no phase."""
    empty = Schedule(())
    assert (
        empty.duration,
        empty.peak,
        empty.level(0),
        empty.area(10),
        empty.phase(0),
        empty.phases,
    ) == (0, 0, 0, 0, "", ())
