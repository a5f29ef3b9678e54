"""metrics.txt: what OpenMetrics allows, bounded, and the same for the same run."""

import math
import re
import shlex
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from examples import FEED, NASTY, OUTCOMES, example, outcome
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.openmetrics import QUANTILE, openmetrics
from locust_ext.reports.result import SeriesRow

compared = cache(make_compared)

GOLDEN = Path(__file__).parent / "golden" / "metrics-as-gitlab-reads-them.txt"
ODD_NAMES = (NASTY, "#1 a", "it's", 'say "a b"', "back\\slash")
"""Names that a label's value has to escape, or that GitLab would take for something else."""


def families(result):
    """Return the families, as Prometheus' own reader reads them; no sample twice, nothing but numbers."""
    text = openmetrics(result)
    text.encode("utf-8")
    assert text.endswith("\n# EOF\n")
    found = list(text_string_to_metric_families(text))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == sum(len(family.samples) for family in found)
    seen = Counter((one.name, tuple(sorted(one.labels.items()))) for family in found for one in family.samples)
    assert set(seen.values()) == {1}
    return {family.name: family for family in found}


def values(family):
    """Return the samples by name and labels."""
    return {(one.name, *one.labels.values()): one.value for one in family.samples}


@given(data=st.data())
def test_openmetrics_is_read(results, data):
    """Whatever the result, it is read, and says the exit code."""
    result = data.draw(results)
    found = families(result)
    assert values(found["loadtest_exit_code"]) == {("loadtest_exit_code",): result.verdict.exit_code}


SINKS = st.one_of(
    st.lists(st.floats(allow_nan=False), max_size=3).map(lambda values: filled(*values)),
    st.builds(lambda hits, more: RateSink(hits, hits + more), st.integers(0, 5), st.integers(0, 5)),
    st.builds(CounterSink, st.floats(), st.integers(0, 5)),
    st.builds(GaugeSink, st.just(1.0), st.floats()),
    st.builds(TimelineSink, st.dictionaries(st.integers(0, 9), st.integers(1, 9))),
)


def filled(*values):
    """Return a histogram of these values."""
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


METRICS = (
    st.sampled_from(["x", "x_total", "x_count", "x_sum", "x.y", "x-y", "1x", "", "loadtest_exit_code"]) | st.text()
)
TAGS = st.dictionaries(
    st.sampled_from(["name", "method", "status"]), st.sampled_from(['"', "\\", "#", "\n", "a b", "'"])
)


@given(sinks=st.dictionaries(METRICS, st.tuples(SINKS, st.lists(TAGS, max_size=3)), max_size=5))
def test_any_metric_is_read(sinks):
    """Names of metrics that OpenMetrics does not have, or that would clash, and any label's value, are read."""
    rows = tuple(SeriesRow(metric, tags, 1, {}, sink) for metric, (sink, every) in sinks.items() for tags in every)
    families(replace(SMALL, series=rows))


SMALL = example(series=(), findings=())


def test_a_trend_is_a_summary_in_seconds():
    """A built-in duration is a summary in seconds, one by endpoint; statuses and phases are merged."""
    family = families(example())["http_req_duration_seconds"]
    assert (family.type, family.unit) == ("summary", "seconds")
    found = values(family)
    name = "http_req_duration_seconds"
    assert found[f"{name}_count", "GET", FEED] == 3000
    assert found[f"{name}_sum", "GET", FEED] == pytest.approx(3000 * 0.0229, rel=0.02)
    quantiles = [found[name, "GET", FEED, at] for at in ("0.5", "0.9", "0.95", "0.99", "0.999")]
    assert quantiles == sorted(quantiles)
    assert quantiles[0] == pytest.approx(0.02, rel=0.05)


def test_other_kinds():
    """Counters end in _total; rates and gauges are gauges; a timeline is none of them."""
    found = families(example())
    assert {name: found[name].type for name in ("http_reqs", "http_req_failed", "vus")} == {
        "http_reqs": "counter",
        "http_req_failed": "gauge",
        "vus": "gauge",
    }
    assert values(found["http_reqs"])["http_reqs_total", "GET", FEED] == 3000
    assert values(found["vus"]) == {("vus",): 10}
    assert "reconnect_herd" not in found


def test_own_trends_have_no_unit():
    """A trend of the locustfile's own stays in its unit."""
    row = SeriesRow("basket_size", {"market": "x"}, 3, {}, filled(1, 2, 3))
    found = values(families(replace(SMALL, series=(row,)))["basket_size"])
    assert found["basket_size", "0.5"] == 2
    assert found["basket_size_sum",] == 6


def test_thresholds():
    """A threshold is 1 when it passed, and 0 when it failed or proves nothing."""
    found = values(families(compared())["loadtest_threshold_passed"])
    name, feed = "loadtest_threshold_passed", "http_req_duration{endpoint:feed}"
    assert found == {
        (name, feed, "p(95)<400"): 1,
        (name, feed, "p(99)<60"): 0,
        (name, "http_req_duration{name:/export}", "p(99.9)<400"): 0,
        (name, "http_req_failed", "rate<0.01"): 1,
    }
    assert "loadtest_threshold_passed" not in families(SMALL)


