"""What an expression in a script is worth, and what is left to a run."""

import operator
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.k6.constants import unfold
from locust_ext.k6.expressions import MOST_DEPTH, MOST_STEPS, Expressions
from locust_ext.k6.literals import MOST_LETTERS, _comparing, _leading, _on_numbers, read_escape
from locust_ext.k6.scopes import Scopes
from locust_ext.k6.syntax import parse_script, part
from locust_ext.text.problems import ConfigurationError
from locust_ext.text.strict_json import strict_json


def evaluate(expression, before="", after=""):
    """Return what `expression` is worth between two pieces of script."""
    scopes = Scopes(parse_script(f"{before}\nconst asked = {expression};\n{after}", "test.js"))
    binding = next(
        scopes.meant(part(node, "name"))
        for node in scopes.nodes
        if part(node, "name") and node.type == "variable_declarator" and part(node, "name").text == b"asked"
    )
    return Expressions(scopes).held(binding)


def plain(*pieces):
    found = unfold(evaluate(*pieces))
    assert found.unknown == {}
    return found.values


@pytest.mark.parametrize(
    "expression, value",
    [
        ("'text'", "text"),
        ('"it\'s"', "it's"),
        (r"'a\n\t\\\'\x41\u00e9\u{1F600}'", "a\n\t\\'Aé😀"),
        (r"'\uD83D\uDE00'", "😀"),
        (r"'\uD83D'", "\ufffd"),
        ("'a\\\nb'", "ab"),
        ("`plain`", "plain"),
        ("`${1 + 1}m`", "2m"),
        ("`http_req_duration{name:${'x'}}`", "http_req_duration{name:x}"),
        ("200", 200),
        ("1_000", 1000),
        ("0x10", 16),
        ("0b11", 3),
        ("1e3", 1000),
        (".5", 0.5),
        ("-5", -5),
        ("+5", 5),
        ("- -5", 5),
        ("60 * 60 / 2", 1800),
        ("2 ** 3 % 5", 3),
        ("(1 + 2) * 3", 9),
        ("2 ** 53", 2**53),
        ("2 ** 54", 2.0**54),
        ("2 - 53", -51),
        ("-(2 ** 53)", -(2**53)),
        ("'2' * '3'", 6),
        ("' ' - 1", -1),
        ("true + true", 2),
        ("null - 1", -1),
        ("-7 % 3", -1),
        ("'b' > 'a'", True),
        ("'a' > 'a'", False),
        ("'a' >= 'a'", True),
        ("'10' < '9'", True),
        ("'10' < 9", False),
        ("2 <= 2", True),
        ("2 < 2", False),
        ("1 === true", False),
        ("'a' !== 'a'", False),
        ("5 != 6", True),
        ("{} ? 1 : 2", 1),
        ("[] ? 1 : 2", 1),
        ("'' ? 1 : 2", 2),
        ("parseInt('  -7.9')", -7),
        ("Number('')", 0),
        ("Number('  12 ')", 12),
        ("Math.round(-2.5)", -2),
        ("Boolean('')", False),
        ("String(true)", "true"),
        ("String(null)", "null"),
        ("0o17", 15),
        ("1E-2", 0.01),
        ("'\\u{110000}'", "\ufffd"),
        ("'\\u{10ffff}'", "\U0010ffff"),
        ("'\\0\\b\\f\\v\\r\\q'", "\0\b\f\v\rq"),
        ("'1' + 2 + true + null", "12truenull"),
        ("5 / 2", 2.5),
        ("true", True),
        ("null", None),
        ("!0", True),
        ("[1, 'two', [3,],]", [1, "two", [3]]),
        ("[1, ...[2, 3]]", [1, 2, 3]),
        ("{ a: 1, 'b-c': 2, [`d${1}`]: 3, 4: 4, }", {"a": 1, "b-c": 2, "d1": 3, "4": 4}),
        ("{ a: 1, ...{ a: 2, b: 3 }, b: 4 }", {"a": 2, "b": 4}),
        ("{ /* one */ a: 1, // two\n b: 2 }", {"a": 1, "b": 2}),
        ("{ a: undefined, b: 1 }", {"b": 1}),
        ("1 > 0 ? 'yes' : 'no'", "yes"),
        ("'a' === 'a' && 5", 5),
        ("1 === '1' || 'other'", "other"),
        ("null ?? 'other'", "other"),
        ("0 ?? 'other'", 0),
        ("undefined === null", False),
        ("undefined == null", True),
        ("{ a: { b: [7] } }.a.b[0]", 7),
        ("{ a: 1 }['a']", 1),
        ("{}.a?.b || 3", 3),
        ("[1, 2].length", 2),
        ("parseInt('12s')", 12),
        ("parseInt('12', 10)", 12),
        ("Math.max(2, 30, 4) - Math.min(2, 30, 4)", 28),
        ("Math.abs(-3) + Math.trunc(-2.7)", 1),
        (
            "`${1e21} ${1e20} ${1e-7} ${0.000001} ${-1.5} ${2 ** 54}`",
            "1e+21 100000000000000000000 1e-7 0.000001 -1.5 18014398509481984",
        ),
        ("typeof __ENV.A", "undefined"),
        ("typeof 5 + typeof '' + typeof null + typeof true", "numberstringobjectboolean"),
        ("void 0 ?? 7", 7),
        ("Number(undefined) ?? 7 ? 1 : 2", 2),
        ("NaN || 5", 5),
        ("'\N{GRINNING FACE}'.length", 2),
        ("JSON.parse('{\"a\": [1, 2.5, null]}')", {"a": [1, 2.5, None]}),
        ("((a, b = 2) => a * b)(3)", 6),
        ("(function (a) { return { a } })(3)", {"a": 3}),
        ("Number('1.5')", 1.5),
        ("parseFloat('2.5e1x')", 25),
        ("String(5)", "5"),
        ("Math.round(2.5) + Math.floor(2.9) + Math.ceil(2.1)", 8),
        ("Object.freeze({ a: 1 })", {"a": 1}),
        ("Object.assign({}, { a: 1 }, { a: 2 })", {"a": 2}),
    ],
)
def test_is_worth(expression, value):
    """Literals, and what can be computed of them."""
    found = plain(expression)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "before, expression, value",
    [
        ("const a = 5;", "a", 5),
        ("let a = 5", "a + 1", 6),
        ("const base = { vus: 5 };", "{ ...base, duration: '1m' }", {"vus": 5, "duration": "1m"}),
        ("const a = 1, b = a + 1;", "{ a, b }", {"a": 1, "b": 2}),
        ("const { a, b = 2 } = { a: 1 };", "[a, b]", [1, 2]),
        ("const a = { b: { c: 1 } };", "a.b.c", 1),
        ("const a = 1; function f(a) { a = 2; return a }", "a", 1),
        ("const a = [1]; { const a = []; a.push(2); }", "a", [1]),
        ("const a = { x: 1 }; export function setup() { return a.x }", "a", {"x": 1}),
        ("const a = 5; f(a); function f(x) { x = 6 }", "a", 5),
        ("const a = [5]; export default function () { f(a) };\nfunction f() {}", "a", [5]),
        ("const later = { a: 1 }; console.log(later)", "later", {"a": 1}),
    ],
)
def test_constants_of_the_same_file(before, expression, value):
    """A name stands for what it was declared as, in its own scope."""
    assert plain(expression, before) == value


