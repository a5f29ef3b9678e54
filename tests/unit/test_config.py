"""The configuration: every mistake at once, each with its line and the nearest valid name."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locust_ext.config.plan import BUILT_IN_KINDS
from locust_ext.config.schema import check_host, profile_for, read_config, thresholds_of
from locust_ext.load.profiles import PROFILES, Soak, Spike
from locust_ext.text.document import Document, parse
from locust_ext.text.problems import ConfigurationError


def reading(text):
    """Return the configuration in a text, its document, and the problems of its form."""
    document = parse(text, "f.yml")
    config, problems = read_config(document)
    return config, document, problems


def thresholds(text):
    """Return the thresholds in a text, and all problems."""
    config, document, problems = reading(text)
    found, more = thresholds_of(config, document, BUILT_IN_KINDS)
    return found, [*problems, *more]


FULL = """\
version: 1
name: feed
tags: {run_type: pr, attempt: 2}
host: https://staging.example.com
shape: spike
shapes:
  spike: {factor: 5}
  nightly: {kind: soak, users: 400}
thresholds:
  http_req_failed: rate<0.01
  http_req_duration{name:feed}: ["p(95)<400", {threshold: "p(99)<1200", abort_on_fail: true, window: 10s}]
tenant: {value: true}
reports: {dir: out}
"""


def test_everything():
    """A file that uses every key is read as it says."""
    config, document, problems = reading(FULL)
    assert problems == []
    assert (config.name, config.host, config.shape) == ("feed", "https://staging.example.com", "spike")
    assert config.tags == {"run_type": "pr", "attempt": "2"}
    assert (config.tenant.header, config.tenant.value) == ("x-synthetic-tenant", "true")
    assert config.reports.dir == "out"
    found, more = thresholds_of(config, document, BUILT_IN_KINDS)
    assert more == []
    assert [str(threshold) for threshold in found] == [
        "http_req_failed: rate<0.01",
        "http_req_duration{name:feed}: p(95)<400",
        "http_req_duration{name:feed}: p(99)<1200",
    ]


SAME = [
    ("under our names", "{threshold: rate<0.01, abort_on_fail: true, delay_abort: 10s}"),
    ("under k6's names", "{threshold: rate<0.01, abortOnFail: true, delayAbortEval: '10s'}"),
]


@pytest.mark.parametrize("options", [row[1] for row in SAME], ids=[row[0] for row in SAME])
@pytest.mark.parametrize("form", ["[{}]", "{}"], ids=["in a list", "alone"])
def test_k6s_objects(options, form):
    """A threshold with options reads the same under k6's names and under ours, in a list or alone."""
    found, problems = thresholds(f"thresholds: {{http_req_failed: {form.format(options)}}}")
    assert problems == []
    assert [(t.abort_on_fail, t.delay_abort, t.optional, t.window) for t in found] == [(True, 10.0, False, None)]


