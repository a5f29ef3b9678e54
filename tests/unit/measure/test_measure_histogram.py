"""The histogram: percentiles at their exact rank, and merging without loss."""

import math
import random
from fractions import Fraction

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import HIGHEST, UNITS, Histogram, bucket_of, highest_in

SIZE = 20_000
PERCENTS = (0, 1, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100)

DISTRIBUTIONS = {
    "uniform": lambda dice: dice.uniform(0, 500),
    "exponential": lambda dice: dice.expovariate(1 / 80),
    "log-normal": lambda dice: dice.lognormvariate(4, 0.8),
    "Pareto, a heavy tail": lambda dice: 10 * dice.paretovariate(1.1),
    "bimodal": lambda dice: dice.gauss(20, 2) if dice.random() < 0.98 else dice.gauss(4200, 100),
    "constant": lambda dice: 123.456,
    "fast, below a millisecond": lambda dice: dice.uniform(0, 0.9),
    "whole milliseconds": lambda dice: dice.randrange(1, 3000),
}


def samples(name, size=SIZE):
    """Return the seeded values of a distribution, to the microsecond as Locust's clock gives them."""
    dice = random.Random(2024)
    return [round(abs(DISTRIBUTIONS[name](dice)), 3) for _ in range(size)]


def histogram(values):
    """Return the histogram that has recorded the values."""
    found = Histogram()
    for value in values:
        found.record(value)
    return found


def exact(ordered, percent):
    """Return the value at rank ``ceil(n * percent / 100)`` of sorted values."""
    return ordered[max(1, math.ceil(Fraction(str(percent)) * len(ordered) / 100)) - 1]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.slow
def test_percentiles_of_a_distribution(name):
    """Every percentile is at most 0.1 % above the exact value at its rank, and never below it."""
    values = samples(name)
    ordered, found = sorted(values), histogram(values)
    for percent in PERCENTS:
        want, have = exact(ordered, percent), found.percentile(percent)
        assert want <= have <= want * 1.001, percent


VALUES = st.floats(0, HIGHEST / UNITS).map(lambda value: round(value, 3))
SMALL = st.integers(0, 10_000_000).map(lambda units: units / UNITS)
OFFERED = st.lists(st.one_of(VALUES, SMALL), max_size=60)
ODD = st.sampled_from([-1, -0.0001, math.nan, math.inf, -math.inf, None, "12", "", b"", [1], 10**400, 1e300, object()])


@given(OFFERED.filter(bool), st.floats(0, 100))
def test_percentiles_of_anything(values, percent):
    """For any values and any percentage, the error is at most 0.1 % upwards and nothing downwards."""
    want, have = exact(sorted(values), percent), histogram(values).percentile(percent)
    assert want <= have <= want * 1.001


RANKS = [
    ("p99.9 of 1,000 is the 999th", 1000, 99.9, 999),
    ("p99.9 of 1,001 is the 1,000th", 1001, 99.9, 1000),
    ("p99.9 of 2,000 is the 1,998th", 2000, 99.9, 1998),
    ("p95 of 20 is the 19th", 20, 95, 19),
    ("p95 of 21 is the 20th", 21, 95, 20),
    ("p99 of 100 is the 99th", 100, 99, 99),
    ("p99 of 101 is the 100th", 101, 99, 100),
    ("p50 of 4 is the 2nd", 4, 50, 2),
    ("p50 of 5 is the 3rd", 5, 50, 3),
    ("p0 is the first", 10, 0, 1),
    ("p100 is the last", 10, 100, 10),
    ("p29 of 100 is the 29th, though 0.29 * 100 is more than 29 in floats", 100, 29, 29),
    ("of one it is that one", 1, 1, 1),
]


@pytest.mark.parametrize("size, percent, rank", [row[1:] for row in RANKS], ids=[row[0] for row in RANKS])
def test_rank(size, percent, rank):
    """With values 1 to n microseconds, the percentile is its own rank, exactly."""
    assert rank == histogram(number / UNITS for number in range(1, size + 1)).percentile(percent) * UNITS


def test_percentiles_in_one_pass():
    """Several percentiles, in any order, twice, from an iterator, are what each one is alone."""
    found = histogram(samples("log-normal", 500))
    asked = [99, 50, 99, 0, 100]
    assert [found.percentile(percent) for percent in asked] == found.percentiles(iter(asked))


def test_of_nothing_nothing_is_known():
    """Without values there is no percentile, no extreme and no mean: not 0."""
    empty = Histogram()
    assert (empty.percentile(50), empty.minimum, empty.maximum, empty.mean) == (None, None, None, None)
    assert empty.percentiles([50, 99]) == [None, None]
    assert empty.count == 0


@given(OFFERED.filter(bool))
def test_extremes_and_mean_are_exact(values):
    """Minimum, maximum and mean carry no bucket's error."""
    found = histogram(values)
    assert min(values) == pytest.approx(found.minimum, abs=1e-9)
    assert max(values) == pytest.approx(found.maximum, abs=1e-9)
    assert sum(values) / len(values) == pytest.approx(found.mean, rel=1e-9, abs=1e-9)


