"""The requests that never came back: counted by endpoint, bounded, and told in every report."""

import json
from dataclasses import replace

import pytest
from examples import NASTY, compared, example
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.archive.report_dir import REPORTS, render
from locust_ext.measure.histogram import Histogram
from locust_ext.reports.console_tables import final_table
from locust_ext.reports.export import export
from locust_ext.reports.github import annotation
from locust_ext.reports.open_requests import OpenRequests, OpenRow, open_requests_of
from locust_ext.reports.reading import read_summary
from locust_ext.reports.redacted import redacted
from locust_ext.reports.slack import message
from locust_ext.reports.summary import summary
from locust_ext.safety.redaction import Redaction
from locust_ext.text.units import format_age

SENTENCE = "7 requests never came back: 7 of GET /feed, the longest open for 31 s"


def ages(*values):
    """Return a histogram of these ages in milliseconds."""
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def tags(**pairs):
    """Return sorted tags."""
    return tuple(sorted(pairs.items()))


GATHERED = [
    ("nothing", {}, (0, None, [])),
    ("an endpoint that all came back from", {tags(name="/a", method="GET"): ages()}, (0, None, [])),
    ("one request", {tags(name="/a", method="GET"): ages(1500)}, (1, 1500.0, [("/a", "GET", 1, 1500.0)])),
    (
        "phases of one endpoint are put together",
        {
            tags(name="/a", method="GET", phase="surge"): ages(100, 300),
            tags(name="/a", method="GET", phase="recovery"): ages(200),
        },
        (3, 300.0, [("/a", "GET", 3, 300.0)]),
    ),
    (
        "most first, then by name",
        {
            tags(name="/z", method="GET"): ages(1),
            tags(name="/b", method="GET"): ages(2),
            tags(name="/m", method="GET"): ages(3, 4),
        },
        (4, 4.0, [("/m", "GET", 2, 4.0), ("/b", "GET", 1, 2.0), ("/z", "GET", 1, 1.0)]),
    ),
    (
        "what is not HTTP has a type",
        {tags(name="Pay", type="grpc"): ages(9)},
        (1, 9.0, [("Pay", "grpc", 1, 9.0)]),
    ),
    ("neither name nor method", {(): ages(9)}, (1, 9.0, [("", "", 1, 9.0)])),
    (
        "an age that is none is open all the same",
        {tags(name="/a", method="GET"): ages(None, float("nan"))},
        (2, None, [("/a", "GET", 2, None)]),
    ),
    (
        "an age that is known beside one that is not",
        {tags(name="/a", method="GET"): ages(None, 5)},
        (2, 5.0, [("/a", "GET", 2, 5.0)]),
    ),
]


@pytest.mark.parametrize("histograms, wanted", [row[1:] for row in GATHERED], ids=[row[0] for row in GATHERED])
def test_gathered(histograms, wanted):
    """By endpoint, over all other tags."""
    found = open_requests_of(histograms)
    rows = [(row.name, row.method, row.count, row.oldest) for row in found.by]
    assert (found.count, found.oldest, rows) == wanted


def test_at_most_a_hundred_endpoints():
    """Those with the most open requests; the count is of all."""
    found = open_requests_of({tags(name=f"/{n}", method="GET"): ages(*[n] * n) for n in range(1, 151)})
    assert [row.count for row in found.by] == list(range(150, 50, -1))
    assert (found.count, found.oldest) == (150 * 151 / 2, 150.0)


SENTENCES = [
    ("none", [], ""),
    ("one", [OpenRow("/a", "GET", 1, 400.0)], "1 request never came back: 1 of GET /a, the longest open for 400 ms"),
    ("seven of one endpoint", [OpenRow("/feed", "GET", 7, 31_000.0)], SENTENCE),
    (
        "of more than three",
        [OpenRow(f"/{n}", "GET", 2, 1000.0) for n in "abcde"],
        "10 requests never came back: 2 of GET /a, 2 of GET /b, 2 of GET /c, 4 of others, the longest open for 1.0 s",
    ),
    (
        "without a name, a method and an age",
        [OpenRow("", "", 1, None)],
        "1 request never came back: 1 of requests without a name",
    ),
    ("more than a thousand", [OpenRow("/a", "", 1200, 0.0)], "1,200 requests never came back: 1,200 of /a, the"),
]


