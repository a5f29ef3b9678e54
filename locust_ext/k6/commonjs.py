"""What a module of the old kind exports: ``exports.name = ...`` and ``module.exports = {...}``.

Law: only statements at the top of the file count, and every other use of ``exports``, ``module`` or ``this`` there is a
ValueError: it could export something else.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import FUNCTIONS, above, line_of, meaningful, part, text_of, word_of

_WITH_THIS = FUNCTIONS - {"arrow_function"}


def exports_of(scopes: Scopes) -> dict[str, Binding]:
    """Return what a file exports, by name; raises ValueError where that is not plain."""
    seen: set[int] = set()
    kinds: set[str] = set()
    found: dict[str, Binding] = {}
    for left, right in _assignments(scopes):
        first, owner, name = _first(left), word_of(part(left, "object")), text_of(part(left, "property"))
        if scopes.meant(first) is not None:
            continue
        if word_of(left) == "module.exports" and right.type == "object":
            found = dict(_properties(right))
        elif left.type == "member_expression" and owner in {"exports", "module.exports"}:
            if word_of(right) != "void 0":
                found[name] = Binding(name, left, right)
        else:
            continue
        kinds.add(owner)
        seen.add(first.id)
    if "module" in kinds and len(kinds) > 1:
        raise ValueError("module.exports is replaced, and something else is exported besides")
    _refuse_others(scopes, seen)
    return found


def _assignments(scopes: Scopes) -> Iterator[tuple[Node, Node]]:
    for statement in scopes.root.named_children:
        inner = next(iter(meaningful(statement)), None) if statement.type == "expression_statement" else None
        if inner is not None and inner.type == "assignment_expression":
            left, right = part(inner, "left"), part(inner, "right")
            if left is not None and right is not None:
                yield left, right


def _refuse_others(scopes: Scopes, seen: set[int]) -> None:
    for node in scopes.nodes:
        if node.type == "this" and above(node, _WITH_THIS) is None:
            raise ValueError(f"this is used in line {line_of(node)} in a way that is not followed here")
    for name in ("exports", "module"):
        for node in scopes.mentions.get(name, ()):
            if node.id not in seen and not _is_mark(node):
                raise ValueError(f"{name} is used in line {line_of(node)} in a way that is not followed here")


def _first(node: Node) -> Node:
    """Return the node at which a chain begins."""
    while (inner := part(node, "object")) is not None:
        node = inner
    return node


def _properties(record: Node) -> Iterator[tuple[str, Binding]]:
    for each in meaningful(record):
        key = part(each, "key")
        if each.type == "pair" and key is not None and key.type == "property_identifier":
            yield text_of(key), Binding(text_of(key), each, part(each, "value"))
        elif each.type == "shorthand_property_identifier":
            yield text_of(each), Binding(text_of(each), record, each)
        elif each.type != "method_definition":
            raise ValueError("module.exports is not made of plain names")


def _is_mark(node: Node) -> bool:
    """Tell whether ``exports`` is only marked as what TypeScript made it: ``Object.defineProperty(exports, ...)``."""
    call = node.parent.parent if node.parent is not None else None
    given = part(call, "arguments") if call is not None and call.type == "call_expression" else None
    names = [word_of(each).strip("'\"") for each in meaningful(given)[:2]] if given is not None else []
    return names == ["exports", "__esModule"]
