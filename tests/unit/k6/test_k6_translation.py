"""A test of k6's as a configuration of ours: a table of options, what becomes of them, and what is refused."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scripts import ARTICLE, INSPECTED

from locust_ext.config.scenarios import ScenarioOptions
from locust_ext.drafts.configuration import notes_of, render
from locust_ext.k6.script import read_text
from locust_ext.k6.translation import FROM_DUE, HOST, PATIENCE, WHOLE_DURATION, translate
from locust_ext.load.profiles import PROFILES
from locust_ext.text.problems import ConfigurationError
from locust_ext.text.units import parse_duration, parse_rate


def imported(options, *users):
    """Return the configuration for options: a script, or a dict."""
    text = options if isinstance(options, str) else json.dumps(options)
    return translate(read_text(text, "test.js"), users)


def configuration(options, *users):
    return yaml.safe_load(render(imported(options, *users)))


def notes(options, path=""):
    return [note for at, note in notes_of(imported(options)) if at.startswith(path)]


def problems(options):
    with pytest.raises(ConfigurationError) as caught:
        imported(options)
    return [str(problem).removeprefix("test.js:") for problem in caught.value.problems]


def one(executor, **fields):
    return {"scenarios": {"main": {"executor": executor, **fields}}}


POOL = {"preAllocatedVUs": 10}
OPEN = {"rate": 5, "duration": "1m", **POOL}


def test_the_article():
    """Both scenarios open, the latency on the metric that it is, and no gate lost."""
    assert configuration(ARTICLE) == {
        "version": 1,
        "scenarios": {
            "smoke": {"arrivals": {"rate": "200/s", "duration": "2m", "users": 100, "max_users": 400}},
            "soak": {
                "arrivals": {
                    "start_rate": "200/s",
                    "users": 200,
                    "max_users": 1500,
                    "stages": [
                        {"target": "800/s", "duration": "5m"},
                        {"target": "800/s", "duration": "30m"},
                        {"target": "0/s", "duration": "2m"},
                    ],
                },
                "start_time": "3m",
            },
        },
        "thresholds": {
            "http_req_duration{endpoint:feed}": ["p(95)<400", "p(99)<1200"],
            "http_req_failed": ["rate<0.005", "rate<0.01"],
        },
    }
    assert notes(ARTICLE, "scenarios") == [PATIENCE]
    said = notes(ARTICLE, "thresholds")
    assert said[0] == WHOLE_DURATION
    assert said.pop(1) == FROM_DUE
    assert said[1] == "api_latency_ms: the script feeds it res.timings.duration, and that is http_req_duration"
    assert said[2] == 'the locustfile must tag these requests: context={"tags": {"endpoint": "feed"}}'
    assert said[3].startswith(
        "api_errors: the script feeds it res.status >= 500 for each request; http_req_failed counts"
    )
    assert len(said) == 4


@pytest.mark.parametrize(
    "executor, fields, scenario, shape",
    [
        ("constant-arrival-rate", OPEN, {"arrivals": {"rate": "5/s", "duration": "1m", "users": 10}}, None),
        (
            "constant-arrival-rate",
            {**OPEN, "timeUnit": "1m", "maxVUs": 20, "gracefulStop": "5s", "startTime": 1500},
            {
                "arrivals": {"rate": "5/m", "duration": "1m", "users": 10, "max_users": 20, "graceful_stop": "5s"},
                "start_time": "1.5s",
            },
            None,
        ),
        (
            "constant-arrival-rate",
            {**OPEN, "preAllocatedVUs": "0", "maxVUs": 5.0},
            {"arrivals": {"rate": "5/s", "duration": "1m", "users": 1, "max_users": 5}},
            None,
        ),
        (
            "ramping-arrival-rate",
            {"timeUnit": "10s", "stages": [{"target": 100, "duration": "30s"}, {"target": 5, "duration": 0}], **POOL},
            {
                "arrivals": {
                    "start_rate": "0/s",
                    "users": 10,
                    "stages": [{"target": "10/s", "duration": "30s"}, {"target": "30/m", "duration": "0s"}],
                }
            },
            None,
        ),
        (
            "constant-vus",
            {"duration": "30s", "tags": {"team": "feed"}},
            {"shape": "main", "tags": {"team": "feed"}},
            {"kind": "smoke", "users": 1, "duration": "30s", "ramp": "0s"},
        ),
        (
            "ramping-vus",
            {"stages": [{"target": 20, "duration": "1m"}, {"target": 0, "duration": "0s"}]},
            {"shape": "main"},
            {
                "kind": "stages",
                "start_users": 1,
                "stages": [{"target": 20, "duration": "1m"}, {"target": 0, "duration": "0s"}],
            },
        ),
        (
            "shared-iterations",
            {"vus": 2, "iterations": 9},
            {"shape": "main", "iterations": 9, "max_duration": "10m"},
            {"kind": "smoke", "users": 2, "duration": "10m", "ramp": "0s"},
        ),
        (
            "per-vu-iterations",
            {"maxDuration": "90s"},
            {"shape": "main", "iterations": {"per_user": 1}, "max_duration": "1m30s"},
            {"kind": "smoke", "users": 1, "duration": "1m30s", "ramp": "0s"},
        ),
    ],
)
def test_executors(executor, fields, scenario, shape):
    """Each executor with k6's defaults; null is a default too, as k6 inspect writes it."""
    for given_fields in (fields, {"env": None, "exec": None, "options": None, "maxVUs": None, **fields}):
        if given_fields is not fields and "arrival" not in executor:
            given_fields.pop("maxVUs")
        found = configuration(one(executor, **given_fields))
        assert found["scenarios"]["main"] == scenario
        assert found.get("shapes", {}).get("main") == shape
    assert ScenarioOptions.model_validate(scenario)
    if shape:
        assert PROFILES[shape.pop("kind")].model_validate(shape).schedule().duration


