"""What failed, in each report: bounded, in order, and text whatever it holds."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from examples import ERRORS, NASTY, OUTCOMES, example, failing, outcome

from locust_ext.gates.thresholds import parse_selector
from locust_ext.measure.error_kinds import REST, Answer, ErrorKind
from locust_ext.measure.series import OTHER
from locust_ext.reports import error_lines
from locust_ext.reports.console_tables import final_table
from locust_ext.reports.html import html
from locust_ext.reports.junit import junit
from locust_ext.reports.markdown import markdown
from locust_ext.reports.slack import message
from locust_ext.reports.summary import summary


def kind(**changes):
    """Return a kind of errors."""
    return replace(ErrorKind("http_req_failed", "/a", "GET", "503", 2, 1.0, 2.25, "busy"), **changes)


LINES = [
    ("a status", {}, "2 x GET /a: status 503, 1s to 2.2s: busy"),
    ("once", {"count": 1, "last": 1.0}, "1 x GET /a: status 503, at 1s: busy"),
    ("what any client says of a status", {"message": "503 Server Error: No for url: /a"}, "2 x GET /a: status 503, 1s to 2.2s"),
    ("what FastHttpUser says", {"message": "URL http://a/a: code=503"}, "2 x GET /a: status 503, 1s to 2.2s"),
    ("an exception", {"what": "TimeoutError", "message": ""}, "2 x GET /a: TimeoutError, 1s to 2.2s"),
    ("a connect", {"metric": "req_failed", "method": "WS", "name": "connect /", "what": "status:503",
                   "message": "status:503"}, "2 x WS connect /: status 503, 1s to 2.2s"),
    ("a check", {"metric": "checks", "method": "", "name": "has posts", "what": "did not hold", "message": ""},
     "2 x check has posts: did not hold, 1s to 2.2s"),
    ("user code", {"metric": "iteration_errors", "method": "", "name": "a.py:3", "what": "KeyError",
                   "message": "KeyError: 'id' (a.py:3)"}, "2 x user code a.py:3: KeyError, 1s to 2.2s: 'id'"),
    ("user code that says nothing", {"metric": "iteration_errors", "method": "", "name": "a.py:3", "what": "KeyError",
                                     "message": "KeyError (a.py:3)"}, "2 x user code a.py:3: KeyError, 1s to 2.2s"),
    ("no name", {"name": "", "method": ""}, "2 x without a name: status 503, 1s to 2.2s: busy"),
    ("the rest", {"metric": "", "name": OTHER, "method": "", "what": REST, "message": "", "count": 1234},
     "1,234 x other kinds: of more kinds than are kept apart, 1s to 2.2s"),
    ("times that are none", {"first": float("nan"), "last": float("inf")}, "2 x GET /a: status 503, – to –: busy"),
]  # fmt: skip


@pytest.mark.parametrize("changes, expected", [row[1:] for row in LINES[:-1]], ids=[row[0] for row in LINES[:-1]])
def test_lines(changes, expected):
    """How often, where, what, when, and what the first of them said, where that is more."""
    assert error_lines.line(kind(**changes)) == expected


def test_a_line_is_bounded():
    """Whatever its names are."""
    for text in (NASTY, "x" * 1_000_000):
        found = kind(name=text, message=text, response=Answer("503", ((text, text),), text, text, text))
        assert len(error_lines.line(found)) <= error_lines.LONGEST_LINE
        assert all(len(one) <= 10_100 or len(text) > 20_000 for one in error_lines.said(found))


def test_what_is_left_out_is_counted():
    """Two of seven kinds are shown, without their answers."""
    found = error_lines.lines(ERRORS, 2, answers=False)
    assert found[2:] == ["and 5 more kinds"]
    assert error_lines.lines(ERRORS[:1], 2) == [
        "412 x GET /communities/:id/posts: status 503, 41.2s to 52.9s",
        "  first answer: trace 0af7651916cd43dd8448eb211c80319c",
        '  body: {"error": "the pool of connections is used up", "waiting": 250}',
    ]
    assert error_lines.lines((), 2) == []


BEHIND = [
    ("http_req_failed", ["503", "ConnectionResetError", "CatchResponseError"]),
    ("http_req_failed{name:/communities/:id/posts}", ["503", "CatchResponseError"]),
    ("http_req_failed{name:/communities/*,method:POST}", ["CatchResponseError"]),
    ("http_req_failed{name:/none}", []),
    ("http_req_failed{phase:storm}", ["503", "ConnectionResetError", "CatchResponseError"]),
    ("req_failed{type:WS}", ["status:503"]),
    ("checks{check:has posts}", ["did not hold"]),
    ("checks", ["did not hold"]),
    ("iteration_errors", ["KeyError"]),
    ("http_req_duration", []),
]


@pytest.mark.parametrize("selector, expected", BEHIND, ids=[row[0] for row in BEHIND])
def test_the_errors_behind_a_threshold(selector, expected):
    """Those that count in what it selects, by the tags that errors have."""
    assert [one.what for one in error_lines.errors_behind(parse_selector(selector), ERRORS)] == expected


FAILED = outcome("http_req_failed{name:/hot/:key}", "rate<0.01", "failed", 0.5)


def test_the_case_of_a_failed_threshold():
    """It tells its own errors; the verdict tells all of them; what passed tells none."""
    root = ET.fromstring(junit(failing(outcomes=(*OUTCOMES, FAILED))))
    texts = {case.get("classname") + " " + case.get("name"): "".join(case.itertext()) for case in root.iter("testcase")}
    assert "37 x GET /hot/:key: ConnectionResetError" in texts["loadtest./hot/:key http_req_failed: rate<0.01"]
    assert "status 503" not in texts["loadtest./hot/:key http_req_failed: rate<0.01"]
    assert "412 x GET /communities/:id/posts" in texts["loadtest.verdict verdict"]
    assert "503" not in texts["loadtest.http_req_failed rate<0.01"]


SHOWN = [
    ("the console", lambda result: final_table(result, 120)),
    ("JUnit", junit),
    ("Markdown", markdown),
    ("Slack", lambda result: json.dumps(message(result))),
    ("the page", html),
    ("the summary", summary),
]


@pytest.mark.parametrize("report", [row[1] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_each_report_tells_of_them(report):
    """The most frequent one, and nothing at all where nothing failed."""
    assert "412" in report(failing(series=()))
    assert "What failed" not in report(example())
    assert ("What failed" in report(failing())) is (report is not summary)


def hostile(text):
    """Return a run whose every text of errors is this one."""
    answer = Answer(text, ((text, text),), text, text, text)
    return failing(errors=(ErrorKind("http_req_failed", text, text, text, 3, 1.0, 2.0, f"!{text}", answer),))


class Elements(HTMLParser):
    """Counts elements, and keeps what is said within them."""

    def __init__(self):
        super().__init__()
        self.tags, self.says = {}, []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_data(self, data):
        self.says.append(data)


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</pre></details></section><script>x</script>",
    "{{ 7 * 7 }}",
    NASTY,
    "\x1b[31m\x00",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_comes_from_outside_is_text(text):
    """No element, no control character, no more than is there with a plain name."""
    plain, page = Elements(), Elements()
    plain.feed(html(hostile("a")))
    page.feed(html(hostile(text)))
    assert {tag: count for tag, count in page.tags.items() if tag != "wbr"} == {
        tag: count for tag, count in plain.tags.items() if tag != "wbr"
    }
    assert "".join(text[:20].replace("\n", "").split()) in "".join("".join(page.says).split()) or not text.isprintable()
    for report in (final_table(hostile(text), 120), junit(hostile(text)), markdown(hostile(text))):
        assert not [sign for sign in report if not sign.isprintable() and sign not in "\n\t"]
    ET.fromstring(junit(hostile(text)))


def test_a_name_breaks_where_it_may():
    """After each slash and comma, so that it needs no room to the side."""
    assert "/<wbr>communities/<wbr>:id/<wbr>posts" in html(failing())


def test_a_body_keeps_its_lines():
    """In the page; a line of the others is one line."""
    result = failing(errors=(kind(response=Answer("503", (), "first\nsecond")),))
    assert "<pre>first\nsecond</pre>" in html(result)
    assert "body: first second" in final_table(result, 120)


def test_the_page_stays_small():
    """50 kinds with all that each may have: the page is no larger than it may be."""
    answer = Answer("503", (("<" * 100, "<" * 100),) * 10, "<" * 1024, "", "t")
    errors = tuple(kind(name=f"/{number}" + "<" * 190, message="<" * 300, response=answer) for number in range(50))
    page = html(failing(errors=errors))
    assert len(page.encode()) < len(html(failing(errors=())).encode()) + 500_000
    assert page.count('<details class="answer"') == 20
    assert page.count('<details class="answer" open>') == 1
    assert "40 more kinds" in page
