"""What a series was, interval by interval: nothing is dropped, nothing grows for ever."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.interval_history import MOST_INTERVALS, History, IntervalHistory
from locust_ext.measure.packed_trend import PackedTrend
from locust_ext.measure.sinks import CounterSink, GaugeSink, RateSink, TimelineSink


def trend(*values):
    """Return a trend of these values."""
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def of(readings, **given):
    """Return the history of a gauge's readings."""
    history = IntervalHistory(**given)
    for at, value in readings:
        history.add(at, value)
    return history


def test_a_history_of_nothing_is_empty():
    """Nothing was measured: there are no points."""
    assert IntervalHistory().history() == History((), (), 0.5)


def test_a_gauge_has_its_latest_value_and_its_extremes():
    """The points stand in the middle of their intervals; where nothing was read there is none."""
    history = of([(0.0, 5), (0.4, 3), (0.45, 4), (1.6, 9)])
    assert history.history().points == ((0.25, 4), (1.75, 9))
    assert history.history("min").points == ((0.25, 3), (1.75, 9))
    assert history.history("max").points == ((0.25, 5), (1.75, 9))


def test_the_latest_reading_is_that_with_the_latest_time():
    """Readings that come in another order change nothing."""
    assert of([(0.45, 4), (0.0, 5)]).history().points == ((0.25, 4),)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_not_a_reading(odd):
    """It leaves the readings around it as they are."""
    assert of([(0.1, 1), (0.2, odd), (0.9, odd)]).history("min").points == ((0.25, 1),)


@pytest.mark.parametrize(
    ("sinks", "method", "value"),
    [
        ([RateSink(1, 4), RateSink(1, 6)], "rate", 0.2),
        ([CounterSink(3, 1), CounterSink(4, 2)], "count", 7),
        ([CounterSink(3, 1), CounterSink(4, 2)], "rate", 14),
        ([trend(1, 2), trend(3)], "p(50)", 2),
        ([trend(1, 2), trend(3)], "med", 2),
        ([trend(1, 2), trend(3)], "avg", 2),
        ([trend(1, 2), trend(3)], "min", 1),
        ([trend(1, 2), trend(3)], "max", 3),
        ([trend(1, 2), trend(3)], "count", 3),
        ([GaugeSink(10, 5, 2, 7), GaugeSink(9, 6, 6, 6)], "value", 5),
        ([RateSink(), RateSink()], "rate", None),
        ([CounterSink()], "count", None),
        ([CounterSink(seen=True)], "count", 0),
        ([GaugeSink()], "value", None),
        ([trend()], "p(99)", None),
        ([trend()], "count", None),
    ],
)
def test_sinks_add_up_in_an_interval(sinks, method, value):
    """Each kind has the figures that its thresholds have; nothing measured is not a value."""
    history = IntervalHistory()
    for sink in sinks:
        history.add(0.25, sink)
    history.add(0.5, type(sinks[0])())  # the interval is over
    assert [value for _, value in history.history(method).points] == ([] if value is None else [value])


@pytest.mark.parametrize("method", ["count", "p99", "rate", "p(x)"])
def test_a_figure_that_there_is_not_is_refused(method):
    """With a ValueError, whoever asks."""
    with pytest.raises(ValueError, match=method.replace("(", r"\(").replace(")", r"\)")):
        of([(0.1, 1)]).history(method)


def test_a_series_has_one_kind():
    """What is of another one is refused, and so is what has its own slots of time."""
    history = of([(0.1, 1)])
    with pytest.raises(TypeError):
        history.add(0.2, RateSink(1, 1))
    with pytest.raises(TypeError):
        history.add(0.2, TimelineSink())


def test_no_interval_is_shorter_than_a_report():
    """Reports of three seconds stand where they were measured, in intervals of four."""
    history = IntervalHistory()
    history.add(3.0, trend(1), 3.0)
    history.add(6.0, trend(2), 3.0)
    assert history.history("p(50)") == History(((2.0, 1.0), (6.0, 2.0)), (), 4.0)