@pytest.mark.parametrize(
    "options, shape",
    [
        ({"vus": 5, "duration": "30s"}, {"kind": "smoke", "users": 5, "duration": "30s", "ramp": "0s"}),
        ({"duration": "30s"}, {"kind": "smoke", "users": 1, "duration": "30s", "ramp": "0s"}),
        (
            {"stages": [{"target": 5, "duration": "1m"}]},
            {"kind": "stages", "start_users": 1, "stages": [{"target": 5, "duration": "1m"}]},
        ),
        (
            {"stages": [{"target": 5, "duration": "1m"}], "vus": 4},
            {"kind": "stages", "start_users": 4, "stages": [{"target": 5, "duration": "1m"}]},
        ),
    ],
)
def test_shortcuts(options, shape):
    """They make a scenario called default, as in k6."""
    assert configuration(options) == {
        "version": 1,
        "scenarios": {"default": {"shape": "default"}},
        "shapes": {"default": shape},
    }


@pytest.mark.parametrize(
    "options, iterations, users, limit",
    [
        ({"vus": 2, "iterations": 9}, 9, 2, "10m"),
        ({"iterations": 9, "duration": "1m"}, 9, 1, "1m"),
        ({"vus": 3}, 3, 3, "10m"),
    ],
)
def test_shortcuts_that_count_iterations(options, iterations, users, limit):
    """They are shared among the users, as in k6."""
    assert configuration(options) == {
        "version": 1,
        "scenarios": {"default": {"shape": "default", "iterations": iterations, "max_duration": limit}},
        "shapes": {"default": {"kind": "smoke", "users": users, "duration": limit, "ramp": "0s"}},
    }


def test_users_of_all_scenarios():
    """One class, or a list of them."""
    assert configuration({"vus": 1}, "Feed")["scenarios"]["default"]["users"] == "Feed"
    assert configuration({"vus": 1}, "Feed", "Post")["scenarios"]["default"]["users"] == ["Feed", "Post"]


def test_what_k6_inspect_prints():
    """Nulls are defaults, what it computes is not taken twice, and its own defaults are not remarked on."""
    found = configuration(INSPECTED)
    assert found["shapes"] == {"default": {"kind": "smoke", "users": 5, "duration": "10m", "ramp": "0s"}}
    assert found["thresholds"] == {
        "http_req_duration": [
            "p(95)<400",
            {"threshold": "p(99)<1200", "abort_on_fail": True, "delay_abort": "10s"},
        ]
    }
    assert notes(INSPECTED) == [HOST, WHOLE_DURATION]


def test_no_load():
    """Options that leave the load to the command line."""
    assert configuration({"thresholds": {"checks": ["rate>0.9"]}}) == {
        "version": 1,
        "thresholds": {"checks": ["rate>0.9"]},
    }
    assert "the options say nothing of the load" in notes({})[0]


