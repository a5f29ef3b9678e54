"""Where reports for others are cut: exactly as much fits as may, and what is left out is said."""

from dataclasses import replace

import pytest
from examples import example

from locust_ext.gates.verdict import Verdict
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports import slack
from locust_ext.reports.distributions import MOST_CURVES, curves_of
from locust_ext.reports.formats import MOST_ROWS, clock, endpoint_rows, moment, times
from locust_ext.reports.github import MOST_TEXT, annotation, outputs
from locust_ext.reports.markdown_blocks import fit, listing, table
from locust_ext.reports.result import RunResult, rows_of
from locust_ext.reports.slack import MOST_TAGS, escape, message

PLAIN = RunResult("feed", Verdict("failed", 99, "because"), "2026-11-23T00:00:00", 90.0, 1, complete=True)

ESCAPED = [
    ("as long as it may be, and its sign of a cut", "x" * 9, 10, "x" * 9),
    ("one more", "x" * 10, 10, "x" * 9 + "…"),
    ("signs that mean something count as they are written", "&&", 11, "&amp;&amp;"),
    ("one of them does not fit", "&&", 10, "&amp;…"),
    ("quotes count as JSON has them", '""', 5, '""'),
    ("one quote too many", '""', 4, '"…'),
    ("nothing fits", "xx", 1, "…"),
]


@pytest.mark.parametrize("text, most, found", [row[1:] for row in ESCAPED], ids=[row[0] for row in ESCAPED])
def test_slack(text, most, found):
    """Never half a sign."""
    assert escape(text, most) == found


def test_slack_shows_a_few_tags():
    """The first ones; then the time that the run took, and when it began."""
    blocks = message(replace(PLAIN, tags={f"t{number}": "v" for number in range(MOST_TAGS + 1)}))["blocks"]
    facts = blocks[-1]["elements"][0]["text"].split("  ·  ")
    assert facts == [*(f"t{number}: v" for number in range(MOST_TAGS)), "1m30s", "2026-11-23T00:00:00"]
    assert [len(blocks), slack.MOST_TAGS] == [2, 8]


def test_github_cuts_the_reason():
    """In both of its forms."""
    long = replace(PLAIN, verdict=Verdict("failed", 99, "x" * (MOST_TEXT + 1)))
    assert annotation(long).count("x") == MOST_TEXT + 1  # one stands in "exit code"
    assert outputs(long).splitlines() == [
        "verdict=failed",
        "exit_code=99",
        "regressions=0",
        f"reason={'x' * MOST_TEXT}",
    ]


LINES = [
    ("all fit", ["1234", "é12"], 10, 2),
    ("a byte too many", ["1234", "é12"], 9, 1),
    ("none", ["1234"], 4, 0),
    ("one that is as long", ["1234"], 5, 1),
]


@pytest.mark.parametrize("lines, most, kept", [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_markdown_keeps_what_fits(lines, most, kept):
    """By bytes, with the ends of lines; what is left out is said."""
    left = len(lines) - kept
    said = ["", f"{left} row{'s' if left > 1 else ''} more: see `summary.json`."] if left else []
    assert fit(lines, most) == (lines[:kept], said)


def test_tables_and_lists_in_markdown():
    """A heading with a colon stands on the right; without rows there is nothing at all."""
    assert table("### T", "a|b:", [], 100) == []
    assert table("### T", "a|b:", [("1", "2")], 100) == ["### T", "", "| a | b |", "|---|---:|", "| 1 | 2 |"]
    assert table("", "a", [("1",)], 100) == ["", "| a |", "|---|", "| 1 |"]
    assert listing("L", ["x", "y"], 100) == ["### L", "", "- x", "- y"]
    assert listing("", ["x"], 100) == ["", "- x"]
    assert listing("L", [], 100) == []


def measured(count):
    """Return a run with so many endpoints, the later ones with more requests."""
    store = Store()
    for number in range(count):
        tags = tags_of({"name": f"/{number:04}", "method": "GET"})
        store.leaf("http_req_duration", tags, Kind.TREND).record_all([1.0] * (1 + number // (count - 1)))
        failures = store.leaf("http_req_failed", tags, Kind.RATE)
        failures.merge(type(failures)(0, 1 + number // (count - 1)))
    return replace(PLAIN, series=rows_of(store))


def test_the_page_shows_many_endpoints_and_not_all():
    """Those with the most requests, and all requests last."""
    rows = endpoint_rows(measured(MOST_ROWS + 1))
    assert (len(rows), rows[0][0], rows[-1][0]) == (MOST_ROWS + 1, f"GET /{MOST_ROWS:04}", "")
    assert rows[-1][1][0].text == f"{MOST_ROWS + 2:,}"
    assert endpoint_rows(PLAIN) == []


def test_curves_are_bounded():
    """All requests, and as many endpoints as can be chosen."""
    assert len(curves_of(measured(MOST_CURVES + 1))) == MOST_CURVES + 1
    assert len(curves_of(measured(MOST_CURVES - 1))) == MOST_CURVES
    assert curves_of(PLAIN) == []


WRITTEN = [
    (times, None, "–"),
    (times, float("nan"), "–"),
    (times, float("inf"), "∞"),
    (times, 1.556, "1.56"),
    (clock, 61.0004, "1m1s"),
    (clock, 0.0126, "13ms"),
    (clock, float("inf"), "–"),
    (moment, "2026-11-23T01:02:03.9+01:00", "2026-11-23 00:02:03 UTC"),
    (moment, "2026-11-23T01:02:03", "2026-11-23 01:02:03"),
    (moment, "yesterday", "yesterday"),
]


@pytest.mark.parametrize("write, value, text", WRITTEN)
def test_written(write, value, text):
    """As people write it, and a dash where there is nothing."""
    assert write(value) == text


def test_a_run_with_everything_is_cut_nowhere():
    """All requests, and both of its endpoints."""
    assert len(curves_of(example())) == 3
