"""gitlab-load-performance.json: what the widget reads, so that it can divide it."""

import json
import math

import pytest
from examples import OUTCOMES, compared, example
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, RateSink
from locust_ext.reports.gitlab import load_performance
from locust_ext.reports.result import SeriesRow


def refuse(word):
    """Refuse what JSON does not have."""
    raise AssertionError(word)


def metrics(result):
    """Return the metrics in the file."""
    document = json.loads(load_performance(result).encode("utf-8"), parse_constant=refuse)
    assert set(document) == {"metrics"}
    return document["metrics"]


def widget(found):
    """Return what the widget shows: a plain computation of what its source does."""
    shown = {}
    if "http_reqs" in found:
        shown["RPS"] = found["http_reqs"]["rate"]
    if "http_req_waiting" in found:
        shown |= {f"TTFB P{percent}": found["http_req_waiting"][f"p({percent})"] for percent in (90, 95)}
    if "checks" in found:
        passes, fails = found["checks"]["passes"], found["checks"]["fails"]
        shown["Checks"] = 100 * passes / (passes + fails)
    return shown


@given(data=st.data())
@pytest.mark.slow
def test_the_widget_can_read_it(results, data):
    """Whatever the result, the widget finds finite numbers, and no division by zero."""
    shown = widget(metrics(data.draw(results)))
    assert all(math.isfinite(value) for value in shown.values())


def test_a_run():
    """The widget shows requests a second, durations, and thresholds where there are no checks."""
    shown = widget(metrics(compared()))
    assert shown == pytest.approx({"RPS": 100, "TTFB P90": 57.3, "TTFB P95": 69.4, "Checks": 50}, abs=0.1)


def test_durations_stand_under_their_true_name_too():
    """What the widget calls waiting is the whole duration, and that is there by its name."""
    found = metrics(example())
    assert found["http_req_waiting"] == found["http_req_duration"]
    assert {"avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"} == set(found["http_req_duration"])
    assert found["http_reqs"] == {"count": 6000, "rate": 100.0}


def checks(hits, total):
    """Return a series of checks."""
    return (SeriesRow("checks", {"check": "ok"}, total, {}, RateSink(hits, total)),)


CHECKS = [
    ("measured checks", checks(3, 4), OUTCOMES, {"value": 0.75, "passes": 3, "fails": 1}),
    ("none, so the thresholds stand there", (), OUTCOMES, {"value": 0.5, "passes": 2, "fails": 2}),
    ("zero, so the thresholds stand there", checks(0, 0), OUTCOMES, {"value": 0.5, "passes": 2, "fails": 2}),
    ("neither", (), (), None),
]


@pytest.mark.parametrize("series, outcomes, expected", [row[1:] for row in CHECKS], ids=[row[0] for row in CHECKS])
def test_checks(series, outcomes, expected):
    """There are never zero checks: the widget would show NaN."""
    assert expected == metrics(example(series=series, outcomes=outcomes)).get("checks")


EMPTY = (SeriesRow("http_req_duration", {}, 0, {}, Histogram()), SeriesRow("http_reqs", {}, 0, {}, CounterSink()))
NOTHING = [
    ("no series", (), 60.0, set()),
    ("no values", EMPTY[:1], 60.0, set()),
    ("no requests", EMPTY[1:], 60.0, set()),
    ("one request in less than a second", (SeriesRow("http_reqs", {}, 1, {}, CounterSink(1, 1)),), 0.5, {"http_reqs"}),
    ("no time", (SeriesRow("http_reqs", {}, 5, {}, CounterSink(5, 5)),), 0.0, set()),
]


@pytest.mark.parametrize("series, seconds, there", [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_nothing_measured(series, seconds, there):
    """What was not measured is not there, rather than there without numbers."""
    assert there == set(metrics(example(series=series, duration=seconds)))