@pytest.mark.parametrize(
    "key",
    [
        "http_req_duration",
        "http_req_duration{scenario:smoke}",
        "http_req_duration{name:/feed, method:GET}",
        "http_req_failed{status:500}",
        "checks{check:status 2xx}",
    ],
)
def test_thresholds_that_stay(key):
    """Keys that mean the same are kept as they are."""
    item = "rate<0.1" if "duration" not in key else "p(95)<400"
    assert configuration({"thresholds": {key: item}})["thresholds"] == {key: [item]}


@pytest.mark.parametrize(
    "key, item, sentence",
    [
        ("http_req_waiting", "p(95)<200", "http_req_duration is the whole of it"),
        ("http_req_connecting{a:b}", "p(95)<200", "it is a part of http_req_duration here"),
        ("data_received", "count<1e6", "add them to a Counter of your own"),
        ("group_duration{group:::login}", "avg<200", "there are no groups"),
        ("ws_connecting", "p(95)<200", "it is not measured by itself"),
        ("grpc_req_duration", "p(95)<200", "this is req_duration{type:grpc}"),
        ("http_req_duration{expected_response:true}", "p(95)<200", "failed requests have durations too here"),
        ("http_req_duration{group:::login}", "p(95)<200", "give the requests a name or a tag of their own"),
        ("http_reqs{url:https://x.example/}", "count>1", "give the requests a name in the locustfile"),
        (
            "mine",
            "p(95)<200",
            'declare Trend("mine") in the locustfile (docs/how-to/own-metrics.md), then take the # away',
        ),
        ("mine", "rate<0.1", 'declare Rate("mine")'),
        ("mine", "count>5", 'declare Counter("mine")'),
        ("mine", "value>5", 'declare Gauge("mine")'),
        ("reconnect_time", "p(95)<200", 'declare Trend("reconnect_time")'),
    ],
)
def test_thresholds_that_are_switched_off(key, item, sentence):
    """They stand in a comment, ready to be taken up, with what to do; and the rest is a configuration."""
    options = {"vus": 1, "thresholds": {key: [item], "checks": ["rate>0.9"]}}
    text = render(imported(options))
    assert yaml.safe_load(text)["thresholds"] == {"checks": ["rate>0.9"]}
    assert sentence in " ".join(notes(options, f"thresholds.{key}"))
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("# ")]
    again = "\n".join(line.replace("#", "", 1) if line.lstrip().startswith("#") else line for line in lines)
    assert yaml.safe_load(again)["thresholds"] == {key: [item], "checks": ["rate>0.9"]}


NEVER = [
    ("iterations{team:blue}", "count>1", True, "team is red in this run, and never 'blue'"),
    ("vus{scenario:default}", "value>1", False, "vus carries no tag 'scenario'"),
    ("http_reqs{status:5xx}", "count<1", True, "statuses are numbers: write 5*"),
    ("http_reqs{scenario:smoke}", "count>1", False, "there is no scenario 'smoke'; there are default: k6 lets that pass"),
    ("http_reqs{check:a}", "count>1", False, 'the locustfile must tag these requests: context={"tags": {"check": "a"}}'),
    ("checks{name:a}", "rate>0.5", False, 'the locustfile must tag these checks: locust_ext.check(response, {...}, {"name": "a"})'),
    ("http_reqs{team:blue}", "count>1", False, 'the locustfile must tag these requests: context={"tags": {"team": "blue"}}'),
]  # fmt: skip


@pytest.mark.parametrize("key, item, off, sentence", NEVER, ids=[row[0] for row in NEVER])
def test_what_would_be_refused_is_said(key, item, off, sentence):
    """A selector that never matches here is switched off, or has a note with what is missing."""
    options = {"vus": 1, "tags": {"team": "red"}, "thresholds": {key: [item]}}
    assert sentence in " ".join(notes(options, f"thresholds.{key}"))
    assert ("thresholds" not in configuration(options)) == off


def test_no_threshold_is_left():
    """A section of which everything is switched off is not a section."""
    assert configuration({"vus": 1, "thresholds": {"mine": ["rate<0.1"]}}).keys() == {"version", "scenarios", "shapes"}