WRONG = [
    ("an unknown key", "nmae: feed", 1, "nmae", "did you mean 'name'?"),
    ("an unknown key of nothing", "name: feed\ntresholds:\n", 2, "tresholds", "did you mean 'thresholds'?"),
    (
        "an unknown key like none",
        "zzzz: 1",
        1,
        "zzzz",
        "there are arrivals, baseline, client, drift, export, feeders, graceful_stop",
    ),
    ("the wrong version", "version: 2", 1, "version", "must be 1, not 2"),
    ("a version of text", "version: one", 1, "version", "must be 1"),
    ("a list for text", "name: [a]", 1, "name", "must be text, not ['a']"),
    ("no host", "host: staging", 1, "host", "is not a host"),
    ("another scheme", "host: ftp://x", 1, "host", "is not a host"),
    ("a broken host", "host: 'http://[::1'", 1, "host", "is not a host"),
    ("an unknown key in a tenant", "tenant:\n  headr: x", 2, "tenant.headr", "did you mean 'header'?"),
    ("a header that is none", "tenant:\n  header: 'a b'", 2, "tenant.header", "not the name of a header"),
    ("a value of two lines", 'tenant: {value: "a\\nb"}', 1, "tenant.value", "cannot be the value"),
    ("a token in the file", "tenant: {token_env: s3cr3t-t0ken}", 1, "tenant.token_env", "not the secret itself"),
    ("a tenant that is a number", "tenant: 5", 1, "tenant", "must hold keys and values"),
    ("an unknown key in reports", "reports: {dri: x}", 1, "reports.dri", "did you mean 'dir'?"),
    ("an unknown key in web", "web: {orgin: x}", 1, "web.orgin", "did you mean 'origin'?"),
    ("an origin without a scheme", "web: {origin: load.example.com}", 1, "web.origin", "is not an origin; write it as"),
    ("an origin with a path", "web: {origin: 'https://load.example.com/ui'}", 1, "web.origin", "without a path"),
    ("an origin with a user", "web: {origin: 'https://me@load.example.com'}", 1, "web.origin", "is not an origin"),
    ("an origin of sockets", "web: {origin: 'wss://load.example.com'}", 1, "web.origin", "is not an origin"),
    ("shapes as a list", "shapes: [spike]", 1, "shapes", "must hold keys and values"),
    ("a shape that is a number", "shapes:\n  spike: 5", 2, "shapes.spike", "must hold keys and values"),
    ("thresholds as text", "thresholds: p(95)<400", 1, "thresholds", "must hold keys and values"),
    (
        "a threshold that is a number",
        "thresholds:\n  http_reqs: 5",
        2,
        "thresholds.http_reqs[0]",
        "must hold keys and values",
    ),
    (
        "a threshold of nothing",
        "thresholds:\n  http_reqs:\n",
        2,
        "thresholds.http_reqs[0]",
        "must hold keys and values",
    ),
    (
        "an unknown key in a threshold",
        "thresholds:\n  http_reqs:\n    - {threshold: count>1, abort_on_fial: true}",
        3,
        "thresholds.http_reqs[0].abort_on_fial",
        "did you mean 'abort_on_fail'?",
    ),
    (
        "a threshold without one",
        "thresholds:\n  http_reqs:\n    - {window: 10s}",
        3,
        "thresholds.http_reqs[0].threshold",
        "this key is missing",
    ),
    (
        "a wrong unit",
        "thresholds:\n  http_reqs:\n    - {threshold: count>1, window: 10 parsecs}",
        3,
        "thresholds.http_reqs[0].window",
        "is not a duration",
    ),
    (
        "an option of nothing",
        "thresholds:\n  http_reqs:\n    - {threshold: count>1, optional: }",
        3,
        "thresholds.http_reqs[0].optional",
        "must be true or false",
    ),
    (
        "a window of nothing",
        "thresholds: {http_reqs: [{threshold: count>1, window: 0s}]}",
        1,
        "thresholds.http_reqs[0].window",
        "must be more than 0",
    ),
    ("a number that is long", "name: 0x" + "f" * 190, 1, "name", "so long a number"),
]


