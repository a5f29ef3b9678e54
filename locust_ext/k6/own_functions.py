"""The functions of a script's own: which one a call is of, and whether it, or one that it calls, does anything.

Law: what sends requests, waits, checks or talks to others in any way does something; in doubt a call is left to
a person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from tree_sitter import Node

from locust_ext.k6.calls import called_function
from locust_ext.k6.changes import changed_by
from locust_ext.k6.imports import METRICS, SILENT_MODULES
from locust_ext.k6.request_calls import RequestCalls
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import FUNCTIONS, above, line_of, part, root_of, text_of, walk
from locust_ext.k6.texts import Texts
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted

_ALONE = frozenset({"expression_statement", "variable_declarator"})

_MADE = {"call_expression": "function", "new_expression": "constructor"}
_LIBRARIES = re.compile(r"/(k6-utils|papaparse|url|k6-summary|ajv|formdata)/")
"""Published modules that work values out, and talk to nobody."""

_SILENT = SILENT_MODULES - {METRICS, "k6/execution"}
"""Modules whose functions do nothing but work values out; others add samples, or end the run."""

_GLOBALS = frozenset(
    {
        *("Array", "BigInt", "Boolean", "Date", "Error", "Intl", "JSON", "Map", "Math", "Number", "Object", "Promise"),
        *("RegExp", "Set", "String", "Symbol", "TextDecoder", "TextEncoder", "URL", "URLSearchParams", "Uint8Array"),
        *("atob", "btoa", "console", "crypto", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent"),
        *("isFinite", "isNaN", "open", "parseFloat", "parseInt"),
    }
)
"""What JavaScript and k6 have without an import, and what talks to nobody."""


_CHANGES = frozenset(
    {
        *("assignment_expression", "augmented_assignment_expression", "call_expression", "for_in_statement"),
        *("unary_expression", "update_expression"),
    }
)
"""What may change a variable, or add a sample."""

_FIELDS = frozenset({"field_definition", "public_field_definition"})
"""Of classes: in JavaScript, in TypeScript."""

_SETS = frozenset({"assignment_expression", "augmented_assignment_expression"})

_HOLDING = frozenset({"array", "identifier", "member_expression", "object"})
"""What may hold functions."""

_PARTS: Mapping[str, tuple[str, str]] = {
    "assignment_expression": ("left", "right"),
    "field_definition": ("property", "value"),
    "method_definition": ("name", ""),
    "pair": ("key", "value"),
    "public_field_definition": ("name", "value"),
}
"""How a function gets to be a part of something, and where its name and the function stand."""


@dataclass(frozen=True)
class _Said:
    """What stands in a node: whether it has steps itself, and the functions that it mentions if it has none."""

    does: bool
    functions: tuple[Node, ...]


class OwnFunctions:
    """Knows the functions of one script."""

    def __init__(self, texts: Texts, calls: RequestCalls) -> None:
        self._texts, self._calls = texts, calls
        self._doing: dict[int, bool] = {}
        """By what was looked at, whether it has steps."""
        self._known: dict[int, _Said] = {}
        self._inside: dict[int, tuple[list[Node], list[Node]]] = {}

    def may_do(self, node: Node) -> bool:
        """Tell whether anything in a node has steps: a call, or a function of the script's own that it mentions."""
        seen, waiting = {node.id}, [node]
        while waiting:
            here = waiting.pop()
            if here.id in self._doing and not self._doing[here.id]:
                continue
            if here.id in self._doing or self._said(here).does:
                self._doing[node.id] = True
                return True
            waiting += [each for each in self._said(here).functions if each.id not in seen]
            seen |= {each.id for each in self._said(here).functions}
        self._doing.update(dict.fromkeys(seen, False))  # none of what is mentioned has any
        return False

    def _said(self, node: Node) -> _Said:
        """Return what stands in a node itself."""
        if node.id not in self._known:
            nodes = list(walk(node))
            does = any(self._is_step(each) for each in nodes)
            functions = [] if does else [each for one in nodes for each in self._mentioned(one)]
            self._known[node.id] = _Said(does, tuple({each.id: each for each in functions}.values()))
        return self._known[node.id]

    def _is_step(self, node: Node) -> bool:
        """Tell whether a node is a request, a call of k6 itself or of what may talk to others, or a throw."""
        if self._calls.function(node) == "batch" or self._calls.is_request(node) or node.type == "throw_statement":
            return True
        is_of_k6 = node.type == "call_expression" and bool(self.k6(part(node, "function")))
        return is_of_k6 or self._is_tag(node) or self.reaches_out(node)

    def _is_tag(self, node: Node) -> bool:
        """Tell whether a node sets what k6 itself holds of a user, such as a tag of all that it sends."""
        root = root_of(part(node, "left")) if node.type in _SETS else None
        binding = self._texts.names.meant(root) if root is not None else None
        return binding is not None and self._texts.names.imported(binding)[0] == "k6/execution"

    def _mentioned(self, node: Node) -> list[Node]:
        """Return the functions of the script's own that a node may mean: a name, or any that is called like a part."""
        if node.type in {"identifier", "shorthand_property_identifier"}:
            return self._named(node)
        if node.type == "member_expression":
            return self._methods.get(text_of(part(node, "property")), [])
        if node.type == "new_expression":
            return self._constructors(part(node, "constructor"))
        index = part(node, "index") if node.type == "subscript_expression" else None
        return self._methods.get(text_of(index)[1:-1], []) if index is not None and index.type == "string" else []

    def _named(self, name: Node) -> list[Node]:
        """Return the function that a name means, or the list, the object or the other name that holds functions."""
        binding = self._texts.names.meant(name)
        function = called_function(binding) if binding is not None else None
        if function is not None or binding is None or binding.value is None:
            return [function] if function is not None else []
        is_part = name.parent is not None and name.parent.type == "member_expression"
        is_held = binding.value.type in _HOLDING and above(binding.declared, FUNCTIONS) is None and not is_part
        return [binding.value] if is_held else []

    def _constructors(self, name: Node | None) -> list[Node]:
        """Return what makes an object of a class, its fields too, or of any class where it is not known which."""
        binding = self._texts.names.meant(name) if name is not None and name.type == "identifier" else None
        home = binding.declared.parent if binding is not None else None
        found = [*self._methods.get("constructor", []), *self._fields]
        if (
            home is None
            or home.type != "class_declaration"
            or any(each.type == "class_heritage" for each in home.children)
        ):
            return found
        return [each for each in found if above(each, frozenset({home.type})) == home]

    @cached_property
    def _fields(self) -> list[Node]:
        """Return what the fields of classes are set to."""
        nodes = (node for module in self._texts.names.modules.read for node in module.scopes.nodes)
        values = (part(node, "value") for node in nodes if node.type in _FIELDS)
        return [value for value in values if value is not None]

    @cached_property
    def _methods(self) -> dict[str, list[Node]]:
        """Return the functions that are parts of objects and classes, by their names."""
        found: dict[str, list[Node]] = defaultdict(list)
        for module in self._texts.names.modules.read:
            for node in module.scopes.nodes:
                if node.type in _PARTS:
                    name, value = _PARTS[node.type]
                    function = part(node, value) if value else node
                    called = part(node, name)
                    called = part(called, "property") or called if called is not None else None
                    if function is not None and function.type in {*FUNCTIONS, *_HOLDING}:
                        found[text_of(called).strip("'\"`")].append(function)
        return found

    def called_by(self, node: Node) -> Node | None:
        """Return the function of the script's own that a call is of."""
        called = part(node, "function") if node.type == "call_expression" else None
        is_name = called is not None and called.type in {"identifier", "member_expression"}
        binding = self._texts.names.meant(called) if is_name else None
        is_changed = binding is not None and self._texts.names.changed_in(binding) is not None
        return called_function(binding) if binding is not None and not is_changed else None

    def k6(self, called: Node | None) -> str:
        """Return which function of k6 itself is meant, such as ``check``; "" for none."""
        return self._texts.names.function(called, "k6")

    def is_done(self, call: Node) -> bool:
        """Tell whether a call is of a function whose steps stand here already, though they may be none."""
        function = self.called_by(call)
        return function is not None and self.may_do(function)

    def is_lost(self, value: Node) -> bool:
        """Tell whether a value that is not followed has steps that stand nowhere yet."""
        return not self.is_done(value) and self.may_do(value)

    def is_named(self, node: Node) -> bool:
        """Tell whether a node is the name of a function."""
        binding = self._texts.names.meant(node) if node.type == "identifier" else None
        return binding is not None and called_function(binding) is not None

    def changed_within(self, node: Node) -> Iterator[tuple[Binding, int]]:
        """Yield the variables that a statement, or a function that it calls, may change, each with the line."""
        names = self._texts.names
        for each in self.reached(node):
            for changed in changed_by(each):
                binding = names.meant(changed)
                if binding is not None and (binding.value is None or names.changed_in(binding)):
                    yield binding, line_of(each)

    def reached(self, node: Node) -> Iterator[Node]:
        """Yield what may change or add something in a node, and in the functions that it mentions."""
        seen, waiting = {node.id}, [node]
        while waiting:
            one = waiting.pop()
            if one.id not in self._inside:
                nodes = list(walk(one))
                inner = {each.id: each for within in nodes for each in self._mentioned(within)}
                self._inside[one.id] = [each for each in nodes if each.type in _CHANGES], [*inner.values()]
            changes, functions = self._inside[one.id]
            yield from changes
            waiting += [each for each in functions if each.id not in seen]
            seen |= {each.id for each in functions}

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
                return module not in _SILENT and _LIBRARIES.search(f"{module}/") is None
            is_bare = part(call, "function") == root and called_function(binding) is None
            if is_bare and (binding.value is None or binding.value.type in FUNCTIONS):
                return True  # it was given to this function, or somebody else runs it
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
