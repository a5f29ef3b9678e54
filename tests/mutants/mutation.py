"""Small changes of a module's source, one at a time: what each replaces, and by what.

Law: pure. A mutant is a piece of text in the place of another; what people read (texts, annotations, logs) is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_SHOWN = 110

BOUNDS: dict[type[ast.cmpop], ast.cmpop] = {ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt()}
"""Comparisons that differ where both sides are equal."""

OPPOSITES: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.GtE(),
    ast.LtE: ast.Gt(),
    ast.Gt: ast.LtE(),
    ast.GtE: ast.Lt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}

OPERATORS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.Mult(),
    ast.Pow: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
}

TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
"""Functions that take the same and return the other."""

LOGS = frozenset({"logger", "warnings"})
"""Whose calls nobody's verdict depends on."""


@dataclass(frozen=True)
class Mutant:
    """One change: the bytes from ``start`` to ``end`` of a file become ``new``."""

    file: str
    line: int
    where: str
    """The function it is in, such as ``IterationQueue.hold``; empty at the top of a module and in the body of a class."""
    start: int
    end: int
    old: str
    new: str

    @property
    def room(self) -> str:
        """The package below ``locust_ext`` that the file is in."""
        parts = self.file.split("/")
        return parts[1] if len(parts) > 2 else "root"

    @property
    def text(self) -> str:
        """The change as people read it."""
        return f"{self.file}:{self.line} {_shown(self.old)} -> {_shown(self.new)}"

    def applied(self, source: bytes) -> bytes:
        """Return the source with the change in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SHOWN else f"{line[: LONGEST_SHOWN - 1]}…"


def mutants_of(source: bytes, file: str) -> list[Mutant]:
    """Return all changes of a module, in the order of its lines."""
    return list(_Finder(source, file).visit_all(ast.parse(source)))


class _Finder:
    """Walks through a module with the name of the function that it is in."""

    def __init__(self, source: bytes, file: str) -> None:
        self._source, self._file = source, file
        self._tells: set[str] = set()
        """Functions that are annotated ``-> bool``."""
        self._starts = [0]
        for line in source.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def visit_all(self, tree: ast.Module) -> Iterator[Mutant]:
        """Yield the changes of each statement."""
        yield from self._body(tree.body, "", "")

    def _body(self, body: list[ast.stmt], name: str, function: str) -> Iterator[Mutant]:
        for number, statement in enumerate(body):
            if number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # the docstring
            yield from self._statement(statement, name, function)

    def _statement(self, node: ast.stmt, name: str, function: str) -> Iterator[Mutant]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = f"{name}.{node.name}" if name else node.name
            if not isinstance(node, ast.ClassDef):
                for default in [*node.args.defaults, *node.args.kw_defaults]:
                    yield from self._expression(default, function) if default else ()
                function = inner
                if isinstance(node.returns, ast.Name) and node.returns.id == "bool":
                    self._tells.add(function)
            yield from self._body(node.body, inner, function)
            return
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_for_types(node):
            return
        yield from self._whole(node, function)
        for field, value in ast.iter_fields(node):
            if field != "annotation":
                for child in value if isinstance(value, list) else [value]:
                    yield from self._part(child, name, function)

    def _part(self, child: object, name: str, function: str) -> Iterator[Mutant]:
        """Yield the changes within one part of a statement."""
        if isinstance(child, ast.stmt):
            yield from self._statement(child, name, function)
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from self._body(child.body, name, function)
        elif isinstance(child, ast.withitem):
            yield from self._expression(child.context_expr, function)
        elif isinstance(child, ast.expr):
            yield from self._expression(child, function)

    def _whole(self, node: ast.stmt, function: str) -> Iterator[Mutant]:
        """Yield what becomes of a statement as such: it is left out, or it returns nothing, or goes the other way."""
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _logs(node.value)) or isinstance(
            node, ast.Raise
        ):
            yield self._made(node, "pass", function)
        elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            if function in self._tells and _is_false(node.value):
                return  # whose callers ask for truth, of which None has as little: True is what they get to see
            yield self._made(node, "return None", function)
        elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
            other = ast.AugAssign(node.target, OPERATORS[type(node.op)], node.value)
            yield self._made(node, ast.unparse(other), function)
        elif isinstance(node, ast.Assign) and function and isinstance(node.targets[0], (ast.Attribute, ast.Subscript)):
            if not function.endswith("__init__"):  # whose attributes all are needed by somebody, or by nobody
                yield self._made(node, "pass", function)
        elif isinstance(node, ast.Break):
            yield self._made(node, "continue", function)
        elif isinstance(node, ast.Continue):
            yield self._made(node, "break", function)
        if isinstance(node, ast.If):
            yield from self._condition(node.test, function)

    def _condition(self, test: ast.expr, function: str) -> Iterator[Mutant]:
        """Yield the contrary of a condition that is no comparison."""
        is_not = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if not is_not and not isinstance(test, (ast.Compare, ast.BoolOp, ast.NamedExpr)):
            yield self._made(test, f"(not {ast.unparse(test)})", function)

    def _expression(self, node: ast.expr, function: str) -> Iterator[Mutant]:
        if isinstance(node, ast.JoinedStr):
            return  # within texts there are no places of their own
        yield from self._here(node, function)
        if isinstance(node, ast.IfExp):
            yield from self._condition(node.test, function)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from self._expression(child, function)
            elif isinstance(child, ast.keyword) and not _is_promise(node, child):
                yield from self._expression(child.value, function)
            elif isinstance(child, ast.comprehension):
                yield from self._expression(child.iter, function)
                for test in child.ifs:
                    yield from self._condition(test, function)
                    yield from self._expression(test, function)

    def _here(self, node: ast.expr, function: str) -> Iterator[Mutant]:
        for other in _changed(node):
            yield self._made(node, _in_brackets(other), function)

    def _made(self, node: ast.stmt | ast.expr, new: str, function: str) -> Mutant:
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        old = self._source[start:end].decode()
        return Mutant(self._file, node.lineno, function, start, end, old, new)


def _changed(node: ast.expr) -> list[ast.expr]:
    """Return what may stand in the place of an expression, its parts left as they are."""
    if isinstance(node, ast.Compare):
        return _compared(node)
    if isinstance(node, ast.BoolOp):
        return [ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        return [node.operand]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and not _is_text(node):
        return [ast.BinOp(node.left, OPERATORS[type(node.op)], node.right)]
    if isinstance(node, ast.Constant):
        return [ast.Constant(value) for value in _others(node.value)]
    return _twin(node) if isinstance(node, ast.Call) else []


def _compared(node: ast.Compare) -> list[ast.expr]:
    """Return the comparison with another bound, and its contrary; of a chain the bounds alone."""
    if len(node.ops) == 1:
        kind = type(node.ops[0])
        return [ast.Compare(node.left, [op], node.comparators) for op in (BOUNDS.get(kind), OPPOSITES[kind]) if op]
    made: list[ast.expr] = []
    for number, old in enumerate(node.ops):
        if type(old) in BOUNDS:
            ops = [*node.ops[:number], BOUNDS[type(old)], *node.ops[number + 1 :]]
            made.append(ast.Compare(node.left, ops, node.comparators))
    return made


def _in_brackets(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if isinstance(node, (ast.Constant, ast.Call, ast.Name)) else f"({text})"


def _others(value: object) -> list[object]:
    """Return the constants to put in the place of one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return [value * 2 if value else 1.0]
    return []


def _twin(node: ast.Call) -> list[ast.expr]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in TWINS:
        return [ast.Call(ast.Name(TWINS[function.id]), node.args, node.keywords)]
    if isinstance(function, ast.Attribute) and function.attr in ("floor", "ceil"):
        return [ast.Call(ast.Attribute(function.value, TWINS[function.attr]), node.args, node.keywords)]
    return []


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_promise(node: ast.expr, given: ast.keyword) -> bool:
    """Tell whether it is the promise of ``zip`` that both are as long: without it the same comes out."""
    is_zip = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "zip"
    return is_zip and given.arg == "strict" and isinstance(given.value, ast.Constant) and given.value.value is True


def _is_text(node: ast.expr) -> bool:
    """Tell whether texts or lists are put together: that ends in an error, which any test notices."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    literal = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    return literal or isinstance(node, (ast.JoinedStr, ast.List, ast.Tuple))


def _logs(call: ast.Call) -> bool:
    function = call.func
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in LOGS


def _is_for_types(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    names = [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
    return names == ["__all__"]
