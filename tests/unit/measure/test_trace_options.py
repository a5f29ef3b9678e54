"""What a configuration says of traces, and where they are looked up."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from locust_ext.config.schema import read_config
from locust_ext.measure.trace_options import TraceOptions, link
from locust_ext.text.document import parse

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TEMPLATE = "https://tempo.example.com/trace/{trace_id}?org=1"

WRITTEN = [
    pytest.param("trace:\n", (0.01, True, ""), id="the key alone"),
    pytest.param("trace: {}\n", (0.01, True, ""), id="nothing in it"),
    pytest.param("trace: {share: 100%, sampled: false}\n", (1.0, False, ""), id="all of them, unsampled"),
    pytest.param("trace: {share: 0}\n", (0.0, True, ""), id="none"),
    pytest.param(f'trace: {{url: "{TEMPLATE}"}}\n', (0.01, True, TEMPLATE), id="an address"),
]


def _read(text):
    return read_config(parse(text, "shop.yml"))


@pytest.mark.parametrize("text, wanted", WRITTEN)
def test_what_is_written(text, wanted):
    """Its share is one in a hundred, unless it says more."""
    config, problems = _read(text)
    assert problems == []
    assert (config.trace.share, config.trace.sampled, config.trace.url) == wanted


def test_absent():
    """Then there is none."""
    assert _read("name: shop\n")[0].trace is None


WRONG = [
    pytest.param("trace: {share: 10}\n", "trace.share", "10%", id="a share without a unit"),
    pytest.param("trace: {share: 120%}\n", "trace.share", "between 0% and 100%", id="more than all"),
    pytest.param("trace: {shares: 10%}\n", "trace.shares", "share", id="a name nearby"),
    pytest.param("trace: {sampled: 3}\n", "trace.sampled", "", id="not a switch"),
    pytest.param("trace: 10%\n", "trace", "", id="not a section"),
    pytest.param('trace: {url: "https://tempo.example.com"}\n', "trace.url", "where the id belongs", id="no place"),
    pytest.param('trace: {url: "javascript:{trace_id}"}\n', "trace.url", "http or https", id="a script"),
    pytest.param('trace: {url: "//tempo/{trace_id}"}\n', "trace.url", "http or https", id="no scheme"),
    pytest.param('trace: {url: "https://t/{trace_id}/{trace_id}"}\n', "trace.url", "once", id="two places"),
    pytest.param('trace: {url: "https://t/{trace_id}/{span}"}\n', "trace.url", "once", id="another place"),
    pytest.param('trace: {url: "https://{trace_id}.evil.com/"}\n', "trace.url", "name of a host", id="in the host"),
    pytest.param("trace: {url: 'https://t/{trace_id}\"onclick'}\n", "trace.url", "once", id="a quotation mark"),
]


@pytest.mark.parametrize("text, path, said", WRONG)
def test_what_is_wrong(text, path, said):
    """It says where, and what would be right."""
    _, problems = _read(text)
    assert [problem.path for problem in problems] == [path]
    assert said in str(problems[0])


def test_a_password_in_an_address_is_not_repeated():
    """Nor any other part of it."""
    with pytest.raises(ValidationError) as error:
        TraceOptions(url="https://me:hunter2@tempo.example.com/{trace_id}")
    assert "hunter2" not in str(error.value.errors(include_input=False, include_context=False))


LINKS = [
    pytest.param(TEMPLATE, ID, f"https://tempo.example.com/trace/{ID}?org=1", id="both"),
    pytest.param("", ID, "", id="no template"),
    pytest.param(TEMPLATE, "abc", "", id="an id of another kind"),
    pytest.param(TEMPLATE, "[hidden]", "", id="one that was hidden"),
    pytest.param(TEMPLATE, f'{ID[:-1]}"', "", id="what would leave the attribute"),
    pytest.param("javascript:alert('{trace_id}')", ID, "", id="a template from somewhere else"),
    pytest.param("https://t/", ID, "", id="without a place"),
]


@pytest.mark.parametrize("template, trace_id, wanted", LINKS)
def test_the_way_to_a_trace(template, trace_id, wanted):
    """There is none where anything is odd."""
    assert link(template, trace_id) == wanted
