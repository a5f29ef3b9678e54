"""What feeds a script's own metrics, where the script proves it.

Law: only evidence counts. One use of a metric that is not understood, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from locust_ext.k6.expressions import Expressions
from locust_ext.k6.imports import METRICS, Imports, requests_of
from locust_ext.k6.scopes import Binding, Scopes
from locust_ext.k6.syntax import FUNCTIONS, above, line_of, meaningful, part, root_of, text_of, unwrapped, walk
from locust_ext.text.frozen import dataclass

KINDS = ("Counter", "Gauge", "Rate", "Trend")

_FAILED, _NO_ANSWER = 400, 0
"""Locust counts an answer from here on as failed, and no answer, whose status is 0."""

_MOST_SHOWN = 80
"""Letters of what feeds a metric, in a note."""

_LEAVING = frozenset({"return_statement", "throw_statement", "break_statement", "continue_statement"})

_STATEMENTS = frozenset({"lexical_declaration", "variable_declaration", "expression_statement"}) | FUNCTIONS


@dataclass(frozen=True)
class OwnMetric:
    """A metric that the script declares, and what feeds it.

    ``durations``: only durations of requests do. ``failures``: only conditions that hold for nothing but failed
    requests. ``paired``: each value comes from one request, always. ``whole``: and every request of the script has one.
    ``fed`` is the text of the first value.
    """

    kind: str
    line: int
    durations: bool = False
    failures: bool = False
    paired: bool = False
    whole: bool = False
    fed: str = ""


def own_metrics(scopes: Scopes, imports: Imports, expressions: Expressions) -> dict[str, OwnMetric]:
    """Return the metrics that a script declares, by their names in k6."""
    requests = requests_of(scopes, imports)
    found: dict[str, OwnMetric] = {}
    for node in scopes.nodes:
        if node.type != "new_expression":
            continue
        kind = imports.function(part(node, "constructor"), scopes, METRICS)
        given = part(node, "arguments")
        name = expressions.evaluate(next(iter(meaningful(given)), None)).value if given is not None else None
        if kind not in KINDS or not isinstance(name, str):
            continue
        # The same metric may be declared twice, and then one of them does not know what feeds the other.
        found[name] = OwnMetric(kind, line_of(node)) if name in found else _fed(node, kind, scopes, requests)
    return found


def _fed(made: Node, kind: str, scopes: Scopes, requests: Sequence[Node] | None) -> OwnMetric:
    unproven = OwnMetric(kind, line_of(made))
    declarator = made.parent
    if declarator is None or declarator.type != "variable_declarator":
        return unproven
    binding = scopes.meant(part(declarator, "name"))
    values = _added(binding, scopes) if binding is not None else None
    if not values:
        return unproven
    paired = _paired(values, scopes)
    return OwnMetric(
        kind,
        line_of(made),
        durations=all(_is_duration(value) for value in values),
        failures=all(_holds_for_failures(value) for value in values),
        paired=paired is not None and requests is not None and paired <= {each.id for each in requests},
        whole=paired is not None and requests is not None and paired == {each.id for each in requests},
        fed=" ".join(text_of(values[0]).split())[:_MOST_SHOWN],
    )


def _added(binding: Binding, scopes: Scopes) -> list[Node] | None:
    """Return everything that is added to a metric, or None if it is used in any other way."""
    values = []
    for node in scopes.nodes:
        if node.type not in {"identifier", "shorthand_property_identifier"} or node == binding.declared:
            continue
        if text_of(node) != binding.name or scopes.meant(node) is not binding:
            continue
        call = node.parent.parent if node.parent is not None else None
        if call is None or call.type != "call_expression" or text_of(part(call, "function")) != f"{binding.name}.add":
            return None
        given = part(call, "arguments")
        values += meaningful(given)[:1] if given is not None else []
    return values


def _is_duration(value: Node) -> bool:
    """Return whether a value is ``answer.timings.duration``."""
    root = root_of(value)
    return root is not None and text_of(value) == f"{text_of(root)}.timings.duration"


def _holds_for_failures(value: Node) -> bool:
    """Return whether a condition on ``answer.status`` holds for nothing but what Locust counts as failed."""
    value = unwrapped(value) or value
    left, right, sign = part(value, "left"), part(value, "right"), text_of(part(value, "operator"))
    if value.type != "binary_expression" or left is None or right is None:
        return False
    if sign == "||":
        return _holds_for_failures(left) and _holds_for_failures(right)
    root = root_of(left)
    if root is None or text_of(left) != f"{text_of(root)}.status" or not text_of(right).isdecimal():
        return False
    status = int(text_of(right)[:9])
    if sign in {"==", "==="}:
        return status >= _FAILED or status == _NO_ANSWER
    return {">=": status, ">": status + 1}.get(sign, 0) >= _FAILED


def _paired(values: Sequence[Node], scopes: Scopes) -> set[int] | None:
    """Return the calls that feed one value each, whenever they are made; None where a value comes from elsewhere."""
    answers = set[int]()
    for value in values:
        roots = {scopes.meant(root_of(each)) for each in walk(value) if each.type == "member_expression"}
        answer = roots.pop() if len(roots) == 1 else None
        if answer is None or answer.value is None or answer.key or scopes.changed_in(answer) is not None:
            return None
        call = answer.value
        if not _follows(answer.declared, value) or call.id in answers:
            return None
        answers.add(call.id)
    return answers


def _follows(declared: Node, value: Node) -> bool:
    """Return whether what adds ``value`` runs whenever ``declared`` has: in the same block, with no way out between."""
    first, last = _statement(declared), _statement(value)
    if first is None or last is None or first.parent is None or first.parent != last.parent:
        return False
    call = value.parent.parent if value.parent is not None else None
    if call is None or call.parent != last:
        return False
    between = [each for each in first.parent.children if first.end_byte <= each.start_byte < last.start_byte]
    return not any(_leaves(each) for each in between)


def _statement(node: Node) -> Node | None:
    """Return the statement that holds ``node``: a declaration or an expression; a function if there is none."""
    return above(node, _STATEMENTS)


def _leaves(statement: Node) -> bool:
    return any(node.type in _LEAVING for node in walk(statement))
