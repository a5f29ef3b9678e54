"""What a file says: the options that a script exports, or options in JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts import ARTICLE, INSPECTED

from locust_ext.k6.script import read_text
from locust_ext.text.problems import EXIT_CODE, ConfigurationError


def options(text, source="test.js"):
    return read_text(text, source).options.values


@pytest.mark.parametrize(
    "text",
    [
        "export const options = { vus: 5 }",
        "export let options = { vus: 5, };",
        "export var options = { vus: 5 }",
        "const options = { vus: 5 }; export { options };",
        "const mine = { vus: 5 }; export { mine as options };",
        "const all = { options: { vus: 5 } }; export const { options } = all;",
        "#!/usr/bin/env k6\n/* options */ export const options = { /* how many */ vus: 5 } // users",
        "import http from 'k6/http';\nexport default () => { http.get('x') }\nexport const options = { vus: 5 }",
        "export const options = { vus: 5 };\nexport default function () { const options = {}; options.vus = 7 }",
    ],
)
def test_scripts_export_options(text):
    """In any of the ways in which a module exports."""
    assert options(text) == {"vus": 5}


@pytest.mark.parametrize("text", ['{"vus": 5}', '  {"options": {"vus": 5}, "k6version": "2.0"}', '\n{"vus":\n5}\n'])
@pytest.mark.parametrize("source", ["options.json", "stdin"])
def test_json(text, source):
    """Bare, or as the options of an archive; the content says what it is."""
    assert options(text, source) == {"vus": 5}


def test_lines_are_those_of_the_file():
    """Of a script and of JSON alike: where the value stands."""
    said = read_text("const d = '1m'\n\nexport const options = {\n  vus: 5,\n  duration: d,\n}", "test.js")
    assert [said.options.line((key,)) for key in ("vus", "duration")] == [4, 5]
    assert read_text(INSPECTED, "o.json").options.line(("thresholds", "http_req_duration", 1)) == 12


def test_the_article():
    """The script as it stands."""
    said = read_text(ARTICLE, "feed.js")
    assert said.options.values["scenarios"]["soak"]["stages"][1] == {"target": 800, "duration": "30m"}
    assert said.options.line(("thresholds",)) == 33
    assert (said.unknown, said.asks, said.hooks) == ({}, {}, {})
    assert set(said.metrics) == {"api_latency_ms", "api_errors"}


def test_functions_that_k6_calls():
    """They are found however they are exported."""
    text = "export const options = {}; export function setup() {}\nfunction mine() {}\nexport { mine as handleSummary }"
    assert read_text(text, "test.js").hooks == {"setup": 1, "handleSummary": 2}


@pytest.mark.parametrize(
    "text, path, sentence",
    [
        ("", "options", "the script exports no options: write 'export const options = {...}'"),
        ("const options = {}", "options", "exports no options"),
        ("\nexport { options } from './options.js'", "options", "test.js:2: options: only a run of the script could"),
        ("export { options } from './options.js'", "options", "./options.js: it is not in this file; import what k6"),
        ("import { options } from './o.js'\nexport { options }", "options", "test.js:1: options: only a run"),
        (
            "export { options } from 'https://example.com/o.js'",
            "options",
            "https://example.com/o.js is not a file beside",
        ),
        ("export function options() {}", "options", "options is not a constant: see line 1"),
        ("export const options = make()", "options", "it is what a function returns; import what k6 makes of it"),
        ("export const options = {}\noptions.vus = 5", "options", "test.js:2: options: only a run of the script could"),
        ("export const options = {}\noptions.vus = 5", "options", "options is changed in line 2"),
        ("export let options = { ...base() }", "options", "it is what a function returns"),
        ("export const options = 5", "options", "the options must be an object, such as { vus: 10"),
        ("export const options = undefined", "options", "the options must be an object"),
        ("export const options = {", "", "this is not JavaScript"),
        ('{"vus": 5', "", "test.js:1: this is not valid JSON: Expecting ',' delimiter"),
        ("{'vus': 5}", "", "this is not valid JSON"),
        ("{" * 5, "", "this is not valid JSON"),
    ],
)
def test_refuses(text, path, sentence):
    """A sentence with the place, and the exit code of a wrong configuration."""
    with pytest.raises(ConfigurationError) as caught:
        read_text(text, "test.js")
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("locust_ext: nothing was imported")
    assert [problem.path for problem in caught.value.problems] == [path]
    assert EXIT_CODE == 104


@pytest.mark.parametrize("text", ["5", "[1]", '"x"', "null"])
def test_json_that_is_no_object(text):
    """JSON without keys has no options."""
    with pytest.raises(ConfigurationError, match="the options must be an object"):
        read_text(text, "options.json")


KEYS = st.text(alphabet="abc$1_", min_size=1, max_size=3)
OBJECTS = st.dictionaries(KEYS, st.integers() | st.text(max_size=5), max_size=3).map(json.dumps)


@pytest.mark.parametrize("source, before", [("test.js", "export const options = "), ("test.json", "")])
def test_never_anything_but_a_sentence(source, before):
    """Law: any text is options, or a sentence."""
    read, refused = [], []

    @settings(max_examples=100)
    @given(st.text(alphabet="export const options={}[]()'\"`$,:;.=>1a\n/*\\", max_size=60) | OBJECTS)
    def property_(text):
        try:
            found = options(before + text, source)
        except ConfigurationError as error:
            assert error.problems  # noqa: PT017 either outcome is right
            refused.append(text)
        else:
            assert isinstance(found, dict)
            read.append(text)

    property_()
    assert len(read) > 10
    assert len(refused) > 10
