"""What a declared name stands for, in the script and in the files that it imports.

Law: a name is a constant, or it is unknown and says why: changed, not declared yet, or not of a file beside the script.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from tree_sitter import Node

from locust_ext.k6.constants import ENVIRONMENT, NOT_A_NUMBER, UNDEFINED, Constant, Unknown, property_of
from locust_ext.k6.modules import Module, Modules, is_top
from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import FUNCTIONS, line_of, text_of


def unknown(node: Node, why: str) -> Constant:
    """Return what only a run could tell, in the line of ``node``."""
    return Constant(Unknown(why), line_of(node))


class Names(ABC):
    """Follows names to what they were declared as; ``evaluate`` is given by who reads expressions."""

    def __init__(self, scopes: Scopes, modules: Modules | None = None) -> None:
        self._scopes = scopes
        self._modules = modules
        self._module: Module | None = modules.main if modules is not None else None
        self._under_way: set[Binding] = set()
        self._given: dict[Binding, Constant] = {}
        self._frames: list[Node] = []
        self.touched: dict[Binding, Constant] = {}
        """The names that were read and that others may hold too, with what they stand for."""
        self.read: set[int] = set()
        """The places where they were read."""
        self.called: dict[Binding, tuple[Node, Module]] = {}
        """The functions that were called, and the files in which they stand."""
        self.asked = False
        """Whether the environment was read."""

    @abstractmethod
    def evaluate(self, node: Node | None) -> Constant:
        """Return what an expression is worth."""

    def named(self, node: Node) -> Constant:
        """Return what an identifier stands for where it is read."""
        name, binding = text_of(node), self._scopes.meant(node)
        self.read.add(node.id)
        if binding is None:
            if name == "__ENV":
                self.asked = True
                return Constant(ENVIRONMENT, line_of(node))
            return Constant(
                NOT_A_NUMBER if name == "NaN" else Unknown(f"{name:.60} is not in this file"), line_of(node)
            )
        if binding in self._given:
            return self._given[binding]
        late = self._is_late(binding)
        return self.held(binding) if late is None else unknown(node, late)

    def _is_late(self, binding: Binding) -> str | None:
        """Return why a declaration has not run when its name is read, or None."""
        declarator, name = binding.declared.parent, f"{binding.name:.60}"
        while declarator is not None and declarator.type != "variable_declarator":
            declarator = declarator.parent if declarator.type not in FUNCTIONS else None
        if declarator is None or binding.value is None:
            return None
        frame = self._frames[-1] if self._frames else None
        if frame is not None and self._scopes.holds(frame) and declarator.end_byte > frame.start_byte:
            return f"{name} is used before line {line_of(declarator)} declares it"
        is_var = declarator.parent is not None and declarator.parent.type == "variable_declaration"
        return f"{name} is a var in a block" if is_var and not is_top(declarator, self._scopes.root) else None

    def held(self, binding: Binding) -> Constant:
        """Return what a declared name stands for."""
        node, name = binding.declared, f"{binding.name:.60}"
        if self._module is not None and binding in self._module.imports.members:
            return self._imported(binding)
        changed = self._scopes.changed_in(binding)
        if changed is not None:
            return Constant(Unknown(f"{name} is changed in line {changed}{self._elsewhere}"), changed)
        if binding.value is None:
            return unknown(node, f"{name} is not a constant: see line {line_of(node)}{self._elsewhere}")
        if binding in self._under_way:
            return unknown(node, f"{name} is made of itself")
        self._under_way.add(binding)
        self._frames.append(binding.value)
        try:
            found = self.evaluate(binding.value)
            if binding.key:
                found = property_of(found, binding.key, line_of(node))
            if found.value is UNDEFINED and binding.default is not None:
                found = self.evaluate(binding.default).asking(found)
        finally:
            self._under_way.discard(binding)
            self._frames.pop()
        if found.is_object:
            self.touched[binding] = found
        return found

    @property
    def _elsewhere(self) -> str:
        """The file that is being read, where it is not the script itself."""
        if self._modules is None or self._module is None or self._module is self._modules.main:
            return ""
        return f" of {self._module.file}"

    def _imported(self, binding: Binding, name: str = "") -> Constant:
        """Return what a name stands for that comes out of another file: ``name`` of it, if it is all of a file."""
        assert self._modules is not None, "names are imported where there are files"
        assert self._module is not None, "names are imported where there are files"
        specifier, there = self._module.imports.members[binding]
        line = line_of(binding.declared)
        if there == "*" and not name:
            return Constant(Unknown(f"{binding.name:.60} is all of {specifier:.80}, and is read by parts here"), line)
        try:
            found = self._modules.exported(self._modules.imported(self._module, specifier), name or there)
        except ValueError as error:
            return Constant(Unknown(f"{binding.name:.60} is not a constant: see line {line}: {error}"), line)
        if found is None:
            return Constant(Unknown(f"{specifier:.80} does not export {name or there:.60}"), line)
        return self._inside(found[0], lambda: self.held(found[1])).placed(found[0].file)

    def inside(self, module: Module, binding: Binding) -> Constant:
        """Return what a name of another file stands for."""
        return self._inside(module, lambda: self.held(binding))

    def worth(self, node: Node | None) -> Constant:
        """Return what an expression is worth, in whichever of the files it stands."""
        if node is None or self._modules is None:
            return self.evaluate(node)
        return self._inside(self._modules.module_of(node), lambda: self.evaluate(node))

    def _inside(self, module: Module, read: Callable[[], Constant]) -> Constant:
        """Return what ``read`` returns in another file."""
        before = self._module, self._scopes
        if module is before[0]:
            return read()
        self._module, self._scopes = module, module.scopes
        try:
            return read()
        finally:
            self._module, self._scopes = before
