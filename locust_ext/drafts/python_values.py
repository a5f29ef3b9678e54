"""What stands in a draft as Python: templates, bodies, headers, and the references in them.

Law: pure; a value is written as it is, or named on a line of its own above where it is used.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping

from locust_ext.drafts.journey import Captured, Code, Column, Env, Reference, Template, Value
from locust_ext.drafts.python_text import Bracket, Gap, Item, Node, String, Text, call, dictionary, flat, lay, string

_SIMPLE = re.compile(r"[\w.()\[\], +*/-]+", re.ASCII)
"""An expression that may stand in an f-string as it is, on any Python."""

_PLAIN = re.compile(r"[\w -]+", re.ASCII)
"""A column's name that may stand in the quotes within one."""

MOST_LEVELS = 12
"""Levels of brackets; what lies deeper is written on lines of its own."""


class Values:
    """Writes values for one function.

    ``named`` says where a reference is found, ``local`` makes a name within the function; what must be imported is put
    into ``modules`` and ``members``.
    """

    def __init__(
        self,
        named: Callable[[Env | Column | Captured], str],
        local: Callable[[str], str],
        modules: set[str],
        members: set[tuple[str, str]],
    ) -> None:
        self._named, self._local = named, local
        self._above: list[str] = []
        self.modules, self.members = modules, members

    def above(self) -> list[str]:
        """Return the lines that must stand above what was written since this was last asked."""
        found, self._above = self._above, []
        return found

    def value(self, value: Value, level: int = 0) -> Node:
        """Return a value of JSON."""
        match value:
            case Template():
                node: Node = self.text(value)
            case Env() | Column() | Captured() | Code():
                node = Text(self.reference(value))
            case str():
                node = string(value)
            case tuple() | Mapping() if level >= MOST_LEVELS and value:
                node = self._deep(value)
            case Mapping():
                node = dictionary((key, self.value(each, level + 1)) for key, each in value.items())
            case tuple():
                node = Bracket("[", tuple(Item("", self.value(each, level + 1)) for each in value), "]")
            case float() if not math.isfinite(value):
                node = Text(f'float("{value}")')
            case _:
                node = Text(repr(value).replace("e+", "e"))
        return node

    def _deep(self, value: Value) -> Node:
        """Return a value that stands too deep for its place: parsers have an end."""
        if not any(True for _ in references(value)):
            self.modules.add("json")
            return call("json.loads", string(json.dumps(_plain(value), ensure_ascii=False)))
        return Text(self._kept("part", self.value(value)))

    def text(self, template: Template) -> Node:
        """Return a text with its gaps filled in."""
        if len(template.pieces) == 1 and isinstance(template.pieces[0], Env):
            return Text(self.reference(template.pieces[0]))
        if len(template.pieces) == 1 and isinstance(template.pieces[0], Column):
            return Text(f"str({self.reference(template.pieces[0])})")
        literals = "".join(piece for piece in template.pieces if isinstance(piece, str))
        has_signs = any(sign in "\"'" or not sign.isprintable() or sign == "\\" for sign in literals)
        return String(
            tuple(
                piece if isinstance(piece, str) else Gap(self._gap(piece, has_signs=has_signs))
                for piece in template.pieces
            )
        )

    def reference(self, reference: Reference) -> str:
        """Return what a reference stands for."""
        if isinstance(reference, Code):
            self.modules.update(reference.modules)
            return reference.text
        name = self._named(reference)
        return f"{name}[{flat(string(reference.column))}]" if isinstance(reference, Column) else name

    def _gap(self, reference: Reference, *, has_signs: bool) -> str:
        """Return a reference as it may stand in an f-string: before Python 3.12 not every expression may."""
        text = self.reference(reference)
        if isinstance(reference, Column):
            if _PLAIN.fullmatch(reference.column) and not has_signs:
                return f"{self._named(reference)}['{reference.column}']"
            return self._kept(reference.column, Text(text))
        return text if _SIMPLE.fullmatch(text) else self._kept("value", Text(text))

    def _kept(self, words: str, node: Node) -> str:
        name = self._local(words)
        self._above += lay(node, "", f"{name} = ")
        return name


def references(value: Value) -> Iterator[Reference]:
    """Yield every reference in a value."""
    if isinstance(value, Template):
        yield from value.references
    elif isinstance(value, (Env, Column, Captured, Code)):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from references(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from references(each)


def _plain(value: Value) -> object:
    """Return a value without gaps as JSON has it."""
    if isinstance(value, Template):
        return value.literal
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
