"""The functions of k6 scripts as locustfiles: one script a construct, and beside each what is written of it.

To write them again after a change that is meant: ``python -m tests.unit.k6.written``.
"""

import ast
import json
from pathlib import Path
from random import Random

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scripts import ARTICLE

from locust_ext.commands.import_k6 import command, import_with_locustfile
from locust_ext.drafts.journey import Request, Unfinished, walk
from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.k6.journeys import translate_functions
from locust_ext.text.problems import EXIT_CODE, ConfigurationError

HERE = Path(__file__).parent / "functions"
SCRIPTS = sorted(HERE.glob("*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])
def test_constructs(script, monkeypatch):
    """What is written is what stands beside the script."""
    monkeypatch.chdir(HERE)
    found = import_with_locustfile(Path(script.name), Path(script.stem + ".yml"), Path(script.stem + ".py"))
    assert found.locustfile == script.with_suffix(".py").read_text("utf-8")


def test_there_are_enough_constructs():
    """At least thirty, each with what is written of it."""
    assert len(SCRIPTS) >= 30
    assert {script.stem for script in SCRIPTS} == {file.stem for file in HERE.glob("*.py")}


def written(body, head="", options="{ vus: 1, duration: '1s' }"):
    """Return the draft of a script whose default function has this body."""
    script = f"""
import http from 'k6/http'
import {{ check, group, sleep }} from 'k6'
export const options = {options}
{head}
export default function () {{
{body}
}}
"""
    return translate_functions(script, "feed.js", ["default"], "command").draft


def requests(draft):
    return [step for step in walk(draft.journeys[0].steps) if isinstance(step, Request)]


def left(draft):
    return [step.why for step in walk(draft.journeys[0].steps) if isinstance(step, Unfinished)]


URL = "'https://api.example.com/a'"

CONDITIONS = [
    ("r.status == 200", "r.status_code == 200"),
    ("200 === r.status", "200 == r.status_code"),
    ("r.status", "r.status_code != 0"),
    ("r.body", 'bool(r.text or "")'),
    ("!(r.status >= 400)", "not (r.status_code >= 400)"),
    ("!r.body.includes('x') && r.status < 400", '"x" not in (r.text or "") and r.status_code < 400'),
    ("(r.status === 200 || r.status === 204) && r.body", None),
    ("r.status === 200 || r.status === 204", "r.status_code == 200 or r.status_code == 204"),
    ("r.body === 'pong'", '(r.text or "") == "pong"'),
    ("r.body.startsWith('<')", '(r.text or "").startswith("<")'),
    ("r.body.includes('x') === true", '"x" in (r.text or "")'),
    ("r.body.includes('x') === false", '"x" not in (r.text or "")'),
    ("r.json('a.b').length === 2", 'len(r.json()["a"]["b"][:]) == 2'),
    ("r.json().a[0].b === 'c'", 'r.json()["a"][0]["b"] == "c"'),
    ("Array.isArray(r.json('a'))", 'isinstance(r.json()["a"], list)'),
    ("Boolean(r.json('a'))", 'r.json()["a"] not in (None, 0, "")'),
    ("r.timings.duration <= LIMIT", 'r.request_meta["response_time"] <= 500'),
]
"""Conditions of k6's, and the same in Python; None: any that compiles."""


@pytest.mark.parametrize("condition, python", CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_conditions(condition, python):
    """They hold where k6's hold."""
    draft = written(f"check(http.get({URL}), {{ 'x': (r) => {condition} }})", "const LIMIT = 500")
    assert left(draft) == []
    (check,) = requests(draft)[0].checks
    ast.parse(f"lambda r: {check.condition}")
    assert python is None or check.condition == python


@pytest.mark.parametrize(
    "condition",
    [
        "r.json('a') === undefined",
        "!r.json('a')",
        "r.json('a') !== 'b'",
        "r.json('a') == 1",
        "r.json('a') === 1 || r.status === 404",
        "r.status === '200'",
        "r.json('a.#.b') === 1",
        "r.json('a.#(b==1)') === 1",
        "r.timings.waiting < 5",
        "/x/.test(r.body)",
        "isFine(r)",
        "r.html('title').text() === 'x'",
        "r.status === __ENV.STATUS",
        "Math.random() < 0.5",
    ],
)
def test_conditions_that_stay(condition):
    """What Python would judge otherwise is left to a person, and the request is there."""
    draft = written(f"check(http.get({URL}), {{ 'x': (r) => {condition}, 'fine': (r) => r.status === 200 }})")
    assert [each.name for each in requests(draft)[0].checks] == ["fine"]
    assert len(left(draft)) == 1


def test_what_happens_sometimes_is_never_done_always():
    """Nothing of a loop, a branch, a callback or an expression that may not be evaluated."""
    for body in (
        f"if (Math.random() < 0.1) {{ http.get({URL}) }}",
        f"for (const x of [1, 2]) {{ http.get({URL}) }}",
        f"while (x) http.get({URL})",
        f"x && http.get({URL})",
        f"x ? http.get({URL}) : null",
        f"[1, 2].forEach(() => {{ http.get({URL}) }})",
        f"try {{ http.get({URL}) }} catch (e) {{}}",
        f"switch (x) {{ case 1: http.get({URL}) }}",
        f"if (__ENV.X) http.get({URL})",
        f"const f = () => http.get({URL}); setTimeout(f, 1)",
        f"const a = x ? http.get({URL}) : null",
        f"const a = [http.get({URL})]",
        f"label: http.get({URL})",
    ):
        draft = written(body)
        assert requests(draft) == [], body
        assert left(draft), body


def test_what_is_changed_by_what_is_left_is_not_known():
    """A variable that a loop may change is not used as if it had not, until it is given another value."""
    get = f"http.get(`{URL[1:-1]}/${{page}}`)"
    draft = written(f"let page\npage = 'first'\n{get}\nwhile (more()) {{ page = 'next' }}\n{get}\npage = 'last'\n{get}")
    assert [request.target.literal for request in requests(draft)] == ["/a/first", "/a/last"]
    assert left(draft) == ["it is a loop", "page is changed in line 10"]


SECRETS = (
    "hunter2",
    "s3cr3t-t0ken-value",
    "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
    "AKIAIOSFODNN7EXAMPLE",
    "dXNlcjpwYXNz",
)
PLANTED = f"""
import http from 'k6/http'
export const options = {{ vus: 1, duration: '1s', tags: {{ run: 'x' }} }}
const TOKEN = '{SECRETS[1]}'
const headers = {{ Authorization: `Bearer ${{TOKEN}}`, 'X-Api-Key': "{SECRETS[3]}", Cookie: 'session={SECRETS[1]}' }}
export default function () {{
  http.post('https://ann:{SECRETS[0]}@api.example.com/login', {{ user: 'ann', password: '{SECRETS[0]}' }})
  http.get('https://api.example.com/?access_token={SECRETS[1]}', {{ headers }})
  http.get('https://api.example.com/', {{ headers: {{ Authorization: 'Basic {SECRETS[4]}' }}, tags: {{ name: '{SECRETS[2]}' }} }})
  if (x) {{ login('{SECRETS[0]}', "{SECRETS[2]}", `Bearer {SECRETS[1]}`) }} // {SECRETS[1]}
  const other = {{ jwt: '{SECRETS[2]}' }}
  log('{SECRETS[3]}')
}}
"""


def test_no_secret_is_written(tmp_path):
    """A token, a password and a key of the script are in neither file, nor in what is printed."""
    file = tmp_path / "feed.js"
    file.write_text(PLANTED)
    done = CliRunner().invoke(command, [str(file), "--locustfile", str(tmp_path / "feed.py")])
    assert done.exit_code == 0, done.output
    said = (tmp_path / "feed.py").read_text() + (tmp_path / "feed.yml").read_text() + done.output
    assert [secret for secret in SECRETS if secret in said] == []
    assert "set TOKEN in the environment: line 4 of the script holds it as a literal, which is not written here" in said


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def script(tmp_path):
    """Return the file of the article's script."""
    file = tmp_path / "feed.js"
    file.write_text(ARTICLE)
    return file


def test_writes_both(script, tmp_path):
    """The YAML goes beside the locustfile, where locust finds it."""
    done = run(script, "--locustfile", tmp_path / "new" / "feed.py")
    assert done.exit_code == 0, done.output
    assert "to finish: set LOAD_TEST_TOKEN in the environment" in done.stderr
    assert done.stdout.endswith(f"locust-ext check {tmp_path / 'new' / 'feed.py'} says what they will do\n")
    found = yaml.safe_load((tmp_path / "new" / "feed.yml").read_text())
    assert [scenario["users"] for scenario in found["scenarios"].values()] == ["DefaultUser", "DefaultUser"]
    assert "class DefaultUser(FastHttpUser):" in (tmp_path / "new" / "feed.py").read_text()


def test_says_how_to_run_what_lies_apart(script, tmp_path):
    """A YAML of another name is not found by itself."""
    done = run(script, "--locustfile", tmp_path / "feed.py", "-o", tmp_path / "load.yml")
    assert done.exit_code == 0
    assert f"run it with -f {tmp_path / 'feed.py'} --loadtest {tmp_path / 'load.yml'}" in done.stdout


@pytest.mark.parametrize("there", ["feed.py", "feed.yml"])
def test_never_replaces_one_of_them(script, tmp_path, there):
    """If one is there, neither is written; with --force, both are."""
    (tmp_path / there).write_text("mine")
    done = run(script, "--locustfile", tmp_path / "feed.py")
    assert (done.exit_code, "--force replaces them" in done.stderr) == (EXIT_CODE, True)
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ".js"] == [there]
    assert (tmp_path / there).read_text() == "mine"
    assert run(script, "--locustfile", tmp_path / "feed.py", "--force").exit_code == 0
    assert "mine" not in (tmp_path / there).read_text()


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--users", "FeedUser"], "--users: the classes are those of --locustfile"),
        (["-o", "{}/feed.py"], "it is the file of -o too"),
        (["-o", "/proc/nowhere/feed.yml"], "cannot be written"),
    ],
)
def test_refuses(script, tmp_path, words, sentence):
    """A sentence and 104, and nothing is written."""
    done = run(script, "--locustfile", tmp_path / "feed.py", *[word.format(tmp_path) for word in words])
    assert (done.exit_code, sentence in done.stderr) == (EXIT_CODE, True), done.output
    assert not (tmp_path / "feed.py").exists()


