"""What changes a value after it was made.

Law: a change to a part is a change to the whole. Only what is written out counts here: who else holds the value is a
question of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from locust_ext.k6.syntax import meaningful, part, root_of, walk, word_of

PATTERNS = frozenset(
    {"object_pattern", "array_pattern", "rest_pattern", "assignment_pattern", "object_assignment_pattern"}
)
"""The types of nodes that stand for several names at once."""

_MUTATING = frozenset({"copyWithin", "fill", "pop", "push", "reverse", "set", "shift", "sort", "splice", "unshift"})
"""The methods of arrays and maps that change them."""

_CHANGING_OBJECT = frozenset({"assign", "defineProperties", "defineProperty", "setPrototypeOf"})
"""The functions of ``Object`` that change their first argument."""


def target_of(node: Node) -> Node | None:
    """Return what ``node`` assigns to, counts up or deletes; None if it does nothing of that kind."""
    if node.type in {"assignment_expression", "augmented_assignment_expression"}:
        return part(node, "left")
    is_delete = node.type == "unary_expression" and word_of(part(node, "operator")) == "delete"
    if node.type == "update_expression" or is_delete:
        return part(node, "argument")
    if node.type == "for_in_statement" and part(node, "kind") is None:
        return part(node, "left")
    return None


def changed_by(node: Node) -> Iterator[Node]:
    """Yield the names whose values ``node`` changes."""
    target = target_of(node)
    if node.type == "call_expression":
        called, arguments = part(node, "function"), part(node, "arguments")
        if called is None or called.type != "member_expression":
            return
        owner, method = part(called, "object"), word_of(part(called, "property"))
        if method in _MUTATING:
            target = owner
        elif word_of(owner) == "Object" and method in _CHANGING_OBJECT and arguments is not None:
            target = next(iter(meaningful(arguments)), None)
    if target is not None and target.type in PATTERNS:
        yield from (root for each in walk(target) if (root := _name_in_pattern(each)) is not None)
    elif (root := root_of(target)) is not None:
        yield root


def _name_in_pattern(node: Node) -> Node | None:
    is_name = node.type in {"identifier", "shorthand_property_identifier_pattern"}
    return node if is_name else None
