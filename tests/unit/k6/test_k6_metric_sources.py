"""What feeds a script's own metrics: proven, or not said."""

import pytest
from scripts import ARTICLE

from locust_ext.k6.script import read_text
from locust_ext.k6.translation import translate

HEAD = """
import http from 'k6/http';
import { check } from 'k6';
import { Trend, Rate, Counter } from 'k6/metrics';
export const options = {};
const t = new Trend('t', true), r = new Rate('r');
"""


def metric(name, body, head=HEAD):
    return read_text(f"{head}\nexport default function () {{ {body} }}", "test.js").metrics[name]


def test_the_article():
    """Its Trend holds the durations of all requests, and its Rate their server errors."""
    metrics = read_text(ARTICLE, "feed.js").metrics
    latency, errors = metrics["api_latency_ms"], metrics["api_errors"]
    assert (latency.kind, latency.line, latency.durations, latency.whole) == ("Trend", 6, True, True)
    assert latency.fed == "res.timings.duration"
    assert (errors.kind, errors.line, errors.failures, errors.whole) == ("Rate", 7, True, True)
    assert errors.fed == "res.status >= 500"


@pytest.mark.parametrize(
    "body, durations, whole",
    [
        ("const a = http.get('x'); t.add(a.timings.duration)", True, True),
        (
            "const a = http.post('x'); const b = http.get('y'); t.add(a.timings.duration); t.add(b.timings.duration)",
            True,
            True,
        ),
        ("let a = http.get('x'); check(a, {}); t.add(a.timings.duration, { e: 'f' });", True, True),
        ("const a = await http.asyncRequest('GET', 'x'); t.add(a.timings.duration)", True, True),
        ("for (const u of []) { const a = http.get(u); t.add(a.timings.duration) }", True, True),
        ("const a = http.get('x'); http.get('y'); t.add(a.timings.duration)", True, False),
        ("const a = http.get('x'); t.add(a.timings.duration); t.add(a.timings.duration)", True, False),
        ("const a = http.get('x'); if (a.status) { t.add(a.timings.duration) }", True, False),
        ("const a = http.get('x'); if (a.status) t.add(a.timings.duration)", True, False),
        ("const a = http.get('x'); a.status && t.add(a.timings.duration)", True, False),
        ("const a = http.get('x'); if (a.error) return; t.add(a.timings.duration)", True, False),
        ("let a = http.get('x'); a = http.get('y'); t.add(a.timings.duration)", True, False),
        ("const a = get(); t.add(a.timings.duration)", True, False),
        ("const [a] = http.batch([]); t.add(a.timings.duration)", True, False),
        (
            "const own = { get: (x) => x }; const b = own.get('y'); const a = http.get('x'); t.add(a.timings.duration)",
            True,
            True,
        ),
        ("const a = http.get('x'); http.file('y'); t.add(a.timings.duration)", True, True),
        ("const a = http.get('x'); http.setResponseCallback(5); t.add(a.timings.duration)", True, False),
        ("const f = http; const a = http.get('x'); t.add(a.timings.duration)", True, False),
        ("const a = http.get('x'); t.add(a.timings.waiting)", False, True),
        ("const a = http.get('x'); t.add(a.timings.duration / 2)", False, True),
        ("const a = http.get('x'); t.add(a.timings.duration); t.add(5)", False, False),
        ("const a = http.get('x'); t.add(a.timings.duration); note(t)", False, False),
        ("const a = http.get('x'); t.add(a.timings.duration); const u = { t }", False, False),
        ("const a = http.get('x'); t.add(a.timings.duration); const u = t; u.add(5)", False, False),
        ("const a = http.get('x'); t['add'](a.timings.duration)", False, False),
        ("const a = http.get('x'); const t = {}; t.add(a.timings.duration)", False, False),
        ("const a = http.get('x'); t.add(a.timings.duration); { const t = {}; t.push(5) }", True, True),
        ("const a = http.get('x'); t.add(a.timings.duration); { const t = []; t.add(5) }", True, True),
        ("const a = http.get('x'); t.add(a.timings.duration); const u = { a: 1 }; u.t = 5", True, True),
        ("", False, False),
    ],
)
def test_trends(body, durations, whole):
    """Only durations count, and only all requests are all requests."""
    found = metric("t", body)
    assert (found.durations, found.whole) == (durations, whole)