def test_the_same_threshold_over_a_window():
    """Two thresholds of the same text are one, which passed when both did."""
    one = outcome("http_req_failed", "rate<0.01", "passed", 0.0)
    failed = outcome("http_req_failed", "rate<0.01", "failed", 1.0)
    found = values(families(replace(SMALL, outcomes=(one, failed, one)))["loadtest_threshold_passed"])
    assert list(found.values()) == [0]


def test_labels_are_bounded():
    """Fifty endpoints are told apart, those with the most requests; the others are one. Nothing is lost."""
    rows = tuple(SeriesRow("http_reqs", {"name": f"/{n}"}, n, {}, CounterSink(n, n)) for n in range(1, 201))
    outcomes = tuple(outcome(f"m{{name:/{n}}}", "p(99)<1", "passed", 0.5) for n in range(200))
    outcomes += (outcome("m", "p(99)<1", "failed", 2.0),)
    found = families(replace(SMALL, series=rows, outcomes=outcomes))
    totals = values(found["http_reqs"])
    assert len(totals) == 51
    assert totals["http_reqs_total", "__other__"] == sum(range(1, 151))
    assert sum(totals.values()) == sum(range(1, 201))
    judged = values(found["loadtest_threshold_passed"])
    assert len(judged) == 50
    assert judged["loadtest_threshold_passed", "m", "p(99)<1"] == 0


ROUNDED = [
    (0.1, "0.1"),
    (0.123456, "0.123"),
    (1234567.0, "1230000"),
    (1e-9, "0.000000001"),
    (0.0, "0"),
    (7, "7"),
    (1e22, "10000000000000000000000"),
]


@pytest.mark.parametrize("value, text", ROUNDED)
def test_values_are_rounded(value, text):
    """A value has three digits and no exponent, so that equal ones are equal as text."""
    row = SeriesRow("own", {}, 1, {}, GaugeSink(1.0, value, value, value))
    assert f"\nown {text}\n" in openmetrics(replace(SMALL, series=(row,)))


COUNTED = [(5, "5"), (1234567, "1234567"), (2.5, "2.5"), (1234567.25, "1230000")]


@pytest.mark.parametrize("value, text", COUNTED)
def test_counts_are_exact(value, text):
    """A whole count is not rounded."""
    row = SeriesRow("own", {}, 1, {}, CounterSink(value, 1))
    assert f"\nown_total {text}\n" in openmetrics(replace(SMALL, series=(row,)))


@pytest.mark.parametrize("sink", [CounterSink(-1, 1), CounterSink(math.inf, 1), GaugeSink(1.0, math.nan), RateSink()])
def test_what_is_no_number_is_left_out(sink):
    """What OpenMetrics or a reader has no number for is left out."""
    assert not re.search(
        r"^own", openmetrics(replace(SMALL, series=(SeriesRow("own", {}, 1, {}, sink),))), re.MULTILINE
    )


def test_the_same_run_is_the_same_text():
    """The order of the series changes nothing: GitLab compares text."""
    result = compared()
    assert openmetrics(result) == openmetrics(replace(result, series=result.series[::-1], outcomes=OUTCOMES[::-1]))


@pytest.mark.slow
def test_gitlab_reads_each_line():
    """GitLab cuts a line at # and splits it as a shell does: a name, a value, whatever the labels hold."""
    for line in openmetrics(compared(1.5, ODD_NAMES)).splitlines():
        words = shlex.split(line.partition("#")[0])
        assert len(words) in {0, 2}
        assert not words or math.isfinite(float(words[1]))


def test_gitlab_sees_no_difference_between_releases():
    """GitLab compares names, labels and values as text, so each line stays what it was; comments it leaves out."""
    more = (
        ("http_req_duration", {"name": "/feed", "type": "WSS"}, filled(1, 20, 300)),
        ("http_reqs", {"name": "/all"}, CounterSink(1234567, 9)),
        ("bytes.sent", {}, CounterSink(2.5, 1)),
        ("huge", {}, GaugeSink(1.0, 1e22)),
        ("tiny", {}, GaugeSink(1.0, 1e-9)),
        ("below", {}, GaugeSink(1.0, -0.51234)),
        ("big_total", {}, CounterSink(98765432109.0, 1)),
        ("none", {}, GaugeSink(1.0, 0.0)),
    )
    result = compared(1.5, ODD_NAMES)
    rows = (SeriesRow(metric, tags, 1, {}, sink) for metric, tags, sink in more)
    lost = OpenRequests(3, 4567.8, (OpenRow("/feed", "GET", 2, 4567.8), OpenRow("/x", "WSS", 1, 3.0)))
    lines = openmetrics(replace(result, series=(*result.series, *rows), open_requests=lost)).splitlines(keepends=True)
    assert "".join(line for line in lines if not line.startswith("#")) == GOLDEN.read_text("utf-8")


def test_the_quantile_stands_behind_all_other_labels():
    """However they are sorted, and whatever they are called."""
    labels = ["name", QUANTILE, "zone", "scenario"]
    assert sorted(labels) == ["name", "scenario", "zone", "quantile"]
    assert QUANTILE > "zone"
    assert not QUANTILE < "zone"
    assert max(labels) == "quantile"
