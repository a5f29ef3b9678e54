"""Falls and steps: leaps that are not slopes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.breaks import falls_of, without_steps


def line(values):
    """Return points a minute apart."""
    return [(index * 60.0, float(value)) for index, value in enumerate(values)]


SAW = [(100 + index % 10) for index in range(100)]
FALLS = [
    ("nothing", [], []),
    ("one value", [1], []),
    ("a level", [100] * 30, []),
    ("a slope", list(range(100, 160)), []),
    ("a slope down", list(range(160, 100, -1)), []),
    ("the teeth of a saw", SAW, list(range(10, 100, 10))),
    ("a fall that takes two samples", [*range(100, 120), 110, 100, *range(101, 120)], [21]),
    ("a fall that takes three", [*range(100, 120), 113, 106, 100, *range(101, 120)], [22]),
    ("a step down, with no rise before it", [100] * 20 + [90] * 20, []),
    ("too low a fall", [100, 101, 102, 103, 100, 100], []),
]


@pytest.mark.parametrize("values, expected", [row[1:] for row in FALLS], ids=[row[0] for row in FALLS])
def test_falls(values, expected):
    """Only a fall that gives back what had risen is a tooth's edge."""
    assert falls_of(line(values), 5.0) == expected


UP = [100.0] * 30 + [130.0] * 30
STEPS = [
    ("nothing", [], []),
    ("one value", [1], []),
    ("a level", [100] * 60, []),
    ("a slope", list(range(100, 160)), []),
    ("a step", UP, [(1800.0, 30.0)]),
    ("two", [*UP, *([160] * 30)], [(1800.0, 30.0), (3600.0, 30.0)]),
    ("stairs", [100 + 30 * (index // 20) for index in range(100)], []),
    ("one value that comes back", [100] * 30 + [130] + [100] * 30, []),
    ("a step down", UP[::-1], []),
    ("at the edge, where nobody knows whether it stays", [100] * 30 + [130] * 4, []),
    ("too low a step", [100] * 30 + [102] * 30, []),
]


@pytest.mark.parametrize("values, expected", [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_steps(values, expected):
    """What leaps once and stays is told apart; of more than two, none is."""
    bare, steps = without_steps(line(values), 5.0)
    assert [(step.at, step.by) for step in steps] == expected
    if not expected:
        assert bare == line(values)


def test_without_its_steps_a_slope_is_what_it_was():
    """The slope beside them stays."""
    slope = [0.1 * index for index in range(60)]
    bare, (step,) = without_steps(line([a + b for a, b in zip(UP, slope, strict=True)]), 5.0)
    assert step.at == 1800
    assert max(abs(value - 100 - expected) for (_, value), expected in zip(bare, slope, strict=True)) < 2


@given(st.lists(st.floats(-1e6, 1e6), max_size=60), st.floats(0, 1e6))
def test_any_values(values, least):
    """Nobody raises, no point is lost, and a fall is where a value is lower than the one before it was."""
    points = line(values)
    falls = falls_of(points, least)
    assert falls == sorted(set(falls))
    assert all(0 < index < len(points) for index in falls)
    bare, steps = without_steps(points, least)
    assert [at for at, _ in bare] == [at for at, _ in points]
    assert len(steps) <= 2
    assert all(step.by > 0 for step in steps)


@pytest.mark.parametrize("seed", range(20))
def test_noise_has_neither(seed):
    """Whatever matters little: a leap is far beyond what values do from one to the next."""
    rng = Random(seed)
    points = line([rng.gauss(0, 1) for _ in range(480)])
    assert falls_of(points, 0.01) == []
    assert without_steps(points, 0.01) == (points, [])
