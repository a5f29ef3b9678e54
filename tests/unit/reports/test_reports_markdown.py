"""summary.md: a verdict first, tables that hold, and names that are nothing but text."""

import re
from dataclasses import replace
from functools import cache
from html import unescape

import pytest
from examples import FEED, NASTY, OUTCOMES, example, outcome, watched_for
from examples import compared as make_compared
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.sinks import RateSink
from locust_ext.reports.console import plain
from locust_ext.reports.markdown import code, markdown, marker_of
from locust_ext.reports.result import Finding, SeriesRow

compared = cache(make_compared)

READER = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = re.compile(r"(<!-- locust_ext:[\w.-]+ -->|</?details>|<summary>[\w:, ]+</summary>|\s)*")
REFERENCES = re.compile(r"[@<>]|#\d|://|www\.|\]\(|GH-|\b(?=\d*[a-f])[0-9a-f]{7,40}\b")
BLOCKS = {"heading", "paragraph", "inline", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item"}


def rows_of(text):
    """Return the tables as a reader sees them: a list of rows of cells for each."""
    tables = []
    for token in READER.parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and tables and token.level == READER_CELL:
            tables[-1][-1].append("".join(one.content for one in token.children if one.type != "html_inline"))
    return tables


READER_CELL = 4
"""How deep the text of a cell stands: in a table, its head or body, a row and the cell."""


def check(text):
    """Read the text, and look for anything that a name put there."""
    assert len(text.encode("utf-8")) <= 60_000
    assert not re.search(r"^\s*[/!]", text, re.MULTILINE), "the beginning of a command to GitLab"
    for token in READER.parse(text):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind == "html_block":
            assert OURS.fullmatch(token.content), token.content
            continue
        assert kind in BLOCKS, kind
        for part in token.children or []:
            assert part.type in {"text", "text_special", "code_inline", "html_inline", "strong_open", "strong_close"}
            assert part.type != "html_inline" or part.content in {"<code>", "</code>"}
            assert part.type != "text" or not REFERENCES.search(part.content), part.content
    for table in rows_of(text):
        assert {len(row) for row in table} == {len(table[0])}, "a row has as many cells as the head"


def test_markdown_is_markdown(results):
    """Whatever the result, it is what we wrote and nothing else; all thresholds, endpoints and phases are there."""
    drawn = []

    @given(results)
    def property_(result):
        text = markdown(result)
        check(text)
        labels = {row.tags["name"] for row in result.series if row.metric == "http_req_failed"}
        endpoints = len(labels) + 1 if labels else 0  # and all requests
        sizes = [len(table) - 1 for table in rows_of(text)]
        assert sizes == [
            size
            for size in (len(result.outcomes), len(result.errors), len(result.drifts), endpoints, len(result.phases))
            if size
        ]
        drawn.append(len(sizes))

    property_()
    assert min(drawn) == 0
    assert max(drawn) > 2
    assert len(set(drawn)) > 3


SMALL = example(series=(), findings=(), phases=())
ATTACKS = [
    ("a mention", "@octocat @org/team"),
    ("references", "#123 GH-123 owner/repo#1 !5 0a1b2c3d4e5f"),
    ("links", "https://evil.example www.evil.example [x](http://evil) a@b.example"),
    ("an image", "![x](http://evil/x.png)"),
    ("a picture in HTML", "<img src=x onerror=alert(1)>"),
    ("a cell", "a|b||c|"),
    ("an escaped cell", "a\\|b\\"),
    ("backticks", "`a``b```"),
    ("a fence", "\n```\n"),
    ("the end of the details", "\n</details>\n"),
    ("the end of a comment", "--> <b>"),
    ("a command", "\n/merge\n"),
    ("a heading", "\n# PASSED\n"),
    ("control characters", "\x00\x1b[31m\a"),
    ("right to left", "a\u202eb\u2066c"),
    ("half a surrogate pair", "\ud800"),
    ("all of it", NASTY),
    ("nothing", ""),
    ("spaces", "   "),
]


@pytest.mark.parametrize("name", [row[1] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
@pytest.mark.slow
def test_names_are_text(name):
    """A name is plain text wherever it stands."""
    series = (SeriesRow("http_req_failed", {"name": name, "method": name}, 4, {}, RateSink(1, 4)),)
    outcomes = (replace(OUTCOMES[0], reason=name), replace(OUTCOMES[1], threshold=named(name)))
    verdict = Verdict(name, 99, name)
    findings, warnings = (Finding(name, name),), (name,)
    comparison = Comparison(gaps=(name,), notes=(name,))
    everywhere = example(
        name=name,
        series=series,
        outcomes=outcomes,
        verdict=verdict,
        findings=findings,
        warnings=warnings,
        started_at=name,
    )
    text = markdown(replace(everywhere, tags={name: name}, comparison=comparison))
    check(text)
    thresholds, endpoints, _ = rows_of(text)
    assert plain(name.strip())[:100] in endpoints[2][0]
    assert plain(name.strip())[:100] in thresholds[1][1]


def named(name):
    """Return a threshold on an endpoint of this name."""
    threshold = OUTCOMES[1].threshold
    return replace(threshold, selector=threshold.selector.narrowed(name=name))


@given(text=st.text(st.characters() | st.sampled_from("|`\\<>&@# "), max_size=80))
def test_code_shows_the_text(text):
    """A code span shows the text as it is, in a table too, but for characters that print nothing."""
    table = f"| a | b |\n|---|---|\n| {code(text)} | x |\n"
    shown = rows_of(table)[0][1]
    assert shown[1] == "x"
    assert shown[0].split() == plain(text).split()
    assert code(text).count("\n") == 0


def test_the_verdict_comes_first():
    """The first line is the marker for a bot, the second the verdict, the third why."""
    lines = [line for line in markdown(compared()).splitlines() if line]
    assert lines[:2] == ["<!-- locust_ext:feed -->", "## ❌ FAILED: `feed`"]
    assert lines[2].startswith(
        "**Exit code 99**: `1 of 4 thresholds failed: http_req_duration{endpoint:feed}: p(99)<60 (75.5 ms, limit 60 ms);"
    )
    assert lines[3:6] == [
        "1m, 1 worker, began `2026-11-24T10:09:00+00:00`, measured with `HttpUser`, `LeanHttpUser`",
        "- `git_sha` `0a1b2c3d`",
        "- `run_type` `pr`",
    ]


HEADS = [
    ("passed", 0, "## ✅ PASSED: `feed`"),
    ("failed", 99, "## ❌ FAILED: `feed`"),
    ("inconclusive", 111, "## ⚠️ INCONCLUSIVE: `feed`"),
    ("aborted", 108, "## ❌ ABORTED: `feed`"),
    ("error", 104, "## ❌ ERROR: `feed`"),
]


@pytest.mark.parametrize("word, number, head", HEADS)
def test_marks(word, number, head):
    """Only a pass has the mark of a pass."""
    assert head in markdown(replace(SMALL, verdict=Verdict(word, number, "because"))).splitlines()


def test_tables_of_a_regression():
    """Failures come first in each table, the worst regression before the others."""
    thresholds, comparison, endpoints, phases = rows_of(markdown(compared()))
    assert [row[0] for row in thresholds] == ["", "❌", "⚠️", "✅", "✅"]
    assert thresholds[1][1:] == ["http_req_duration{endpoint:feed} p(99)<60", "75.5 ms", "< 60 ms", "3,000", "failed"]
    assert thresholds[2][5] == "inconclusive: no samples"
    assert [row[0] for row in comparison] == ["", *"❌❌❌❌✅✅✅✅"]
    assert comparison[1] == [
        "❌",
        "http_req_duration{method:GET,name:/hot/:key} p(99)",
        "103.1 ms",
        "62.7 ms",
        "1.64",
        "1.30",
        "89.8 ms to 113.2 ms",
        "2,700",
    ]
    assert [row[:2] for row in endpoints[1:]] == [
        ["all", "6,000"],
        [f"GET {FEED}", "3,000"],
        ["GET /hot/:key", "3,000"],
    ]
    assert phases[1] == ["warmup", "0s", "5s"]


def test_a_comparison_without_figures():
    """What kept a comparison from proving anything is said, and with how many runs it was."""
    gap = "2 runs to compare with; needs 3"
    text = markdown(replace(SMALL, comparison=Comparison(gaps=(gap,), notes=("the run was made in another way",))))
    assert "### Compared with 0 earlier runs" in text
    assert f"- inconclusive: `{gap}`" in text
    assert "- `the run was made in another way`" in text
    repeated = markdown(replace(SMALL, comparison=Comparison(runs=("x",) * 5, repeats=3)))
    assert "### Compared with 5 earlier runs: the median of 3 runs" in repeated


def test_twenty_endpoints():
    """The twenty endpoints with the most requests are there, and how many there are."""
    series = tuple(SeriesRow("http_req_failed", {"name": f"/{n}"}, n, {}, RateSink(0, n)) for n in range(1, 36))
    text = markdown(replace(SMALL, series=series))
    assert "<summary>Endpoints: 20 of 35, those with the most requests</summary>" in text
    assert [row[0] for row in rows_of(text)[0]] == ["endpoint", "all", *(f"/{n}" for n in range(35, 15, -1))]


@pytest.mark.parametrize("name", ["/a", NASTY, "|`" * 100, "😀" * 300], ids=["short", "nasty", "pipes", "emoji"])
@pytest.mark.slow
def test_at_most_sixty_kilobytes(name):
    """However long a run's lists are, the text is short; what failed is kept, and what is left out is counted."""
    outcomes = tuple(outcome(f"m{{phase:{n}}}", "p(99)<1", "passed", 0.5) for n in range(1000))
    outcomes += (*(replace(one, reason=name) for one in outcomes[:1000]), OUTCOMES[1])
    series = tuple(SeriesRow("http_req_failed", {"name": f"{n}{name}"}, 1, {}, RateSink(0, 1)) for n in range(500))
    findings = tuple(Finding("cliff", name) for _ in range(500))
    comparison = replace(compared().comparison, gaps=(name,) * 500, notes=(name,) * 500)
    comparison = replace(comparison, rows=comparison.rows * 100)
    result = example(name=name, outcomes=outcomes, series=series, findings=findings, warnings=(name,) * 500)
    verdict = Verdict("failed", 99, name)
    tags = {f"{n}{name}": name for n in range(300)}
    result = replace(
        result, verdict=verdict, tags=tags, comparison=comparison, phases=result.phases * 200, started_at=name
    )
    result = replace(result, drifts=tuple(watched_for(name, reason=name) for _ in range(500)))
    text = markdown(result)
    check(text)
    tables = rows_of(text)
    assert tables[0][1][0] == "❌"
    left = [
        int(number.replace(",", ""))
        for number in re.findall(r"^([\d,]+) rows more: see `summary.json`", text, re.MULTILINE)
    ]
    assert len(outcomes) - (len(tables[0]) - 1) in left
    assert 500 - (len(tables[1]) - 1) in left
    assert 800 - (len(tables[2]) - 1) in left
    assert len(left) >= 7


MARKERS = [
    ("feed", "feed"),
    ("Feed of a day", "Feed-of-a-day"),
    ("--><script>", "script"),
    ("a--b", "a-b"),
    ("", "run"),
    ("日本", "run"),
    ("x" * 100, "x" * 60),
]


@pytest.mark.parametrize("name, marker", MARKERS, ids=[row[1] for row in MARKERS])
def test_markers(name, marker):
    """A marker has nothing in it that ends a comment."""
    assert marker == marker_of(name)
    assert markdown(replace(SMALL, name=name)).startswith(f"<!-- locust_ext:{marker} -->\n")


def test_unescape_is_what_a_browser_does():
    """The signs that are written as numbers are the signs of the name."""
    assert unescape(code("|`")) == "<code>|`</code>"
