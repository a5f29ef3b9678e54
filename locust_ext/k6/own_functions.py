"""The functions of a script's own: which one a call is of, and whether it, or one that it calls, does anything.

Law: what sends requests, waits, checks or talks to others in any way does something; in doubt a call is left to
a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from locust_ext.k6.changes import changed_by
from locust_ext.k6.check_conditions import function_of
from locust_ext.k6.imports import SILENT_MODULES
from locust_ext.k6.request_calls import RequestCalls
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import FUNCTIONS, above, line_of, part, root_of, text_of, walk
from locust_ext.k6.texts import Texts
from locust_ext.text.lengths import quoted

_ALONE = frozenset({"expression_statement", "variable_declarator"})

_MADE = {"call_expression": "function", "new_expression": "constructor"}
_LIBRARIES = re.compile(r"/(k6-utils|papaparse|url|k6-summary|ajv|formdata)/")
"""Published modules that work values out, and talk to nobody."""

_GLOBALS = frozenset(
    {
        *("Array", "BigInt", "Boolean", "Date", "Error", "Intl", "JSON", "Map", "Math", "Number", "Object", "Promise"),
        *("RegExp", "Set", "String", "Symbol", "TextDecoder", "TextEncoder", "URL", "URLSearchParams", "Uint8Array"),
        *("atob", "btoa", "console", "crypto", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent"),
        *("isFinite", "isNaN", "open", "parseFloat", "parseInt", "require", "this", "__ENV", "undefined"),
    }
)
"""What JavaScript and k6 have without an import, and what talks to nobody."""


class OwnFunctions:
    """Knows the functions of one script."""

    def __init__(self, texts: Texts, calls: RequestCalls) -> None:
        self._texts, self._calls = texts, calls
        self._doing: dict[int, bool] = {}
        """By function, whether it has steps."""

    def has_requests(self, node: Node) -> bool:
        """Tell whether requests stand in a node."""
        return any(self._calls.function(each) == "batch" or self._calls.is_request(each) for each in walk(node))

    def has_steps(self, node: Node) -> bool:
        """Tell whether calls of functions of k6 itself stand in a node."""
        return any(self.k6(part(each, "function")) for each in walk(node) if each.type == "call_expression")

    def does_something(self, function: Node) -> bool:
        """Tell whether a function, or one that it calls, has steps."""
        if function.id not in self._doing:
            does = self.has_requests(function) or self.has_steps(function)
            does = does or any(self.reaches_out(each) for each in walk(function))
            self._doing[function.id] = does or any(each.type == "throw_statement" for each in walk(function))
            for each in walk(function) if not self._doing[function.id] else ():
                inner = self.called_by(each)
                if inner is not None and self.does_something(inner):
                    self._doing[function.id] = True
                    break
        return self._doing[function.id]

    def called_by(self, node: Node) -> Node | None:
        """Return the function of the script's own that a call is of."""
        called = part(node, "function") if node.type == "call_expression" else None
        is_name = called is not None and called.type in {"identifier", "member_expression"}
        binding = self._texts.names.meant(called) if is_name else None
        is_changed = binding is not None and self._texts.names.changed_in(binding) is not None
        return function_of(binding) if binding is not None and not is_changed else None

    def k6(self, called: Node | None) -> str:
        """Return which function of k6 itself is meant, such as ``check``; "" for none."""
        return self._texts.names.function(called, "k6")

    def is_done(self, call: Node) -> bool:
        """Tell whether a call is of a function whose steps stand here already, though they may be none."""
        function = self.called_by(call)
        return function is not None and self.does_something(function)

    def is_named(self, node: Node) -> bool:
        """Tell whether a node is the name of a function."""
        binding = self._texts.names.meant(node) if node.type == "identifier" else None
        return binding is not None and function_of(binding) is not None

    def changed_within(self, node: Node) -> Iterator[tuple[Binding, int]]:
        """Yield the variables that a statement, or a function that it calls, may change, each with the line."""
        names = self._texts.names
        for each in self._reached(node):
            for changed in changed_by(each):
                binding = names.meant(changed)
                if binding is not None and (binding.value is None or names.changed_in(binding)):
                    yield binding, line_of(each)

    def _reached(self, node: Node) -> Iterator[Node]:
        """Yield what stands in a node, and in the functions that it calls."""
        seen, waiting = set[int](), [node]
        while waiting:
            for each in walk(waiting.pop()):
                yield each
                inner = self.called_by(each)
                if inner is not None and inner.id not in seen:
                    seen.add(inner.id)
                    waiting.append(inner)

    def reaches_out(self, node: Node) -> bool:
        """Tell whether a call is of what may talk to others: k6/ws, a module that is not known, an unknown name."""
        seen, names = set[int](), self._texts.names
        call: Node | None = node
        while call is not None and call.id not in seen and call.type in _MADE:
            seen.add(call.id)
            root = root_of(part(call, _MADE[call.type]))
            if root is None:
                return False
            binding = names.meant(root)
            if binding is None:
                return text_of(root) not in _GLOBALS
            module = names.imported(binding)[0]
            if module:
                return module not in SILENT_MODULES and _LIBRARIES.search(f"{module}/") is None
            call = binding.value  # what an object may do is asked of what has made it
        return False


def is_left_alone(call: Node, function: Node) -> bool:
    """Tell whether a function goes on while who called it does, since nobody waits for it."""
    is_async = any(each.type == "async" for each in function.children)
    return is_async and call.parent is not None and call.parent.type in _ALONE


def may_leave(node: Node) -> bool:
    """Tell whether a statement may end the function in which it stands."""
    return any(
        each.type in {"return_statement", "throw_statement"} and above(each, FUNCTIONS) == above(node, FUNCTIONS)
        for each in walk(node)
    )


def lines_of(node: Node) -> str:
    """Return the text of a statement with the spaces that stand before it, so that its lines stay in line."""
    return " " * node.start_point.column + text_of(node)


def why_not(called: str) -> str:
    """Return why a call of a function that has no counterpart is left to a person."""
    if called.startswith("console."):
        return "it only prints"
    return f"{quoted(called, 60)} has no counterpart that is known here"
