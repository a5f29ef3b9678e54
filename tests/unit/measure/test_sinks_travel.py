"""Rows of sinks from a worker: what fits is read, what does not hang together is refused."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from locust_ext.measure.histogram import HIGHEST, Histogram, bucket_of
from locust_ext.measure.sinks import MOST_SLOTS, CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.process.wire import MOST_COUNT, MOST_SECONDS, UnfitError

TAKEN = [
    ("a rate of nothing", RateSink, [0, 0]),
    ("all of them", RateSink, [3, 3]),
    ("as many as can be", RateSink, [0, MOST_COUNT]),
    ("a counter that nobody heard", CounterSink, [0, 0, 0]),
    ("one that counted nothing", CounterSink, [0, 0, 1]),
    ("a sum below nothing", CounterSink, [-1.5, 2, 1]),
    ("the largest sum", CounterSink, [1e300, 1, 1]),
    ("the least sum", CounterSink, [-1e300, 1, 1]),
    ("a gauge without a reading", GaugeSink, [-math.inf, 0.0, math.inf, -math.inf]),
    ("one reading", GaugeSink, [5.0, 2, 2, 2]),
    ("a reading between its extremes", GaugeSink, [MOST_SECONDS, 2, -1, 3]),
    ("no slots", TimelineSink, []),
    ("two slots", TimelineSink, [[-5, 0], [7, MOST_COUNT]]),
    ("the first and the last slot", TimelineSink, [[1 - MOST_SLOTS, 1], [MOST_SLOTS - 1, 1]]),
    ("an empty trend", Histogram, [0, HIGHEST, 0, 0, 0, []]),
    ("one that met nothing but nonsense", Histogram, [0, HIGHEST, 0, 0, MOST_COUNT, []]),
    ("three durations", Histogram, [7, 2, 3, 0, 0, [2, 2, 3, 1]]),
    ("one beyond the range", Histogram, [HIGHEST, HIGHEST, HIGHEST, 1, 0, [bucket_of(HIGHEST), 1]]),
]


@pytest.mark.parametrize("kind, row", [pytest.param(*row[1:], id=row[0]) for row in TAKEN])
def test_what_fits(kind, row):
    """It is read, and is the same row again; a tuple is as good as a list."""
    assert kind.from_row(row).to_row() == row
    assert kind.from_row(tuple(row)).to_row() == row


REFUSED = [
    ("a rate of three", RateSink, [1, 2, 3]),
    ("no list", RateSink, "12"),
    ("more hits than there were", RateSink, [4, 3]),
    ("hits below nothing", RateSink, [-1, 3]),
    ("too many", RateSink, [0, MOST_COUNT + 1]),
    ("half a hit", RateSink, [0.5, 3]),
    ("half a total", RateSink, [0, 3.5]),
    ("truth for a hit", RateSink, [True, 3]),
    ("a sum without a step", CounterSink, [1, 0, 1]),
    ("a sum that is too large", CounterSink, [2e300, 1, 1]),
    ("a sum that is too small", CounterSink, [-2e300, 1, 1]),
    ("no sum", CounterSink, [math.nan, 1, 1]),
    ("a text", CounterSink, ["1", 1, 1]),
    ("half a step", CounterSink, [1, 1.5, 1]),
    ("seen twice", CounterSink, [1, 1, 2]),
    ("steps below nothing", CounterSink, [1, -1, 1]),
    ("two parts", CounterSink, [1, 1]),
    ("a moment that is too late", GaugeSink, [2 * MOST_SECONDS, 2, 2, 2]),
    ("below its extremes", GaugeSink, [5.0, 1, 2, 3]),
    ("above its extremes", GaugeSink, [5.0, 4, 2, 3]),
    ("a reading at no moment", GaugeSink, [-math.inf, 2, 2, 2]),
    ("an endless reading", GaugeSink, [5.0, math.inf, 2, math.inf]),
    ("a slot twice", TimelineSink, [[5, 1], [5, 1]]),
    ("half a slot", TimelineSink, [[0.5, 1]]),
    ("half a count", TimelineSink, [[5, 0.5]]),
    ("a slot that is too late", TimelineSink, [[MOST_SLOTS, 1]]),
    ("a slot that is too early", TimelineSink, [[-MOST_SLOTS, 1]]),
    ("a slot alone", TimelineSink, [[5]]),
    ("no slots at all", TimelineSink, {}),
    ("an empty trend with a sum", Histogram, [1, HIGHEST, 0, 0, 0, []]),
    ("an empty trend with a least", Histogram, [0, 1, 0, 0, 0, []]),
    ("an empty trend with a highest", Histogram, [0, HIGHEST, 1, 0, 0, []]),
    ("an empty trend with one beyond the range", Histogram, [0, HIGHEST, 0, 1, 0, []]),
    ("nonsense below nothing", Histogram, [0, HIGHEST, 0, 0, -1, []]),
    ("too much nonsense", Histogram, [0, HIGHEST, 0, 0, MOST_COUNT + 1, []]),
    ("a sum that is too small", Histogram, [5, 2, 3, 0, 0, [2, 2, 3, 1]]),
    ("a sum that is too large", Histogram, [10, 2, 3, 0, 0, [2, 2, 3, 1]]),
    ("a least in another bucket", Histogram, [7, 1, 3, 0, 0, [2, 2, 3, 1]]),
    ("a highest in another bucket", Histogram, [7, 2, 4, 0, 0, [2, 2, 3, 1]]),
    ("a bucket of none", Histogram, [6, 2, 3, 0, 0, [2, 3, 3, 0]]),
    ("a bucket twice", Histogram, [7, 2, 3, 0, 0, [2, 1, 2, 1, 3, 1]]),
    ("half a pair", Histogram, [7, 2, 3, 0, 0, [2, 2, 3]]),
    ("more beyond the range than there are", Histogram, [7, 2, 3, 4, 0, [2, 2, 3, 1]]),
    ("fewer than none beyond the range", Histogram, [7, 2, 3, -1, 0, [2, 2, 3, 1]]),
    ("truth for a number", Histogram, [7, 2, 3, False, 0, [2, 2, 3, 1]]),
    ("a highest below the least", Histogram, [7, 3, 2, 0, 0, [2, 2, 3, 1]]),
]


@pytest.mark.parametrize("kind, row", [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_does_not_fit(kind, row):
    """It is refused as a whole."""
    with pytest.raises(UnfitError):
        kind.from_row(row)


def test_one_step_more():
    """A counter counts its steps one by one, and a timeline its slots."""
    counter, herd = CounterSink(), TimelineSink()
    for _ in range(3):
        counter.add(2.5)
        herd.add(4)
    assert counter.to_row() == [7.5, 3, 1]
    assert herd.to_row() == [[4, 3]]
    merged = TimelineSink({4: 1, 5: 2})
    merged.merge(herd)
    assert merged.to_row() == [[4, 4], [5, 2]]


ODD = [
    ("a Decimal", Decimal("1.5"), (1, 1.5, 0, 0)),
    ("a fraction", Fraction(3, 2), (1, 1.5, 0, 0)),
    ("a Decimal below nothing", Decimal("-1.5"), (0, None, 0, 1)),
    ("a Decimal beyond the range", Decimal("1e12"), (1, 1e9, 1, 0)),
    ("a text with a number", "1.5", (0, None, 0, 1)),
    ("bytes with a number", b"1.5", (0, None, 0, 1)),
    ("a text", "fast", (0, None, 0, 1)),
    ("nothing", None, (0, None, 0, 1)),
    ("without end", math.inf, (1, 1e9, 1, 0)),
    ("below everything", -math.inf, (0, None, 0, 1)),
    ("not a number", math.nan, (0, None, 0, 1)),
]


@pytest.mark.parametrize("value, found", [pytest.param(*row[1:], id=row[0]) for row in ODD])
def test_odd_durations(value, found):
    """A number of any kind counts, what is too large as the end of the range, and what is none is told apart."""
    trend = Histogram()
    trend.record(value)
    assert (trend.count, trend.maximum, trend.clamped, trend.invalid) == found
    beside = Histogram()
    beside.record_all([2.0, value, 3.0])
    assert (beside.count, beside.clamped, beside.invalid) == (2 + found[0], found[2], found[3])
    assert beside.minimum == min(2.0, found[1] or 2.0)
