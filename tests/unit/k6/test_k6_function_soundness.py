"""What is written of functions is what k6 would do, or it is left: rows that a run of k6's own semantics has decided."""

import pytest

from locust_ext.drafts.journey import Drawing, Pause, Request, Unfinished, walk
from locust_ext.drafts.locustfile import render_locustfile
from locust_ext.k6.journeys import translate_functions
from locust_ext.k6.modules import UnreadableError

HEAD = """
import http from 'k6/http'
import { check, group, sleep } from 'k6'
import { randomIntBetween, uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'
export const options = { vus: 1, duration: '1s' }
const U = 'http://h.test'
"""


class Beside:
    """Files beside a script, by their names."""

    def __init__(self, files):
        self.files = files

    def place(self, beside, specifier):
        return specifier.removeprefix("./")

    def text(self, file):
        if file not in self.files:
            raise UnreadableError("there is no such file")
        return self.files[file]


def translated(script, functions=("default",), **files):
    files = {name.replace("_", "."): HEAD + text for name, text in files.items()}
    return translate_functions(HEAD + script, "feed.js", functions, "command", (), Beside(files))


def steps(script, kind, journey=0, **more):
    return [step for step in walk(translated(script, **more).draft.journeys[journey].steps) if isinstance(step, kind)]


def paths(script, **more):
    return [request.target.literal for request in steps(script, Request, **more)]


def default(body):
    return f"export default function () {{ {body} }}"


GET = "http.get(U + '/a', { headers: h })"
HANDED_OUT = {
    "to a function that changes it": ("function f(x) { x.B = '2' }", f"const h = {{ A: '1' }}; f(h); {GET}"),
    "to a function that hands it on": (
        "function g(y) { delete y.A }\nfunction f(x) { g(x) }",
        f"const h = {{ A: '1' }}; f(h); {GET}",
    ),
    "to an arrow function": (
        "const f = (x) => { x.A = '9'; return x }",
        f"const h = {{ A: '1' }}; const y = f(h); {GET}",
    ),
    "to a function that nobody knows": ("", f"const h = {{ A: '1' }}; unknown(h); {GET}"),
    "to a list": ("", f"const h = {{ A: '1' }}; [h].forEach((x) => {{ x.B = '2' }}); {GET}"),
    "to a loop over a list": ("", f"const h = {{ A: '1' }}; for (const x of [h]) {{ x.B = '2' }} {GET}"),
    "to another object": ("", f"const h = {{ A: '1' }}; const p = {{ headers: h }}; p.headers.B = '2'; {GET}"),
    "to another name": ("", f"const h = {{ A: '1' }}; const g = h; g.B = '2'; {GET}"),
    "to a part of something": ("const all = {}", f"const h = {{ A: '1' }}; all.h = h; {GET}"),
    "by a function": ("const h = { A: '1' }\nfunction f() { return h }", f"f().B = '2'; {GET}"),
}


@pytest.mark.parametrize("head, body", HANDED_OUT.values(), ids=HANDED_OUT)
def test_what_was_handed_out_is_not_known(head, body):
    """An object that others may change stays, with the line."""
    script = f"{head}\n{default(body)}"
    assert steps(script, Request) == []
    assert any("changed in line" in each.why for each in steps(script, Unfinished))


@pytest.mark.parametrize(
    "use",
    [
        "console.log(h)",
        "JSON.stringify(h)",
        "http.get(U, { headers: h })",
        "f(h)",
        "f(h.A)",
        "const g = { ...h }",
        "h.A",
    ],
)
def test_what_is_only_read_is_known(use):
    """Who only reads an object is no doubt."""
    script = "function f(x) { console.log(x.A) }\n" + default(f"const h = {{ A: '1' }}; {use}; {GET}")
    assert "/a" in paths(script)


def test_what_another_file_changes_is_not_known():
    """An object that is imported and changed in the file that imports it stays."""
    lib = "export const p = { headers: { A: '1' } }"
    assert paths("import { p } from './lib.js'\n" + default("http.get(U + '/a', p)"), lib_js=lib) == ["/a"]
    script = "import { p } from './lib.js'\n" + default("p.headers.A = '2'; http.get(U + '/a', p)")
    assert paths(script, lib_js=lib) == []


