"""What a script imports, in each of the ways in which it may, and the functions that are meant by it."""

import pytest

from locust_ext.k6.imports import HTTP, read_imports, requests_of
from locust_ext.k6.scopes import Scopes
from locust_ext.k6.syntax import parse_script, part, text_of


def read(text):
    """Return the names of a script, and what it imports."""
    scopes = Scopes(parse_script(text, "test.js"))
    return scopes, read_imports(scopes)


IMPORTED = [
    ("a default", "import http from 'k6/http'", {("http", "k6/http", "default")}, True),
    ("all of it", "import * as h from 'k6/http'", {("h", "k6/http", "*")}, True),
    (
        "some of it",
        "import { get, post as p } from 'k6/http'",
        {("get", "k6/http", "get"), ("p", "k6/http", "post")},
        True,
    ),
    (
        "a default and some",
        "import http, { get } from 'k6/http'",
        {("http", "k6/http", "default"), ("get", "k6/http", "get")},
        True,
    ),
    ("for what it does", "import 'k6/metrics'", set(), True),
    ("from elsewhere", "import x from './x.js'", {("x", "./x.js", "default")}, False),
    ("handed on", "export { y } from './y.js'", set(), False),
    ("required", "const x = require('k6/ws')", set(), False),
    ("required, and silent", "const x = require('k6/crypto')", set(), True),
    ("imported later", "const x = import('./x.js')", set(), False),
    ("by a name that is not written", "const n = 'k6'; const x = require(n)", set(), False),
    ("nothing", "const x = load('k6/ws')", set(), True),
]


@pytest.mark.parametrize("text, names, silent", [row[1:] for row in IMPORTED], ids=[row[0] for row in IMPORTED])
def test_imports(text, names, silent):
    """Which name is what of which module, and whether another module may send requests."""
    _, found = read(text)
    assert {(binding.name, *meant) for binding, meant in found.members.items()} == names
    assert found.all_requests_are_seen is silent


MEANT = [
    ("of all of it", "import * as http from 'k6/http'; http.get('x')", "get"),
    ("of the default", "import http from 'k6/http'; http.post('x')", "post"),
    ("by itself", "import { get } from 'k6/http'; get('x')", "get"),
    ("by another name", "import { get as g } from 'k6/http'; g('x')", "get"),
    ("of another module", "import { sleep } from 'k6'; sleep(1)", ""),
    ("of an object of its own", "const own = { get() {} }; own.get('x')", ""),
    ("of what is not there", "there.get('x')", ""),
    ("nobody knows", "get('x')", ""),
    ("of one of its functions", "import { get } from 'k6/http'; get.call('x')", ""),
    ("what is called at once", "(function () {})('x')", ""),
]


@pytest.mark.parametrize("text, name", [row[1:] for row in MEANT], ids=[row[0] for row in MEANT])
def test_the_function_that_is_meant(text, name):
    """Only one of the module, whatever it is called in the script."""
    scopes, found = read(text)
    (call,) = [node for node in scopes.nodes if node.type == "call_expression"]
    assert found.function(part(call, "function"), scopes, HTTP) == name
    assert found.function(None, scopes, HTTP) == ""


HEAD = "import http, { get } from 'k6/http';\n"
REQUESTED = [
    (
        "each call that sends one",
        "http.get('x'); get('y'); http.asyncRequest('GET', 'z')",
        ["http.get", "get", "http.asyncRequest"],
    ),
    ("what sends none is left out", "http.url`x`; new http.CookieJar(); http.file('x')", None),
    ("a file is quiet", "http.file('x'); http.get('y')", ["http.get"]),
    ("several at once are not counted", "http.batch([])", None),
    ("a function that is handed on", "const f = get", None),
    ("the module itself", "const f = http", None),
    ("an object that holds it", "const f = { http }", None),
    ("a function that is no argument", "run(http.get)", None),
    ("a setting", "http.setResponseCallback(null)", None),
    ("another module", "import ws from 'k6/ws'; http.get('x')", None),
    ("none", "const own = { get() {} }; own.get('x')", []),
]


@pytest.mark.parametrize("text, calls", [row[1:] for row in REQUESTED], ids=[row[0] for row in REQUESTED])
def test_requests(text, calls):
    """All of them, or nobody knows."""
    scopes, found = read(HEAD + text)
    requests = requests_of(scopes, found)
    assert (requests if requests is None else [text_of(part(call, "function")) for call in requests]) == calls
