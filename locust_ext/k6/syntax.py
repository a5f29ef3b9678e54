"""JavaScript as a tree: the parser, and a few ways to walk what it gives.

Law: a script is read, never run; what is not JavaScript is a problem with its line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from locust_ext.text.problems import ConfigurationError, Problem

_JAVASCRIPT = Language(tree_sitter_javascript.language())

NOTHING_IMPORTED = "nothing was imported"
"""What is said above the reasons."""

FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
"""The types of nodes that are functions."""


def parse_script(text: str, source: str) -> Node:
    """Return the tree of a script; raises ConfigurationError with the first line that is not JavaScript."""
    root = Parser(_JAVASCRIPT).parse(text.encode("utf-8", "replace")).root_node
    if root.has_error:
        wrong = next(node for node in walk(root) if node.is_error or node.is_missing)
        message = f"this is not JavaScript that can be read here; {instead(source)}"
        raise ConfigurationError([Problem("", message, line_of(wrong), source)], NOTHING_IMPORTED)
    return root


def instead(source: str) -> str:
    """Return what to do where reading a script is not enough."""
    return f"import what k6 makes of it: k6 inspect {shlex.quote(source)} > options.json"


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, in the order of the text."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += reversed(here.children)


def line_of(node: Node) -> int:
    """Return the line on which ``node`` begins, counted from 1."""
    return node.start_point.row + 1


def text_of(node: Node | None) -> str:
    """Return the text of ``node``; of none, an empty one."""
    return "" if node is None or node.text is None else node.text.decode("utf-8")


def part(node: Node, name: str) -> Node | None:
    """Return the part of ``node`` that the grammar calls ``name``, out of its parentheses."""
    found = node.child_by_field_name(name)
    while found is not None and found.type == "parenthesized_expression":
        found = next(iter(meaningful(found)), None)
    return found


def meaningful(node: Node) -> list[Node]:
    """Return the named children of ``node`` that are not comments."""
    return [child for child in node.named_children if child.type != "comment"]


def root_of(node: Node | None) -> Node | None:
    """Return the identifier at which a chain such as ``options.scenarios["a"]`` begins, or None."""
    while node is not None and node.type in {"member_expression", "subscript_expression"}:
        node = part(node, "object")
    is_name = node is not None and node.type in {"identifier", "shorthand_property_identifier"}
    return node if is_name else None


def above(node: Node, types: frozenset[str]) -> Node | None:
    """Return the nearest node of one of ``types`` that holds ``node``, or None."""
    found = node.parent
    while found is not None and found.type not in types:
        found = found.parent
    return found
