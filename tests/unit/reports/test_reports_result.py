"""The one value that every report renders."""

import math

import pytest

from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.reports.result import rows_of, warnings_of


def trend(*values):
    """Return a store with one trend."""
    store = Store()
    for value in values:
        store.leaf("t", tags_of({"name": "/a"}), Kind.TREND).record(value)
    return store


def test_a_trends_figures():
    """A trend has its percentiles, its extremes and its mean."""
    row = rows_of(trend(*(number / 10 for number in range(1, 1001))))[0]
    assert (row.metric, row.tags, row.count) == ("t", {"name": "/a"}, 1000)
    figures = {"min": 0.1, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9, "max": 100, "mean": 50.05}
    assert figures == pytest.approx(dict(row.figures), rel=1e-3)


def fill_rate(sink):
    """Three of four."""
    sink.merge(RateSink(3, 4))


OTHERS = [
    ("a rate", Kind.RATE, fill_rate, 4, {"value": 0.75}),
    ("an empty rate", Kind.RATE, lambda sink: None, 0, {"value": None}),
    ("a counter", Kind.COUNTER, lambda sink: sink.add(5), 1, {"value": 5}),
    ("a gauge", Kind.GAUGE, lambda sink: sink.set(1, 7), 1, {"value": 7, "min": 7, "max": 7, "at": 1}),
]


@pytest.mark.parametrize("kind, fill, count, figures", [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_other_kinds(kind, fill, count, figures):
    """A rate is its share, a counter its sum, a gauge its reading and its extremes."""
    store = Store()
    fill(store.leaf("m", (), kind))
    row = rows_of(store)[0]
    assert (count, figures) == (row.count, dict(row.figures))


def test_rows_are_sorted():
    """Series come by metric and tags, whatever came first."""
    store = Store()
    for metric, name in (("b", "x"), ("a", "y"), ("a", "x")):
        store.leaf(metric, tags_of({"name": name}), Kind.COUNTER).add(1)
    assert [(row.metric, row.tags["name"]) for row in rows_of(store)] == [("a", "x"), ("a", "y"), ("b", "x")]


def lumped():
    """Return a store with a leaf too many."""
    store = Store(limit=1)
    for name in ("a", "b"):
        store.leaf("m", tags_of({"name": name}), Kind.COUNTER).add(1)
    return store


def unreadable():
    """Return a store with events that made no sense."""
    store = Store()
    for phase in ("a", "b"):
        store.leaf("unreadable_events", tags_of({"phase": phase}), Kind.COUNTER).add(2)
    return store


WARNINGS = [
    ("nothing odd", trend(1), []),
    ("above the range", trend(math.inf), ["t{name:/a}: 1 values are above the range"]),
    ("invalid", trend(None, -1), ["t{name:/a}: 2 values are not durations"]),
    ("lumped", lumped(), ["m: more than 1 different tag sets; 1 times a further one went to __other__"]),
    ("unreadable", unreadable(), ["4 events or values could not be read as a whole"]),
]


@pytest.mark.parametrize("store, expected", [row[1:] for row in WARNINGS], ids=[row[0] for row in WARNINGS])
def test_warnings(store, expected):
    """What a reader must know of the figures is one sentence each."""
    found = warnings_of(store, rows_of(store))
    assert len(expected) == len(found)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))