@pytest.mark.parametrize("rows, text", [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentences(rows, text):
    """How many, of what, and the longest."""
    found = OpenRequests.of(rows).text
    assert found.startswith(text)
    assert bool(found) == bool(text)


AGES = [
    (None, "–"),
    (float("inf"), "–"),
    (0.0, "0 ms"),
    (312.4, "312 ms"),
    (999.7, "1.0 s"),
    (1449.0, "1.4 s"),
    (9960.0, "10 s"),
    (31_000.0, "31 s"),
    (4_000_000.0, "4,000 s"),
]


@pytest.mark.parametrize("milliseconds, text", AGES)
def test_ages(milliseconds, text):
    """In the unit that people would use."""
    assert format_age(milliseconds) == text


FOUND = OpenRequests(7, 31_000.0, (OpenRow("/feed", "GET", 7, 31_000.0),))
READ = {
    "console": final_table,
    "export": export,
    "slack": lambda result: json.dumps(message(result)),
    "github": annotation,
    **{name: render(how) for name, (_, how) in REPORTS.items() if name not in ("run.hlog", "summary.json")},
}
SHOWN = {
    "console": [SENTENCE],
    "slack": [SENTENCE],
    "github": [SENTENCE],
    "report.html": [SENTENCE, "GET /feed</th>", ">31 s</td>"],
    "summary.md": [f"`{SENTENCE}`", "| `GET /feed` | 7 | 31 s |"],
    "junit.xml": [SENTENCE],
    "metrics.txt": [
        'loadtest_open_requests{method="GET",name="/feed"} 7',
        "loadtest_open_requests_oldest_seconds 31",
    ],
    "export": ['"open_requests": {\n      "value": 7.0,'],
    "gitlab-load-performance.json": [],  # its widget shows four figures, and no other
}


@pytest.mark.parametrize("report", SHOWN)
def test_every_report_tells(report):
    """All reports that people read have it; none has a word of it where all requests came back."""
    without, told = READ[report](compared()), READ[report](replace(compared(), open_requests=FOUND))
    for text in SHOWN[report]:
        assert text in told.replace("<wbr>", "")  # where a long name may break
    assert "never came back" not in without
    assert "open_requests" not in without
    assert "did not come back" not in without


def test_all_reports_are_held():
    """A report that is new must be thought of."""
    assert SHOWN.keys() == READ.keys()


def test_summary():
    """The keys that are promised, also where there is nothing to tell; it reads back."""
    result = replace(compared(), open_requests=FOUND)
    row = {"name": "/feed", "method": "GET", "count": 7, "oldest_ms": 31_000.0}
    assert json.loads(summary(result))["open_requests"] == {"count": 7, "oldest_ms": 31_000.0, "by": [row]}
    assert json.loads(summary(compared()))["open_requests"] == {"count": 0, "oldest_ms": None, "by": []}
    assert read_summary(summary(result)) == result


def test_a_summary_from_before_has_none():
    """It was not measured then: it reads as nothing open."""
    document = json.loads(summary(compared()))
    del document["open_requests"]
    assert read_summary(json.dumps(document)) == compared()


def test_secrets_are_hidden():
    """Endpoints that differ by a secret alone become one, and the count stays that of all."""
    rows = [OpenRow(f"/feed?token=secret-{n:03}", "GET", 2, 1000.0 * n) for n in range(1, 151)]
    result = redacted(replace(compared(), open_requests=OpenRequests.of(rows)), Redaction())
    assert result.open_requests == OpenRequests(300, 150_000.0, (OpenRow("/feed?token=***", "GET", 200, 100_000.0),))


def test_names_are_text():
    """A nasty name in every report: none breaks, and it is markup in none of them."""
    rows = [OpenRow(NASTY, NASTY, 3, 1.0), OpenRow("/a,b}\"'\\", "GET", 2, 1.0)]
    result = replace(example(series=()), open_requests=OpenRequests.of(rows))
    for make in READ.values():
        text = make(result)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>alert" not in READ["report.html"](result)
    assert "<script>alert" not in READ["junit.xml"](result)
    assert "&lt;script&gt;" in READ["report.html"](result)


SMALL = example(series=())
NAMES = st.text(st.characters(), max_size=30)
ROWS = st.lists(st.builds(OpenRow, NAMES, NAMES, st.integers(1, 10**6), st.none() | st.floats(0)), max_size=8)


@given(rows=ROWS)
@pytest.mark.slow
def test_any_open_requests(rows):
    """Whatever names and ages there are: all reports are made, and the summary reads back."""
    result = replace(SMALL, open_requests=OpenRequests.of(rows))
    for make in READ.values():
        make(result)
    found = json.loads(summary(result))["open_requests"]
    assert found["count"] == sum(row.count for row in rows)
    assert read_summary(summary(result)).open_requests.count == result.open_requests.count


def test_a_report_stays_in_its_bounds():
    """A hundred endpoints with long names: Markdown is cut, with a sentence, and metrics are lumped together."""
    rows = [OpenRow(f"/{n}" + "x" * 300, "GET", 101 - n, 1.0) for n in range(100)]
    result = replace(compared(), open_requests=OpenRequests.of(rows))
    assert len(READ["summary.md"](result).encode()) < 60_000
    assert "rows more: see `summary.json`" in READ["summary.md"](result)
    lines = [line for line in READ["metrics.txt"](result).splitlines() if line.startswith("loadtest_open_requests{")]
    assert len(lines) == 51
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == 5150
