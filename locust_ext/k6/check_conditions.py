"""Conditions on answers as Python: what ``check(res, {...})`` asks, over an answer ``r``.

Law: a condition holds where k6's does, or it is an UntranslatableError: a value that is missing makes it false, so what
would be true without a value is not translated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from tree_sitter import Node

from locust_ext.drafts.journey import Env
from locust_ext.drafts.python_text import literal
from locust_ext.k6.answers import Keys, UntranslatableError, read_keys
from locust_ext.k6.calls import called_function
from locust_ext.k6.syntax import FUNCTIONS, meaningful, part, text_of, unwrapped
from locust_ext.k6.texts import Texts
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

STATUS, TEXT, JSON, NUMBER, TRUTH, OTHER = "status", "text", "json", "number", "truth", "other"

_COMPARE = {"===": "==", "!==": "!=", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
NOT_THERE = "it is true where the answer has no such value"

_NUMBERS = frozenset({STATUS, NUMBER, JSON})


@dataclass(frozen=True)
class Python:
    """An expression, and what kind of value it has; ``tight`` says that it needs no parentheses in a comparison."""

    text: str
    kind: str
    tight: bool = True
    is_either: bool = False
    """Whether it is an ``or`` of others."""
    negated: str = ""
    """How its contrary is written, if not with ``not`` before it."""

    @property
    def is_missing_sometimes(self) -> bool:
        """Whether it raises an exception where JavaScript has undefined."""
        return ".json()" in self.text or "request_meta" in self.text


class Conditions:
    """Translates conditions; ``texts`` read what they compare with, ``answer`` is how Python calls the answer."""

    def __init__(self, texts: Texts, answer: str = "r") -> None:
        self._texts, self._answer = texts, answer
        self._is_answer: Callable[[Node], bool] = lambda _: False
        self._keys: Keys | None = None

    def of_function(self, node: Node | None, keys: Keys | None = None) -> str:
        """Return the body of a function of an answer as a condition; with ``keys``, of that value of its JSON."""
        node = unwrapped(node)
        if node is not None and node.type == "identifier":
            binding = self._texts.names.meant(node)
            node = called_function(binding) if binding is not None else None
        if node is None or node.type not in FUNCTIONS:
            raise UntranslatableError("it is not a function that can be read here")
        names = part(node, "parameter") or next(iter(meaningful(_parameters(node))), None)
        while names is not None and names.type in {"required_parameter", "optional_parameter"}:
            names = part(names, "pattern")
        if names is None or names.type != "identifier":
            raise UntranslatableError("its parameter is not a plain name")
        binding = self._texts.names.meant(names)
        return self.condition(returned(node), lambda each: self._texts.names.meant(each) is binding, keys)

    def condition(self, node: Node | None, is_answer: Callable[[Node], bool], keys: Keys | None = None) -> str:
        """Return a condition; ``is_answer`` tells whether a name means the answer, or what is at ``keys`` in it."""
        self._is_answer, self._keys = is_answer, keys
        return self._truth(node).text

    def number(self, node: Node | None, is_answer: Callable[[Node], bool]) -> str:
        """Return a number that is taken from an answer, such as its duration."""
        self._is_answer, self._keys = is_answer, None
        found = self._value(node)
        if found.kind not in {STATUS, NUMBER}:
            raise UntranslatableError("it is not a number of the answer")
        return found.text

    def _truth(self, node: Node | None) -> Python:
        """Return whether an expression is true, as JavaScript sees it."""
        found = self._value(node)
        match found.kind:
            case "truth":
                return found
            case "text":
                return Python(f"bool({found.text})", TRUTH)
            case "status" | "number":
                return Python(f"{found.text} != 0", TRUTH, tight=False)
            case "json":
                return Python(f'{found.text} not in (None, 0, "")', TRUTH, tight=False)
        raise UntranslatableError(f"{quoted(text_of(node), 60)} is not a condition that can be read here")

    def _value(self, node: Node | None) -> Python:
        node = unwrapped(node)
        if node is None:
            raise UntranslatableError("a value is missing")
        reader = self._READERS.get(node.type)
        found = reader(self, node) if reader is not None else None
        return found if found is not None else self._constant(node)

    def _constant(self, node: Node) -> Python:
        value = self._texts.value(node)
        if isinstance(value, bool):
            return Python(str(value), TRUTH)
        if isinstance(value, (int, float)):
            return Python(repr(value), NUMBER)
        if isinstance(value, str):
            return Python(literal(value), TEXT)
        if isinstance(value, Env):
            raise UntranslatableError("it is compared with a variable of the environment")
        raise UntranslatableError(f"{quoted(text_of(node), 60)} is not known here")

    def _binary(self, node: Node) -> Python | None:
        sign, left, right = text_of(part(node, "operator")), part(node, "left"), part(node, "right")
        if sign in {"&&", "||"}:
            return self._both(sign, self._truth(left), self._truth(right))
        if sign not in _COMPARE:
            return None
        for value, other in ((left, right), (right, left)):
            if text_of(unwrapped(other)) in {"null", "undefined"}:
                return self._compared_with_nothing(sign, self._value(value))
        found = self._index_of(sign, left, right)
        return found if found is not None else self._compared(sign, self._value(left), self._value(right))

    def _compared(self, sign: str, one: Python, two: Python) -> Python:
        """Return a comparison of two values; raises UntranslatableError where Python's has another result."""
        kinds, is_same = {one.kind, two.kind}, not sign.startswith("!")
        if kinds == {TRUTH} and two.text in {"True", "False"}:
            return one if is_same == (two.text == "True") else self._not(one)
        if not (kinds <= _NUMBERS or kinds <= {TEXT, JSON} or kinds <= {TRUTH, JSON}):
            raise UntranslatableError("it compares values of two kinds")
        if JSON in kinds and not is_same:
            raise UntranslatableError(NOT_THERE)
        if JSON in kinds and sign == "==":
            raise UntranslatableError("== of a value whose type is not known")
        if kinds == {TRUTH, JSON} and sign == "===":
            return Python(f"{one.text} is {two.text}", TRUTH, tight=False)
        return Python(f"{_tight(one)} {_COMPARE[sign]} {_tight(two)}", TRUTH, tight=False)

    def _not(self, one: Python) -> Python:
        if one.is_missing_sometimes:
            raise UntranslatableError(NOT_THERE)
        return Python(one.negated or f"not {_tight(one)}", TRUTH, tight=False)

    def _both(self, sign: str, one: Python, two: Python) -> Python:
        if sign == "||":
            if one.is_missing_sometimes or two.is_missing_sometimes:
                raise UntranslatableError("it may be true where the answer has no such value")
            return Python(f"{one.text} or {two.text}", TRUTH, tight=False, is_either=True)
        return Python(f"{_and(one)} and {_and(two)}", TRUTH, tight=False)

    def _compared_with_nothing(self, sign: str, one: Python) -> Python:
        if not sign.startswith("!"):
            raise UntranslatableError(NOT_THERE)
        if one.kind == JSON:
            return Python(f"{one.text} is not None", TRUTH, tight=False)
        if one.kind == TEXT:
            return Python(f"{self._answer}.text is not None", TRUTH, tight=False)
        raise UntranslatableError("it is always there")

    def _index_of(self, sign: str, left: Node | None, right: Node | None) -> Python | None:
        """Return ``body.indexOf("x") !== -1`` and the like."""
        left, wanted = unwrapped(left), text_of(unwrapped(right))
        called = part(left, "function") if left is not None and left.type == "call_expression" else None
        if called is None or left is None or text_of(part(called, "property")) != "indexOf":
            return None
        given = part(left, "arguments")
        if given is None or len(meaningful(given)) != 1:
            return None
        is_in = (sign in {"!=", "!==", ">"} and wanted == "-1") or (sign == ">=" and wanted == "0")
        if not is_in:
            raise UntranslatableError("a place in a text")
        return self._contains(self._value(part(called, "object")), self._value(meaningful(given)[0]))

    def _contains(self, whole: Python, item: Python) -> Python:
        if {whole.kind, item.kind} != {TEXT}:
            raise UntranslatableError("it looks in what is not a text")
        return Python(
            f"{_tight(item)} in {_tight(whole)}", TRUTH, tight=False, negated=f"{_tight(item)} not in {_tight(whole)}"
        )

    def _unary(self, node: Node) -> Python | None:
        if text_of(part(node, "operator")) != "!":
            return None
        return self._not(self._truth(part(node, "argument")))

    def _member(self, node: Node) -> Python | None:
        owner, key = unwrapped(part(node, "object")), text_of(part(node, "property"))
        if owner is None:
            return None
        if self._is_the_answer(owner):
            return self._of_answer(key)
        if text_of(owner).endswith(".timings") and self._is_the_answer(unwrapped(part(owner, "object"))):
            if key != "duration":
                raise UntranslatableError(f"timings.{key[:30]}: only the whole duration is measured")
            return Python(f'{self._answer}.request_meta["response_time"]', NUMBER)
        if key == "length":
            inner = self._value(owner)
            if inner.kind not in {TEXT, JSON}:
                raise UntranslatableError("the length of what is not a text or a list")
            # [:] raises an exception for an object, whose length JavaScript does not know
            return Python(f"len({inner.text}{'[:]' if inner.kind == JSON else ''})", NUMBER)
        inner_json = self._json(owner)
        return Python(f"{inner_json}[{literal(key)}]", JSON) if inner_json else None

    def _of_answer(self, key: str) -> Python:
        if key == "status":
            return Python(f"{self._answer}.status_code", STATUS)
        if key == "body":
            return Python(f'{self._answer}.text or ""', TEXT, tight=False)
        raise UntranslatableError(f"{quoted(key, 40)} of an answer is not known here")

    def _subscript(self, node: Node) -> Python | None:
        owner, index = unwrapped(part(node, "object")), part(node, "index")
        if owner is None:
            return None
        if text_of(owner).endswith(".headers") and self._is_the_answer(unwrapped(part(owner, "object"))):
            name = self._texts.text(index)
            if name != "-".join(word.capitalize() for word in name.split("-")):
                raise UntranslatableError(
                    f"k6 writes the names of headers as in Content-Type, and not as {quoted(name, 40)}"
                )
            return Python(f'({self._answer}.headers or {{}}).get({literal(name)}, "")', TEXT)
        inner = self._json(owner)
        if inner is None:
            return None
        key = self._texts.constant(index)
        return Python(f"{inner}[{key if isinstance(key, int) else literal(str(key))}]", JSON)

    def _json(self, node: Node | None) -> str | None:
        """Return a value of the answer's JSON, or None if it is none."""
        node = unwrapped(node)
        if node is None or node.type not in {
            "call_expression",
            "identifier",
            "member_expression",
            "subscript_expression",
        }:
            return None
        found = self._value(node) if node.type != "call_expression" else self._call(node)
        return found.text if found is not None and found.kind == JSON else None

    def _call(self, node: Node) -> Python | None:
        called, arguments = part(node, "function"), part(node, "arguments")
        given = meaningful(arguments) if arguments is not None else []
        if called is not None and text_of(called) == "Boolean" and len(given) == 1:
            return self._truth(given[0])
        if called is None or called.type != "member_expression":
            raise UntranslatableError(f"{quoted(text_of(called), 60)} is not followed here")
        found = self._json_of(called, given)
        return found if found is not None else self._method(called, given)

    def _json_of(self, called: Node, given: list[Node]) -> Python | None:
        """Return ``r.json("a.b")`` and ``JSON.parse(r.body)``."""
        owner, method = unwrapped(part(called, "object")), text_of(part(called, "property"))
        if text_of(called) == "JSON.parse" and len(given) == 1:
            body = unwrapped(given[0])
            is_body = (
                body is not None and body.type == "member_expression" and text_of(part(body, "property")) == "body"
            )
            if body is not None and is_body and self._is_the_answer(unwrapped(part(body, "object"))):
                return Python(f"{self._answer}.json()", JSON)
        if method == "json" and self._is_the_answer(owner):
            return self._at(read_keys(self._texts.text(given[0])) if given else ())
        return None

    def _method(self, called: Node, given: list[Node]) -> Python:
        owner, method = unwrapped(part(called, "object")), text_of(part(called, "property"))
        if len(given) == 1 and owner is not None:
            if text_of(called) == "Array.isArray":
                return Python(f"isinstance({self._value(given[0]).text}, list)", TRUTH)
            if method == "includes" and owner.type == "array":
                return self._one_of(self._value(given[0]), [self._value(each) for each in meaningful(owner)])
            if method == "includes":
                return self._contains(self._value(owner), self._value(given[0]))
            if method in {"startsWith", "endsWith"}:
                whole, item = self._value(owner), self._value(given[0])
                if {whole.kind, item.kind} == {TEXT}:
                    return Python(f"{_tight(whole)}.{method.lower()}({item.text})", TRUTH)
        raise UntranslatableError(f"{quoted(text_of(called), 60)} is not followed here")

    def _one_of(self, value: Python, items: list[Python]) -> Python:
        if not items or {each.kind for each in items} != {NUMBER if value.kind == STATUS else value.kind}:
            raise UntranslatableError("it looks for a value among others of another kind")
        return Python(
            f"{value.text} in {{{', '.join(dict.fromkeys(each.text for each in items))}}}", TRUTH, tight=False
        )

    def _at(self, keys: Keys) -> Python:
        path = "".join(f"[{key if isinstance(key, int) else literal(key)}]" for key in keys)
        return Python(f"{self._answer}.json(){path}", JSON)

    def _identifier(self, node: Node) -> Python | None:
        return self._at(self._keys) if self._keys is not None and self._is_answer(node) else None

    def _is_the_answer(self, node: Node | None) -> bool:
        return self._keys is None and node is not None and node.type == "identifier" and self._is_answer(node)

    _READERS: ClassVar[dict[str, Callable[[Conditions, Node], Python | None]]] = {
        "binary_expression": _binary,
        "call_expression": _call,
        "identifier": _identifier,
        "member_expression": _member,
        "subscript_expression": _subscript,
        "unary_expression": _unary,
    }


def returned(function: Node) -> Node:
    """Return the one expression that a function returns; raises UntranslatableError."""
    body = part(function, "body")
    if body is not None and body.type == "statement_block":
        statements = meaningful(body)
        if len(statements) != 1 or statements[0].type != "return_statement" or not meaningful(statements[0]):
            raise UntranslatableError("it does more than return a condition")
        return meaningful(statements[0])[0]
    if body is None:
        raise UntranslatableError("it has no body")
    return body


def _parameters(function: Node) -> Node:
    return part(function, "parameters") or function


def _and(one: Python) -> str:
    return f"({one.text})" if one.is_either else one.text


def _tight(one: Python) -> str:
    return one.text if one.tight else f"({one.text})"