@pytest.mark.parametrize("kind", ["const", "let", "var"])
def test_what_is_declared_later_is_not_there_yet(kind):
    """The script would end there, or read undefined out of a var; a function is there from the beginning."""
    found = unfold(evaluate("later + 1", "", f"{kind} later = 7;"))
    assert list(found.unknown.values()) == ["later is used before line 3 declares it"]
    assert plain("later()", "", "function later() { return 7 }") == 7


@pytest.mark.parametrize(
    "before, expression, value, variables",
    [
        ("", "__ENV.RATE || 200", 200, {"RATE"}),
        ("", "__ENV['RATE'] ?? '5'", "5", {"RATE"}),
        ("", "__ENV.DURATION ? __ENV.DURATION : '2m'", "2m", {"DURATION"}),
        ("", "__ENV.KIND === 'soak' ? 30 : 5", 5, {"KIND"}),
        ("", "__ENV.KIND !== 'soak'", True, {"KIND"}),
        ("", "Number(__ENV.RATE) || 10", 10, {"RATE"}),
        ("", "parseInt(__ENV.RATE || '12', 10)", 12, {"RATE"}),
        ("", "+__ENV.RATE || 7", 7, {"RATE"}),
        ("", "`${__ENV.N || 3}m`", "3m", {"N"}),
        ("const { RATE = 9 } = __ENV;", "RATE", 9, {"RATE"}),
        ("const env = __ENV;", "env.RATE || 8", 8, {"RATE"}),
        ("", "(__ENV.A || 2) * (__ENV.B || 3)", 6, {"A", "B"}),
        ("const all = { s: 1, l: 2 };", "all[__ENV.KIND || 'l']", 2, {"KIND"}),
    ],
)
def test_environment_is_not_set(before, expression, value, variables):
    """The default is taken, and the variable is remembered."""
    found = evaluate(expression, before)
    assert (found.value, found.asks) == (value, variables)