def test_refuses_names_and_options(script, tmp_path):
    """A locustfile ends in .py, and options in JSON say nothing of requests."""
    done = run(script, "--locustfile", tmp_path / "feed.txt")
    assert (done.exit_code, "is not the name of a locustfile" in done.stderr) == (EXIT_CODE, True)
    options = tmp_path / "options.json"
    options.write_text(json.dumps({"vus": 1, "duration": "1s"}))
    done = run(options, "--locustfile", tmp_path / "feed.py")
    assert (done.exit_code, "say nothing of requests" in done.stderr) == (EXIT_CODE, True)


def test_thresholds_on_what_is_sampled_are_on(tmp_path):
    """A metric that the locustfile declares and feeds is judged, and one that it feeds in part is not."""
    file = tmp_path / "feed.js"
    file.write_text(
        """
import http from 'k6/http'
import { Counter, Rate } from 'k6/metrics'
const bad = new Rate('bad'), half = new Counter('half')
export const options = { vus: 1, duration: '1s', thresholds: { bad: ['rate<0.1'], half: ['count>1'] } }
export default function () {
  const res = http.get('https://api.example.com/')
  bad.add(res.status !== 200)
  half.add(1)
  half.add(unknown())
}
"""
    )
    assert run(file, "--locustfile", tmp_path / "feed.py").exit_code == 0
    assert yaml.safe_load((tmp_path / "feed.yml").read_text())["thresholds"] == {"bad": ["rate<0.1"]}