HEAD = """
import http from 'k6/http';
import { Trend, Rate } from 'k6/metrics';
const t = new Trend('t', true), r = new Rate('r');
export default function () { const a = http.get('x'); BODY }
export const options = { vus: 1, thresholds: { 'KEY': ['ITEM'] } };
"""


@pytest.mark.parametrize(
    "body, key, item, found",
    [
        ("t.add(a.timings.duration)", "t", "p(95)<4", {"http_req_duration": ["p(95)<4"]}),
        ("t.add(a.timings.duration)", "t{scenario:x}", "p(95)<4", {"http_req_duration{scenario:x}": ["p(95)<4"]}),
        ("t.add(a.timings.duration)", "t", "p(95)>4", None),
        ("t.add(a.timings.duration)", "t", "min>=4", None),
        ("t.add(a.timings.duration)", "t{e:f}", "avg==4", None),
        ("http.get('y'); t.add(a.timings.duration)", "t{e:f}", "p(95)<4", {"http_req_duration{e:f}": ["p(95)<4"]}),
        ("http.get('y'); t.add(a.timings.duration)", "t", "p(95)<4", None),
        ("if (a) t.add(a.timings.duration)", "t{e:f}", "p(95)<4", None),
        ("if (a) t.add(a.timings.duration)", "t", "p(95)<4", None),
        ("if (a) t.add(a.timings.duration)", "t{scenario:x}", "p(95)<4", None),
        ("t.add(a.timings.waiting)", "t{e:f}", "p(95)<4", None),
        ("r.add(a.status >= 500)", "r", "rate<0.1", {"http_req_failed": ["rate<0.1"]}),
        ("r.add(a.status >= 500)", "r", "rate>0.1", None),
        ("r.add(a.status >= 300)", "r", "rate<0.1", None),
        ("if (a) r.add(a.status >= 500)", "r{e:f}", "rate<0.1", None),
    ],
)
def test_own_metrics_move_only_on_evidence(body, key, item, found):
    """Durations become http_req_duration; server errors http_req_failed, where that is at least as strict."""
    script = HEAD.replace("BODY", body).replace("KEY", key).replace("ITEM", item)
    assert configuration(script).get("thresholds") == found


def test_one_selector_stands_once():
    """What moves to a selector that is there joins it, in any order of its tags."""
    script = HEAD.replace("BODY", "t.add(a.timings.duration)").replace(
        "'KEY': ['ITEM']", "'http_req_duration{b:1, a:2}': 'avg<9', 't{a:2,b:1}': ['avg<9', 'p(95)<4']"
    )
    assert configuration(script)["thresholds"] == {"http_req_duration{b:1, a:2}": ["avg<9", "p(95)<4"]}


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"noConnectionReuse": True}, "noConnectionReuse: users keep their connections"),
        ({"userAgent": "x"}, "userAgent: set the header User-Agent"),
        ({"insecureSkipTLSVerify": True}, "insecureSkipTLSVerify: set insecure = True on a FastHttpUser"),
        ({"batch": 5}, "batch: http.batch has no counterpart"),
        ({"ext": {"loadimpact": {"projectID": 5}}}, "ext: it is for k6's cloud"),
        ({"cloud": {"name": "x"}}, "cloud: it is for k6's cloud"),
        ({"rps": 50}, "rps: a cap over all workers is safety.rate_cap"),
        ("export const options = { rps: __ENV.RPS }", "rps: a cap over all workers is safety.rate_cap"),
        (
            "export const options = { thresholds: { checks: [`rate>${__ENV.R || 0.9}`] } }",
            "the script reads R from the environment",
        ),
        ({"setupTimeout": "5s"}, "setupTimeout: it has no counterpart"),
        ({"treshholds": {}, "tresholds": {"a": "b"}}, "tresholds: k6 has no such option; did you mean 'thresholds'?"),
        ({"zzz": 1}, "zzz: k6 has no such option"),
        ("export const options = { ext: cloud() }", "ext: it is for k6's cloud"),
        ("export const options = {}; export function setup() {}", "setup(): Locust's event test_start"),
        ("export const options = {}; export function handleSummary() {}", "handleSummary(): --report-dir DIR"),
        ("export const options = { vus: __ENV.VUS || 5 }", "the script reads VUS from the environment; here stands"),
        ("export const options = __ENV.A ? {} : { vus: 5 }", "the script reads A from the environment"),
        (
            "export const options = { tags: { sha: __ENV.SHA, a: 'b' } }",
            "tags: 'sha' is left out: it comes from __ENV.SHA",
        ),
        (one("constant-vus", duration="1s", exec="feed"), "exec: k6 calls 'feed' here"),
        (one("constant-vus", duration="1s", env={"A": "b"}), "env: 'A' cannot differ between scenarios here"),
        (one("constant-vus", duration="1s", options={"browser": {"type": "chromium"}}), "options: those of a scenario"),
        (one("constant-vus", duration="1s", gracefulStop="5s"), "gracefulStop: a closed load stops its users"),
        (
            one("ramping-vus", stages=[{"target": 5, "duration": 1}], gracefulRampDown="5s"),
            "gracefulRampDown: Locust stops users that are too many at once; --stop-timeout 5s",
        ),
        ({"vus": 1, "maxRedirects": 0}, "maxRedirects: 0 follows none: give each request"),
        ({"vus": 1, "maxRedirects": 5}, "maxRedirects: set max_redirects on a FastHttpUser"),
        ({"vus": 1, "systemTags": []}, "systemTags: the tags of a measurement are fixed"),
        (
            one("constant-arrival-rate", **{**OPEN, "preAllocatedVUs": 0, "maxVUs": 1}),
            "preAllocatedVUs: k6 begins with",
        ),
        (one("constant-arrival-rate", **OPEN, timeUnit="7s"), "rate: per 7s it has no end of decimals"),
        ({"vus": 1, "thresholds": {"iteration_duration": "avg<5"}}, "an iteration is one task here"),
        ({"vus": 1, "thresholds": {"checks": "rate>0.9"}}, "checks are counted where the locustfile calls"),
        ({"vus": 1, "thresholds": {"http_reqs{name:http://x/}": "count>1"}}, "name: here it is the path of a URL"),
    ],
)
def test_notes(options, sentence):
    """One sentence for each thing that is not the same, and only one."""
    found = [note for note in notes(options) if sentence in note]
    assert len(found) == 1
    assert f"# {sentence[:20]}" in render(imported(options))


