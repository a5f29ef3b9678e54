"""The console: names are text, and nothing that they hold breaks it."""

import unicodedata
from dataclasses import replace

import pytest
from examples import NASTY as NASTY_NAME
from examples import compared, example
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.gates.baseline import compare
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.gates.values import format_value
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.reports.console import plain, progress_line
from locust_ext.reports.console_tables import comparison_table, final_table
from locust_ext.reports.html import html
from locust_ext.reports.markdown import markdown
from locust_ext.reports.result import Finding, RunResult


@given(data=st.data())
@pytest.mark.slow
def test_console_shows_any_result(results, data):
    """Whatever the result, the table holds the verdict's word and no control character but line ends."""
    result = data.draw(results)
    text = final_table(result)
    assert result.verdict.word.upper() in text
    assert f"exit code {result.verdict.exit_code}" in text
    assert not [sign for sign in text if unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n"]


def result(name="feed", **parts):
    """Return a result with these parts."""
    return RunResult(name, Verdict("failed", 99, "because"), "2026-11-23T00:00:00", 90.0, 1, complete=True, **parts)


def outcome(
    selector="http_req_duration", text="p(95)<400", kind=Kind.TREND, status="passed", value=148.2149, reason=""
):
    """Return an outcome."""
    return Outcome(
        Threshold(parse_selector(selector), parse_assertion(text), kind), Status(status), value, 1234, reason
    )


NASTY = [
    ("markup", "[bold]feed[/bold]", "[bold]feed[/bold]"),
    ("markup that is not closed", "[/red]", "[/red]"),
    ("a link", "[link=http://evil]x", "[link=http://evil]x"),
    ("an escape sequence", "a\x1b[31mb", "a�[31mb"),
    ("a bell and a backspace", "a\a\bb", "a��b"),
    ("a line break", "a\nb", "a�b"),
    ("right to left", "a\u202eb", "a�b"),
    ("emoji by name", ":smile:", ":smile:"),
]


@pytest.mark.parametrize("name, shown", [row[1:] for row in NASTY], ids=[row[0] for row in NASTY])
def test_names_are_text(name, shown):
    """Names are printed as they are, never as markup, and control characters not at all."""
    selector = Selector("m", (("name", name),))
    rule = Outcome(Threshold(selector, parse_assertion("p(95)<400"), Kind.TREND), Status.FAILED, 1.0, 1, name)
    text = final_table(result(name, outcomes=(rule,), warnings=(name,), findings=(Finding("x", name),)), width=200)
    assert text.count(shown) == 5
    assert shown in progress_line(name, 5, None, 5, [])
    assert shown == plain(name)


def test_ten_kilobytes_of_name():
    """A very long name is folded, not cut, and no line is wider than the console."""
    rule = outcome("m{name:" + "x" * 10_000 + "}")
    lines = final_table(result(outcomes=(rule,)), width=100).splitlines()
    assert sum(line.count("x") for line in lines) >= 10_000
    assert max(map(len, lines[:-1])) <= 100


def test_colour_only_where_it_is_asked():
    """Escape sequences are written for terminals alone."""
    assert "\x1b[" not in final_table(result(outcomes=(outcome(),)))
    assert "\x1b[32m" in final_table(result(outcomes=(outcome(),)), color=True), "what passed is green"


VALUES = [
    ("a trend", outcome(), "148.2 ms"),
    ("a trend's count", outcome(text="count>1", value=20.0), "20"),
    ("a rate", outcome("http_req_failed", "rate<0.01", Kind.RATE, value=0.00534), "0.534 %"),
    ("a counter", outcome("http_reqs", "rate>1", Kind.COUNTER, value=12.3), "12.3/s"),
    ("nothing", outcome(value=None), "–"),
]


@pytest.mark.parametrize("found, text", [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values(found, text):
    """A value is written in the unit of its metric."""
    assert text == format_value(found)


GOOD, CLOSE, BAD = outcome(value=10.0), outcome(value=390.0), outcome(status="failed", value=500.0)
WORSE, UNCLEAR = outcome(status="failed", value=5000.0), outcome(status="inconclusive", value=None)
LINES = [
    ("without thresholds", [], "surge  45s/1m30s, 45s left  20 users"),
    ("the one with the least room", [GOOD, CLOSE], "✓ http_req_duration: p(95)<400 = 390 ms of 1,234"),
    ("a failure before the rest", [GOOD, UNCLEAR, BAD], "✗ http_req_duration: p(95)<400 = 500 ms of 1,234"),
    ("the worst failure", [BAD, WORSE], "✗ http_req_duration: p(95)<400 = 5,000 ms of 1,234"),
    ("what is unclear last", [UNCLEAR, GOOD], "✓ http_req_duration: p(95)<400 = 10 ms of 1,234"),
    (
        "what is unclear near its bound",
        [outcome(status="inconclusive", value=399.0), GOOD],
        "✓ http_req_duration: p(95)<400 = 10 ms of 1,234",
    ),
    (
        "without a bound to be near to, the room is whole",
        [outcome("http_req_failed", "rate<=0", Kind.RATE, value=0.0), CLOSE],
        "✓ http_req_duration: p(95)<400 = 390 ms of 1,234",
    ),
    ("unclear alone", [UNCLEAR], "? http_req_duration: p(95)<400 = – of 1,234"),
]


@pytest.mark.parametrize("outcomes, text", [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_progress_line(outcomes, text):
    """The line tells phase, time, users and the threshold that is worst off."""
    line = progress_line("surge", 45.2, 90, 20, outcomes)
    assert line.startswith("surge  45s/1m30s, 45s left  20 users")
    assert line.endswith(text)


def test_progress_line_without_phase_or_end():
    """A run without phases is called run, and one without an end has none."""
    assert progress_line("", 5, None, 1, []) == "run  5s  1 user"


def test_a_comparison_is_a_table():
    """The regressions first, with ratio and limit; then what passed, and what could not be judged."""
    lines = [line for line in final_table(compared()).splitlines() if "http_req" in line and "│" in line]
    beside = lines[len(compared().outcomes) :]
    assert [line.split("│")[1].strip() for line in beside] == ["✗"] * 4 + ["✓"] * 4
    assert "1.30" in beside[0]
    assert "failed, " in beside[0]


@pytest.mark.parametrize("render", [final_table, markdown, html], ids=["console", "summary.md", "report.html"])
def test_what_is_too_little_to_judge_is_shown_alike(render):
    """The figure of the earlier runs stands there also where there are too few samples to compare with it."""
    run = compared()
    row = replace(run.comparison.rows[0], status=Status.INCONCLUSIVE, before=(77.0, 78.9, 91.0), median=None)
    shown = replace(run, outcomes=(), comparison=replace(run.comparison, rows=(row,)))
    assert "78.9 ms" in render(shown)


def test_what_an_error_was_is_printed_whole():
    """However long the name before it is: no line ends before it says what failed."""
    kind = ErrorKind("http_req_failed", "/" + "y" * 300, "GET", "503", 6, 3.0, 5.0, "busy")
    for width in (40, 200):
        assert "status 503" in " ".join(final_table(result(errors=(kind,)), width).split())


def test_a_comparison_without_runs_says_so():
    """No table, a sentence."""
    text = comparison_table(compare([example().snapshot], [], Policy()))
    assert text.strip() == "baseline: 0 runs to compare with; needs 3"


@pytest.mark.slow
def test_nasty_endpoints_in_a_comparison():
    """Names are text there too."""
    text = comparison_table(compared(names=("/feed", NASTY_NAME)).comparison)
    assert not [sign for sign in text if unicodedata.category(sign) in {"Cc", "Cs", "Cf"} and sign != "\n"]


def test_figures_of_a_comparison_stand_on_the_right():
    """Names on the left, and the heading says of how many runs the figure is."""
    comparison = compared().comparison
    for repeats, heading in ((1, "this run"), (3, "the median of 3 runs")):
        text = comparison_table(replace(comparison, repeats=repeats))
        assert heading in text
        assert f"Compared with {len(comparison.runs)} earlier runs" in text
    rows = [line.split("│")[1:-1] for line in comparison_table(comparison).splitlines() if line.startswith("│")]
    columns = [[row[place] for row in rows] for place in range(1, 7)]
    assert all(one == f" {one.strip()}".ljust(len(one)) for one in columns[0]), "names"
    assert all(one == f"{one.strip()} ".rjust(len(one)) for column in columns[1:] for one in column), "figures"


def test_numbers_stand_on_the_right_and_words_on_the_left():
    """So that figures of different lengths can be read one below the other."""
    long = outcome("a_metric_with_a_long_name", "p(95)<123456789", reason="a reason of some length")
    text = final_table(
        result(outcomes=(outcome(value=1.5, reason="short"), replace(long, value=123456789.5, count=123456)))
    )
    rows = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    short, other = rows
    assert [len(one) for one in short] == [len(one) for one in other]
    sides = ["left" if one == f" {one.strip()}".ljust(len(one)) else "right" for one in short[1:]]
    assert sides == ["left", "right", "right", "right", "left"]