LEFT_EARLY = {
    "a return": ("", "http.get(U + '/a'); return; http.get(U + '/b')", ["/a"]),
    "a return in a block": ("", "http.get(U + '/a'); { return } http.get(U + '/b')", ["/a"]),
    "a return that is always taken": (
        "const S = true",
        "http.get(U + '/a'); if (S) { return } http.get(U + '/b')",
        ["/a"],
    ),
    "a return of a function": (
        "const S = 1\nfunction f() { if (S) return; http.get(U + '/in') }",
        "http.get(U + '/a'); f(); http.get(U + '/b')",
        ["/a", "/b"],
    ),
    "a throw": (
        "const S = 1\nfunction f() { throw new Error('x') }",
        "http.get(U + '/a'); f(); http.get(U + '/b')",
        ["/a"],
    ),
    "a group": ("", "group('g', () => { http.get(U + '/a'); return }); http.get(U + '/b')", ["/a", "/b"]),
}


@pytest.mark.parametrize("head, body, sent", LEFT_EARLY.values(), ids=LEFT_EARLY)
def test_what_is_left_early(head, body, sent):
    """Nothing that stands behind a way out is done."""
    assert paths(f"{head}\n{default(body)}") == sent


def test_says_that_a_branch_may_end_it():
    """What follows stands as if it did not, and that is said."""
    (unfinished,) = steps(default("if (Math.random() < 0.5) { return } http.get(U)"), Unfinished)
    assert unfinished.why.endswith("; it may end here, and what follows stands as if it did not")


def test_the_value_of_the_return_that_is_taken():
    """The answer that a function returns is the one of the return that is reached."""
    script = "function f() { if (true) { return http.get(U + '/x') } return http.get(U + '/y') }\n" + default(
        "const r = f(); check(r, { ok: (r) => r.status === 200 })"
    )
    (request,) = steps(script, Request)
    assert (request.target.literal, [each.name for each in request.checks]) == ("/x", ["ok"])


DRAWN_ONCE = {
    "a name": "const id = uuidv4(); http.post(U + '/a', JSON.stringify({ id })); http.get(`${U}/a/${id}`)",
    "the clock": "const id = Date.now(); http.get(`${U}/a/${id}`); sleep(1); http.get(`${U}/b/${id}`)",
    "in an object": "const u = { id: uuidv4() }; http.post(U + '/a', JSON.stringify(u)); http.get(`${U}/a/${u.id}`)",
    "what is given": "f(uuidv4())",
}


@pytest.mark.parametrize("body", DRAWN_ONCE.values(), ids=DRAWN_ONCE)
def test_chance_decides_once(body):
    """A value that has a name is drawn once, and used as often as it is named."""
    script = "function f(id) { http.get(`${U}/a/${id}`); http.get(`${U}/b/${id}`) }\n" + default(body)
    assert (len(steps(script, Drawing)), len(steps(script, Request)), steps(script, Unfinished)) == (1, 2, [])
    text = render_locustfile(translated(script).draft)
    assert text.count("uuid.uuid4()") + text.count("time.time()") == 1


def test_chance_of_the_whole_script_stays():
    """What is drawn once for a user is not drawn for each iteration; what nobody uses is not written."""
    assert steps("const id = uuidv4()\n" + default("http.get(`${U}/${id}`)"), Request) == []
    assert "uuid" not in render_locustfile(translated(default("const id = uuidv4(); http.get(U)")).draft)


