"""Names across the files of one script: what an imported name stands for in the file that declares it.

Law: a name of another file means what that file declares, and is followed only there; what cannot be read says why.
"""

from __future__ import annotations

import posixpath

from tree_sitter import Node

from locust_ext.k6.modules import Module, Modules
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import part, text_of

_RELATIVE = (".", "/")


class LinkedNames:
    """All names of a script and of the files that it imports, as if they stood in one."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._declared: dict[tuple[Binding, str], Binding] = {}
        self._missing: dict[Binding, str] = {}

    def module_of(self, node: Node) -> Module:
        """Return the file in which a node stands."""
        return self.modules.module_of(node)

    def file_of(self, node: Node) -> str:
        """Return the file in which a node stands, seen from beside the script; "" for the script itself."""
        module = self.module_of(node)
        if module is self.modules.main:
            return ""
        start = posixpath.dirname(self.modules.main.file)
        return posixpath.relpath(posixpath.join("/", module.file), posixpath.join("/", start))

    def meant(self, name: Node | None) -> Binding | None:
        """Return the declaration that a name means, or a part of all of a file as in ``api.login``; None for others."""
        if name is None:
            return None
        module = self.module_of(name)
        if name.type == "member_expression":
            owner = module.scopes.meant(part(name, "object"))
            is_whole = owner is not None and self._source(module, owner)[1] == "*"
            return self._followed(module, owner, text_of(part(name, "property"))) if owner and is_whole else None
        binding = module.scopes.meant(name)
        return self._followed(module, binding) if binding is not None else None

    def exported(self, name: str) -> Binding | None:
        """Return what the script exports as ``name``, wherever that is declared; raises ValueError."""
        found = self.modules.exported(self.modules.main, name)
        return found[1] if found is not None else None

    def changed_in(self, binding: Binding) -> int | None:
        """Return a line that changes what ``binding`` holds after it was made, or None."""
        home = self.module_of(binding.declared)
        changed = home.scopes.changed_in(binding)
        for module in self.modules.read if changed is None and home is not None else ():
            for local, (specifier, name) in module.imports.members.items():
                line = module.scopes.changed_in(local) if specifier.startswith(_RELATIVE) else None
                is_it = line is not None and (name == "*" or self._followed(module, local) is binding)
                changed = line if is_it else changed
        return changed

    def mentions(self, binding: Binding) -> list[Node]:
        """Return where a name stands, in the file that declares it and in those that import it."""
        found = list(self.module_of(binding.declared).scopes.mentions.get(binding, ()))
        for module in self.modules.read:
            for local, (specifier, name) in module.imports.members.items():
                if specifier.startswith(_RELATIVE) and name != "*" and self._followed(module, local) is binding:
                    found += module.scopes.mentions.get(local, ())
        return found

    def imported(self, binding: Binding | None) -> tuple[str, str]:
        """Return from which module a name comes, if it is not declared in these files, and what it is there; or ""."""
        if binding is None:
            return "", ""
        return self.module_of(binding.declared).imports.members.get(binding, ("", ""))

    def function(self, called: Node | None, module: str) -> str:
        """Return which function of ``module`` is meant, as in ``http.get`` or an imported ``get``; "" for none."""
        if called is None:
            return ""
        if called.type == "member_expression":
            owner = part(called, "object")
            is_name = owner is not None and owner.type == "identifier"
            if is_name and self.imported(self.meant(owner)) in {(module, "*"), (module, "default")}:
                return text_of(part(called, "property"))
            return ""
        found = self.imported(self.meant(called)) if called.type == "identifier" else ("", "")
        return found[1] if found[0] == module else ""

    def why_missing(self, name: Node | None) -> str:
        """Return why an imported name could not be followed; "" where it was, or is none."""
        owner = name
        while owner is not None and owner.type == "member_expression":
            owner = part(owner, "object")
        if owner is None or owner.type != "identifier":
            return ""
        binding = self.module_of(owner).scopes.meant(owner)
        return self._missing.get(binding, "") if binding is not None else ""

    def _source(self, module: Module, binding: Binding) -> tuple[str, str]:
        source = module.imports.members.get(binding, ("", ""))
        return source if source[0].startswith(_RELATIVE) else ("", "")

    def _followed(self, module: Module, binding: Binding, member: str = "") -> Binding:
        key = (binding, member)
        if key not in self._declared:
            self._declared[key] = binding
            specifier, name = self._source(module, binding)
            wanted = member or name
            if specifier and wanted != "*":
                try:
                    found = self.modules.exported(self.modules.imported(module, specifier), wanted)
                except ValueError as error:
                    self._missing[binding] = str(error)
                else:
                    if found is None:
                        self._missing[binding] = f"{specifier:.80} does not export {wanted:.60}"
                    else:
                        self._declared[key] = found[1]
        return self._declared[key]
