"""Our histograms as exponential ones: nothing is lost, and a percentile read off them is within 1 % of ours."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.exports.exponential import COARSE, FINE, MOST_FINE, Exponential, bounds_of, exponential_of, index_of
from locust_ext.measure.histogram import Histogram, rank_of

MICROSECOND, ELEVEN_DAYS = 0.001, 1e9
"""In milliseconds: the least and the most that is measured."""

SECONDS = 0.001


def histogram_of(values):
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def decoded(found: Exponential, percent: float) -> float:
    """Return a percentile as who knows nothing but the exponential histogram can tell it: a bucket's middle."""
    rank = rank_of(percent, found.count)
    if rank <= found.zeros:
        return 0.0
    seen = found.zeros
    for index, count in enumerate(found.counts, found.offset):
        seen += count
        if seen >= rank:
            low, high = bounds_of(index, found.scale)
            return min(max(math.sqrt(low * high), found.min), found.max)
    raise AssertionError("the counts do not add up")


TIMES = st.floats(math.log(MICROSECOND), math.log(ELEVEN_DAYS)).map(math.exp)
"""From 1 us to 10^6 s, as many of each size."""


@given(st.lists(TIMES, min_size=1, max_size=60), st.sampled_from([50.0, 90.0, 95.0, 99.0, 99.9]))
def test_a_percentile_is_within_one_per_cent_of_ours_and_nothing_is_lost(values, percent):
    ours = histogram_of(values)
    found = exponential_of(ours, SECONDS)
    assert found.count == ours.count == found.zeros + sum(found.counts)
    assert found.sum == pytest.approx(ours.total / 1e6)
    assert (found.min, found.max) == (pytest.approx(ours.minimum / 1000), pytest.approx(ours.maximum / 1000))
    assert decoded(found, percent) == pytest.approx(ours.percentile(percent) / 1000, rel=0.0075)
    assert found.scale in (FINE, COARSE)
    assert len(found.counts) <= (MOST_FINE if found.scale == FINE else 41 * 64)


@given(TIMES, st.integers(1, 9))
def test_of_one_value_even_its_bucket_is_exact(value, count):
    ours = histogram_of([value] * count)
    found = exponential_of(ours, SECONDS)
    low, high = bounds_of(found.offset, found.scale)
    assert found.counts == (count,)
    assert low * (1 - 1e-12) < found.max <= high * (1 + 1e-12)
    assert found.min == found.max == pytest.approx(ours.maximum / 1000)


@given(st.floats(1e-9, 1e9), st.sampled_from([COARSE, FINE]))
def test_a_bucket_holds_what_is_above_its_beginning_and_up_to_its_end(value, scale):
    low, high = bounds_of(index_of(value, scale), scale)
    assert low * (1 - 1e-12) < value <= high * (1 + 1e-12)


@given(st.floats(1e-9, 1e9))
def test_two_neighbours_are_one_bucket_of_the_next_scale(value):
    assert index_of(value, FINE) >> 1 == index_of(value, COARSE)


@pytest.mark.parametrize("power", range(-20, 31))
def test_a_power_of_two_is_the_end_of_its_bucket(power):
    for scale in (COARSE, FINE):
        assert index_of(2.0**power, scale) == power * 2**scale - 1


ROWS = (
    # the case; values in milliseconds; scale, zeros, buckets from the first to the last
    ("nothing", [], None),
    ("zero alone", [0.0, 0.0004], (FINE, 2, 0)),
    ("zero and others", [0.0, 1.0, 2.0], (FINE, 1, 129)),
    ("a second exactly", [1000.0], (FINE, 0, 1)),
    ("fine, up to 7 doublings", [1.0, 200.0], (FINE, 0, 979)),
    ("coarse from then on", [1.0, 10_000.0], (COARSE, 0, 851)),
    ("all that there is", [0.001, 1e9], (COARSE, 0, 2552)),
    ("above the range", [1e12], (FINE, 0, 1)),
)


@pytest.mark.parametrize("values, shape", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_becomes_of(values, shape):
    found = exponential_of(histogram_of(values), SECONDS)
    assert (found and (found.scale, found.zeros, len(found.counts))) == shape


def test_a_unit_of_one_leaves_values_as_they_are():
    found = exponential_of(histogram_of([3.0, 5.0]))
    assert (found.min, found.max, found.sum) == (3.0, 5.0, 8.0)


def test_a_long_run_of_web_requests_is_within_a_third_of_a_per_cent():
    chance = random.Random(7)
    ours = histogram_of(chance.lognormvariate(3.0, 0.4) for _ in range(20_000))
    found = exponential_of(ours, SECONDS)
    assert found.scale == FINE
    for percent in (50, 90, 95, 99, 99.9):
        assert decoded(found, percent) == pytest.approx(ours.percentile(percent) / 1000, rel=0.0035)
