"""Which tags the team's own code may set: what it says, read and not run.

Law: doubt is for the team. A word that stands anywhere in the code as a text or as a name for a value may be a tag, and
where names of tags come from elsewhere, any may.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from locust_ext.gates.labels import CodeTags

OF_CLIENTS = frozenset(
    {
        *("connect", "create_connection", "delete", "fire", "get", "head", "options", "patch", "post", "put"),
        *("rename_request", "request", "rest", "send", "trigger", "urlopen"),
    }
)
"""Calls whose arguments' names are those of a client, and no tags."""

_DEEPEST = 20
"""Parts of parts that are looked at; names may lead to themselves."""

_TOP = ("locust", "locust_cloud", "locust_ext")
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def tags_in(sources: Iterable[str]) -> CodeTags:
    """Return the tags that code may set; code that cannot be read may set any."""
    words: set[str] = set()
    has_any, is_read = False, False
    for source in sources:
        is_read = True
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):  # Python's own parser has faults
            has_any = True
            continue
        nodes = list(ast.walk(tree))
        for node in nodes:
            words.update(_words(node))
        given = _Given(nodes)
        has_any = has_any or any(not given.is_told(value) for node in nodes for value in _tags(node))
    return CodeTags(frozenset(words), is_read, has_any)


def _words(node: ast.AST) -> Iterator[str]:
    """Yield the words of one node that may be the name of a tag."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") not in OF_CLIENTS:
        yield from (keyword.arg for keyword in node.keywords if keyword.arg)
    elif isinstance(node, ast.ClassDef):  # the fields of a dataclass or a TypedDict
        fields = (part.target for part in node.body if isinstance(part, ast.AnnAssign))
        yield from (field.id for field in fields if isinstance(field, ast.Name))


def _tags(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions in one node that give tags, or a context that has some."""
    if isinstance(node, ast.Dict):
        yield from (
            value
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "tags"
        )
    elif isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg in ("tags", "context"))
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        at = {"add": 1, "check": 2}.get(called, len(node.args))
        yield from node.args[at : at + 1]
    elif isinstance(node, ast.Assign):
        keys = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
        if any(isinstance(key, ast.Constant) and key.value == "tags" for key in keys):
            yield node.value
        if any(_is_tags(target.value) for target in node.targets if isinstance(target, ast.Subscript)):
            yield from (key for key in keys if not isinstance(key, ast.Constant))
    elif isinstance(node, _Function) and node.name == "context":
        yield from (part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value is not None)


def _is_tags(node: ast.AST) -> bool:
    """Tell whether something is called tags."""
    name: Any = getattr(node, "attr", getattr(node, "id", ""))
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        name = node.slice.value
    return "tags" in str(name).lower()


class _Given:
    """The values that names are given in one file."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        self._values: dict[str, list[ast.expr]] = {}
        for node in nodes:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            for target in targets if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and value else ():
                name = getattr(target, "attr", getattr(target, "id", ""))
                self._values.setdefault(name, []).append(value)  # type: ignore[arg-type]

    def is_told(self, value: ast.expr, depth: int = 0) -> bool:
        """Tell whether all names of tags stand in the code."""
        parts = self._parts(value) if depth < _DEEPEST else None
        return parts is not None and all(self.is_told(part, depth + 1) for part in parts)

    def _parts(self, value: ast.expr) -> list[ast.expr] | None:
        """Return what must be told so that ``value`` is; None where it cannot be."""
        parts: list[ast.expr] | None = None
        match value:
            case ast.Constant():
                parts = []
            case ast.Dict():
                pairs = list(zip(value.keys, value.values, strict=True))
                parts = [key if key is not None else inner for key, inner in pairs]
                parts = parts if all(key is None or isinstance(key, ast.Constant) for key, _ in pairs) else None
            case ast.Name() | ast.Attribute():
                parts = self._values.get(getattr(value, "attr", getattr(value, "id", "")))
            case ast.IfExp():
                parts = [value.body, value.orelse]
            case ast.BoolOp():
                parts = value.values
            case ast.BinOp():
                parts = [value.left, value.right]
            case ast.Call(func=ast.Name(id="dict")):
                parts = [*value.args, *(keyword.value for keyword in value.keywords if keyword.arg is None)]
        return parts


@cache
def _installed() -> tuple[str, ...]:
    """Return where Python and its packages are."""
    import sysconfig  # noqa: PLC0415 only where tags are looked for

    paths = sysconfig.get_paths()
    return tuple({str(Path(paths[key]).resolve()) for key in ("stdlib", "platstdlib", "purelib", "platlib")})


@cache
def tags_of_this_process() -> CodeTags:
    """Return the tags that the locustfiles of this process, and what they import of the team's, may set."""
    return tags_in(_sources())


def _sources() -> Iterator[str]:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py") or name.partition(".")[0] in _TOP:
            continue
        path = Path(file).resolve()
        if str(path).startswith(_installed()) and not _knows_locust(module):
            continue
        if path.is_relative_to(Path(__file__).parent):
            continue
        try:
            yield path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            yield "\0"  # nobody can read it


def _knows_locust(module: Any) -> bool:
    """Tell whether an installed module works with Locust: a team's shared library may set tags, too."""
    for value in list(vars(module).values()):
        where = getattr(value, "__name__", "") if isinstance(value, type(sys)) else getattr(value, "__module__", "")
        if str(where).partition(".")[0] in ("locust", "locust_ext"):
            return True
    return False
