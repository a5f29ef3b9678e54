"""The files that a script consists of: itself, and what it imports from files beside it.

Law: a file is read when it is asked for, once, and up to a bound; nothing is ever loaded from the network, and a module
that is not a file is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from tree_sitter import Node

from locust_ext.k6.commonjs import exports_of
from locust_ext.k6.imports import Imports, literal_of, read_imports
from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import line_of, meaningful, parse_script, part, text_of, walk
from locust_ext.text.problems import ConfigurationError

MOST_FILES = 200
"""Files that one script may consist of."""

MOST_LETTERS = 2 << 20
"""Letters that they may have together."""

_RELATIVE = (".", "/")
_REACHES_OUT = re.compile(r"""['"`](\.{0,2}/|\\)|__ENV|\.prototype\b""")
"""What a file holds that can reach another file, the environment or what JavaScript itself has."""


class UnreadableError(Exception):
    """A file that cannot be read; the message says why."""


class TooManyError(ValueError):
    """A script that consists of more than is read."""


class Files(Protocol):
    """The files beside a script."""

    def place(self, beside: str, specifier: str) -> str:
        """Return the path of the file that is meant by ``specifier`` in the file ``beside``."""

    def text(self, file: str) -> str:
        """Return what is in a file; raises UnreadableError."""


class NoFiles:
    """A script that stands alone."""

    def place(self, beside: str, specifier: str) -> str:  # noqa: ARG002 there is nothing beside it
        """Return the specifier."""
        return specifier

    def text(self, file: str) -> str:  # noqa: ARG002 there is none
        """Raise UnreadableError."""
        raise UnreadableError("it is not in this file")


@dataclass(eq=False)
class Module:
    """One file: its path, its names, and what it imports."""

    file: str
    scopes: Scopes

    @cached_property
    def imports(self) -> Imports:
        """What it imports."""
        return read_imports(self.scopes)

    @property
    def first_import(self) -> int | None:
        """The line of its first import."""
        return next(
            (line_of(node) for node in self.scopes.root.named_children if node.type == "import_statement"), None
        )

    @cached_property
    def is_common(self) -> bool:
        """Whether it is a module of the old kind, which assigns to ``exports``."""
        kinds = {node.type for node in self.scopes.root.named_children}
        return not kinds & {"import_statement", "export_statement"}

    @cached_property
    def handed_on(self) -> dict[str, tuple[str, str]]:
        """What it exports out of other modules: by name, the module and the name there."""
        found = {}
        for node in self._exports_from:
            module = literal_of(part(node, "source"))
            for each in walk(node):
                if each.type == "export_specifier":
                    name, alias = part(each, "name"), part(each, "alias")
                    found[text_of(alias or name).strip("'\"")] = (module, text_of(name).strip("'\""))
        return found

    @cached_property
    def stars(self) -> list[str]:
        """The modules of which it exports everything."""
        plain = (
            node
            for node in self._exports_from
            if not any(each.type in {"export_clause", "namespace_export"} for each in meaningful(node))
        )
        return [literal_of(part(node, "source")) for node in plain]

    @property
    def _exports_from(self) -> Iterator[Node]:
        children = self.scopes.root.named_children
        return (node for node in children if node.type == "export_statement" and part(node, "source") is not None)

    def line_of_export(self, name: str) -> int | None:
        """Return the line that exports ``name``, or everything of another file."""
        own = self.scopes.exported(name)
        if own is not None:
            return line_of(own.declared)
        handing = [node for node in self._exports_from if name in text_of(node) or not meaningful(node)[1:]]
        return line_of(handing[0]) if handing else None

    @cached_property
    def default(self) -> Binding | None:
        """What it exports as its default, if that is a value."""
        for node in self.scopes.root.named_children:
            value = part(node, "value") if node.type == "export_statement" else None
            if value is not None:
                return self.scopes.meant(value) if value.type == "identifier" else Binding("default", node, value)
            declared = part(node, "declaration") if any(each.type == "default" for each in node.children) else None
            if declared is not None:
                return self.scopes.meant(part(declared, "name"))
        return None

    @cached_property
    def common(self) -> dict[str, Binding]:
        """What it assigns to ``exports``; raises ValueError where that is not plain."""
        return exports_of(self.scopes)


Exported = tuple[Module, Binding]
"""A declaration, and the file in which it stands."""


class Modules:
    """The files of one script, read as they are asked for."""

    def __init__(self, text: str, source: str, files: Files | None = None) -> None:
        self.files: Files = files or NoFiles()
        self.main = Module(source, Scopes(parse_script(text, source)))
        self._modules: dict[str, Module | None] = {self.files.place("", source): self.main}
        self._texts: dict[str, str | None] = {source: text}
        self._unread: dict[str, str] = {}
        self._exported: dict[tuple[str, str], Exported | ValueError | None] = {}

    @property
    def read(self) -> list[Module]:
        """The files that were read so far."""
        return [each for each in self._modules.values() if each is not None]

    def text(self, beside: str, specifier: str) -> str:
        """Return the text of a file; raises ValueError with why there is none."""
        file = self.files.place(beside, specifier)
        if file not in self._texts:
            if len(self._texts) >= MOST_FILES:
                raise TooManyError(f"it consists of more than {MOST_FILES} files")
            self._texts[file] = None
            try:
                self._texts[file] = self.files.text(file)
            except UnreadableError as error:
                self._unread[file] = str(error)
            if sum(len(each or "") for each in self._texts.values()) > MOST_LETTERS:
                raise TooManyError(f"its files have more than {MOST_LETTERS >> 20} MiB together")
        text = self._texts[file]
        if text is None:
            raise ValueError(f"{specifier:.80}: {self._unread.get(file, 'it is not read')}")
        return text

    def is_main(self, module: Module, specifier: str) -> bool:
        """Return whether ``specifier`` means the script itself in one of its files."""
        return self._modules.get(self.files.place(module.file, specifier)) is self.main

    def imported(self, module: Module, specifier: str) -> Module:
        """Return the file that ``module`` imports; raises ValueError with why it is not read."""
        if not specifier.startswith(_RELATIVE):
            raise ValueError(f"{specifier:.80} is not a file beside the script")
        if specifier.lower().endswith(".json"):
            raise ValueError(f"k6 does not import {specifier:.80}; write JSON.parse(open('{specifier:.80}'))")
        file = self.files.place(module.file, specifier)
        if file not in self._modules:
            text = self.text(module.file, specifier)
            try:
                self._modules[file] = Module(file, Scopes(parse_script(text, file)))
            except ConfigurationError as error:
                self._modules[file] = None
                raise ValueError(str(error.problems[0])) from None
        found = self._modules[file]
        if found is None:
            raise ValueError(f"{specifier:.80} cannot be read")
        return found

    def exported(self, module: Module, name: str) -> Exported | None:
        """Return what is exported as ``name``, and the file that declares it; raises ValueError."""
        key = module.file, name
        if key not in self._exported:
            self._exported[key] = ValueError("files export each other's names in a circle")
            try:
                self._exported[key] = self._find(module, name)
            except ValueError as error:
                self._exported[key] = error
        found = self._exported[key]
        if isinstance(found, ValueError):
            raise found
        return found

    def _find(self, module: Module, name: str) -> Exported | None:
        own = module.default if name == "default" and module.default is not None else module.scopes.exported(name)
        if own is None and module.is_common:
            own = module.common.get(name)
        if own is not None:
            return self._followed(module, own)
        if name in module.handed_on:
            specifier, there = module.handed_on[name]
            return self.exported(self.imported(module, specifier), there)
        if name == "default":
            return None
        found = [self.exported(self.imported(module, each), name) for each in module.stars]
        known = {each[1]: each for each in found if each is not None}
        if len(known) > 1:
            raise ValueError(f"several files export {name:.60}")
        return next(iter(known.values()), None)

    def _followed(self, module: Module, binding: Binding) -> Exported:
        """Return the declaration itself where a name is imported and exported again."""
        where = module.imports.members.get(binding)
        if where is None or where[1] == "*":
            return module, binding
        found = self.exported(self.imported(module, where[0]), where[1])
        if found is None:
            raise ValueError(f"{where[0]:.80} does not export {where[1]:.60}")
        return found

    def module_of(self, node: Node) -> Module:
        """Return the file in which ``node`` stands."""
        return next(each for each in self._modules.values() if each is not None and each.scopes.holds(node))

    def all(self) -> tuple[list[Module], list[str]]:
        """Return all files that can reach each other, and why others are missing; raises TooManyError.

        Files that hold nothing by which they could are left out: libraries that stand alone.
        """
        found, missing, waiting = [self.main], list[str](), [self.main]
        names = {self.main.file}
        while waiting:
            module = waiting.pop()
            for specifier in sorted(each for each in module.imports.modules if each.startswith(_RELATIVE)):
                file = self.files.place(module.file, specifier)
                if file in names or self._modules.get(file) is self.main or specifier.lower().endswith(".json"):
                    continue
                names.add(file)
                try:
                    if self._modules.get(file) is None and not _REACHES_OUT.search(self.text(module.file, specifier)):
                        continue
                    other = self.imported(module, specifier)
                except TooManyError:
                    raise
                except ValueError as error:
                    missing.append(str(error))
                    continue
                found.append(other)
                waiting.append(other)
        return found, missing


def is_top(node: Node, root: Node) -> bool:
    """Tell whether a declaration stands by itself at the top of its file, so that it always runs."""
    statement = node.parent
    if statement is not None and statement.parent is not None and statement.parent.type == "export_statement":
        statement = statement.parent
    return statement is not None and statement.parent is not None and statement.parent.id == root.id
