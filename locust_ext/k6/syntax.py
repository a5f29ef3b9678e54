"""JavaScript and TypeScript as trees: the parsers, and a few ways to walk what they give.

Law: a script is read, never run; what cannot be read for sure is a problem with its line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from locust_ext.text.problems import ConfigurationError, Problem

_JAVASCRIPT = Language(tree_sitter_javascript.language())
_TYPESCRIPT = Language(tree_sitter_typescript.language_typescript())

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

_WRAPPED: Mapping[str, int] = {
    "await_expression": 0,
    "parenthesized_expression": 0,
    "as_expression": 0,
    "satisfies_expression": 0,
    "non_null_expression": 0,
    "type_assertion": -1,
}
"""The types of nodes that are worth what one of their parts is, and which part: types change no value."""

WRAPPERS = frozenset(_WRAPPED)
"""The types of nodes that are worth what one of their parts is."""

_LONGEST_WORD = 100
_NAMES = frozenset({"identifier", "property_identifier", "shorthand_property_identifier", "type_identifier"})


def parse_script(text: str, source: str) -> Node:
    """Return the tree of a script; raises ConfigurationError with the first line that cannot be read."""
    is_typed = source.lower().endswith((".ts", ".mts", ".cts"))
    content = text.encode("utf-8", "replace")
    root = Parser(_TYPESCRIPT if is_typed else _JAVASCRIPT).parse(content).root_node
    if root.has_error:
        wrong = next(node for node in walk(root) if node.is_error or node.is_missing)
        language = "TypeScript" if is_typed else "JavaScript"
        message = f"this is not {language} that can be read here; {instead(source)}"
        raise ConfigurationError([Problem("", message, line_of(wrong), source)], NOTHING_IMPORTED)
    if b"\\u" in content or b"<!--" in content or b"-->" in content:
        odd = next((node for node in walk(root) if _is_odd(node)), None)
        if odd is not None:
            message = f"names with escapes and comments of HTML are not read here; {instead(source)}"
            raise ConfigurationError([Problem("", message, line_of(odd), source)], NOTHING_IMPORTED)
    return root


def _is_odd(node: Node) -> bool:
    """Tell whether a name is spelled with escapes, so that it means another; or whether k6 sees no comment there."""
    return node.type == "html_comment" or (node.type in _NAMES and "\\" in text_of(node))


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


def word_of(node: Node | None) -> str:
    """Return the text of ``node`` if it is as short as a name; of a longer one, and of none, an empty one."""
    is_short = node is not None and node.end_byte - node.start_byte <= _LONGEST_WORD
    return text_of(node) if is_short else ""


def part(node: Node, name: str) -> Node | None:
    """Return the part of ``node`` that the grammar calls ``name``, out of its parentheses and types."""
    return unwrapped(node.child_by_field_name(name))


def unwrapped(node: Node | None) -> Node | None:
    """Return what stands in parentheses, after ``await``, or before ``as``, ``satisfies`` and ``!``."""
    while node is not None and node.type in _WRAPPED:
        inside = meaningful(node)
        at = _WRAPPED[node.type]
        node = inside[at] if len(inside) == 1 or node.type != "parenthesized_expression" else None
    return node


def meaningful(node: Node) -> list[Node]:
    """Return the named children of ``node`` that are not comments."""
    return [child for child in node.named_children if child.type not in {"comment", "html_comment"}]


def first_of(node: Node | None) -> Node | None:
    """Return the node at which a chain such as ``options.scenarios["a"]`` begins."""
    while node is not None and node.type in {"member_expression", "subscript_expression"}:
        node = part(node, "object")
    return node


def root_of(node: Node | None) -> Node | None:
    """Return the identifier at which a chain such as ``options.scenarios["a"]`` begins, or None."""
    node = first_of(node)
    is_name = node is not None and node.type in {"identifier", "shorthand_property_identifier"}
    return node if is_name else None


def above(node: Node, types: frozenset[str]) -> Node | None:
    """Return the nearest node of one of ``types`` that holds ``node``, or None."""
    found = node.parent
    while found is not None and found.type not in types:
        found = found.parent
    return found
