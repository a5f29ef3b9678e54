"""Calls that are followed: of functions that consist of one return, and of ``JSON.parse``.

Law: pure; a function that does anything beside returning is not followed.
"""

from __future__ import annotations

import json
from typing import Any

from tree_sitter import Node

from locust_ext.k6.constants import Constant, Unknown
from locust_ext.k6.literals import joined, plain_number
from locust_ext.k6.scopes import Binding
from locust_ext.k6.syntax import FUNCTIONS, meaningful, part
from locust_ext.text.frozen import dataclass

_FOLLOWED = frozenset({"arrow_function", "function_declaration", "function_expression"})
_GENERATORS = frozenset({"generator_function", "generator_function_declaration"})
_PARAMETERS = frozenset({"required_parameter", "optional_parameter"})

MOST_VALUES = 20_000
"""Values that a file of JSON may hold."""


@dataclass(frozen=True)
class Call:
    """A function that consists of one return, with the name, the argument and the default of each parameter."""

    function: Node
    body: Node
    given: tuple[tuple[Node, Node | None, Node | None], ...]

    @classmethod
    def of(cls, function: Node, arguments: list[Node]) -> Call | None:
        """Return the call of ``function``; None where it is not followed."""
        if function.type not in _FOLLOWED or any(each.type in {"async", "*"} for each in function.children):
            return None
        body, parameters = _returned(part(function, "body")), _parameters(function)
        if body is None or parameters is None or any(each.type == "spread_element" for each in arguments):
            return None
        given = [*arguments[: len(parameters)], *[None] * (len(parameters) - len(arguments))]
        pairs = zip(parameters, given, strict=True)
        return cls(function, body, tuple((name, argument, default) for (name, default), argument in pairs))


def _returned(body: Node | None) -> Node | None:
    """Return the expression that a function returns, if it does nothing else."""
    if body is None or body.type != "statement_block":
        return body
    statements = meaningful(body)
    if len(statements) != 1 or statements[0].type != "return_statement":
        return None
    return next(iter(meaningful(statements[0])), None)


def _parameters(function: Node) -> list[tuple[Node, Node | None]] | None:
    """Return the names of parameters with their defaults; None where one is not a plain name."""
    single, several = part(function, "parameter"), part(function, "parameters")
    found: list[tuple[Node, Node | None]] = []
    for each in [single] if single is not None else meaningful(several) if several is not None else []:
        name: Node | None = each
        default: Node | None = None
        if each.type == "assignment_pattern":
            name, default = part(each, "left"), part(each, "right")
        elif each.type in _PARAMETERS:
            name, default = part(each, "pattern"), part(each, "value")
        if name is None or name.type != "identifier":
            return None
        found.append((name, default))
    return found


def called_function(binding: Binding) -> Node | None:
    """Return the function that a name stands for, or None; a generator is run by who takes its values."""
    found = binding.function if binding.function is not None or binding.key else binding.value
    return found if found is not None and found.type in FUNCTIONS - _GENERATORS else None


def is_fresh(node: Node | None) -> bool:
    """Return whether an object is written on the spot, so that nobody else holds it."""
    return node is not None and node.type == "object"


def read_json(text: Constant, line: int) -> Constant:
    """Return what ``JSON.parse`` makes of a text; raises ValueError."""
    try:
        found = json.loads(text.value, parse_constant=_refuse, parse_int=float, parse_float=float)
    except (ValueError, RecursionError):
        raise ValueError("what JSON.parse is given is not JSON") from None
    return _constant(found, line, [MOST_VALUES]).asking(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _constant(value: Any, line: int, left: list[int]) -> Constant:
    left[0] -= 1
    if left[0] < 0:
        raise ValueError(f"it holds more than {MOST_VALUES:,} values")
    if isinstance(value, dict):
        if "__proto__" in value:
            return Constant(Unknown("it has another object behind it"), line)
        return Constant({joined(key): _constant(each, line, left) for key, each in value.items()}, line)
    if isinstance(value, list):
        return Constant(tuple(_constant(each, line, left) for each in value), line)
    if isinstance(value, float):
        return Constant(plain_number(value), line)
    return Constant(joined(value) if isinstance(value, str) else value, line)