def contents(found):
    """Return all that a histogram knows, in an order."""
    return (sorted(found.counts.items()), found.total, found.low, found.high, found.clamped, found.invalid)


def merged(*parts):
    """Return the histograms merged into a new one, from left to right."""
    found = Histogram()
    for part in parts:
        found.merge(part)
    return found


MIXED = st.lists(st.one_of(VALUES, SMALL, ODD), max_size=30)


@given(st.lists(MIXED, max_size=5))
def test_merging_is_lossless(parts):
    """Merging the parts is the same as recording everything in one place."""
    together = histogram(value for part in parts for value in part)
    assert contents(together) == contents(merged(*map(histogram, parts)))


@given(MIXED, MIXED, MIXED)
def test_merging_is_associative_and_commutative(one, two, three):
    """Neither order nor grouping matters, and the empty histogram changes nothing."""
    a, b, c = histogram(one), histogram(two), histogram(three)
    assert contents(merged(merged(a, b), c)) == contents(merged(a, merged(b, c)))
    assert contents(merged(a, b)) == contents(merged(b, a))
    assert contents(a) == contents(merged(a, Histogram())) == contents(merged(Histogram(), a))


@given(MIXED, MIXED)
def test_merging_leaves_the_other_alone(one, two):
    """What is merged from is not changed, and does not change later."""
    a, b = histogram(one), histogram(two)
    before = contents(b)
    a.merge(b)
    a.record(1)
    assert before == contents(b)


@given(MIXED)
def test_nothing_is_lost(values):
    """Each value that is offered is in a bucket or is counted as invalid."""
    found = histogram(values)
    assert len(values) == found.count + found.invalid


ODD_ROWS = [
    ("negative", -1, "invalid"),
    ("barely negative", -0.0001, "invalid"),
    ("not a number", math.nan, "invalid"),
    ("none", None, "invalid"),
    ("text", "12", "invalid"),
    ("empty text", "", "invalid"),
    ("a list", [1], "invalid"),
    ("a complex number", 1j, "invalid"),
    ("negative infinity", -math.inf, "invalid"),
    ("infinity", math.inf, "clamped"),
    ("more than the range", HIGHEST / UNITS + 1, "clamped"),
    ("a huge number", 1e300, "clamped"),
    ("an integer no float can hold", 10**400, "clamped"),
]


@pytest.mark.parametrize("value, counter", [row[1:] for row in ODD_ROWS], ids=[row[0] for row in ODD_ROWS])
def test_odd_values(value, counter):
    """What cannot be stored is counted; what is too large is the end of the range, and so fails a gate."""
    found = histogram([5, value])
    assert getattr(found, counter) == 1
    assert found.invalid + found.clamped == 1
    assert ((5, 1) if counter == "invalid" else (HIGHEST / UNITS, 2)) == (found.maximum, found.count)


def test_zero_and_the_end_of_the_range():
    """0 and the highest value are ordinary values."""
    found = histogram([0, HIGHEST / UNITS])
    assert (
        found.minimum,
        found.maximum,
        found.count,
        found.clamped,
        found.invalid,
    ) == (0, HIGHEST / UNITS, 2, 0, 0)


@given(st.integers(0, HIGHEST))
def test_buckets(unit):
    """A unit is in a bucket that ends not below it and at most 0.1 % above it; the next unit is in the next one."""
    bucket = bucket_of(unit)
    assert unit <= highest_in(bucket) <= unit * 1.001
    assert bucket == bucket_of(highest_in(bucket))
    assert bucket + 1 == bucket_of(highest_in(bucket) + 1)


@given(MIXED)
def test_wire(values):
    """Through msgpack, as Locust sends it, a histogram arrives as it was."""
    found = histogram(values)
    row = msgpack.loads(msgpack.dumps(found.to_row()), raw=False, strict_map_key=False)
    assert contents(found) == contents(Histogram.from_row(row))


BAD_ROWS = [("too short", [1, 2]), ("no list", [0, 0, 0, 0, 0, 7]), ("half a pair", [0, 0, 0, 0, 0, [1]])]


@pytest.mark.parametrize("row", [row[1] for row in BAD_ROWS], ids=[row[0] for row in BAD_ROWS])
def test_bad_rows(row):
    """A row that is none is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        Histogram.from_row(row)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_same_as_the_library(name):
    """HdrHistogram finds the same counts, and the same value wherever its rounded rank is the exact one."""
    values = samples(name, 2000)
    found = histogram(values)
    theirs = found.to_hdr()
    assert found.count == theirs.get_total_count()
    for bucket, count in found.counts.items():
        assert count == theirs.get_count_at_value(highest_in(bucket))
    compared = 0
    for percent in PERCENTS[1:]:
        if int(percent / 100 * found.count + 0.5) == math.ceil(Fraction(str(percent)) * found.count / 100):
            compared += 1
            value = theirs.get_highest_equivalent_value(theirs.get_value_at_percentile(percent))
            assert min(value, found.high) == round(found.percentile(percent) * UNITS)
    assert compared >= 8
