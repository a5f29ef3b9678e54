"""A run over time as people watch it: each slice told once, of its own histograms, and bounded however long it lasts."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.live_timeline import MOST_OPEN, MOST_SLICES, LiveTimeline
from locust_ext.measure.rows import read_rows
from locust_ext.measure.series import OTHER, Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink


def measured(*durations, name="/feed", failed=0, lag=(), late=(), dropped=0):
    """Return what a process measured."""
    store = Store()
    tags = tags_of({"name": name, "method": "GET"})
    if durations:
        store.leaf("http_req_duration", tags, Kind.TREND).record_all(durations)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(failed, len(durations)))
    if lag:
        store.leaf("generator_lag", (), Kind.TREND).record_all(lag)
    if late:
        store.leaf("arrival_lateness", (), Kind.TREND).record_all(late)
    if dropped:
        store.leaf("dropped_iterations", (), Kind.COUNTER).add(dropped)
    return read_rows(store.take())


def settled(timeline):
    """Tell what is final, and return all slices as a page reads them."""
    for _ in timeline.settle():
        pass
    return [json.loads(text) for text in timeline.told(0, len(timeline))]


def test_a_slice_says_what_was_measured_in_it():
    """Of all requests first, then of each endpoint in the order in which they came."""
    timeline = LiveTimeline()
    timeline.add(1.0, measured(1, 2, 3, failed=1, lag=[4.0]), 1.0)
    timeline.add(1.0, measured(10, name="/hot"), 1.0)
    timeline.look(0.9, 5, 40.0)
    timeline.add(5.0, measured(), 1.0)
    slices = settled(timeline)
    assert timeline.names == ["", "/feed", "/hot"]
    assert slices[0] == {
        "t": 0, "w": 1, "s": 1, "u": 5, "c": 40, "l": 4,
        "n": [4, 3, 1], "f": [[0, 1], [1, 1]], "p": [[2, 2, 10], [10, 3, 10], [10, 3, 10]],
    }  # fmt: skip
    assert slices[1] == {"t": 1, "w": 1, "n": [0, 0, 0], "f": [], "p": [[None] * 3] * 3}
    assert (timeline.requests, timeline.failures, timeline.closed) == (4, 1, 4)


ARRIVALS = [
    ("begun", {"late": [1.0, 3.0]}, {"b": 2, "d": 0, "a": 3}),
    ("only dropped", {"dropped": 7}, {"b": 0, "d": 7}),
    ("none: a closed load", {"lag": [1.0]}, {"l": 1}),
]


@pytest.mark.parametrize("what, told", [row[1:] for row in ARRIVALS], ids=[row[0] for row in ARRIVALS])
def test_arrivals(what, told):
    """They are told where there are any."""
    timeline = LiveTimeline()
    timeline.add(1.0, measured(**what), 1.0)
    (only,) = settled(timeline)
    assert {key: only[key] for key in only.keys() & {"b", "d", "a", "l"}} == told


COVERED = [
    ("each second", [(1.0, ""), (2.0, ""), (3.0, "")], False, [1, 1, 1]),
    ("a second came late: the rate is of the time that it took", [(1.0, ""), (2.6, ""), (3.6, "")], False, [1, None, 1.6, 1]),
    ("two in one slice", [(1.0, ""), (1.9, ""), (2.4, "")], False, [1, 1.4]),
    ("workers, of which one tells twice", [(3.0, "a"), (3.1, "b"), (5.4, "a")], True, [4.2]),
    ("what a master measures itself is no share of the load", [(1.0, ""), (3.0, "a")], True, [3]),
    ("a report that was lost leaves no time without requests", [(3.0, "a"), (9.0, "a")], True, [3, 4.5]),
]  # fmt: skip


@pytest.mark.parametrize("reports, workers, seconds", [row[1:] for row in COVERED], ids=[row[0] for row in COVERED])
def test_of_how_many_seconds_there_are_measurements(reports, workers, seconds):
    """So that a rate is right although reports come early or late."""
    timeline = LiveTimeline(4.0 if workers else 1.0, has_workers=workers)
    for at, source in reports:
        timeline.add(at, measured(1), 3.0 if source else 1.0, source)
    told = [one.get("s") for one in settled(timeline)]
    assert told == [None if one is None else pytest.approx(one) for one in seconds]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 1e4), st.integers(0, 3)), min_size=1, max_size=60))
def test_nothing_is_lost_and_nothing_is_told_twice(steps):
    """However reports come: the counts of all slices are those of all requests, and what is told stays as it is."""
    timeline, at, told = LiveTimeline(), 0.0, []
    for wait, duration, endpoint in steps:
        at += wait
        timeline.add(at, measured(duration, name=f"/{endpoint}"), 1.0)
        for _ in timeline.settle():
            pass
        now = list(timeline.told(0, timeline.closed))
        assert now[: len(told)] == told
        told = now
    slices = [json.loads(text) for text in timeline.told(0, len(timeline))]
    assert sum(one["n"][0] for one in slices) == len(steps) == timeline.requests
    assert sum(sum(one["n"][1:]) for one in slices) == len(steps)
    assert [one["t"] for one in slices] == [sum(one["w"] for one in slices[:n]) for n in range(len(slices))]


def test_percentiles_are_those_of_a_slice_s_own_histogram():
    """To four digits."""
    rng, timeline, whole = Random(5), LiveTimeline(), Histogram()
    durations = [rng.lognormvariate(5, 1) for _ in range(500)]
    whole.record_all(durations)
    for part in range(5):
        timeline.add(0.5 + part / 100, measured(*durations[part::5], name=f"/{part}"), 0.1)
    (only,) = settled(timeline)
    assert [column[0] for column in only["p"]] == [float(f"{value:.4g}") for value in whole.percentiles((50, 95, 99))]


def test_the_longer_it_lasts_the_wider_its_slices():
    """A day is some 1,250 slices, each of which keeps its text alone."""
    timeline = LiveTimeline()
    for at in range(0, 86_400, 50):
        timeline.look(float(at), 1, None)
    assert (MOST_SLICES + 1_000) < len(timeline) < (MOST_SLICES + 1_060)
    slices = settled(timeline)
    assert [one["w"] for one in (slices[0], slices[239], slices[240], slices[360], slices[-1])] == [1, 1, 2, 4, 512]


def test_histograms_are_kept_of_a_few_slices():
    """Also where nobody has them told."""
    timeline = LiveTimeline()
    for at in range(1, 200):
        timeline.add(float(at), measured(1), 1.0)
    assert sum(bool(one.durations) for one in timeline._slices) <= MOST_OPEN + 1
    assert timeline.closed >= 199 - MOST_OPEN


def test_endpoints_are_bounded():
    """Later ones are followed together, and so is what has no name."""
    timeline = LiveTimeline(most_tracks=2)
    for number in range(5):
        timeline.add(1.0, measured(1, name=f"/{number}"), 1.0)
    timeline.add(1.0, measured(1, name=""), 1.0)
    (only,) = settled(timeline)
    assert (timeline.names, only["n"]) == (["", "/0", "/1", OTHER], [6, 1, 1, 4])


def test_what_nothing_came_of_is_not_worked_out_again():
    """An open slice is looked at as often as somebody asks; only what has changed is computed."""
    timeline = LiveTimeline()
    for number in range(200):
        timeline.add(1.0, measured(1, name=f"/{number}"), 1.0)
    assert sum(1 for _ in timeline.prepare()) == 201
    assert sum(1 for _ in timeline.prepare()) == 0
    timeline.add(1.2, measured(5, name="/7"), 1.0)
    assert sum(1 for _ in timeline.prepare()) == 2
    assert timeline.computed == 203


def test_an_open_slice_has_no_rate_before_all_have_told_of_it():
    """Else the load would seem to drop whenever one of two workers is a second later than the other."""
    timeline = LiveTimeline(4.0, has_workers=True)
    for at, source in [(3.0, "a"), (3.1, "b"), (6.0, "a"), (6.1, "b"), (9.6, "a")]:
        timeline.add(at, measured(1), 3.0, source)
    assert [one.get("s") for one in settled(timeline)] == [3, 3, None]
    timeline.add(9.7, measured(1), 3.0, "b")
    assert [one.get("s") for one in settled(timeline)] == [3, 3, pytest.approx(3.6)]


def test_what_comes_too_late_goes_to_the_first_open_slice():
    """It is in no slice that was told already."""
    timeline = LiveTimeline()
    timeline.add(1.0, measured(1), 1.0)
    timeline.add(5.0, measured(1), 1.0)
    before = settled(timeline)[: timeline.closed]
    timeline.add(1.0, measured(1, 1), 1.0)
    after = settled(timeline)
    assert after[: len(before)] == before
    assert sum(one["n"][0] for one in after) == 4