NEVER_LOST = {
    "a check with a name": ("const ok = check(r, { fine: (r) => r.status === 200 })", ["fine"], 0),
    "a check that is assigned": ("let ok; ok = check(r, { fine: (r) => r.status === 200 })", [], 1),
    "a socket with a name": ("const s = ws.connect(U, {}, () => {})", [], 1),
    "a call of gRPC with a name": ("const s = client.invoke('a/b', {})", [], 1),
    "a call of a module that nobody knows": ("const t = login('a')", [], 1),
    "a call of what such a call has returned": ("const t = login('a'), u = t.again(); const v = u.more()", [], 2),
    "a call of a name that is nowhere": ("const x = http2.get(U)", [], 1),
    "names that are made of each other": ("var p = q.x(); var q = p.y()", [], 0),
    "a request within an argument": ("f(1, http.get(U + '/b').status)", [], 1),
    "a request of which the rest is lost": (
        "const b = http.get(U + '/b'), c = r.zz(); check(b, { x: b.status === 2 })",
        ["x"],
        0,
    ),
    "a method of a class": ("const x = new Api().go()", [], 1),
    "a method of an object of a class": ("const api = new Api(), x = api.go()", [], 1),
    "a class that begins with a request": ("const api = new Session()", [], 1),
    "a function of an object": ("const x = lib.go()", [], 1),
    "a function of an object by its name": ("const x = lib['go']()", [], 1),
    "a function of a list": ("const x = all[0]()", [], 1),
    "a function under another name": ("const x = alias()", [], 1),
    "a function that is given to another": ("const x = [1, 2].map(g)", [], 1),
    "a function in a function": ("const x = [1, 2].map((i) => g(i))", [], 1),
    "a function that is called by a method": ("const x = g.call(null)", [], 1),
    "a function that was given": ("const x = call(g)", [], 1),
    "functions that call each other": ("const x = [ping()], y = [pong()]", [], 1),
    "a function in a list": ("const x = [g()]", [], 1),
    "a function in an object": ("const x = { a: g() }", [], 1),
    "a function in a text": ("const x = `${g()}`", [], 1),
    "a function in a sum": ("const x = 'a' + g()", [], 1),
    "a function in a condition": ("const x = __ENV.A ? g() : null", [], 1),
    "a function of which a part is taken": ("const x = g().length", [], 1),
    "a promise of functions": ("const x = Promise.race([g(), g()])", [], 1),
    "a list that is assigned": ("let x; x = [g()]", [], 1),
    "a list that is returned": ("return [http.get(U + '/b')]", [], 1),
    "a part that is returned": ("return http.get(U + '/b').status", [], 1),
    "a module that is loaded on the way": ("const x = require('k6/http').get(U)", [], 1),
    "a module that is loaded at the top": ("const x = loaded.get(U)", [], 1),
    "the end of a run": ("const x = exec.test.abort('x')", [], 1),
    "a function that may end the run": ("const x = enough(r)", [], 1),
    "a sample with a name": ("const x = sizes.add(1)", [], 1),
    "a generator": ("const x = many()", [], 1),
    "a generator without a name": ("const x = few()", [], 1),
    "a property that is called like a function": ("const x = lib.size, y = r.size", [], 0),
    "what works a value out": ("const x = [1, 2].map((i) => i + 1).join(), y = new Plain('a').name()", [], 0),
    "an answer of a lost line": (
        "const b = http.get(U + '/b'), c = http.get(zz()); check(b, { x: b.status === 2 })",
        [],
        2,
    ),
}

NEVER_LOST_HEAD = """
import ws from 'k6/ws'
import grpc from 'k6/net/grpc'
import exec from 'k6/execution'
import { Trend } from 'k6/metrics'
import { login } from 'https://example.com/lib.js'
const client = new grpc.Client(), loaded = require('k6/http')
function f(x, y) { sleep(1) }
function g() { http.get(U + '/g') }
function* many() { yield http.get(U + '/many') }
const few = function* () { yield http.get(U + '/few') }
const sizes = new Trend('sizes')
function enough(r) { if (r.status > 500) exec.test.abort() }
function call(what) { return what() }
function ping(n) { return n ? pong() : 0 }
function pong(n) { http.get(U + '/pong'); return ping() }
class Api { go() { return this.inner() } inner() { return http.get(U + '/b') } }
class Session { constructor() { this.answer = http.get(U + '/b') } }
class Plain { constructor(name) { this.said = name } name() { return this.said } }
const lib = { go: () => http.get(U + '/b'), size: 3 }, all = [g], alias = g
"""


@pytest.mark.parametrize("statement, checks, left", NEVER_LOST.values(), ids=NEVER_LOST)
def test_nothing_is_lost(statement, checks, left):
    """What a statement does beside giving a name a value is done, or left."""
    script = NEVER_LOST_HEAD + default(f"const r = http.get(U + '/a'); {statement}")
    assert [check.name for request in steps(script, Request) for check in request.checks] == checks
    assert len(steps(script, Unfinished)) == left


