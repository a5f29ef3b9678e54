"""How much of what was measured a report tells: rows, letters, digits."""

import json
import math
from dataclasses import replace

import pytest

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import lines
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import CounterSink, Kind, RateSink
from locust_ext.reports import pages
from locust_ext.reports.console_tables import comparison_table, final_table
from locust_ext.reports.distributions import MOST_CURVES, MOST_SLOTS, NEARLY_ALL, TICKS, curves_of
from locust_ext.reports.export import DIGITS, PERCENTS, values_of
from locust_ext.reports.figure import DAY, HOUR, MOST_LABEL, MOST_PHASE, MOST_PHASES, moment, shorten
from locust_ext.reports.formats import BUSY, MOST_ROWS, ORDER, SORTED, _cell, endpoint_rows
from locust_ext.reports.hlog import _SUB_BUCKETS, tag_of
from locust_ext.reports.junit import MOST_NAME, MOST_TEXT, Case, cases_of
from locust_ext.reports.markdown import MOST_ENDPOINTS, MOST_SENTENCE, code, marker_of
from locust_ext.reports.open_requests import MOST_ROWS as MOST_OPEN
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.openmetrics import DIGITS as METRIC_DIGITS
from locust_ext.reports.openmetrics import MOST_SETS
from locust_ext.reports.restraint import NOTICED, restraints_of
from locust_ext.reports.result import PERCENTILES, RunResult, SeriesRow, rows_of
from locust_ext.reports.schema import SCHEMA, Summary
from locust_ext.reports.slack import (
    FALLBACK,
    MOST_LISTED,
    MOST_SECTION,
    NAME,
    PROBLEM,
    REASON,
    TAG,
    escape,
    message,
    problems_of,
)

PLAIN = RunResult("feed", Verdict("failed", 99, "because"), "2026-11-24T10:00:00+00:00", 20.0, 1, complete=True)
SLOW = Outcome(Threshold(parse_selector("m"), parse_assertion("p(95)<400"), Kind.TREND), Status.FAILED, 500.0, 20)


def test_numbers_of_open_requests():
    """A hundred endpoints are kept, and three of them named."""
    found = OpenRequests.of(OpenRow(f"/{number:03}", "GET", 1, 5.0) for number in range(101))
    assert (found.count, len(found.by), MOST_OPEN) == (101, 100, 100)
    assert found.text == (
        "101 requests never came back: 1 of GET /000, 1 of GET /001, 1 of GET /002, 98 of others,"
        " the longest open for 5 ms"
    )


def test_numbers_of_slack():
    """As many problems as have room, and eight tags; each text has a length of its own."""
    run = replace(
        PLAIN,
        name="n" * 500,
        verdict=Verdict("aborted", 108, "r" * 2000),
        tags={f"k{number}{'t' * 200}": "v" * 200 for number in range(9)},
        outcomes=(replace(SLOW, threshold=replace(SLOW.threshold, selector=parse_selector("m{a:" + "q" * 600 + "}"))),)
        * 12,
    )
    body = message(run)
    head, *problems, last, context = (json.dumps(block, ensure_ascii=False) for block in body["blocks"])
    assert (head.count("n" * 50), head.count("r" * 50)) == (3, 19)
    assert len([*problems_of(run)]) == 12
    assert ([one.count("•") for one in problems], "and 5 more" in last) == ([5, 2], True)
    assert (MOST_LISTED, MOST_SECTION) == (4000, 2900)
    assert context.count("  ·  ") == 8 + 1
    assert (NAME, FALLBACK, REASON, PROBLEM, TAG) == (200, 400, 1000, 500, 100)
    assert [len(escape("x" * length, NAME)) for length in (198, 199, 200, 500)] == [198, 199, 200, 200]


def test_numbers_of_junit():
    """Names of 300 letters, texts of two thousand."""
    seconds = {time: cases_of(replace(PLAIN, duration=time))[0].seconds for time in (-1.0, 0.0, 1.2345, math.inf)}
    assert seconds == {-1.0: 0.0, 0.0: 0.0, 1.2345: 1.234, math.inf: 0.0}
    (verdict,) = cases_of(replace(PLAIN, verdict=Verdict("failed", 99, "r" * 5000)))
    assert (MOST_TEXT, MOST_NAME, Case("a", "b", "c", Status.PASSED, "").seconds) == (2000, 300, 0.0)
    assert len(verdict.text) <= 5100


def test_numbers_of_markdown():
    """Twenty endpoints, sentences of 500 letters, names of 200."""
    assert marker_of("a b") == "a-b"
    assert (MOST_ENDPOINTS, MOST_SENTENCE) == (20, 500)
    assert (len(code("x" * 900)), len(code("x" * 900, 500))) == (202, 502)


