"""What an expression is worth: literals, constants of the same file, and a little arithmetic.

Law: nothing is executed. Variables of the environment are read as not set, and the value remembers them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from tree_sitter import Node

from locust_ext.k6.constants import ENVIRONMENT, UNDEFINED, Constant, Unknown, combined, property_of, returned
from locust_ext.k6.literals import is_truthy, joined, read_escape, read_number
from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import line_of, meaningful, part, text_of

MOST_STEPS = 20_000
MOST_DEPTH = 80

_WORDS = {"true": True, "false": False, "null": None, "undefined": UNDEFINED}
_KINDS = {"arrow_function": "a function", "function_expression": "a function", "new_expression": "a new object"}


class Expressions:
    """Reads the expressions of one script."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._left = MOST_STEPS
        self._depth = 0
        self._under_way: set[Binding] = set()

    def evaluate(self, node: Node | None) -> Constant:
        """Return what an expression is worth."""
        if node is None or node.type in _WORDS:
            return Constant(UNDEFINED) if node is None else Constant(_WORDS[node.type], line_of(node))
        self._left -= 1
        if self._left < 0 or self._depth >= MOST_DEPTH:
            return _unknown(node, f"it has more than {MOST_STEPS:,} parts, or more than {MOST_DEPTH} levels")
        self._depth += 1
        try:
            reader = self._READERS.get(node.type)
            return reader(self, node) if reader else _unknown(node, f"it is {_KINDS.get(node.type, 'not a constant')}")
        except ValueError as error:
            return _unknown(node, str(error))
        finally:
            self._depth -= 1

    def _only(self, node: Node) -> Constant:
        return self.evaluate(next(iter(meaningful(node)), None))

    def _text(self, node: Node) -> Constant:
        """Return a string, or a template in backquotes."""
        found = Constant("", line_of(node))
        for each in node.named_children:
            if each.type == "template_substitution":
                piece = self._only(each)
            else:
                text = text_of(each)
                piece = Constant(read_escape(text) if each.type == "escape_sequence" else text)
            found = combined("+", found, piece)
        return replace(found, value=joined(found.value)) if isinstance(found.value, str) else found

    def _array(self, node: Node) -> Constant:
        items: list[Constant] = []
        for each in meaningful(node):
            found = self._only(each) if each.type == "spread_element" else self.evaluate(each)
            if each.type != "spread_element":
                items.append(found)
            elif isinstance(found.value, tuple):
                items += found.value
            else:
                return found if found.is_unknown else _unknown(each, "it spreads what is not a list")
        return Constant(tuple(items), line_of(node))

    def _object(self, node: Node) -> Constant:
        found: dict[str, Constant] = {}
        for each in meaningful(node):
            if each.type == "pair":
                key = self._key(part(each, "key"))
                if not isinstance(key.value, str):
                    return key if key.is_unknown else _unknown(each, f"of a key: {key.missing()}")
                found[key.value] = replace(self.evaluate(part(each, "value")), line=line_of(each)).asking(key)
            elif each.type == "shorthand_property_identifier":
                found[text_of(each)] = replace(self._name(each), line=line_of(each))
            elif each.type == "spread_element":
                spread = self._only(each)
                if not (isinstance(spread.value, dict) or spread.is_nothing):
                    return spread if spread.is_unknown else _unknown(each, "it spreads what is not an object")
                found |= spread.value or {}
            else:
                found[text_of(part(each, "name"))] = _unknown(each, "it is a function")
        return Constant(found, line_of(node))

    def _key(self, node: Node | None) -> Constant:
        """Return the name of a property."""
        if node is None or node.type == "property_identifier":
            return Constant(text_of(node))
        key = self._only(node) if node.type == "computed_property_name" else self.evaluate(node)
        is_plain = isinstance(key.value, (int, float)) and not isinstance(key.value, bool)
        return replace(key, value=str(key.value)) if is_plain else key

    def _name(self, node: Node) -> Constant:
        name, binding = text_of(node), self._scopes.meant(node)
        if binding is None:
            where = ENVIRONMENT if name == "__ENV" else Unknown(f"{name:.60} is not in this file")
            return Constant(where, line_of(node))
        return self.held(binding)

    def held(self, binding: Binding) -> Constant:
        """Return what a declared name stands for."""
        node, name = binding.declared, f"{binding.name:.60}"
        changed = self._scopes.changed_in(binding)
        if changed is not None:
            return Constant(Unknown(f"{name} is changed in line {changed}"), changed)
        if binding.value is None:
            return _unknown(node, f"{name} is not a constant: see line {line_of(node)}")
        if binding in self._under_way:
            return _unknown(node, f"{name} is made of itself")
        self._under_way.add(binding)
        try:
            found = self.evaluate(binding.value)
            if binding.key:
                found = property_of(found, binding.key, line_of(node))
            if found.value is UNDEFINED and binding.default is not None:
                found = self.evaluate(binding.default).asking(found)
        finally:
            self._under_way.discard(binding)
        return found

    def _member(self, node: Node) -> Constant:
        key, is_optional = text_of(part(node, "property")), part(node, "optional_chain") is not None
        return property_of(self.evaluate(part(node, "object")), key, line_of(node), is_optional=is_optional)

    def _subscript(self, node: Node) -> Constant:
        owner, key = self.evaluate(part(node, "object")), self._key(part(node, "index"))
        if not isinstance(key.value, str):
            return key if key.is_unknown else _unknown(node, key.missing()).asking(key)
        is_optional = part(node, "optional_chain") is not None
        return property_of(owner, key.value, line_of(node), is_optional=is_optional).asking(key)

    def _unary(self, node: Node) -> Constant:
        sign, value = text_of(part(node, "operator")), self.evaluate(part(node, "argument"))
        if value.is_unknown:
            return value
        if sign == "!":
            return replace(value, value=not is_truthy(value.value), line=line_of(node))
        if sign not in {"-", "+"}:
            raise ValueError(f"{sign} is not followed here")
        if value.value is UNDEFINED:  # it is not a number then, and so as good as nothing to an || after it
            return value
        return combined("*", Constant(-1 if sign == "-" else 1, line_of(node)), value)

    def _binary(self, node: Node) -> Constant:
        sign, left = text_of(part(node, "operator")), self.evaluate(part(node, "left"))
        if sign not in {"||", "&&", "??"}:
            return combined(sign, left, self.evaluate(part(node, "right")))
        if left.is_unknown:
            return left
        stays = {"||": is_truthy(left.value), "&&": not is_truthy(left.value), "??": not left.is_nothing}[sign]
        return left if stays else self.evaluate(part(node, "right")).asking(left)

    def _ternary(self, node: Node) -> Constant:
        condition = self.evaluate(part(node, "condition"))
        if condition.is_unknown:
            return condition
        chosen = "consequence" if is_truthy(condition.value) else "alternative"
        return self.evaluate(part(node, chosen)).asking(condition)

    def _call(self, node: Node) -> Constant:
        called, given = part(node, "function"), part(node, "arguments")
        owner = part(called, "object") if called is not None else None
        arguments = [self.evaluate(each) for each in meaningful(given)] if given is not None else []
        is_own = self._scopes.meant(owner or called) is not None
        return returned("" if is_own else text_of(called), arguments, line_of(node))

    _READERS: ClassVar[Mapping[str, Callable[[Expressions, Node], Constant]]] = {
        "array": _array,
        "binary_expression": _binary,
        "call_expression": _call,
        "identifier": _name,
        "member_expression": _member,
        "number": lambda _, node: Constant(read_number(text_of(node)), line_of(node)),
        "object": _object,
        "parenthesized_expression": _only,
        "string": _text,
        "subscript_expression": _subscript,
        "template_string": _text,
        "ternary_expression": _ternary,
        "unary_expression": _unary,
    }


def _unknown(node: Node, why: str) -> Constant:
    return Constant(Unknown(why), line_of(node))
