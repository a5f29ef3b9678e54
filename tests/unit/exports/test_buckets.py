"""Edges of classic buckets, and how many values lie below each: exact at a bound, and never fewer than before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.exports.buckets import LADDER, MOST_EDGES, OTHER_LADDER, bounds_of, counts_at, edges_for, places_of
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import Kind


def threshold(text: str, selector: str = "http_req_duration", kind: Kind = Kind.TREND, **more) -> Threshold:
    return Threshold(parse_selector(selector), parse_assertion(text), kind, **more)


EDGES = [
    ("no threshold", [], {0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 0.005, 0.05, 0.5, 5.0}),
    ("one bound, and what lies around it", [0.4], {0.4, 0.32, 0.5, 0.2, 0.8, 1.6}),
    ("two, and nothing close to 1 s", [0.4, 1.2], {0.4, 1.2, 0.32, 1.5, 0.2, 0.6, 2.4, 4.8}),
    ("a bound that is a rung", [0.25], {0.25, 0.2, 0.3125, 0.125, 0.5}),
    ("one far below the ladder", [0.00002], {0.00002, 0.00001, 0.00008}),
    ("two bounds close to each other", [0.4, 0.41], {0.4, 0.41}),
    ("far above it", [7200.0], {7200.0, 3600.0, 14400.0, 60.0}),
]


@pytest.mark.parametrize("bounds, among", [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_edges(bounds, among):
    edges = edges_for(bounds)
    assert among <= set(edges)
    assert set(LADDER) <= set(edges)


def test_without_a_bound_there_are_few_edges():
    assert edges_for([]) == (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


def test_what_has_no_unit_has_another_ladder():
    edges = edges_for([300.0], seconds=False)
    assert set(OTHER_LADDER) | {300.0, 240.0, 375.0, 150.0, 600.0, 1200.0} <= set(edges)


def test_of_too_many_bounds_those_that_are_written_first_are_edges():
    bounds = [0.3 + number / 7 for number in range(40)]
    edges = edges_for(bounds)
    room = MOST_EDGES - len(LADDER)
    assert set(edges) == {*LADDER, *bounds[:room]}


def test_a_bound_that_cannot_be_an_edge_is_none():
    assert edges_for([0.0, -1.0, float("inf"), 1e12, 1e-9]) == edges_for([])


@given(st.lists(st.floats(1e-5, 1e6), max_size=60), st.booleans())
def test_edges_are_sorted_bounded_and_hold_the_first_bounds(bounds, seconds):
    ladder = LADDER if seconds else OTHER_LADDER
    edges = edges_for(bounds, seconds=seconds)
    assert sorted(set(edges)) == list(edges)
    assert len(edges) <= MOST_EDGES
    room = MOST_EDGES - len(ladder)
    assert set([*dict.fromkeys(bound for bound in bounds if bound not in ladder)][:room]) <= set(edges)
    assert edges == edges_for(bounds, seconds=seconds)


def test_bounds_are_those_of_durations_by_family():
    thresholds = [
        threshold("p(95)<400"),
        threshold("p(99)<1200", "http_req_duration{name:feed}"),
        threshold("p(95)<400", "http_req_duration{name:other}"),
        threshold("count>100"),
        threshold("max<29", "cart_size"),
        threshold("rate<0.01", "http_req_failed", Kind.RATE),
        threshold("p(95)<300", "req_duration"),
    ]
    assert bounds_of(thresholds) == {
        "http.client.request.duration": (0.4, 1.2),
        "loadtest.cart_size": (29.0,),
        "loadtest.request.duration": (0.3,),
    }


def test_a_threshold_of_an_open_run_bounds_both_durations():
    found = bounds_of([threshold("p(95)<400", corrected=True)])
    assert found == {"http.client.request.duration": (0.4,), "loadtest.http_req_duration_corrected": (0.4,)}


MILLISECONDS = st.floats(0, 100_000, allow_nan=False)


def at_most(values: list[float], edge: float) -> int:
    return sum(int(value * 1000 + 0.5) <= edge * 1_000_000 + 1e-6 for value in values)


@given(st.lists(MILLISECONDS, max_size=80), st.lists(st.floats(0.0001, 90), min_size=1, max_size=8))
def test_counts_are_exact_to_a_bucket(values, bounds):
    histogram = Histogram()
    histogram.record_all(values)
    edges = edges_for(bounds)
    counts = counts_at(histogram, places_of(edges, 0.001))
    assert counts == sorted(counts)
    assert not counts or counts[-1] <= histogram.count
    for edge, count in zip(edges, counts, strict=True):
        assert at_most(values, edge) <= count <= at_most(values, edge * 1.001 + 1e-6)


@given(st.lists(MILLISECONDS, max_size=40), st.lists(MILLISECONDS, max_size=40), st.floats(0.001, 90))
def test_a_count_never_falls(before, after, bound):
    """Prometheus would take that for a process that has begun again."""
    places = places_of(edges_for([bound]), 0.001)
    histogram = Histogram()
    histogram.record_all(before)
    first = counts_at(histogram, places)
    histogram.record_all(after)
    assert all(one <= other for one, other in zip(first, counts_at(histogram, places), strict=True))


ROUND = [0.001, 0.29, 0.4, 0.57, 1.1, 1.2, 2.048, 4.35, 8.2, 29.0, 0.000029, 9.95]


@pytest.mark.parametrize("edge", ROUND)
def test_a_value_that_is_the_edge_is_counted_there(edge):
    histogram = Histogram()
    histogram.record(edge * 1000)
    assert counts_at(histogram, places_of([edge], 0.001)) == [1]
    assert counts_at(histogram, places_of([edge / 1.002], 0.001)) == [0]
