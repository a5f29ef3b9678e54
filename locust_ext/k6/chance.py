"""What scripts draw with k6's own library of utilities, as Python draws it.

Law: pure; a value has the same range, and the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tree_sitter import Node

from locust_ext.drafts.journey import Captured, Code, Template, Value
from locust_ext.k6.answers import UntranslatableError
from locust_ext.k6.linked_names import LinkedNames
from locust_ext.k6.syntax import FUNCTIONS, above, part, text_of, walk

_LIBRARY = re.compile(r"https?://jslib\.k6\.io/k6-utils/")
_FUNCTIONS = frozenset({"randomIntBetween", "randomString", "uuidv4"})


def is_by_chance(module: str, member: str) -> bool:
    """Tell whether a function of a module is one of those."""
    return bool(_LIBRARY.match(module)) and member in _FUNCTIONS


def drawn(function: str, given: Sequence[Any]) -> Code:
    """Return what a function draws, called with these values; raises UntranslatableError."""
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in given):
        raise UntranslatableError("what is drawn depends on the run")
    match function, given:
        case "uuidv4", _:
            return Code("str(uuid.uuid4())", ("uuid",))
        case "randomIntBetween", [low, high]:
            return Code(f"random.randint({low}, {high})", ("random",))
        case "randomString", [letters]:
            return Code(f'"".join(random.choices(string.ascii_lowercase, k={letters}))', ("random", "string"))
    raise UntranslatableError(f"{function} is called in a way that is not followed here")


def decided(value: Value, name: str, draw: Callable[[str, Code | Template], Captured]) -> Value:
    """Return a value in which what chance decides is decided: ``draw`` does it, under a name."""
    if isinstance(value, Mapping):
        return {key: decided(each, key, draw) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(decided(each, name, draw) for each in value)
    if isinstance(value, Code) or (
        isinstance(value, Template) and any(isinstance(each, Code) for each in value.pieces)
    ):
        return draw(name, value)
    return value


def draws(node: Node, names: LinkedNames) -> bool:
    """Tell whether chance or the clock decides what an expression is worth."""
    outer = above(node, FUNCTIONS)
    calls = (each for each in walk(node) if each.type == "call_expression" and above(each, FUNCTIONS) == outer)
    return any(_is_drawn(part(each, "function"), names) for each in calls)


def _is_drawn(called: Node | None, names: LinkedNames) -> bool:
    if text_of(called) == "Date.now":
        return True
    binding = names.meant(called) if called is not None and called.type == "identifier" else None
    return is_by_chance(*names.imported(binding))
