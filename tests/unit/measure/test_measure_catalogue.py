"""The metrics that every run has."""

import pytest

from locust_ext.measure.catalogue import BUILT_IN, HTTP, HTTP_METHODS, OTHER_REQUESTS
from locust_ext.measure.sinks import Kind

K6 = [
    ("http_req_duration", Kind.TREND),
    ("http_req_failed", Kind.RATE),
    ("http_reqs", Kind.COUNTER),
    ("iterations", Kind.COUNTER),
    ("iteration_duration", Kind.TREND),
    ("checks", Kind.RATE),
    ("vus", Kind.GAUGE),
]


@pytest.mark.parametrize("name, kind", K6, ids=[row[0] for row in K6])
def test_k6_names(name, kind):
    """k6's metrics are here under k6's names and of k6's kinds, so that its thresholds paste unchanged."""
    assert kind is BUILT_IN[name].kind


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_metric_says_what_it_is(name):
    """A metric is found under its own name, tells what it is about, and a trend has a unit."""
    metric = BUILT_IN[name]
    assert name == metric.name
    assert metric.about
    assert bool(metric.unit) == (metric.kind is Kind.TREND)


def test_two_families_of_requests():
    """HTTP and other requests have metrics of the same three kinds, and share none."""
    assert [BUILT_IN[name].kind for name in HTTP] == [BUILT_IN[name].kind for name in OTHER_REQUESTS]
    assert set(HTTP).isdisjoint(OTHER_REQUESTS)
    assert {"GET", "PATCH"} <= HTTP_METHODS