@pytest.mark.parametrize(
    "before, expression, why",
    [
        ("", "__ENV.RATE", "it comes from __ENV.RATE, which has no default here"),
        ("", "`${__ENV.N}m`", "it comes from __ENV.N, which has no default here"),
        ("", "parseInt(__ENV.RATE)", "it comes from __ENV.RATE"),
        ("", "rates()", "it is what a function returns"),
        ("const Number = (x) => { x += 1; return 5 };", "Number(1)", "it is what a function returns"),
        ("function f(x) { x = 5; return x }", "f(1)", "that does more than return"),
        ("const f = (x) => (x = 5);", "f(1)", "x is changed in its function"),
        ("const f = ({ a }) => a;", "f({ a: 1 })", "that does more than return"),
        ("const f = async () => 5;", "f()", "that does more than return"),
        ("function* f() { return 5 }", "f()", "it is what a function returns"),
        ("let f = () => 5; f = () => 6;", "f()", "it is what a function returns"),
        ("const f = () => f();", "f()", "levels"),
        ("", "'0' == 0", "== of two types is not followed here"),
        ("", "true != 1", "== of two types is not followed here"),
        ("", "010", "010 is not a plain number"),
        ("", "Number('1_000')", "1_000 is not a plain number"),
        ("", "parseInt('0x10')", "it is not a number"),
        ("", "parseInt('12', 16)", "for decimal numbers"),
        ("", "2 ** 0.5", "** of these numbers is not followed here"),
        ("", "3 ** 40", "it is too large for a plain number"),
        ("", "[1, , 2]", "a list with gaps"),
        ("", "{ get a() { return 1 } }", "it has a property that is computed"),
        ("", "{ __proto__: { a: 1 } }", "it has another object behind it"),
        ("", "JSON.parse('{')", "what JSON.parse is given is not JSON"),
        ("", "JSON.parse('[1e999]')", "it is not a finite number"),
        ("", "({}).constructor", "there is no 'constructor' to read"),
        ("if (true) { var b = 5 }", "b", "b is a var in a block"),
        ("var b = 5; var b = 6;", "b", "b is changed in line 1"),
        ("const undefined = 5;", "undefined", "undefined has another meaning here"),
        ("", "JSON.parse(open('./rates.json')).rate", "it is what a function returns"),
        ("", "elsewhere", "elsewhere is not in this file"),
        ("import { rate } from './rates.js'", "rate", "rate is not a constant: see line 1"),
        ("function f(rate) {", "rate", "rate is not a constant: see line 1"),
        ("let a = 1;\na = 2;", "a", "a is changed in line 2"),
        ("let a = 1;\na += 2;", "a", "a is changed in line 2"),
        ("let a = 1;\n\na++;", "a", "a is changed in line 3"),
        ("const a = {};\na.b = 2;", "a", "a is changed in line 2"),
        ("const a = {};\na['b'].c = 2;", "a", "a is changed in line 2"),
        ("const a = { b: 1 };\ndelete a.b;", "a", "a is changed in line 2"),
        ("const a = [];\na.push(1);", "a", "a is changed in line 2"),
        ("const a = {};\nObject.assign(a, { b: 1 });", "a", "a is changed in line 2"),
        ("const a = {};\nconst b = a.c;\nb.d = 1;", "a", "a is changed in line 3"),
        ("let a;\n[a] = [1];", "a", "a is changed in line 2"),
        ("const a = b; const b = a;", "a", "b is used before line 1 declares it"),
        ("", "1 / 0", "it is not a finite number"),
        ("", "'x' * 2", "x is not a plain number"),
        ("", "10n", "10n is not a plain number"),
        ("", "/x/", "it is not a constant"),
        ("", "() => 5", "it is a function"),
        ("", "new Date()", "it is a new object"),
        ("", "{} + 1", "+ of objects is not followed here"),
        ("", "5 & 1", "& is not followed here"),
        ("", "~5", "~ is not followed here"),
        ("", "[...'ab']", "it spreads what is not a list"),
        ("", "{ ...5 }", "it spreads what is not an object"),
        ("", "{ [__ENV.A]: 1 }", "of a key: it comes from __ENV.A"),
        ("", "null.a", "there is no 'a' to read"),
        ("", "unknown() || 5", "it is what a function returns"),
        ("", "Object.assign({ a: 1 }, f())", "it is what a function returns"),
        ("", "Object.assign(f(), { a: 1 })", "Object.assign changes what it is given first"),
        ("const a = {};", "Object.assign(a, { a: 1 })", "Object.assign changes what it is given first"),
        ("", "Object.assign({ a: 1 }, 5)", "it is what a function returns"),
        ("", "[" * 100 + "]" * 100, f"more than {MOST_DEPTH} levels"),
        ("", f"[{'1, ' * 200}{'[' * 100}{']' * 100}]", f"more than {MOST_DEPTH} levels"),
        ("", f"[{'(1), ' * 200}{'[' * 100}{']' * 100}]", f"more than {MOST_DEPTH} levels"),
    ],
)
def test_only_a_run_could_tell(before, expression, why):
    """What is not constant is unknown, and says why."""
    found = unfold(evaluate(expression, before, "}" if before.endswith("{") else ""))
    assert found.unknown
    assert any(why in each for each in found.unknown.values())


