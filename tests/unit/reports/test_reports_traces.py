"""The requests that carry a trace, in each report that has them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest

from locust_ext.measure.error_kinds import Answer, ErrorKind
from locust_ext.measure.traced_requests import TracedRequest
from locust_ext.reports.error_lines import lines
from locust_ext.reports.html import html
from locust_ext.reports.markdown import markdown
from locust_ext.reports.reading import read_summary
from locust_ext.reports.redacted import redacted
from locust_ext.reports.schema import json_schema
from locust_ext.reports.summary import summary
from locust_ext.reports.trace_entry import TraceEntry
from locust_ext.safety.redaction import Redaction
from locust_ext.web.errors_so_far import _row
from tests.unit.reports.examples import NASTY, example

ID, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
TEMPLATE = "https://tempo.example.com/{trace_id}?a=1&b=2"
SLOW = TracedRequest("/feed", "GET", "surge", "200", 4213.5, 41.25, ID)
LOST = TracedRequest("/never", "GET", "surge", "", 30_000.0, 12.0, OTHER, lost=True)
FAILED = ErrorKind("http_req_failed", "/feed", "GET", "503", 3, 1.0, 2.0, traces=(ID, OTHER))


def _run(**parts):
    return replace(example(), **{"traces": (LOST, SLOW), "trace_url": TEMPLATE, "errors": (FAILED,), **parts})


def test_a_summary_is_read_back():
    """All of it; and a validator that is not ours finds what the schema says."""
    run = _run()
    written = json.loads(summary(run))
    jsonschema.Draft202012Validator(json_schema()).validate(written)
    assert list(written["traces"][0]) == list(TraceEntry.model_fields)
    found = read_summary(summary(run))
    assert (found.traces, found.trace_url, found.errors) == (run.traces, run.trace_url, run.errors)


def test_a_summary_of_an_older_release():
    """It has none."""
    written = json.loads(summary(_run()))
    for key in ("traces", "trace_url"):
        del written[key]
    del written["errors"][0]["traces"]
    found = read_summary(json.dumps(written))
    assert (found.traces, found.trace_url, found.errors[0].traces) == ((), "", ())


def test_the_page():
    """A table, the slowest first, with links."""
    page = html(_run())
    assert page.index("30 s") < page.index("4.2 s")
    assert "never came back" in page
    assert page.count(f'href="https://tempo.example.com/{ID}?a=1&amp;b=2"') == 2, "in the table, and with the error"
    assert "Slowest requests that carry a trace" not in html(_run(traces=()))


TEMPLATES = ["", "javascript:alert('{trace_id}')", "https://tempo.example.com/", 'https://t/{trace_id}"><script>']


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_page_without_a_way_to_them(template):
    """Ids are text, whatever a summary from somewhere else says where they are."""
    page = html(_run(trace_url=template))
    assert ID in page
    assert "javascript:alert" not in page
    assert '"><script>' not in page


@pytest.mark.parametrize("text", [NASTY, '"><img src=x onerror=alert(1)>'])
def test_hostile_texts(text):
    """They are texts, also where an id should be."""
    hostile = replace(SLOW, name=text, phase=text, status=text, method=text, trace_id=text)
    page = html(_run(traces=(hostile,), errors=(replace(FAILED, traces=(text,)),)))
    assert "<img src=x" not in page
    written = markdown(_run(errors=(replace(FAILED, traces=(text,)),)))
    assert "<img src=x" not in re.sub(r"`[^`\n]*`", "", written), "but for what is code"


def test_lines_of_errors():
    """The ids stand in a line, and not a second time with the first answer."""
    answer = Answer(status="503", trace_id=ID)
    assert f"  traces: {ID}, {OTHER}" in lines([FAILED], 5)
    said = "\n".join(lines([replace(FAILED, response=answer)], 5))
    assert said.count(ID) == 1
    assert f"trace {ID}" in "\n".join(lines([replace(FAILED, traces=(), response=answer)], 5))
    assert ID in markdown(_run())


def test_the_live_page():
    """It shows them with the first answer, or alone."""
    assert _row(FAILED)["answer"] == f"traces {ID}, {OTHER}"
    assert _row(replace(FAILED, response=Answer(status="503", trace_id=ID)))["answer"].count(ID) == 1
    assert _row(replace(FAILED, traces=()))["answer"] == ""


def test_secrets():
    """Those that are known are hidden in all of it."""
    hidden = redacted(_run(), Redaction((ID, "tempo.example.com")))
    assert ID not in summary(hidden)
    assert "tempo.example.com" not in summary(hidden)