def test_a_request_that_is_given_to_a_function_is_sent():
    """Its answer is what the function is given."""
    script = "function f(r) { check(r, { ok: (r) => r.status === 200 }) }\n" + default("f(http.get(U + '/a'))")
    (request,) = steps(script, Request)
    assert (request.target.literal, [each.name for each in request.checks]) == ("/a", ["ok"])


def test_functions_have_users_of_their_own():
    """What one function gives a variable of the script is not there in another."""
    script = "let t = 'none'\nexport function a() { t = 'x'; http.get(U + '/a/' + t) }\nexport function b() { http.get(U + '/b/' + t) }"
    assert paths(script, functions=("a", "b"), journey=0) == ["/a/x"]
    assert paths(script, functions=("a", "b"), journey=1) == []


@pytest.mark.parametrize(
    "script",
    [
        "function f() { http.get(U + '/1') }\nf = () => { http.get(U + '/2') }\n" + default("f()"),
        "let f = () => { http.get(U + '/1') }\nf = g\n" + default("f()"),
        default("http.get(U + '/' + a); var a = 'x'"),
    ],
)
def test_what_changes_stays(script):
    """A function that is replaced, and a variable that is read before it has a value."""
    assert steps(script, Request) == []
    assert steps(script, Unfinished)


@pytest.mark.parametrize(
    "seconds, pause",
    [("Math.floor(2.9)", Pause(2)), ("Math.round(0.5)", Pause(1)), ("Math.ceil(1.1)", Pause(2))],
)
def test_pauses_are_rounded(seconds, pause):
    """A number that is rounded is as long as k6 waits."""
    assert steps(default(f"sleep({seconds})"), Pause) == [pause]


def test_halves_of_characters_are_put_together():
    """In templates, as in texts."""
    assert paths(default("http.get(`${U}/\\ud83d\\ude00`)")) == ["/\U0001f600"]


def test_says_what_differs():
    """What is quoted for the address, a Content-Type that k6 does not send, statuses that are fine for all."""
    (first, second) = steps(
        default("const r = http.post(U, JSON.stringify({})); http.get(`${U}/?q=${encodeURIComponent(r.json('x'))}`)"),
        Request,
    )
    assert first.notes == ("k6 names no Content-Type here; json= says application/json",)
    assert second.notes == (
        "values that the script quotes for the address stand here as they are: quote what may hold & or %",
    )
    finish = translated("http.setResponseCallback(http.expectedStatuses(404))\n" + default("http.get(U)")).draft.finish
    assert any(line.startswith("http.setResponseCallback in line 7 of the script says") for line in finish)


def test_names_of_headers():
    """k6 spells them in one way; another is undefined there."""
    script = default(
        "check(http.get(U), { 'x': (r) => r.headers['content-type'] === 'a', 'y': (r) => r.headers['Etag'] === 'b' })"
    )
    assert [each.name for each in steps(script, Request)[0].checks] == ["y"]


def test_feeders_that_nobody_reads_are_left_out():
    """A row that is taken by what is left needs no feeder."""
    script = "const users = JSON.parse(open('./users.json'))\n" + default(
        "const u = users[__VU % users.length]; zz(u.name)"
    )
    assert translated(script).feeders == []


SECRET = "hunter2-planted"
PLACES = [
    f"http.post(U, 'user=a&password={SECRET}')",
    f"http.post(U, 'password={SECRET}&user=a')",
    f"""http.post(U, '{{"user": "a", "client_secret": "{SECRET}"}}')""",
    f"""http.post(U, `{{"n": ${{1}}, "password":"{SECRET}"}}`)""",
    f"http.get(U, {{ headers: {{ A: 'Basic ' + encoding.b64encode('ann:{SECRET}') }} }})",
    f"http.cookieJar().set(U, 'sid', '{SECRET}')",
    f"http.get(U + '/;jsessionid={SECRET}')",
    f"login('ann', '{SECRET}')",
    f"const tokens = ['a', '{SECRET}']; zz(tokens)",
    f"const token = x ? 'a' : '{SECRET}'; zz(token)",
    f"zz(1) // password: {SECRET}",
    f"zz(function (token = '{SECRET}') {{ }})",
    f"zz(class {{ password = '{SECRET}' }})",
    f"const PASSWORD_ADMIN = '{SECRET}'; http.get(U + '/' + PASSWORD_ADMIN)",
]


