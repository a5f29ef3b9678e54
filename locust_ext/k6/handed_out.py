"""Who else may change an object that a function reads: other names, other objects, and functions that it is given to.

Law: an object that was handed out is known only where nobody that has it can change it; in doubt somebody does.
"""

from __future__ import annotations

from tree_sitter import Node

from locust_ext.k6.calls import called_function
from locust_ext.k6.chance import draws
from locust_ext.k6.imports import HTTP
from locust_ext.k6.linked_names import LinkedNames
from locust_ext.k6.scopes import Binding, declared_in
from locust_ext.k6.syntax import FUNCTIONS, WRAPPERS, above, line_of, meaningful, part, text_of, word_of

_OBJECTS = frozenset({"array", "object"})
_PASSED_ON = WRAPPERS | {"array", "binary_expression", "object", "pair", "spread_element", "ternary_expression"}
_PARTS = frozenset({"member_expression", "subscript_expression"})
_HARMLESS = frozenset(
    {
        "Array.isArray", "Boolean", "JSON.stringify", "Number", "Object.entries", "Object.keys", "Object.values",
        "String", "URLSearchParams", "console.debug", "console.error", "console.info", "console.log", "console.warn",
        "encodeURI", "encodeURIComponent", "parseFloat", "parseInt", "randomItem",
    }
)  # fmt: skip
_MOST_HANDS = 12


class HandedOut:
    """Finds who may change the objects of one script."""

    def __init__(self, names: LinkedNames) -> None:
        self._names = names
        self._known: dict[Binding, int | None] = {}

    def line_that_changes(self, binding: Binding) -> int | None:
        """Return a line that may change the object that a name holds, or None."""
        if binding not in self._known:
            self._known[binding] = None  # who comes back here on the way adds nothing
            value = binding.value
            is_object = value is not None and value.type in _OBJECTS
            self._known[binding] = self._through(binding, _MOST_HANDS) if is_object else None
        return self._known[binding]

    def why_unsure(self, node: Node, binding: Binding) -> str:
        """Return why a name may not hold what it was declared as, where ``node`` reads it; "" if it does."""
        name, changed = f"{binding.name:.60}", self._names.changed_in(binding)
        if changed is not None:
            return f"{name} is changed in line {changed}"
        changed = self.line_that_changes(binding)
        if changed is not None:
            return f"{name} may be changed in line {changed}"
        if _is_before(node, binding):
            return f"{name} is used before it is declared"
        is_drawn = binding.value is not None and draws(binding.value, self._names)
        return f"{name} is drawn once, and not for each request" if is_drawn else ""

    def _through(self, binding: Binding, left: int) -> int | None:
        changed = self._names.changed_in(binding)
        if changed is not None:
            return changed
        for node in self._names.mentions(binding):
            line = self._at(node, binding, left) if left else line_of(node)
            if line is not None:
                return line
        return None

    def _at(self, node: Node, binding: Binding, left: int) -> int | None:
        """Return the line of a mention if what stands there may change the object."""
        at, parent, keys = node, node.parent, list[str]()
        while parent is not None and (parent.type in _PASSED_ON or (parent.type in _PARTS and _is_owner(at, parent))):
            if parent.type in _PARTS:
                keys.append(text_of(part(parent, "property")) if parent.type == "member_expression" else "")
            if parent.type == "pair" and part(parent, "key") == at:
                return None
            at, parent = parent, parent.parent
        if parent is None or self._is_plain(binding.value, keys):
            return None
        if parent.type == "variable_declarator":
            taken = declared_in(parent, self._names.module_of(parent).scopes)
            return next((line for each in taken if (line := self._through(each, left - 1)) is not None), None)
        if parent.type == "arguments":
            return self._given(at, parent, left)
        return line_of(node) if _keeps(node, at, parent, binding) else None

    def _given(self, at: Node, arguments: Node, left: int) -> int | None:
        """Return the line if the function that is given an object may change it."""
        call = arguments.parent
        called = part(call, "function") or part(call, "constructor") if call is not None else None
        if call is None or called is None or word_of(called) in _HARMLESS:
            return None
        if any(self._names.function(called, module) for module in (HTTP, "k6")):
            return None
        if called.type == "member_expression" and text_of(part(called, "property")) in {"add", "push"}:
            return None if text_of(part(called, "property")) == "add" else line_of(at)
        binding = self._names.meant(called) if called.type in {"identifier", "member_expression"} else None
        function = called_function(binding) if binding is not None else None
        parameters = part(function, "parameters") if function is not None else None
        names = meaningful(parameters) if parameters is not None else []
        if function is not None and part(function, "parameter") is not None:
            names = [part(function, "parameter") or function]
        place = [each.id for each in meaningful(arguments)].index(at.id)
        if function is None or place >= len(names):
            return line_of(at) if function is None else None
        name = part(names[place], "pattern") if names[place].type.endswith("_parameter") else names[place]
        taken = self._names.meant(name) if name is not None and name.type == "identifier" else None
        return line_of(at) if taken is None else self._through(taken, left - 1)

    def _is_plain(self, value: Node | None, keys: list[str]) -> bool:
        """Tell whether a part of an object is a text, a number or the like, which nobody can change from elsewhere."""
        for key in keys:
            pairs = meaningful(value) if value is not None and value.type == "object" else []
            found = [each for each in pairs if each.type == "pair" and word_of(part(each, "key")).strip("'\"") == key]
            value = part(found[-1], "value") if found else None
            if value is None:
                return False
        return value is not None and value.type in {"string", "template_string", "number", "true", "false", "null"}


def _keeps(node: Node, at: Node, parent: Node, binding: Binding) -> bool:
    """Tell whether an object is handed to somebody who may change it where it stands."""
    if (
        parent.type == "call_expression" and at.type in _PARTS
    ):  # its own methods change it openly, those of a list do not
        return any(each.type == "array" for each in _between(node, at))
    if parent.type == "for_in_statement":
        return not any(each.type == "in" for each in parent.children)
    if parent.type == "assignment_expression":
        return not _is_target(at, parent)
    is_own = above(binding.declared, FUNCTIONS) is not None
    return parent.type in {"return_statement", "arrow_function"} and not is_own


def _is_owner(at: Node, parent: Node) -> bool:
    owner = parent.child_by_field_name("object")
    return owner is not None and owner.id == at.id


def _is_target(at: Node, parent: Node) -> bool:
    left = parent.child_by_field_name("left")
    return left is not None and left.id == at.id


def _between(node: Node, last: Node) -> list[Node]:
    found, at = [node], node
    while at.id != last.id and at.parent is not None:
        at = at.parent
        found.append(at)
    return found


def _is_before(node: Node, binding: Binding) -> bool:
    """Tell whether a name is read before the line that declares it, in the same function."""
    is_early = node.start_byte < binding.declared.start_byte and binding.value is not None
    return is_early and above(node, FUNCTIONS) == above(binding.declared, FUNCTIONS)