@pytest.mark.parametrize("text, line, path, why", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_wrong_form(text, line, path, why):
    """A mistake of form is one problem, at its path and line, with what would be right; the rest is still read."""
    config, _, problems = reading(text)
    assert [line] == [problem.line for problem in problems]
    assert path in problems[0].path
    assert why in problems[0].message
    assert config.version == 1


SAFETY = """\
safety:
  rate_cap: 300/m
  kill_switch:
    url: https://flags.example.com/run
    pointer: /load-test/allowed
    headers_env: {Authorization: FLAG_TOKEN}
    file: run/allowed
    env: GO
    openfeature: load-test
    provider: flags.setup:provider
  origins: https://login.example.com
  check_path: /health
  run_log: run/log.jsonl
  production:
    window: mon-fri 02:00/03:00 Europe/Berlin
    on_call: Ada
    dashboard: https://grafana.example.com/d/1
    announcement: http://chat.example.com/p1
    staging: "*.pre.example.com"
    hosts: [db.internal, "*.example.com"]
  abort:
    error_rate: 1%
    error_window: 20s
    min_requests: 10
    p99_ratio: 3
    p99_for: 1m
    ack: false
    alarm: {url: "https://alarms.example.com/x", every: 10s}
tenant: {lifetime: 1h, key_env: MY_KEY, ack_header: x-seen}
"""


def test_all_of_safety():
    """Every key of safety is read as it says; one of a list can stand alone."""
    config, _, problems = reading(SAFETY)
    assert problems == []
    safety, switch, rules = config.safety, config.safety.kill_switch, config.safety.abort
    assert (safety.rate_cap, safety.check_path, safety.run_log) == (5.0, "/health", "run/log.jsonl")
    assert safety.origins == ("https://login.example.com",)
    assert (switch.pointer, switch.headers_env) == ("/load-test/allowed", {"Authorization": "FLAG_TOKEN"})
    assert safety.production.staging == ("*.pre.example.com",)
    assert safety.production.hosts == ("db.internal", "*.example.com")
    assert (rules.error_rate, rules.error_window, rules.p99_for, rules.ack) == (0.01, 20.0, 60.0, False)
    assert (rules.alarm.every, config.tenant.lifetime) == (10.0, 3600.0)


NOTHING_SAID = [
    ("no key", "version: 1", None, None),
    ("nothing in it", "safety:", None, None),
    ("the default rules", "safety: {abort: }", None, 0.05),
    ("a cap alone", "safety: {rate_cap: 5/s}", 5.0, None),
]


@pytest.mark.parametrize("text, cap, error_rate", [r[1:] for r in NOTHING_SAID], ids=[r[0] for r in NOTHING_SAID])
def test_safety_where_little_is_said(text, cap, error_rate):
    """Nothing is held back and nothing ends a run that nobody asked for; an empty abort means its defaults."""
    config, _, problems = reading(text)
    assert problems == []
    rules = config.safety.abort
    assert (config.safety.rate_cap, rules and rules.error_rate) == (cap, error_rate)
    assert config.safety.kill_switch is None


NO_FLAG = "there is no flag to read: name a file, a url, an env or an openfeature flag"
NO_PATTERN = "is not a name; write it without scheme and port, as *.staging.example.com"
NO_SECRET = "must be the name of an environment variable, not the secret itself"
WRONG_SAFETY = [
    ("a number", "safety: 5", 1, "safety", "must hold keys and values, not 5"),
    ("another spelling", "safty:\n  rate_cap: 5", 1, "safty", "did you mean 'safety'?"),
    ("an unknown key", "safety:\n  rate_kap: 5", 2, "safety.rate_kap", "did you mean 'rate_cap'?"),
    (
        "an unknown key two levels deep",
        "safety: {production: {windw: daily}}",
        1,
        "safety.production.windw",
        "unknown key; did you mean 'window'?",
    ),
    (
        "an unknown key three levels deep",
        "safety:\n  abort:\n    alarm:\n      url: https://a.example.com\n      evry: 5s",
        5,
        "safety.abort.alarm.evry",
        "unknown key; did you mean 'every'?",
    ),
    ("a rate of words", "safety:\n  rate_cap: 200 per second", 2, "safety.rate_cap", "write it as 200/s or 300/m"),
    ("a rate of nothing", "safety: {rate_cap: 0/s}", 1, "safety.rate_cap", "between 0.1/s and 1,000,000/s"),
    (
        "is not a window",
        "safety:\n  production:\n    window: tonight",
        3,
        "safety.production.window",
        "'tonight' is not a window; write it as 2026-11-24 02:00/03:00 Europe/Berlin or as mon-fri",
    ),
    (
        "a window without a zone",
        "safety: {production: {window: '2026-11-24 02:00/03:00'}}",
        1,
        "safety.production.window",
        "names no zone, and 02:00 is another hour everywhere",
    ),
    (
        "a window in a zone that there is not",
        "safety: {production: {window: 'daily 02:00/03:00 Europe/Berln'}}",
        1,
        "safety.production.window",
        "there is no zone 'Europe/Berln'; did you mean 'Europe/Berlin'?",
    ),
    ("a switch without a source", "safety:\n  kill_switch: {}", 2, "safety.kill_switch", NO_FLAG),
    ("a cap of nothing", "safety:\n  rate_cap:\n", 2, "safety.rate_cap", "there is no rate; write it as 200/s"),
    ("a switch of nothing", "safety:\n  kill_switch:\n", 2, "safety.kill_switch", NO_FLAG),
    ("a source of nothing", "safety: {kill_switch: {file: ''}}", 1, "safety.kill_switch", NO_FLAG),
    ("a pointer alone", "safety: {kill_switch: {pointer: /a}}", 1, "safety.kill_switch", NO_FLAG),
    (
        "a provider without a flag",
        "safety:\n  kill_switch: {env: GO, provider: 'flags:provider'}",
        2,
        "safety.kill_switch",
        "provider: there is no openfeature flag to ask it for",
    ),
    (
        "a provider that is none",
        "safety: {kill_switch: {openfeature: x, provider: flags}}",
        1,
        "safety.kill_switch.provider",
        "'flags' names no provider; write it as module:name",
    ),
    (
        "a pointer without a slash",
        "safety: {kill_switch: {url: 'https://a.example.com', pointer: allowed}}",
        1,
        "safety.kill_switch.pointer",
        "'allowed' is not a JSON pointer; write it as /load-test/allowed",
    ),
    (
        "a pointer with a wrong sign",
        "safety: {kill_switch: {url: 'https://a.example.com', pointer: /a~2}}",
        1,
        "safety.kill_switch.pointer",
        "is not a JSON pointer",
    ),
    (
        "a flag at no URL, beside another one",
        "safety: {kill_switch: {env: GO, url: flags.example.com}}",
        1,
        "safety.kill_switch.url",
        "this is not a URL of http or https",
    ),
    (
        "a flag at no URL",
        "safety: {kill_switch: {url: flags.example.com}}",
        1,
        "safety.kill_switch.url",
        "this is not a URL of http or https",
    ),
    (
        "a header that is none",
        "safety: {kill_switch: {url: 'https://a.example.com', headers_env: {'a b': TOKEN}}}",
        1,
        "safety.kill_switch.headers_env",
        "'a b' is not the name of a header",
    ),
    (
        "a secret in the place of its variable",
        "safety: {kill_switch: {url: 'https://a.example.com', headers_env: {Authorization: Bearer s3cr3t}}}",
        1,
        "safety.kill_switch.headers_env.Authorization",
        NO_SECRET,
    ),
    ("a key in the file", "tenant: {key_env: 'kid:s3cr3t-s3cr3t'}", 1, "tenant.key_env", NO_SECRET),
    (
        "an acknowledgement that is not a header",
        "tenant: {ack_header: 'a:b'}",
        1,
        "tenant.ack_header",
        "not the name of a header",
    ),
    ("no lifetime", "tenant: {lifetime: 0s}", 1, "tenant.lifetime", "must be more than 0"),
    (
        "a pattern with a port",
        "safety:\n  production:\n    staging: [a.org, 'pre.example.com:8443']",
        3,
        "safety.production.staging",
        f"'pre.example.com:8443' {NO_PATTERN}",
    ),
    (
        "a pattern with a scheme",
        "safety: {production: {hosts: 'https://example.com'}}",
        1,
        "safety.production.hosts",
        f"'https://example.com' {NO_PATTERN}",
    ),
    (
        "a go-ahead with a scheme",
        "safety: {production: {go_ahead_for: 'https://example.com'}}",
        1,
        "safety.production.go_ahead_for",
        f"'https://example.com' {NO_PATTERN}",
    ),
    ("an empty pattern", "safety: {production: {staging: ['']}}", 1, "safety.production.staging", f"'' {NO_PATTERN}"),
    (
        "a link without https",
        "safety: {production: {dashboard: grafana.example.com/d/1}}",
        1,
        "safety.production.dashboard",
        "'grafana.example.com/d/1' is not a link; write it as https://...",
    ),
    (
        "a link of another scheme",
        "safety: {production: {announcement: 'slack://C1'}}",
        1,
        "safety.production.announcement",
        "'slack://C1' is not a link",
    ),
    (
        "a link to nowhere",
        "safety: {production: {announcement: 'https://'}}",
        1,
        "safety.production.announcement",
        "is not a link",
    ),
    (
        "an origin that is a name",
        "safety: {origins: login.example.com}",
        1,
        "safety.origins",
        "'login.example.com' is not an origin; write it as https://login.example.com",
    ),
    ("a path that is none", "safety: {check_path: health}", 1, "safety.check_path", "write it as /health"),
    (
        "a share of more than all",
        "safety: {abort: {error_rate: 5}}",
        1,
        "safety.abort.error_rate",
        "between 0% and 100%",
    ),
    ("a ratio of one", "safety: {abort: {p99_ratio: 1}}", 1, "safety.abort.p99_ratio", "must be more than 1"),
    ("no requests at all", "safety: {abort: {min_requests: 0}}", 1, "safety.abort.min_requests", "must be at least 1"),
    ("no time at all", "safety: {abort: {p99_for: 0s}}", 1, "safety.abort.p99_for", "must be more than 0"),
    ("an alarm without a URL", "safety: {abort: {alarm: {}}}", 1, "safety.abort.alarm.url", "this key is missing"),
    ("an alarm at an empty URL", "safety: {abort: {alarm: {url: ''}}}", 1, "safety.abort.alarm.url", ""),
    (
        "an alarm at no URL",
        "safety: {abort: {alarm: {url: 'ftp://a.example.com'}}}",
        1,
        "safety.abort.alarm.url",
        "this is not a URL of http or https",
    ),
]


@pytest.mark.parametrize("text, line, path, why", [row[1:] for row in WRONG_SAFETY], ids=[r[0] for r in WRONG_SAFETY])
def test_wrong_safety(text, line, path, why):
    """A mistake in what keeps a run from doing harm is one problem, at its path and line; no secret is repeated."""
    _, _, problems = reading(text)
    assert [(problem.line, problem.path) for problem in problems] == [(line, path)]
    assert why in problems[0].message
    assert "s3cr3t" not in str(problems[0])


def test_every_mistake_in_safety_at_once():
    """They do not hide each other, nor what is right beside them."""
    text = (
        "safety:\n  rate_cap: fast\n  check_path: /ready\n  production:\n    window: tonight\n    on_call: Ada\n"
        "    dashbord: x\n  abort: {error_rate: 9, min_requests: 7}\n"
    )
    config, _, problems = reading(text)
    assert [(problem.line, problem.path) for problem in sorted(problems, key=lambda problem: problem.line)] == [
        (2, "safety.rate_cap"),
        (5, "safety.production.window"),
        (7, "safety.production.dashbord"),
        (8, "safety.abort.error_rate"),
    ]
    assert (config.safety.check_path, config.safety.production.on_call) == ("/ready", "Ada")
    assert config.safety.abort.min_requests == 7


WRONG_THRESHOLDS = [
    ("a metric that does not exist", "http_req_duraton: [p(95)<1]", "did you mean 'http_req_duration'?"),
    ("an impossible percentile", "http_req_duration: [p(101)<1]", "between 0 and 100"),
    ("no threshold", "http_req_duration: [p95<1]", "is not a threshold"),
    ("a method of another kind", "http_req_duration: [rate<1]", "http_req_duration is a trend"),
    ("a rate's percentile", "http_req_failed: [p(95)<1]", "http_req_failed is a rate"),
    ("a gauge's count", "vus: [count<1]", "vus is a gauge, which has value, and no count"),
    ("tags that are none", "'http_reqs{name}': [count>1]", "is not a tag"),
]


@pytest.mark.parametrize("text, why", [row[1:] for row in WRONG_THRESHOLDS], ids=[row[0] for row in WRONG_THRESHOLDS])
def test_wrong_thresholds(text, why):
    """A threshold that cannot be judged is a problem at its line, and its neighbour is still read."""
    found, problems = thresholds(f"thresholds:\n  iterations: count>1\n  {text}\n")
    assert [(problem.line, why in problem.message) for problem in problems] == [(3, True)]
    assert [str(threshold) for threshold in found] == ["iterations: count>1"]


def test_every_mistake_at_once():
    """Mistakes of all sorts, an empty unknown key among them, do not hide each other."""
    text = "bogus:\nname: [1]\nthresholds:\n  http_reqs: [count!20, count>1]\n  zzz: [p(95)<1]\n  checks: [{treshold: x}]\n"
    found, problems = thresholds(text)
    assert {1, 2, 4, 5, 6} == {problem.line for problem in problems}
    assert [str(threshold) for threshold in found] == ["http_reqs: count>1"]


def test_a_wrong_item_takes_no_neighbour_with_it():
    """An item with two mistakes is left out once, and the items around it are still read."""
    found, problems = thresholds(
        "thresholds:\n  http_reqs: [count>1, {treshold: x, widow: 1s}, count>2, {optional: maybe}]\n"
    )
    assert [str(threshold.assertion) for threshold in found] == ["count>1", "count>2"]
    assert {"threshold", "treshold", "widow", "optional"} == {problem.path.split(".")[-1] for problem in problems}


HOSTS = ["", "demo", "http://localhost:8089", "https://staging.example.com/base"]


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host or "none")
def test_hosts(host):
    """A host is empty, the demo, or a URL."""
    assert host == check_host(host)


