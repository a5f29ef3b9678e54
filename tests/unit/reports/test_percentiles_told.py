"""Which percentile a sentence or a column tells: that of a hundred different values, so that no other one will do."""

import pytest

from locust_ext.gates.lag import without_lag
from locust_ext.gates.outcomes import Outcome, Status, measure
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink, TimelineSink
from locust_ext.measure.timeline_builder import TimelineBuilder
from locust_ext.reports.formats import endpoint_rows, health
from locust_ext.reports.restraint import restraints_of
from locust_ext.reports.result import RunResult, SeriesRow
from locust_ext.reports.storm import storms_of

HUNDRED = Histogram()
HUNDRED.record_all(float(number) for number in range(1, 101))
FAST = Threshold(parse_selector("http_req_duration"), parse_assertion("p(95)<400"), Kind.TREND)


def run_of(metric, **tags):
    """Return a run in which one trend has these hundred values."""
    rows = (SeriesRow(metric, tags, 100, {}, HUNDRED), SeriesRow("http_req_failed", tags, 100, {}, RateSink(3, 100)))
    return RunResult("feed", Verdict("passed", 0, ""), "2026-11-24", 50.0, 1, complete=True, series=rows)


def test_the_lag_beside_a_failure():
    """Its p99."""
    reason = without_lag(Outcome(FAST, Status.FAILED, 450.0, 100), HUNDRED).reason
    assert reason.startswith("the load generator itself was 99 ms late at p99")


MEASURED = [("med<1", 50.0), ("p(50)<1", 50.0), ("p(95)<1", 95.0), ("p(99)<1", 99.0), ("max<1", 100.0), ("min<1", 1.0)]


@pytest.mark.parametrize("text, value", [*MEASURED, ("avg<1", 50.5), ("count<1", 100.0)])
def test_what_a_threshold_judges(text, value):
    """Each method is its own."""
    assert measure(parse_assertion(text), HUNDRED, 50.0) == (pytest.approx(value, rel=1e-3), 100)


@pytest.mark.parametrize("failed, told", [(0, " (p50 50 ms, p99 99 ms)"), (2, "")])
def test_how_long_users_of_a_storm_took(failed, told):
    """The median and the p99 of those that came back, where all did."""
    store, tags = Store(), tags_of({"phase": "storm"})
    store.leaf("reconnect_drops", tags, Kind.COUNTER).add(100)
    store.leaf("reconnect_time", tags, Kind.TREND).merge(HUNDRED)
    store.leaf("reconnects_failed", tags, Kind.RATE).merge(RateSink(failed, 100))
    herd = store.leaf("reconnect_herd", tags_of({"phase": "storm", "storm": "1"}), Kind.TIMELINE)
    assert isinstance(herd, TimelineSink)
    for slot in (0, 0, 1, 20):
        herd.add(slot)
    (finding,) = storms_of(store)
    assert finding.text == (
        f"100 users dropped, {100 - failed} came back{told}; at most 2 attempts in 100 ms and 3 in a second"
    )


def test_how_long_a_cap_held_requests_back():
    """The median and the p99."""
    store = Store()
    store.leaf("cap_wait", (), Kind.TREND).merge(HUNDRED)
    (sentence,) = restraints_of(store)
    assert "held back 100 requests" in sentence
    assert "for 50 ms at p50 and 99 ms at p99" in sentence


def test_the_columns_of_the_table_of_endpoints():
    """Each names its percentile; the last row is all requests."""
    for label, cells in endpoint_rows(run_of("http_req_duration", name="/a", method="GET")):
        assert label in {"GET /a", ""}
        assert [cell.text for cell in cells] == ["100", "2.0", "3.00%", "50.0", "90.0", "95.0", "99.0", "100.0"]


def test_how_late_the_generator_was():
    """Its p99, in the sentence and over time."""
    assert "it woke 99.0 ms late at p99" in health(run_of("generator_lag"))
    course, store = TimelineBuilder(), Store()
    store.leaf("generator_lag", (), Kind.TREND).merge(HUNDRED)
    store.leaf("http_req_duration", tags_of({"name": "/a"}), Kind.TREND).merge(HUNDRED)
    course.add(0.5, store.take())
    timeline = course.timeline()
    assert timeline.lag == pytest.approx((99.0,), rel=1e-3)
    for track in timeline.tracks:
        assert (*track.p50, *track.p95, *track.p99) == pytest.approx((50.0, 95.0, 99.0), rel=1e-3)
        assert (track.requests, track.failed) == ((100,), (0,))