@pytest.mark.parametrize(
    "statement, is_on",
    [("note(res)", True), ("if (res.status > 300) note(res)", False), ("const x = [note(res)]", False)],
)
def test_samples_that_a_function_takes(tmp_path, statement, is_on):
    """Those of a function of the script's own count; where its call is left, the metric is not whole."""
    file = tmp_path / "feed.js"
    file.write_text(
        f"""
import http from 'k6/http'
import {{ Counter }} from 'k6/metrics'
const seen = new Counter('seen')
export const options = {{ vus: 1, duration: '1s', thresholds: {{ seen: ['count>1'] }} }}
function note(res) {{ seen.add(res.status) }}
export default function () {{
  const res = http.get('https://api.example.com/')
  seen.add(1)
  {statement}
}}
"""
    )
    assert run(file, "--locustfile", tmp_path / "feed.py").exit_code == 0
    thresholds = yaml.safe_load((tmp_path / "feed.yml").read_text()).get("thresholds")
    assert (thresholds is not None) == is_on
    assert ("seen.add(response.status_code)" in (tmp_path / "feed.py").read_text()) == is_on


def test_says_of_thresholds_what_the_locustfile_leaves_to_do(tmp_path):
    """What it tags, checks and declares itself is no work for anybody; what it does not is."""
    file = tmp_path / "feed.js"
    file.write_text(
        """
import http from 'k6/http'
import { check } from 'k6'
import { Counter, Trend } from 'k6/metrics'
const half = new Counter('half'), never = new Trend('never')
export const options = { vus: 1, duration: '1s', thresholds: {
  'http_req_duration{page:front}': ['p(95)<400'], 'http_reqs{kind:a}': ['count>1'], 'http_reqs{kind:b}': ['count>1'],
  'http_req_duration{page:back}': ['p(95)<400'], 'checks{step:order}': ['rate>0.9'], 'checks{step:pay}': ['rate>0.9'],
  half: ['count>1'], never: ['p(95)<1'],
} }
export default function () {
  const res = http.get('https://api.example.com/', { tags: { page: 'front' } })
  http.get('https://api.example.com/id', { tags: { kind: res.json('kind') } })
  check(res, { fine: (r) => r.status === 200 }, { step: 'order' })
  half.add(1)
  half.add(unknown())
}
"""
    )
    done = run(file, "--locustfile", tmp_path / "feed.py")
    told = [line.removeprefix("note: thresholds.") for line in done.stderr.split("\n") if "note: thresholds." in line]
    assert [line.partition(": ")[0] for line in told] == [
        "http_req_duration{page:back}",
        "checks{step:pay}",
        "half",
        "never",
    ]
    assert "go through the TODOs of the locustfile" in told[2]
    assert 'declare Trend("never")' in told[3]


