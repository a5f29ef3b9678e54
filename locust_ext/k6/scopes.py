"""Which declaration a name means, and which of them are changed after they were made.

Law: a value counts as constant only when nothing in the file can have changed it; in doubt it has been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from locust_ext.k6.changes import changed_by, shared_with
from locust_ext.k6.syntax import FUNCTIONS, line_of, meaningful, part, root_of, text_of, walk

_SCOPES = FUNCTIONS | {"program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "class_body"}
_LASTING = FUNCTIONS | {"program"}
"""Where ``var`` and functions live: not in a block."""

_SHORT = frozenset({"shorthand_property_identifier_pattern", "object_assignment_pattern"})
_WITH_OTHERS = {"assignment_pattern": "left", "pair_pattern": "value"}
"""Patterns of which only one part declares something."""


@dataclass(frozen=True, eq=False)
class Binding:
    """One declared name: the node that declares it, and what it is made of.

    ``key`` says which property of ``value`` it takes, as in ``const { key } = value``; ``default`` what it is
    without one. ``value`` is None for what is not a plain declaration: parameters, imports, functions, classes.
    """

    name: str
    declared: Node
    value: Node | None = None
    key: str = ""
    default: Node | None = None


class Scopes:
    """All names of a script."""

    def __init__(self, root: Node) -> None:
        self._names: dict[int, dict[str, Binding]] = defaultdict(dict)
        self._outer = _outer_scopes(root)
        self.nodes = tuple(walk(root))
        for node in self.nodes:
            for binding, types in _declared(node):
                scope: Node | None = node
                while scope is not None and scope.type not in types:
                    scope = self._outer[scope.id]
                if scope is not None:
                    self._names[scope.id][binding.name] = binding
        self._changed: dict[Binding, int] = {}
        for node in self.nodes:
            for changed in (*changed_by(node), *self._handed_on(node)):
                self._change(changed, line_of(node))

    def meant(self, name: Node | None) -> Binding | None:
        """Return the declaration that an identifier means; None for a global, and for what is not an identifier."""
        scope, text = self._outer[name.id] if name is not None else None, text_of(name)
        while scope is not None:
            if text in self._names.get(scope.id, {}):
                return self._names[scope.id][text]
            scope = self._outer[scope.id]
        return None

    def exported(self, name: str) -> Binding | None:
        """Return what the script exports under ``name``, or None."""
        for node in self.nodes:
            if node.type != "export_statement" or part(node, "source") is not None:
                continue
            declaration = part(node, "declaration")
            if declaration is not None:
                for inner in (declaration, *meaningful(declaration)):
                    for binding, _ in _declared(inner):
                        if binding.name == name:
                            return self.meant(binding.declared)
            for specifier in (each for each in walk(node) if each.type == "export_specifier"):
                local, alias = part(specifier, "name"), part(specifier, "alias")
                if text_of(alias or local) == name:
                    return self.meant(local)
        return None

    def changed_in(self, binding: Binding) -> int | None:
        """Return a line that changes what ``binding`` holds after it was made, or None."""
        return self._changed.get(binding)

    def _handed_on(self, node: Node) -> Iterator[Node]:
        """Yield the objects that a call hands to a function of the script's own, or an imported one.

        Only calls outside of functions count: k6 reads the options before it calls anything.
        """
        called, given = part(node, "function"), part(node, "arguments")
        if node.type != "call_expression" or called is None or given is None or self._is_in_function(node):
            return
        if called.type in FUNCTIONS or self.meant(root_of(called)) is not None:
            for name in (root_of(argument) for argument in meaningful(given)):
                binding = self.meant(name)
                if name is not None and binding is not None and not _is_scalar(binding.value):
                    yield name

    def _is_in_function(self, node: Node) -> bool:
        scope = self._outer[node.id]
        while scope is not None and scope.type not in FUNCTIONS:
            scope = self._outer[scope.id]
        return scope is not None

    def _change(self, name: Node, line: int) -> None:
        """Note a change, and that of what the changed thing was taken from."""
        binding = self.meant(name)
        if binding is None or binding in self._changed:
            return
        self._changed[binding] = line
        for source in shared_with(binding.declared, binding.value):
            self._change(source, line)


def _is_scalar(node: Node | None) -> bool:
    return node is not None and node.type in {"number", "string", "template_string", "true", "false", "null"}


def _outer_scopes(root: Node) -> dict[int, Node | None]:
    """Return for each node the nearest scope around it. To climb from parent to parent would take far longer."""
    found: dict[int, Node | None] = {}
    waiting: list[tuple[Node, Node | None]] = [(root, None)]
    while waiting:
        node, scope = waiting.pop()
        found[node.id] = scope
        inner = node if node.type in _SCOPES else scope
        waiting += [(child, inner) for child in node.children]
    return found


def _declared(node: Node) -> Iterator[tuple[Binding, frozenset[str]]]:
    """Yield the names that ``node`` declares, each with the types of scopes in which it can hold."""
    own = frozenset({node.type})
    if node.type == "variable_declarator":
        is_var = node.parent is not None and node.parent.type == "variable_declaration"
        types = _LASTING if is_var else _SCOPES
        yield from ((binding, types) for binding in _bound(part(node, "name"), part(node, "value")))
    elif node.type == "for_in_statement" and part(node, "kind") is not None:
        yield from ((binding, own) for binding in _bound(part(node, "left"), None))
    elif node.type == "catch_clause":
        yield from ((binding, own) for binding in _bound(part(node, "parameter"), None))
    elif node.type == "import_statement":
        yield from ((Binding(text_of(each), each), _SCOPES) for each in walk(node) if each.type == "identifier")
    elif node.type in FUNCTIONS or node.type == "class_declaration":
        name = part(node, "name")
        if name is not None and name.type == "identifier":
            yield Binding(text_of(name), name), _SCOPES - own
        for field in ("parameters", "parameter"):
            yield from ((binding, own) for binding in _bound(part(node, field), None))


def _bound(pattern: Node | None, value: Node | None) -> Iterator[Binding]:
    """Yield the names in a pattern; only plain names and those of ``{ a, b = 1 }`` keep their value."""
    if pattern is None:
        return
    if pattern.type == "identifier":
        yield Binding(text_of(pattern), pattern, value)
    elif pattern.type == "shorthand_property_identifier_pattern":
        yield Binding(text_of(pattern), pattern, value, text_of(pattern))
    elif pattern.type == "object_assignment_pattern":
        for binding in _bound(part(pattern, "left"), value):
            yield replace(binding, key=binding.name, default=part(pattern, "right"))
    elif pattern.type in _WITH_OTHERS:
        yield from _bound(part(pattern, _WITH_OTHERS[pattern.type]), None)
    else:
        for inner in meaningful(pattern):
            keeps = pattern.type == "object_pattern" and inner.type in _SHORT
            yield from _bound(inner, value if keeps else None)