def shape(name, text="{}", **overrides):
    """Return the profile of this name under a configuration."""
    config, document, _ = reading(text)
    return profile_for(name, config, document, overrides)


def test_shapes():
    """A shape is its defaults, under the file, under the overrides; a name of one's own needs a kind."""
    assert Spike() == shape("spike")
    assert Spike(factor=5.0, hold=30.0) == shape("spike", "shapes: {spike: {factor: 5, hold: 20s}}", hold="30s")
    assert Soak(users=400) == shape("nightly", "shapes: {nightly: {kind: soak, users: 400}}")


WRONG_SHAPES = [
    ("an unknown name", "spyke", "{}", "shape", "no shape 'spyke'; did you mean 'spike'?"),
    ("an unknown kind", "night", "shapes:\n  night: {kind: soakk}", "shapes.night.kind", "did you mean 'soak'?"),
    ("no kind", "night", "shapes:\n  night: {users: 4}", "shapes.night.kind", "a name of your own needs a kind"),
    ("an unknown parameter", "spike", "shapes: {spike: {factr: 5}}", "shapes.spike.factr", "did you mean 'factor'?"),
    ("a wrong unit", "soak", "shapes: {soak: {hold: 2 weeks}}", "shapes.soak.hold", "is not a duration"),
    ("an endless duration", "soak", "shapes: {soak: {hold: 1" + "0" * 400 + "}}", "shapes.soak.hold", "finite"),
    ("no stages", "stages", "{}", "shapes.stages.stages", "this key is missing"),
    (
        "an unknown key in a stage",
        "stages",
        "shapes: {stages: {stages: [{taget: 5, duration: 1s}]}}",
        "shapes.stages.stages[0].taget",
        "did you mean 'target'?",
    ),
    ("parameters that do not fit", "smoke", "shapes: {smoke: {ramp: 2m}}", "shapes.smoke", "ramp must be shorter"),
]