@pytest.mark.parametrize(
    "condition, failures",
    [
        ("a.status >= 500", True),
        ("a.status >= 400", True),
        ("a.status > 399", True),
        ("a.status === 503", True),
        ("a.status == 0", True),
        ("(a.status >= 500) || a.status === 0", True),
        ("a.status >= 399", False),
        ("a.status > 398", False),
        ("a.status !== 200", False),
        ("a.status === 302", False),
        ("a.status < 500", False),
        ("a.status >= 500 && a.body", False),
        ("a.status >= limit", False),
        ("500 <= a.status", False),
        ("a.code >= 500", False),
        ("!check(a, {})", False),
        ("true", False),
        ("1", False),
    ],
)
def test_rates(condition, failures):
    """Only conditions that hold for nothing but what Locust counts as failed."""
    assert metric("r", f"const a = http.get('x'); r.add({condition})").failures is failures


@pytest.mark.parametrize(
    "head",
    [
        "import * as k from 'k6/metrics'; const t = new k.Trend('t');",
        "import k from 'k6/metrics'; const t = new k.Trend('t');",
        "import { Trend as T } from 'k6/metrics'; const t = new T('t');",
        "import { Trend } from 'k6/metrics'; const NAME = 't'; export const t = new Trend(NAME);",
    ],
)
def test_ways_to_import(head):
    """A metric is one under any name."""
    found = metric(
        "t",
        "const a = http.get('x'); t.add(a.timings.duration)",
        f"import http from 'k6/http'; export const options = {{}}; {head}",
    )
    assert (found.kind, found.durations, found.whole) == ("Trend", True, True)


@pytest.mark.parametrize(
    "more",
    [
        "import { login } from './login.js';",
        "import ws from 'k6/ws';",
        "import { browser } from 'k6/browser';",
        "const l = require('./login.js');",
        "http.setResponseCallback(http.expectedStatuses(200, 404));",
    ],
)
def test_other_modules_may_send_too(more):
    """Then nobody knows all requests."""
    assert metric("t", "const a = http.get('x'); t.add(a.timings.duration)", HEAD + more).whole is False


def test_metrics_without_a_name_of_their_own():
    """Of those in an object only the kind is known; a class of the same name that is not k6's is none."""
    found = read_text(
        HEAD + "const all = { c: new Counter('c') }; class Gauge {} new Gauge('g'); new Trend(name());", "test.js"
    ).metrics
    assert (found["c"].kind, found["c"].durations) == ("Counter", False)
    assert set(found) == {"t", "r", "c"}


def test_declared_twice():
    """Two of one name: neither knows what feeds the other."""
    found = read_text(
        HEAD + "const u = new Trend('t'); export default () => { const a = http.get(''); u.add(a.timings.duration) }",
        "x.js",
    )
    assert found.metrics["t"].durations is False


@pytest.mark.parametrize(
    "rules, moved",
    [
        ("'rate<0.1'", True),
        ("'rate<=0.1', 'rate<0.2'", True),
        ("'rate<0.1', 'rate>0.01'", False),
        ("'rate>0.01'", False),
        ("'rate==0'", False),
    ],
)
def test_failures_move_only_where_more_of_them_are_worse(rules, moved):
    """All of the thresholds must be upper bounds: a stricter measure could not break another one otherwise."""
    script = HEAD.replace(
        "export const options = {};", f"export const options = {{ vus: 1, thresholds: {{ r: [{rules}] }} }};"
    )
    body = "const a = http.get('x'); r.add(a.status >= 400)"
    draft = translate(read_text(f"{script}\nexport default function () {{ {body} }}", "test.js"))
    (gates,) = (entry.value for entry in draft if entry.key == "thresholds")
    assert [(gate.key, bool(gate.off)) for gate in gates] == [("http_req_failed", False) if moved else ("r", True)]
