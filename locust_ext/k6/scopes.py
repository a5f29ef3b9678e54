"""Which declaration a name means, where else it is mentioned, and which of them are changed after they were made.

Law: a value counts as constant only when nothing in the file can have changed it; in doubt it has been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tree_sitter import Node

from locust_ext.k6.changes import changed_by
from locust_ext.k6.syntax import FUNCTIONS, line_of, meaningful, part, root_of, text_of, walk

_BLOCKS = frozenset(
    {"program", "statement_block", "switch_body", "for_statement", "for_in_statement", "catch_clause", "class_body"}
)
_SCOPES = FUNCTIONS | _BLOCKS
_LASTING = FUNCTIONS | {"program"}
"""Where ``var`` and functions live: not in a block."""

_SHORT = frozenset({"shorthand_property_identifier_pattern", "object_assignment_pattern"})
_WITH_OTHERS = {"assignment_pattern": "left", "pair_pattern": "value"}
"""Patterns of which only one part declares something."""

_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})
"""What a parameter is in TypeScript: a pattern, with a type beside it."""

_MENTIONS = frozenset({"identifier", "shorthand_property_identifier"})
_NAMED = FUNCTIONS | {"abstract_class_declaration", "class_declaration", "enum_declaration", "internal_module"}
_OF_ITSELF = frozenset({"function_expression", "generator_function"})
"""Functions whose names only they know."""


@dataclass(frozen=True, eq=False)
class Binding:
    """One declared name: the node that declares it, and what it is made of.

    ``key`` says which property of ``value`` it takes, as in ``const { key } = value``; ``default`` what it is
    without one. ``value`` is None for what is not a plain declaration: parameters, imports, functions, classes.
    ``function`` is the function that it names.
    """

    name: str
    declared: Node
    value: Node | None = None
    key: str = ""
    default: Node | None = None
    function: Node | None = None


class Scopes:
    """All names of a script."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self._names: dict[int, dict[str, Binding]] = defaultdict(dict)
        self._outer, self.nodes = _outer_scopes(root)
        self._changed: dict[Binding, int] = {}
        for node in self.nodes:
            for binding, types in _declared(node):
                scope: Node | None = node
                while scope is not None and scope.type not in types:
                    scope = self._outer[scope.id]
                if scope is not None:
                    if binding.name in self._names[scope.id]:
                        self._changed[binding] = line_of(node)
                    self._names[scope.id][binding.name] = binding
        for node in self.nodes:
            for changed in changed_by(node):
                self._change(changed, line_of(node))

    def meant(self, name: Node | None) -> Binding | None:
        """Return the declaration that an identifier means; None for a global, and for what is not an identifier."""
        scope, text = self._outer[name.id] if name is not None else None, text_of(name)
        while scope is not None:
            if text in self._names.get(scope.id, {}):
                return self._names[scope.id][text]
            scope = self._outer[scope.id]
        return None

    def holds(self, node: Node) -> bool:
        """Return whether ``node`` is of this script."""
        return node.id in self._outer

    def exported(self, name: str) -> Binding | None:
        """Return what the script exports under ``name``, or None; what it hands on from another file is not here."""
        for node in self.root.named_children:
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
                if text_of(alias or local).strip("'\"") == name:
                    return self.meant(local)
        return None

    def changed_in(self, binding: Binding) -> int | None:
        """Return a line that changes what ``binding`` holds after it was made, or None."""
        return self._changed.get(binding)

    @cached_property
    def mentions(self) -> dict[Binding | str, Sequence[Node]]:
        """The places of each name, without its declaration; those of globals are under their texts."""
        found: dict[Binding | str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            parent = node.parent if node.type in _MENTIONS else None
            if parent is not None and parent.type not in {"import_specifier", "namespace_export"}:
                binding = self.meant(node)
                if binding is None or node.id != binding.declared.id:
                    found[binding or text_of(node)].append(node)
        return dict(found)

    def _change(self, name: Node, line: int) -> None:
        """Note a change, and that of what the changed thing was taken from."""
        binding = self.meant(name)
        if binding is None or binding in self._changed:
            return
        self._changed[binding] = line
        source = root_of(binding.value)
        if source is not None:
            self._change(source, line)


def declared_in(declarator: Node, scopes: Scopes) -> Iterator[Binding]:
    """Yield the names that a declaration declares: one, or those of a pattern."""
    for binding in _bound(part(declarator, "name"), None):
        meant = scopes.meant(binding.declared)
        if meant is not None:
            yield meant


def _outer_scopes(root: Node) -> tuple[dict[int, Node | None], tuple[Node, ...]]:
    """Return the nearest scope around each node, and all nodes. To climb from parent to parent would take longer."""
    found: dict[int, Node | None] = {}
    nodes: list[Node] = []
    waiting: list[tuple[Node, Node | None]] = [(root, None)]
    while waiting:
        node, scope = waiting.pop()
        found[node.id] = scope
        nodes.append(node)
        inner = node if node.type in _SCOPES else scope
        waiting += [(child, inner) for child in reversed(node.children)]
    return found, tuple(nodes)


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
        yield from ((Binding(text_of(each), each), _SCOPES) for each in _imported(node))
    elif node.type in _NAMED:
        name = part(node, "name")
        if name is not None and name.type in {"identifier", "type_identifier"}:
            types = own if node.type in _OF_ITSELF else _SCOPES - own
            yield Binding(text_of(name), name, function=node if node.type in FUNCTIONS else None), types
        for field in ("parameters", "parameter"):
            yield from ((binding, own) for binding in _bound(part(node, field), None))


def _imported(statement: Node) -> Iterator[Node]:
    """Yield the names that an import brings into its file: of ``{ a as b }`` only the second."""
    for node in walk(statement):
        parent = node.parent
        if node.type == "identifier" and parent is not None:
            alias = part(parent, "alias") if parent.type == "import_specifier" else None
            if alias is None or alias.id == node.id:
                yield node


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
    elif pattern.type in _PARAMETERS:
        yield from _bound(part(pattern, "pattern"), None)
    elif pattern.type in _WITH_OTHERS:
        yield from _bound(part(pattern, _WITH_OTHERS[pattern.type]), None)
    else:
        for inner in meaningful(pattern):
            keeps = pattern.type == "object_pattern" and inner.type in _SHORT
            yield from _bound(inner, value if keeps else None)