@pytest.mark.parametrize("name, text, path, why", [row[1:] for row in WRONG_SHAPES], ids=[r[0] for r in WRONG_SHAPES])
def test_wrong_shapes(name, text, path, why):
    """A shape that cannot be is refused at its path, with the nearest valid name."""
    with pytest.raises(ConfigurationError) as caught:
        shape(name, text)
    problems = {problem.path: problem.message for problem in caught.value.problems}
    assert why in problems[path]


KEYS = st.sampled_from(
    [
        "version",
        "name",
        "tags",
        "host",
        "shape",
        "shapes",
        "thresholds",
        "tenant",
        "reports",
        "dir",
        "header",
        "value",
        "token_env",
        "threshold",
        "window",
        "abort_on_fail",
        "abortOnFail",
        "delayAbortEval",
        "min_samples",
        "optional",
        "kind",
        "spike",
        "stages",
        "users",
        "http_reqs",
        "checks",
        "safety",
        "x",
    ]
) | st.integers(0, 3)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just("p(95)<400")
    | st.just("10s"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


SAFETY_KEYS = st.sampled_from(
    [
        *("rate_cap", "kill_switch", "origins", "production", "abort", "check_path"),
        *("url", "pointer", "env", "provider", "headers_env", "window", "staging", "hosts", "dashboard"),
        *("error_rate", "p99_for", "p99_ratio", "alarm", "every", "min_requests"),
    ]
)
SAFETY_VALUES = st.recursive(
    VALUES | st.integers(-(10**400), 10**400) | st.sampled_from(["http://[::1", "200/s", "https://a.org", "/a", "~"]),
    lambda inner: st.dictionaries(SAFETY_KEYS, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(SAFETY_KEYS, SAFETY_VALUES, max_size=5))
@example({"rate_cap": 10**400})
@pytest.mark.slow
def test_any_values_of_safety(values):
    """Whatever the values are, what is wrong is left out and listed, and the rest are rules of safety."""
    config, problems = read_config(Document("f.yml", {"safety": values}))
    assert config.safety.check_path.startswith("/")
    assert all(str(problem) for problem in problems)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
@pytest.mark.slow
def test_any_values(values):
    """Whatever the values are, what is wrong is left out and listed, and the rest is a configuration."""
    document = Document("f.yml", values)
    config, problems = read_config(document)
    thresholds_of(config, document, BUILT_IN_KINDS)
    assert config.version == 1
    assert all(str(problem) for problem in problems)
    for name in {*PROFILES, *config.shapes}:
        with suppress(ConfigurationError):
            assert profile_for(name, config, document).schedule().duration > 0


@pytest.mark.parametrize("host", ["https://staging.example.com/", "https://staging.example.com//"])
def test_a_slash_at_the_end_of_a_host_is_taken_off(host):
    """Locust puts paths behind it, and //feed is another path than /feed."""
    assert check_host(host) == "https://staging.example.com"
    assert check_host("https://staging.example.com/v1/") == "https://staging.example.com/v1"