def test_numbers_of_tables():
    """Five hundred rows, sorted by six digits, failures first; 90 % of a core is no room."""
    assert endpoint_rows(PLAIN) == []
    assert (MOST_ROWS, SORTED, BUSY) == (500, 6, 90.0)
    assert ORDER == {Status.FAILED: 0, Status.INCONCLUSIVE: 1, Status.PASSED: 2}
    assert _cell(1234567.0, "{:.1f}").number == "1.23457e+06"
    many = tuple(
        SeriesRow("http_req_failed", {"name": f"/{number}", "method": "GET"}, 1, {}, RateSink(0, 1))
        for number in range(501)
    )
    assert len(endpoint_rows(replace(PLAIN, series=many))) == 500 + 1


def test_numbers_of_exports():
    """Percentiles as k6 has them, to six decimals."""
    found = Histogram()
    found.record_all(float(number) for number in range(1, 101))
    assert [*values_of(found, 1.0)] == ["avg", "min", "max", "med", "p(90)", "p(95)", "p(99)"]
    assert (PERCENTS, DIGITS) == ((90.0, 95.0, 99.0), 6)
    assert values_of(CounterSink(1.0, 1, seen=True), 3.0) == {"count": 1.0, "rate": 0.333333}
    assert values_of(CounterSink(1.0, 1, seen=True), 0.0) == {"count": 1.0, "rate": 0.0}


def test_numbers_of_charts():
    """Letters of names, phases that are named, and where a day begins."""
    assert moment(0.0) == "1970-01-01 00:00:00.000"
    assert (MOST_LABEL, MOST_PHASES, MOST_PHASE, HOUR, DAY) == (60, 24, 18, 3600.0, 86400.0)
    assert [len(shorten("x" * length)) for length in (59, 60, 61)] == [59, 60, 60]


def test_numbers_of_distributions():
    """Thirty endpoints, five minutes of a herd, and where each nine stands."""
    assert curves_of(PLAIN) == []
    assert (MOST_CURVES, MOST_SLOTS, NEARLY_ALL) == (30, 3000, 0.99)
    assert [*TICKS] == [1, 10, 100, 1000, 10_000, 100_000]


def test_numbers_of_pages():
    """Twelve hundred points, and one just before each corner."""
    page = pages.shape_page("ramp", lines(0, [("up", 10, 10), ("down", 10, 0)]))
    assert "20s, at most 10 users." in page
    assert (pages.POINTS, pages.EDGE) == (1200, 1e-6)
    assert "1,000 connections dropped at once" in pages.herd_page(
        [pages.Herd("full jitter", "1", {0: 5, 99: 1, 100: 2})]
    )


def test_numbers_of_waiting():
    """10 ms at p99 under the cap are noticed."""
    found = {}
    for late in (9.0, 10.0):
        store = Store()
        store.leaf("cap_wait", tags_of({}), Kind.TREND).record_all([late] * 3)
        found[late] = [*restraints_of(store)]
    assert NOTICED == 10.0
    assert (found[9.0], len(found[10.0])) == ([], 1)
    assert "the cap held back 3 requests" in found[10.0][0]


def test_numbers_of_summaries():
    """The percentiles of a trend, and the version of the format."""
    store = Store()
    store.leaf("m", (), Kind.TREND).record_all(float(number) for number in range(1, 2001))
    figures = rows_of(store)[0].figures
    assert PERCENTILES == {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}
    assert [figures[name] for name in PERCENTILES] == pytest.approx([1000, 1800, 1900, 1980, 1998], rel=1e-3)
    assert Summary.of_result(PLAIN).plain()["schema"] == SCHEMA == 1
    assert (tag_of("m", {}), _SUB_BUCKETS) == ("m", 2048)
    assert (MOST_SETS, METRIC_DIGITS) == (50, 3)


def test_a_console_is_wide_and_without_colour():
    """Unless somebody says another width."""
    long = replace(PLAIN, outcomes=(replace(SLOW, reason="word " * 100),))
    assert max(map(len, final_table(long).splitlines()[:-1])) == 200
    assert "\x1b" not in final_table(long) + comparison_table(Comparison(notes=("a note",)))
    assert "\x1b" in comparison_table(Comparison(notes=("a note",)), color=True)
    assert max(map(len, comparison_table(Comparison(notes=("word " * 100,))).splitlines())) in range(195, 201)


def test_the_chart_of_a_shape(monkeypatch):
    """One line needs no legend; it is filled, and each point knows its phase."""
    monkeypatch.setattr(pages, "_page", lambda chart: chart)
    chart = pages.shape_page("ramp", lines(0, [("up", 10, 10), ("down", 10, 0)]), "arrivals")
    (drawn,) = chart.data
    assert chart.layout["showlegend"] is False
    assert (chart.title, chart.says) == ("ramp", ("20s, at most 10 arrivals.",))
    assert (drawn["fill"], drawn["name"], {*drawn["customdata"]}) == ("tozeroy", "arrivals", {"up", "down"})
    assert (max(drawn["y"]), len(drawn["x"])) == (10, len(drawn["y"]))
    assert len(drawn["x"]) > 1200