@pytest.mark.parametrize(
    "options", [{"noConnectionReuse": False}, {"ext": {}}, {"dns": {"ttl": None}}, {"paused": None}]
)
def test_nothing_to_note(options):
    """What is off, empty or null is not remarked on."""
    assert len(notes({"vus": 1, "duration": "1s", **options})) == 1


def test_a_cap_is_switched_off():
    """k6's rps is one process's, and the whole run's here."""
    assert "#safety: {rate_cap: 50/s}" in render(imported({"vus": 1, "rps": 50}))


def test_tags_that_k6_sets_need_no_reminder():
    """Tags of the run and of scenarios are ours too."""
    options = {"tags": {"a": "b"}, **one("constant-vus", duration="1s", tags={"c": "d"})}
    assert not [
        note for note in notes({**options, "thresholds": {"http_reqs{a:b,c:d}": "count>1"}}) if "must tag" in note
    ]
    assert configuration(options)["tags"] == {"a": "b"}


@pytest.mark.parametrize(
    "options, sentences",
    [
        (one("constant-vus"), ["1: scenarios.main.duration: this key is missing"]),
        (one("constant-vus", duration="soon"), ["1: scenarios.main.duration: 'soon' is not a duration of k6"]),
        (one("constant-vus", duration="0s"), ["1: scenarios.main.duration: must be more than 0, not '0s'"]),
        (one("constant-vus", duration="1s", vus=0), ["1: scenarios.main.vus: must be at least 1, not 0"]),
        (one("constant-vus", duration="1s", vus=1.5), ["1: scenarios.main.vus: must be a whole number, not 1.5"]),
        (one("constant-vus", duration="1s", vus=True), ["1: scenarios.main.vus: this must be a number"]),
        (one("constant-vus", duration="1s", vu=1), ["1: scenarios.main.vu: unknown key; did you mean 'vus'?"]),
        (one("constant-vus", duration="1s", startTime=-5), ["1: scenarios.main.startTime: '-5' is not a duration"]),
        (one("constant-vus", duration="1s", tags={"a": 5}), ["1: scenarios.main.tags.a: a tag must be text"]),
        (one("constant-vus", duration="1s", exec=""), ["1: scenarios.main.exec: "]),
        (one("constant-vu", duration="1s"), ["there is no executor 'constant-vu'; did you mean 'constant-vus'?"]),
        (one(None), ["1: scenarios.main.executor: it has no executor"]),
        (one(5), ["there is no executor '5'"]),
        (one("externally-controlled"), ["externally-controlled has left k6, and has no counterpart"]),
        (
            {"scenarios": {"a b": {"executor": "constant-vus", "duration": "1s"}}},
            ["consists of letters, digits, _ and -"],
        ),
        ({"scenarios": {"a": 5}}, ["1: scenarios.a: must hold keys and values, not 5"]),
        ({"scenarios": [1]}, ["1: scenarios: this must be an object with keys and values"]),
        (one("ramping-vus", stages=[]), ["1: scenarios.main.stages: "]),
        (
            one("ramping-vus", stages=[{"tarqet": 5}]),
            ["stages[0].tarqet: unknown key", "stages[0].duration: this key", "stages[0].target: this key is missing"],
        ),
        (one("shared-iterations", iterations=1, vus=2), ["1: scenarios.main: iterations must not be less than vus"]),
        (one("constant-arrival-rate", **OPEN, maxVUs=5), ["maxVUs must not be less than preAllocatedVUs"]),
        (one("constant-arrival-rate", **{**OPEN, "rate": 0.5}), ["1: scenarios.main.rate: must be a whole number"]),
        (
            {"vus": 1, "duration": "1s", **one("constant-vus", duration="1s")},
            ["scenarios do not go with vus, duration"],
        ),
        (
            {"stages": [{"target": 1, "duration": "1s"}], "duration": "1s"},
            ["stages do not go with duration or iterations"],
        ),
        ({"vus": 5, "iterations": 2}, ["iterations must not be less than vus"]),
        ({"vus": "many"}, ["1: vus: must be a whole number, not 'many'"]),
        ({"tags": 5}, ["1: tags: this must be an object"]),
        ({"thresholds": {"checks": ["rate>90%"]}}, ["'rate>90%' is not a threshold; write 1% as 0.01"]),
        ({"thresholds": {"checks": ["p(95)<5"]}}, ["checks is a rate, which has rate, and no p(95)"]),
        ({"thresholds": {"http_reqs{a}": ["count>5"]}}, ["'a' in 'http_reqs{a}' is not a tag; write it as key:value"]),
        ({"thresholds": {"checks": [5]}}, ["1: thresholds.checks[0]: must hold keys and values, not 5"]),
        ({"thresholds": {"checks": [{"treshold": "rate>1"}]}}, ["unknown key; did you mean 'threshold'?", "missing"]),
        ({"thresholds": {"x" * 300: []}}, ["a key has more than 200 letters"]),
        ({"thresholds": {"": ["rate>1"]}}, ["names no metric"]),
        (
            "export const options = { vus: many() }",
            ["1: vus: only a run of the script could tell: it is what a function"],
        ),
        (
            "export const options = { vus: __ENV.VUS }",
            ["it comes from __ENV.VUS, which has no default here; write a con"],
        ),
        ("export const options = {\n thresholds: t() }", ["2: thresholds: only a run of the script could tell"]),
        ("export const options = {\n thresholds: { checks: [\nt()] } }", ["3: thresholds.checks[0]: only a run"]),
        ("export const options = { scenarios: { a: b() } }", ["1: scenarios.a: only a run of the script could tell"]),
        (
            "export const options = { scenarios: { a: { executor: x(), duration: y() } } }",
            ["scenarios.a.executor: only a run", "scenarios.a.duration: only a run"],
        ),
        (
            "export const options = { scenarios: { a: { executor: 'constant-vus',\nduration: d(), vus: 'x' } },\nthresholds: { checks: ['x'] } }",
            [
                "2: scenarios.a.duration: only a run",
                "2: scenarios.a.vus: must be a whole",
                "3: thresholds.checks: 'x' is not a",
            ],
        ),
    ],
)
def test_refuses(options, sentences):
    """All mistakes at once, each in its line."""
    found = problems(options)
    assert len(found) == len(sentences), found
    for sentence in sentences:
        assert any(sentence in problem for problem in found), (sentence, found)