@pytest.mark.parametrize("period", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_steady_counter_has_a_steady_rate(period, workers):
    """However reports fall into intervals: what they counted is spread over the time that they tell of."""
    history = IntervalHistory(most=64)
    for number in range(1, 60):
        for _ in range(workers):
            history.add(number * period, CounterSink(10 * period, 10), period)
    rates = [value for _, value in history.history("rate").points]
    assert len(rates) > 10
    assert rates == pytest.approx([10 * workers] * len(rates))


@given(
    st.lists(st.tuples(st.floats(0, 300), st.integers(0, 1000)), min_size=1, max_size=60), st.sampled_from([0, 1, 3])
)
def test_a_counter_is_spread_without_loss(steps, period):
    """In whatever order reports come, and however often neighbours are merged, the sum stays."""
    history = IntervalHistory(most=16)
    for at, value in steps:
        history.add(at, CounterSink(value, value), period)
    kept = [one.sink for one in history._intervals if one.sink is not None]
    assert sum(sink.value for sink in kept) == pytest.approx(sum(value for _, value in steps))
    assert sum(sink.steps for sink in kept) == sum(value for _, value in steps)


def test_what_is_counted_is_not_told_before_its_interval_is_over():
    """A half-full interval would look like a fall; what is read or ranked is not less by it."""
    counter, gauge = IntervalHistory(), IntervalHistory()
    for at in (0.2, 0.7):
        counter.add(at, CounterSink(1, 1))
        gauge.add(at, 1)
    assert [len(one.points) for one in (counter.history("rate"), gauge.history())] == [1, 2]


@given(st.integers(2, 9), st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1000)), min_size=1, max_size=80))
def test_a_quantile_is_that_of_all_values_of_its_interval(most, values):
    """However often neighbours were merged, packed and opened, it is the same as of one histogram of them."""
    history = IntervalHistory(most=most)
    for at, value in values:
        history.add(at, trend(value))
        history.history("p(99)")  # asked in between, as a run does
    found = history.history("p(99)")
    width = history._width
    for middle, value in found.points:
        expected = trend(*(value for at, value in values if int(at / width) == int(middle / width)))
        assert value == expected.percentile(99)
    assert len(found.points) == len({int(at / width) for at, _ in values}) <= most


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80))
def test_intervals_are_bounded_and_nothing_is_dropped(times):
    """Each lowest value stays the lowest of its interval."""
    history = of([(at, index) for index, at in enumerate(times)], most=8)
    lows = history.history("min").points
    assert len(history._intervals) <= 8
    assert min(value for _, value in lows) == 0
    assert {int(at // history._width) for at in times} == {int(at // history._width) for at, _ in lows}


def test_the_interval_is_what_lies_between_two_points():
    """A probe that reads every 5 s has points 5 s apart, until they are merged."""
    assert of([(at, 1) for at in range(0, 100, 5)]).history().interval == 5
    assert of([(at, 1) for at in range(0, 2000, 5)], most=50).history().interval == 64


@pytest.mark.parametrize(
    ("readings", "restart", "edge"),
    [
        ([(0.1, 9), (0.6, 9), (1.1, 9), (1.2, 1), (1.6, 1)], 1.15, 1.0),
        ([(0.1, 9), (0.6, 9), (1.1, 9), (1.6, 1)], 1.15, 1.5),
        ([(0.1, 9), (0.6, 9), (1.1, 9)], 30.0, 30.5),
    ],
    ids=["read after it in the same interval", "read before it alone", "never read again"],
)
def test_a_restart_parts_the_points(readings, restart, edge):
    """The edge stands where the values on either side are of one life each."""
    history = of(readings)
    history.restart(restart)
    assert history.history().restarts == (edge if edge < 30 else 30.0,)


def test_restarts_are_bounded():
    """A process that restarts all the time has one in each interval."""
    history = IntervalHistory(most=8)
    for at in range(1000):
        history.restart(at)
        history.add(at, 1)
    assert len(history.history().restarts) <= 8


def _held(history):
    """Return how many buckets the intervals hold, open and packed."""
    packed = sum(len(part._buckets) for one in history._intervals for part in one.parts)
    return packed + sum(len(one.sink.counts) for one in history._intervals if one.sink is not None)


def test_eight_hours_are_held_in_little():
    """A trend that reports every 3 s for 8 hours and for 80: as many intervals, each with all of its values."""
    rng, held = Random(1), []
    history = IntervalHistory(most=128)
    for number in range(1, 96_001, 10):
        history.add(number * 3.0, trend(*(rng.randrange(40) for _ in range(5))), 3.0)
        if number in {9_601, 95_991}:
            held.append(_held(history))
    assert len(history._intervals) <= 128
    assert sum(value for _, value in history.history("count").points) >= 0.98 * 48_000
    assert held[1] < 2 * held[0]
    assert MOST_INTERVALS == 1024


def test_merged_trends_are_added_up_before_the_next_ones_are():
    """None stays in parts for longer than it takes to fill a part of the room again."""
    history = IntervalHistory(most=64)
    for number in range(1, 1000):
        history.add(number * 0.5, trend(number), 0.5)
        if history._scattered == 0:
            assert all(len(one.parts) < 2 for one in history._intervals)
        assert sum(len(one.parts) for one in history._intervals) <= 64
    assert history._scattered == 0


@given(st.lists(st.lists(st.floats(-5, 2e9), max_size=20), min_size=1, max_size=5), st.floats(0, 100))
def test_a_packed_trend_is_the_histogram(parts, percent):
    """Packed one by one and added up, it has the same contents and the same figures."""
    whole = trend(*(value for part in parts for value in part))
    first, *others = [PackedTrend(trend(*part)) for part in parts]
    packed = first.with_all(*others)
    assert sorted(packed.histogram().to_row()[-1]) == sorted(whole.to_row()[-1])
    assert packed.histogram().to_row()[:-1] == whole.to_row()[:-1]
    for figure in ("count", "mean", "minimum", "maximum"):
        assert getattr(packed, figure) == getattr(whole, figure)
    assert packed.percentile(percent) == whole.percentile(percent)


def trend_of(*values):
    """Return a histogram of these values."""
    found = Histogram()
    for value in values:
        found.record(value)
    return found


def test_neighbours_are_taken_together_until_they_hold_enough():
    """Each group has its own percentile, at its middle; what is left over is left out, and a pause belongs to none."""
    history = IntervalHistory(width=1.0)
    for at, values in (
        (0.5, (1, 1)),
        (1.5, (9,)),
        (2.5, (5, 5, 5)),
        (7.5, (2,)),
        (8.5, (3,)),
        (9.5, (4,)),
        (10.5, (7,)),
    ):
        history.add(at, trend_of(*values))
    assert history.in_groups("max", 3).points == ((1.0, 9.0), (2.5, 5.0), (8.5, 4.0))
    assert history.in_groups("max", 100).points == ()


@given(st.lists(st.lists(st.integers(1, 1000), max_size=5), max_size=60), st.integers(1, 20))
def test_groups_hold_enough(intervals, least):
    """No value is in two of them, and none is in a group that is too small."""
    history = IntervalHistory(width=1.0)
    for number, values in enumerate(intervals):
        if values:
            history.add(number + 0.5, trend_of(*values))
    counts = [count for _, count in history.in_groups("count", least).points]
    assert all(count >= least for count in counts)
    assert sum(map(len, intervals)) - sum(counts) < least