def test_nothing_blows_up():
    """Constants that double and texts that double end with a sentence."""
    doubling = "const a0 = [1, 1];" + "".join(f"const a{n + 1} = [a{n}, a{n}];" for n in range(40))
    assert f"more than {MOST_STEPS:,} parts" in str(set(unfold(evaluate("a40", doubling)).unknown.values()))
    growing = f"const s0 = '{'x' * 6000}';" + "".join(f"const s{n + 1} = s{n} + s{n};" for n in range(5))
    assert unfold(evaluate("s5", growing)).unknown == {(): f"it is a text of more than {MOST_LETTERS:,} letters"}


KEYS = st.text().filter(lambda key: key != "__proto__")
"""In a script, unlike in JSON, that one names the object behind it."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(value=JSON)
def test_json_is_read_as_json(value):
    """Law: whatever JSON says is what is read, in any escapes."""
    assert plain(strict_json(value).strip()) == value


@given(text=st.text(alphabet="\\ux{}0123456789abcdefn'\"", min_size=1, max_size=8))
def test_escapes_never_raise_anything_else(text):
    """Law: an escape is text, or a ValueError."""
    with suppress(ValueError):
        assert isinstance(read_escape(f"\\{text}"), str)


@pytest.mark.parametrize("text", ["const = 5", "export const options = {", "let x: number = 5;", "`${"])
def test_no_javascript(text):
    """What cannot be parsed is refused with its line and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        parse_script(f"\n{text}", "test.js")
    assert "this is not JavaScript that can be read here; import what k6 makes of it: k6 inspect test.js" in str(
        caught.value
    )
    assert caught.value.problems[0].line is not None


def test_operators_are_made_of_functions():
    """Of numbers, of what can be compared, and of what a text begins with."""
    assert _on_numbers(operator.sub)(5, "3") == 2
    assert _comparing(operator.lt)("10", "9") is True
    assert _comparing(operator.lt)("10", 9) is False
    assert _leading(re.compile("[0-9]+"))("12s") == 12
    with pytest.raises(ValueError, match="not a finite number"):
        _on_numbers(operator.truediv)(1, 0)
    with pytest.raises(ValueError, match="not a number"):
        _leading(re.compile("[0-9]+"))("s12")