COUNTS, SPANS = st.integers(1, 10_000), st.integers(1, 10**8)
NAMES = st.text("abcXYZ019_-", min_size=1, max_size=8)
TEXTS = st.text(max_size=10)
TAGS = st.dictionaries(TEXTS, TEXTS, max_size=3)
STAGES = st.lists(st.fixed_dictionaries({"target": COUNTS, "duration": SPANS}), min_size=1, max_size=3)
COMMON = {"startTime": SPANS, "gracefulStop": SPANS, "env": TAGS, "exec": TEXTS.filter(bool), "tags": TAGS}
SCENARIO = st.one_of(
    st.fixed_dictionaries(
        {"executor": st.just("constant-arrival-rate"), "rate": COUNTS, "duration": SPANS, "preAllocatedVUs": COUNTS},
        optional={**COMMON, "maxVUs": st.integers(10_000, 20_000)},
    ),
    st.fixed_dictionaries(
        {"executor": st.just("ramping-arrival-rate"), "stages": STAGES, "preAllocatedVUs": COUNTS},
        optional={**COMMON, "startRate": COUNTS},
    ),
    st.fixed_dictionaries({"executor": st.just("constant-vus"), "vus": COUNTS, "duration": SPANS}, optional=COMMON),
    st.fixed_dictionaries({"executor": st.just("ramping-vus"), "startVUs": COUNTS, "stages": STAGES}, optional=COMMON),
)
THRESHOLDS = st.dictionaries(
    st.builds("{}{{{}:{}}}".format, st.sampled_from(["http_req_duration", "mine", "data_sent"]), NAMES, NAMES),
    st.lists(st.sampled_from(["p(95)<400", "avg<1e3", "max<5"]), max_size=2),
    max_size=3,
)
OPTIONS = st.fixed_dictionaries(
    {"scenarios": st.dictionaries(NAMES, SCENARIO, min_size=1, max_size=4)},
    optional={"tags": TAGS, "thresholds": THRESHOLDS},
)


