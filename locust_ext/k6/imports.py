"""What a script imports, and the requests that it makes with it.

Law: what is not seen to be harmless may send requests too, and then nobody counts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import meaningful, part, text_of, walk, word_of

HTTP, METRICS = "k6/http", "k6/metrics"

REQUESTS = frozenset({"asyncRequest", "del", "get", "head", "options", "patch", "post", "put", "request"})
"""The functions of k6/http that send one request each."""

QUIET = frozenset({"CookieJar", "cookieJar", "file", "url"})
"""Those that send none, and that change nothing about what counts as failed."""

SILENT_MODULES = frozenset(
    {"k6", HTTP, METRICS, "k6/crypto", "k6/data", "k6/encoding", "k6/execution", "k6/html", "k6/timers"}
)
"""Modules that send no requests by themselves, beside k6/http."""


@dataclass
class Imports:
    """Names from other modules: ``members[binding]`` is (module, name), with ``*`` for all of a module."""

    members: dict[Binding, tuple[str, str]] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)

    @property
    def all_requests_are_seen(self) -> bool:
        """Whether no other module may send requests."""
        return self.modules <= SILENT_MODULES

    def function(self, called: Node | None, scopes: Scopes, module: str) -> str:
        """Return which function of ``module`` is meant, as in ``http.get`` or an imported ``get``; "" for none."""
        if called is None:
            return ""
        if called.type == "member_expression":
            binding = scopes.meant(part(called, "object"))
            if binding is not None and self.members.get(binding) in {(module, "*"), (module, "default")}:
                return text_of(part(called, "property"))
            return ""
        binding = scopes.meant(called) if called.type == "identifier" else None
        found = self.members.get(binding, ("", "")) if binding is not None else ("", "")
        return found[1] if found[0] == module else ""


def read_imports(scopes: Scopes) -> Imports:
    """Return what a script imports, with ``import`` or ``require``."""
    found = Imports()
    for node in scopes.nodes:
        if node.type == "import_statement" or (node.type == "export_statement" and part(node, "source") is not None):
            module = literal_of(part(node, "source"))
            found.modules.add(module)
            for each in walk(node):
                _note_names(each, module, scopes, found.members)
        elif node.type == "call_expression" and word_of(part(node, "function")) in {"require", "import"}:
            found.modules.add(literal_of(part(node, "arguments")))
    return found


def _note_names(node: Node, module: str, scopes: Scopes, members: dict[Binding, tuple[str, str]]) -> None:
    """Note the names that one part of an import brings in."""
    names: Mapping[str, str] = {}
    local: Node | None = None
    if node.type == "import_clause":
        local = next((each for each in meaningful(node) if each.type == "identifier"), None)
        names = {text_of(local): "default"}
    elif node.type == "namespace_import":
        local = next(iter(meaningful(node)), None)
        names = {text_of(local): "*"}
    elif node.type == "import_specifier":
        local = part(node, "alias") or part(node, "name")
        names = {text_of(local): text_of(part(node, "name"))}
    binding = scopes.meant(local)
    if binding is not None:
        members[binding] = (module, names[text_of(local)])


def literal_of(node: Node | None) -> str:
    """Return the text that stands in ``node``; "?" if there is none."""
    pieces = [text_of(each) for each in walk(node) if each.type == "string_fragment"] if node is not None else []
    return "".join(pieces) or "?"


def requests_of(scopes: Scopes, imports: Imports) -> list[Node] | None:
    """Return every call that sends a request, or None if there may be others, or what fails is redefined."""
    if not imports.all_requests_are_seen:
        return None
    found = []
    for node in scopes.nodes:
        binding = scopes.meant(node) if node.type in {"identifier", "shorthand_property_identifier"} else None
        if binding is None or imports.members.get(binding, ("", ""))[0] != HTTP or _is_imported(node):
            continue
        used = node.parent if node.parent is not None and node.parent.type == "member_expression" else node
        call = used.parent
        is_called = call is not None and call.type == "call_expression" and part(call, "function") == used
        function = imports.function(used, scopes, HTTP)
        if not is_called or function not in REQUESTS | QUIET:
            return None
        if call is not None and function in REQUESTS:
            found.append(call)
    return found


def _is_imported(node: Node) -> bool:
    """Tell whether a name stands in an import; the way up is long in a long script, so it is asked last."""
    return node.parent is not None and node.parent.type in {"import_clause", "import_specifier", "namespace_import"}
