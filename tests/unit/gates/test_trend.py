"""Trends beside scipy as the oracle, and the laws that no table shows."""

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, norm, t, theilslopes

from locust_ext.gates.trend import MOST_ALIKE, alike_of, rate_of, remainders, spread_of, student, tamed, trend_of

VALUES = st.lists(st.integers(-1000, 1000).map(float), min_size=4, max_size=40)


def line(values, apart=60.0):
    """Return points so many seconds apart."""
    return [(index * apart, value) for index, value in enumerate(values)]


def noise(seed, count, slope=0.0):
    """Return white noise of 1 on a line."""
    rng = Random(seed)
    return [slope * index + rng.gauss(0, 1) for index in range(count)]


@pytest.mark.parametrize("seed", range(20))
def test_the_rate_is_that_of_theil_and_sen(seed):
    """The median of all slopes, and scipy's interval is never wider than ours."""
    points = line(noise(seed, 12 + seed, 0.1 * (seed % 3)))
    found = trend_of([points])
    rate, _, low, high = theilslopes([v for _, v in points], [at for at, _ in points], alpha=0.98)
    assert found.rate == pytest.approx(rate)
    assert rate_of(points) == pytest.approx(rate)
    assert found.low <= low + 1e-12
    assert found.high >= high - 1e-12


@pytest.mark.parametrize("seed", range(40))
def test_a_lower_bound_above_zero_is_significant_to_mann_and_kendall_too(seed):
    """Never more often than their test with an error of 1 %, on either side."""
    values = noise(seed, 24, 0.06)
    found = trend_of([line(values)])
    p = kendalltau(range(24), values, method="asymptotic", alternative="greater").pvalue
    assert not found.low > 0 or p <= 0.011


def test_a_plain_rise_is_found():
    """And what lies between the bounds is narrow."""
    found = trend_of([line(noise(1, 24, 1.0))])
    assert 0 < found.low < 1 / 60 < found.high
    assert found.blur == found.rate - found.low


@given(VALUES, st.integers(-1000, 1000), st.integers(1, 50), st.integers(1, 50))
def test_shifted_scaled_and_stretched(values, shift, scale, stretch):
    """A trend moves with the unit of its values and of its time, and does not see where zero is."""
    one = trend_of([line(values)])
    other = trend_of([line([scale * value + shift for value in values], 60.0 * stretch)])
    factor = scale / stretch
    assert other.rate == pytest.approx(one.rate * factor, abs=1e-9)
    assert other.low == pytest.approx(one.low * factor, rel=1e-6, abs=1e-6)


@given(VALUES)
def test_time_backwards(values):
    """What rose falls: the rate and its bounds change sides."""
    one, other = trend_of([line(values)]), trend_of([line(values[::-1])])
    assert other.rate == pytest.approx(-one.rate, abs=1e-12)
    assert other.low == pytest.approx(-one.high, rel=1e-6, abs=1e-9)


@given(VALUES, VALUES, st.integers(-(10**6), 10**6))
def test_pieces_are_not_compared_with_each_other(first, second, apart):
    """How far apart two pieces lie changes nothing."""
    later = [(at + 1e5, value) for at, value in line(second)]
    lifted = [(at, value + apart) for at, value in later]
    one, other = trend_of([line(first), later]), trend_of([line(first), lifted])
    assert other.rate == pytest.approx(one.rate, abs=1e-9)


@given(st.floats(-1e9, 1e9), st.integers(3, 30))
def test_a_constant_does_not_rise(value, count):
    """Nor could it: its bounds are none but zero, where there are enough points for any."""
    found = trend_of([line([value] * count)])
    assert found.rate == 0
    assert not found.low > 0


NOTHING = [
    ("no piece", []),
    ("an empty piece", [[]]),
    ("one point", [[(0.0, 1.0)]]),
    ("points of one moment", [[(5.0, 1.0), (5.0, 2.0)]]),
    ("a point in each piece", [[(0.0, 1.0)], [(1.0, 2.0)]]),
]


@pytest.mark.parametrize("pieces", [row[1] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_nothing_to_compare(pieces):
    """There is no trend, and nobody raises."""
    assert trend_of(pieces) is None


def test_two_points_prove_nothing():
    """They have a rate, and no bound."""
    found = trend_of([line([1.0, 2.0])])
    assert (found.rate, found.low, found.high) == (pytest.approx(1 / 60), -math.inf, math.inf)


@pytest.mark.parametrize("alike", [0.0, 0.3, 0.6])
def test_the_likeness_of_neighbours_is_found(alike):
    """In a long row it is about that of what made it."""
    rng, row, value = Random(3), [], 0.0
    for _ in range(4000):
        value = alike * value + rng.gauss(0, 1)
        row.append(value)
    assert alike_of([row]) == pytest.approx(alike, abs=0.05)


ROWS = [
    ("nothing", []),
    ("zeros", [[0.0, 0.0]]),
    ("one", [[1.0]]),
    ("alternating", [[1.0, -1.0] * 5]),
    ("far", [[1e9] * 9]),
]


@pytest.mark.parametrize("rows", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_likeness_is_bounded(rows):
    """From 0 to where it can no longer be estimated."""
    assert 0 <= alike_of(rows) <= MOST_ALIKE


def test_neighbours_that_are_alike_widen_the_bound():
    """The same values in another order are another matter."""
    waves = [math.sin(index / 3) for index in range(40)]
    shuffled = Random(1).sample(waves, len(waves))
    assert trend_of([line(waves)]).blur > 1.5 * trend_of([line(shuffled)]).blur


def test_an_odd_value_is_tamed():
    """It is not thrown away, and weighs no more than three deviations."""
    values = [float(value) for value in range(-10, 11)]
    (row,) = tamed([[*values, 1e6]])
    assert row[:-1] == values
    assert row[-1] == pytest.approx(3 * spread_of([*values, 1e6]))
    assert tamed([[0.0, 0.0, 0.0, 9.0]]) == [[0.0, 0.0, 0.0, 9.0]]


def test_the_spread_of_normal_values_is_theirs():
    """That of nothing is none."""
    assert spread_of([norm.ppf(q / 1000) for q in range(1, 1000)]) == pytest.approx(1, abs=0.01)
    assert spread_of([]) == 0


def test_what_is_left_beside_a_line():
    """Its middle is 0."""
    left = remainders(line([0.0, 60.0, 125.0]), 1.0)
    assert left == pytest.approx([0, 0, 5])
    assert remainders([], 1.0) == []


@pytest.mark.parametrize("freedom", [3, 4, 5, 8, 12, 30])
def test_students_t(freedom):
    """Within 3 %, and the wider the fewer there are."""
    assert student(2.5, freedom) == pytest.approx(t.ppf(norm.cdf(2.5), freedom), rel=0.03)
    assert all(student(2.5, few) > student(2.5, more) for few, more in pairwise(range(1, 40)))