STATEMENTS = [
    f"const a = http.get({URL})",
    f"let b; b = http.post({URL}, JSON.stringify({{ x: a.json('x'), y: [1, {{ z: null }}] }}))",
    "check(a, { 'ok': (r) => r.status === 200 })",
    "check(b, { [`n${1}`]: (r) => r.body.includes('\"') }, { t: 'u' })",
    "group('g\\n', () => { sleep(1); ",
    "})",
    f"http.batch([['GET', {URL}], {URL}])",
    f"for (;;) {{ http.get({URL}) }}",
    "if (true) {",
    "} else {",
    "}",
    f"const {{ c, d = 2 }} = a.json(), e = http.get({URL}).json('q.0')",
    "http.get(`https://api.example.com/${e}/${c}/${__ENV.X || 'y'}`, { headers: { h: d }, tags: { name: 'n' } })",
    "sleep(Math.random() * 3)",
    "f(a)",
    "return",
    "function f(x) { check(x, { f: x.status > 1 }); return f(x) }",
    "a = b = c",
    "console.log(`${`${a}`}`)",
    "x?.y?.[0]?.(z)",
    "/* \u2028 */",
    "class Q { static m() { } }",
    "const g = async () => await g()",
    "http.get()",
    "http.get(...args)",
    "check()",
    "sleep()",
    "http.request('GET')",
    "http.post(undefined, undefined, null)",
]


@given(st.integers(0, 2**32))
def test_any_script_is_written(seed):
    """Whatever stands in a function, what is written of it compiles, and each statement left has its line."""
    chance = Random(seed)
    body = "\n".join(chance.choices(STATEMENTS, k=chance.randrange(1, 9)))
    script = f"import http from 'k6/http'\nimport {{ check, group, sleep }} from 'k6'\nexport default function () {{\n{body}\n}}"
    try:
        draft = translate_functions(script, "feed.js", ["default"], "command").draft
    except ConfigurationError:  # it is not JavaScript
        return
    tree = ast.parse(render_locustfile(draft))
    assert isinstance(tree.body[-1], ast.ClassDef)
    assert all(step.line for step in walk(draft.journeys[0].steps) if isinstance(step, Unfinished))