def seconds(milliseconds):
    return pytest.approx(milliseconds / 1000, rel=1e-9)


@given(options=OPTIONS, users=st.sampled_from([(), ("Feed",)]))
@pytest.mark.slow
def test_says_the_same(options, users):
    """Law: the configuration holds every scenario with k6's numbers, and every tag, whatever text there is."""
    options["thresholds"] = {
        key: items for key, items in options.get("thresholds", {}).items() if not key.startswith("data_sent")
    }
    found = configuration(options, *users)
    assert found["scenarios"].keys() == options["scenarios"].keys()
    assert found.get("tags", {}) == options.get("tags", {})
    assert found.get("thresholds", {}).keys() == {key for key in options["thresholds"] if key.startswith("http")}
    for name, wanted in options["scenarios"].items():
        scenario = found["scenarios"][name]
        assert scenario.get("users") == (users[0] if users else None)
        assert scenario.get("tags", {}) == wanted.get("tags", {})
        assert parse_duration(scenario.get("start_time", 0)) == seconds(wanted.get("startTime", 0))
        load = scenario.get("arrivals") or found["shapes"][name]
        levels = [wanted[key] for key in ("rate", "vus") if key in wanted]
        levels += [stage["target"] for stage in wanted.get("stages", [])]
        spans = [each["duration"] for each in wanted.get("stages", [wanted])]
        rows = load.get("stages", [load])
        assert [parse_duration(row["duration"]) for row in rows] == [seconds(span) for span in spans]
        if scenario.get("arrivals"):
            assert [parse_rate(row.get("rate") or row["target"], 0.0) for row in rows] == levels
            assert load["users"] == wanted["preAllocatedVUs"]
            assert load.get("max_users", wanted.get("maxVUs")) == wanted.get("maxVUs")
            ScenarioOptions.model_validate(scenario)
        else:
            assert [row.get("users") or row["target"] for row in rows] == levels
            PROFILES[load.pop("kind")].model_validate(load)


@given(
    options=st.dictionaries(
        st.sampled_from(["scenarios", "thresholds", "tags", "vus", "stages", "rps", "ext"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | TEXTS,
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    TEXTS | st.sampled_from(["executor", "stages", "tags", "env"]),
                    inner | st.just("constant-vus"),
                    max_size=3,
                )
            ),
            max_leaves=8,
        ),
    )
)
@pytest.mark.slow
def test_never_anything_but_a_sentence(options):
    """Law: whatever the options hold, there is a configuration or a refusal."""
    try:
        assert configuration(options)["version"] == 1
    except ConfigurationError as error:
        assert error.problems  # noqa: PT017 either outcome is right
