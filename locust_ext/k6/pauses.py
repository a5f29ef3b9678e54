"""How long ``sleep`` waits: a number, or a range where chance decides.

Law: pure; a range holds every pause that k6 would make, and no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tree_sitter import Node

from locust_ext.drafts.journey import Pause
from locust_ext.k6.answers import UntranslatableError
from locust_ext.k6.syntax import meaningful, part, text_of, unwrapped
from locust_ext.k6.texts import Texts

LONGEST = 86_400
"""Seconds of a pause that is taken for meant."""


_ROUNDED: Mapping[str, Callable[[float], int]] = {
    "Math.ceil": math.ceil,
    "Math.floor": math.floor,
    "Math.round": lambda number: math.floor(number + 0.5),
}


def pause_of(node: Node | None, texts: Texts) -> Pause:
    """Return the pause of the argument of ``sleep``; raises UntranslatableError."""
    low, high = _range(node, texts)
    if not 0 <= low <= high <= LONGEST:
        raise UntranslatableError("it is not a time to sleep")
    return Pause(low) if low == high else Pause(low, high)


def _range(node: Node | None, texts: Texts) -> tuple[float, float]:
    """Return the least and the most that an expression can be."""
    node = unwrapped(node)
    if node is None:
        raise UntranslatableError("it has no length")
    found = _of_chance(node, texts) if node.type == "call_expression" else None
    if found is None and node.type == "binary_expression":
        found = _of_two(text_of(part(node, "operator")), part(node, "left"), part(node, "right"), texts)
    meant = texts.meaning(node) if found is None and node.type == "identifier" else None
    if isinstance(meant, Node):
        found = _range(meant, texts)
    if found is not None:
        return found
    value = texts.constant(node)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UntranslatableError("it is not a number")
    return value, value


def _of_chance(node: Node, texts: Texts) -> tuple[float, float] | None:
    """Return the range of a call that draws, or rounds what was drawn; None for any other."""
    name, given = text_of(part(node, "function")), part(node, "arguments")
    arguments = meaningful(given) if given is not None else []
    if name == "Math.random" and not arguments:
        return 0, 1
    if name == "randomIntBetween" and len(arguments) == len(("min", "max")):
        (low, _), (_, high) = (_range(each, texts) for each in arguments)
        return low, high
    if name not in _ROUNDED or not arguments:
        return None
    low, high = _range(arguments[0], texts)
    return (_ROUNDED[name](low), _ROUNDED[name](high)) if low == high else (low, high)


def _of_two(sign: str, left: Node | None, right: Node | None, texts: Texts) -> tuple[float, float] | None:
    """Return the range of a sum, a product and the like."""
    if sign not in {"+", "-", "*", "/"}:
        return None
    (low, high), (least, most) = _range(left, texts), _range(right, texts)
    if sign == "+":
        return low + least, high + most
    if sign == "-":
        return low - most, high - least
    if sign == "/" and least == most != 0:
        least = most = 1 / least
    elif sign == "/":
        return None
    products = [one * two for one in (low, high) for two in (least, most)]
    return min(products), max(products)
