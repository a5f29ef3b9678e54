"""What changes a value after it was made.

Law: a change to a part is a change to the whole; in doubt there was one.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from locust_ext.k6.syntax import FUNCTIONS, above, meaningful, part, root_of, text_of, walk

PATTERNS = frozenset(
    {"object_pattern", "array_pattern", "rest_pattern", "assignment_pattern", "object_assignment_pattern"}
)
"""The types of nodes that stand for several names at once."""

_MUTATING = frozenset({"copyWithin", "fill", "pop", "push", "reverse", "set", "shift", "sort", "splice", "unshift"})
"""The methods of arrays and maps that change them."""

_CHANGING_OBJECT = frozenset({"assign", "defineProperties", "defineProperty", "setPrototypeOf"})
"""The functions of ``Object`` that change their first argument."""


def changed_by(node: Node) -> Iterator[Node]:
    """Yield the names whose values ``node`` changes."""
    target: Node | None = None
    if node.type in {"assignment_expression", "augmented_assignment_expression"}:
        target = part(node, "left")
    elif node.type == "update_expression" or (
        node.type == "unary_expression" and text_of(part(node, "operator")) == "delete"
    ):
        target = part(node, "argument")
    elif node.type == "for_in_statement" and part(node, "kind") is None:
        target = part(node, "left")
    elif node.type == "call_expression":
        called, arguments = part(node, "function"), part(node, "arguments")
        if called is None or called.type != "member_expression":
            return
        owner, method = part(called, "object"), text_of(part(called, "property"))
        if method in _MUTATING:
            target = owner
        elif text_of(owner) == "Object" and method in _CHANGING_OBJECT and arguments is not None:
            target = next(iter(meaningful(arguments)), None)
    if target is not None and target.type in PATTERNS:
        yield from (root for each in walk(target) if (root := _name_in_pattern(each)) is not None)
    elif (root := root_of(target)) is not None:
        yield root


def _name_in_pattern(node: Node) -> Node | None:
    is_name = node.type in {"identifier", "shorthand_property_identifier_pattern"}
    return node if is_name else None


def shared_with(declared: Node, value: Node | None) -> Iterator[Node]:
    """Yield the names that share what a declared name holds, so that a change to one is a change to the other."""
    if value is not None:
        if (root := root_of(value)) is not None:
            yield root
        return
    loop = declared.parent
    if loop is not None and loop.type == "for_in_statement":
        yield from _names_below(part(loop, "right"))
    function = above(declared, FUNCTIONS)
    call = function.parent.parent if function is not None and function.parent is not None else None
    if call is not None and call.type == "call_expression":
        yield from _names_below(part(call, "function"))


def _names_below(node: Node | None) -> Iterator[Node]:
    if node is not None:
        yield from (each for each in walk(node) if each.type == "identifier")
