"""What k6 itself writes into options gives no note, and what an expression waits for is left to a run."""

import json
import re

import pytest
from test_k6_expressions import evaluate

from locust_ext.drafts.configuration import notes_of, render
from locust_ext.k6.constants import unfold
from locust_ext.k6.script import read_text
from locust_ext.k6.translation import translate
from locust_ext.k6.unsupported import DEFAULTS

USERS = {"scenarios": {"main": {"executor": "constant-vus", "vus": 5, "duration": "1m"}}}


def notes(**options):
    """Return the notes on options."""
    script = read_text(json.dumps({**USERS, **options}), "test.json")
    return [note for _, note in notes_of(translate(script, ()))]


TAGS = list(DEFAULTS["systemTags"])

NOTES = [
    ("nothing more", {}, []),
    ("the tags that k6 sets by itself", {"systemTags": TAGS}, []),
    ("the same in another order", {"systemTags": TAGS[::-1]}, []),
    ("other tags", {"systemTags": TAGS[1:]}, ["systemTags"]),
    ("the statistics that it shows by itself", {"summaryTrendStats": DEFAULTS["summaryTrendStats"]}, []),
    ("other statistics", {"summaryTrendStats": ["p(99)"]}, ["summaryTrendStats"]),
    ("how it looks names up by itself", {"dns": DEFAULTS["dns"]}, []),
    ("how it looks names up otherwise", {"dns": {**DEFAULTS["dns"], "ttl": "0"}}, ["dns"]),
    ("what it has computed", {"totalDuration": "1m30s", "maxVUs": 5}, []),
    ("half of what it computes", {"totalDuration": "1m30s"}, ["totalDuration"]),
]


@pytest.mark.parametrize("options, keys", [pytest.param(*row[1:], id=row[0]) for row in NOTES])
def test_notes_on_what_nobody_asked_for(options, keys):
    """Only what differs from what ``k6 inspect`` writes by itself is worth a note."""
    plain = notes()
    assert [note.partition(":")[0] for note in notes(**options) if note not in plain] == keys


def test_options_that_are_computed_alone():
    """Nobody wrote them, so nothing is said of them."""
    script = read_text(json.dumps({"totalDuration": "1m30s", "maxVUs": 5}), "test.json")
    assert not [note for _, note in notes_of(translate(script, ())) if "totalDuration" in note or "maxVUs" in note]


WAITING = [
    "made() ? 1 : 2",
    "(made() ? 1 : 2)",
    "-made()",
    "!made()",
    "made() || 1",
    "made() && 1",
    "made() ?? 1",
    "1 + made()",
    "made() + 1",
    "made().part",
    "made()[0]",
    "`${made()}`",
]


@pytest.mark.parametrize("expression", WAITING)
def test_what_waits_for_a_call(expression):
    """Nothing is known of it, and the reason is that of the call."""
    found, call = unfold(evaluate(expression)), unfold(evaluate("made()"))
    assert found.values is None
    assert list(found.unknown.values()) == list(call.unknown.values())
    assert len(call.unknown) == 1


def told(script):
    """Return all notes on a script, and what its configuration says, as one text."""
    made = translate(read_text(script, "test.js"), ())
    return "\n".join([*(note for _, note in notes_of(made)), render(made)])


LONG = "A" * 70
OWN = f"""
import http from 'k6/http';
import {{ Trend }} from 'k6/metrics';
const t = new Trend('{LONG}', true);
export const options = {{ vus: 1, thresholds: {{ {LONG}: ['p(95)<4'] }} }};
export default function () {{ const a = http.get('x'); t.add(a.timings.duration) }}
"""
CUT = [
    ("a variable", f"export const options = {{ vus: __ENV.{LONG} || 5 }}"),
    ("an option", f"export const options = {{ vus: 5, {LONG}: 1 }}"),
    ("a metric to declare", f"export const options = {{ vus: 5, thresholds: {{ {LONG}: ['p(95)<4'] }} }}"),
    ("a tag", f"export const options = {{ vus: 5, thresholds: {{ 'http_reqs{{{LONG}:a}}': ['count>4'] }} }}"),
    ("a value", f"export const options = {{ vus: 5, thresholds: {{ 'http_reqs{{b:{LONG}}}': ['count>4'] }} }}"),
    ("a metric that is a duration", OWN),
]


@pytest.mark.parametrize("script", [pytest.param(row[1], id=row[0]) for row in CUT])
def test_long_names_are_cut_in_notes(script):
    """Sixty letters of them tell which is meant."""
    text = told(script)
    assert [run for run in re.findall("A+", text) if len(run) == 60]
    assert {len(run) for run in re.findall("A+", text)} - {70, 1} == {60}


CHAINS = [
    ("{}.a?.b || 3", 3),
    ("{}.a?.[0] || 3", 3),
    ("{}.a?.['b'] || 3", 3),
    ("[[7]][0]?.[0]", 7),
    ("({ a: { b: 7 } }).a?.b", 7),
    ("({ a: { b: 7 } })['a']['b']", 7),
    ("'text'.length", 4),
    ("[1, 2].length", 2),
]


@pytest.mark.parametrize("expression, value", CHAINS)
def test_chains(expression, value):
    """With a question mark nothing has no parts; anything else has its own, however they are asked for."""
    assert unfold(evaluate(expression)).values == value


@pytest.mark.parametrize("expression", ["{}.a.b || 3", "{}.a[0] || 3", "{}.a['b'] || 3"])
def test_chains_that_break(expression):
    """Without it the script itself would fail there, and nothing is known."""
    assert unfold(evaluate(expression)).unknown


def test_a_function_of_the_script_is_not_that_of_the_language():
    """What it returns is left to a run, also where it has the name of one that we know."""
    assert unfold(evaluate("Math.round(2.4)")).values == 2
    assert unfold(evaluate("Math.round(2.4)", "const Math = { round: (x) => 7 };")).unknown
    assert unfold(evaluate("parseInt('7')")).values == 7
    assert unfold(evaluate("parseInt('7')", "const parseInt = (x) => 8;")).values == 8


REMINDED = [
    ("a tag that requests carry by themselves", "method:GET", False),
    ("a tag of their own", "team:red", True),
]


@pytest.mark.parametrize("tag, reminded", [pytest.param(*row[1:], id=row[0]) for row in REMINDED])
def test_tags_that_a_locustfile_must_set(tag, reminded):
    """Only those that nobody sets otherwise are worth a reminder."""
    found = notes(thresholds={f"http_reqs{{{tag}}}": ["count>4"]})
    assert any("the locustfile must tag these requests" in note for note in found) is reminded


def test_a_secret_is_not_a_tag():
    """Tags stand in every report: one whose name calls it a secret is left out, and said."""
    users = {"executor": "constant-vus", "vus": 1, "duration": "5s", "tags": {"password": "q7y-planted", "of": "b"}}
    options = {"tags": {"api_token": "q7x-planted", "team": "shop"}, "scenarios": {"main": users}}
    entries = translate(read_text(json.dumps(options), "options.json"))
    text = render(entries)
    assert "planted" not in text
    assert ("team: shop" in text, "of: b" in text) == (True, True)
    assert len([note for _, note in notes_of(entries) if "it is a secret" in note]) == 2
