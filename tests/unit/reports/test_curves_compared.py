"""Which curve of the earlier runs stands behind which endpoint of this one."""

from dataclasses import replace

import pytest

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import RateSink
from locust_ext.reports.distributions import MOST_CURVES, curves_of
from locust_ext.reports.endpoints import Endpoint, endpoints_of, whole_of
from locust_ext.reports.result import RunResult, SeriesRow

PLAIN = RunResult("feed", Verdict("passed", 0, ""), "2026-11-24T10:00:00+00:00", 20.0, 1, complete=True)
BEFORE = ((99, 7.0),)


def durations(*values):
    """Return a histogram."""
    found = Histogram()
    found.record_all(values)
    return found


def series(count=2, **tags):
    """Return the rows of one endpoint: its durations and its failures."""
    family = "http_req" if "method" in tags else "req"
    return (
        SeriesRow(f"{family}_duration", tags, count, {}, durations(*[5.0] * count)),
        SeriesRow(f"{family}_failed", tags, count, {}, RateSink(1, count)),
    )


FEED, CHAT = {"name": "/feed", "method": "GET"}, {"name": "chat", "type": "WS"}
RUN = replace(PLAIN, series=(*series(3, **FEED), *series(2, **CHAT)))

CURVES = [
    ("its own", "http_req_duration", FEED, ["-", "GET /feed", "-"]),
    ("that of another type", "req_duration", CHAT, ["-", "-", "WS chat"]),
    ("all requests", "http_req_duration", {}, ["all requests", "-", "-"]),
    ("another method", "http_req_duration", {**FEED, "method": "PUT"}, ["-", "-", "-", "http_req_duration{"]),
    ("another name", "http_req_duration", {**FEED, "name": "/hot"}, ["-", "-", "-", "http_req_duration{"]),
    ("one phase of it", "http_req_duration", {**FEED, "phase": "peak"}, ["-", "-", "-", "http_req_duration{"]),
    ("something else of it", "iteration_duration", FEED, ["-", "-", "-", "iteration_duration{"]),
    ("a name alone", "http_req_duration", {"name": "/feed"}, ["-", "-", "-", "http_req_duration{"]),
]


@pytest.mark.parametrize("metric, tags, found", [pytest.param(*row[1:], id=row[0]) for row in CURVES])
def test_the_curve_of_an_endpoint(metric, tags, found):
    """Only what was compared of exactly that endpoint; anything else stands by itself, at the end."""
    selector = Selector(metric, tuple(sorted(tags.items())))
    curves = curves_of(replace(RUN, comparison=Comparison(spectra={selector: BEFORE})))
    assert [curve.name.split("{")[0] if curve.before == BEFORE else "-" for curve in curves] == [
        name.rstrip("{") for name in found
    ]
    assert [curve.name for curve in curves][:3] == ["all requests", "GET /feed", "WS chat"]
    assert len(curves) == len(found)


def test_curves_are_bounded():
    """All requests, and thirty endpoints; one in which nothing was measured is none."""
    many = [row for number in range(40) for row in series(1, name=f"/{number:02}", method="GET")]
    curves = curves_of(replace(PLAIN, series=tuple(many)))
    assert len(curves) == MOST_CURVES + 1
    assert [curve.name for curve in curves][:2] == ["all requests", "GET /00"]
    empty = SeriesRow("http_req_duration", FEED, 0, {}, Histogram())
    assert curves_of(replace(PLAIN, series=(empty,))) == []
    read_back = SeriesRow("http_req_duration", FEED, 3, {"p50": 5.0})
    assert curves_of(replace(PLAIN, series=(read_back,))) == []


def test_endpoints():
    """Those with the most requests first; durations and failures of both families count, and nothing else does."""
    other = SeriesRow("checks", FEED, 9, {}, RateSink(9, 9))
    lag = SeriesRow("generator_lag", {"name": "/lag"}, 9, {}, durations(1.0))
    run = replace(RUN, series=(*RUN.series, other, lag, *series(2, **FEED), *series(5, name="a", method="GET")))
    found = endpoints_of(run)
    assert [(one.label, one.durations.count, one.failures.hits, one.failures.total) for one in found] == [
        ("GET /feed", 5, 2, 5),
        ("GET a", 5, 1, 5),
        ("WS chat", 2, 1, 2),
    ]
    whole = whole_of(run)
    assert (whole.label, whole.durations.count, whole.failures.hits, whole.failures.total) == ("", 12, 4, 12)
    assert (found[0].rate(2.0), found[0].rate(0.0), Endpoint("a", "").rate(1.0)) == (2.5, 0.0, 0.0)