@pytest.mark.parametrize("statement", PLACES)
def test_secrets_are_not_written(statement):
    """Wherever a secret stands, it is in nothing that is written."""
    script = "function login(user, password) { http.post(U, { user, password }) }\n" + default(f"{statement}\n")
    draft = translated(script).draft
    assert draft.journeys[0].steps
    assert SECRET not in render_locustfile(draft) + str(draft.finish)


def test_secrets_of_files_that_are_read_later_are_known():
    """A secret of another file is one in the script too."""
    lib = f"export const token = '{SECRET}'\nexport function f() {{ http.get(U + '/' + token) }}"
    body = default(f"http.get(U + '/{SECRET}'); f()")
    script = f"import {{ f }} from './lib.js'\n{body}"
    draft = translated(script, lib_js=lib).draft
    assert SECRET not in render_locustfile(draft)
    assert any("line 7 of lib.js holds it as a literal" in line for line in draft.finish)


def test_a_file_that_is_imported_for_what_it_does():
    """What it says of all answers is said, and that it cannot be read."""
    script = "import './setup.js'\nimport './gone.js'\nimport 'https://example.com/lib.js'\n" + default("http.get(U)")
    draft = translated(script, setup_js="http.setResponseCallback(http.expectedStatuses(404))").draft
    assert [line for line in draft.finish if ".js" in line] == [
        "http.setResponseCallback in line 7 of setup.js says which statuses are fine; here those below 400 are",
        "look at the file that line 8 imports for what it does: ./gone.js: there is no such file",
    ]


def test_a_comment_names_the_file_that_its_lines_stand_in():
    """And a name that no file has says so."""
    script = "import { f, g } from './lib.js'\nimport { h } from './gone.js'\n" + default("f(); g(); h()")
    text = render_locustfile(translated(script, lib_js="export function f() { sleep(1); zz() }").draft)
    for line in (
        "# TODO: lib.js: 'zz' has no counterpart",
        "# TODO: ./lib.js does not export g",
        "# TODO: ./gone.js: there is no such file",
    ):
        assert line in text


CHANGED_ON_THE_WAY = {
    "by a call": ("let x = 'a'\nfunction f() { x = 'b' }", "x = 'c'; f(); http.get(U + '/' + x)", []),
    "by a call that has a name": (
        "",
        "let x = 'a'; x = 'c'; const f = () => { x = 'b' }; const y = f(); http.get(U + '/' + x)",
        [],
    ),
    "by a method": (
        "let x = 'a'\nclass Api { go() { x = 'b' } }",
        "x = 'c'; const y = new Api().go(); http.get(U + '/' + x)",
        [],
    ),
    "by a function of an object": (
        "let x = 'a'\nconst lib = { go: () => { x = 'b' } }",
        "x = 'c'; const y = lib.go(); http.get(U + '/' + x)",
        [],
    ),
    "by a function that is given to another": (
        "let x = 'a'\nfunction f() { x = 'b' }",
        "x = 'c'; const y = [1].map(f); http.get(U + '/' + x)",
        [],
    ),
    "by a second call": (
        "function f(y) { let x = 'a'; http.get(`${U}/${x}`); x = y; http.get(`${U}/${x}`) }",
        "f('b'); f('c')",
        ["/b", "/a", "/c"],
    ),
    "by a second declaration": (
        "",
        "var x = 'a'; x = 'b'; http.get(U + '/' + x); var x = 'c'; http.get(U + '/' + x)",
        ["/b", "/c"],
    ),
    "later, by what nobody waits for": (
        "async function f() { http.get(U + '/late') }",
        "f(); http.get(U + '/now')",
        ["/now"],
    ),
}


@pytest.mark.parametrize("head, body, sent", CHANGED_ON_THE_WAY.values(), ids=CHANGED_ON_THE_WAY)
def test_what_changes_on_the_way(head, body, sent):
    """A variable has the value that was given to it last, or stays."""
    assert paths(f"{head}\n{default(body)}") == sent


def test_what_is_drawn_and_assigned_is_drawn_once():
    """As where it is declared."""
    script = default("let id; group('g', () => { id = uuidv4(); http.get(`${U}/${id}`) }); http.get(`${U}/b/${id}`)")
    assert len(steps(script, Drawing)) == 1
    assert render_locustfile(translated(script).draft).count("uuid.uuid4()") == 1
