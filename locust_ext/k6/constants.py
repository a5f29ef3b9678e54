"""Values that were found by reading, each with its line and with what it would depend on.

Law: pure; a value is exact, or it is Unknown and says why. Nobody guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from locust_ext.k6.literals import FUNCTIONS_OF_ONE, OPERATORS
from locust_ext.text.document import Path
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted


@dataclass(frozen=True)
class Unknown:
    """A value that only a run could tell, and why."""

    why: str


class Undefined:
    """JavaScript's ``undefined``: false, and equal to nothing but itself."""

    def __bool__(self) -> bool:
        return False


UNDEFINED = Undefined()

ENVIRONMENT = Unknown("it is the whole environment")
"""What ``__ENV`` is; its properties are undefined."""


@dataclass(frozen=True)
class Constant:
    """A value, its line, and the environment variables that it would depend on.

    The value is a scalar, UNDEFINED, Unknown, or a dict or a tuple of Constants.
    """

    value: Any
    line: int = 0
    asks: frozenset[str] = frozenset()

    @property
    def is_unknown(self) -> bool:
        """Whether only a run could tell the value."""
        return isinstance(self.value, Unknown)

    @property
    def is_nothing(self) -> bool:
        """Whether it is undefined or null."""
        return self.value is None or self.value is UNDEFINED

    def asking(self, other: Constant) -> Constant:
        """Return the same, depending on what ``other`` depends on too."""
        return replace(self, asks=self.asks | other.asks)

    def missing(self) -> str:
        """Return why there is no value where it is undefined."""
        names = ", ".join(f"__ENV.{name:.60}" for name in sorted(self.asks))
        return f"it comes from {names}, which has no default here" if names else "it is undefined"


def property_of(owner: Constant, key: str, line: int, *, is_optional: bool = False) -> Constant:
    """Return ``owner.key``, or ``owner?.key`` with ``is_optional``, as it is read in ``line``."""
    value, nothing = owner.value, Constant(UNDEFINED, line)
    if value is ENVIRONMENT:
        return replace(nothing, asks=frozenset({key}))
    if owner.is_unknown:
        return owner
    found: Constant | None = None
    if isinstance(value, dict):
        found = value.get(key, nothing)
    elif isinstance(value, tuple) and key.isdecimal():
        found = value[int(key)] if len(key) <= len(str(len(value))) and int(key) < len(value) else nothing
    elif isinstance(value, (tuple, str)) and key == "length":
        found = replace(nothing, value=len(value))
    elif owner.is_nothing and is_optional:
        found = nothing
    return found.asking(owner) if found else Constant(Unknown(f"there is no {quoted(key)} to read"), line)


def combined(sign: str, left: Constant, right: Constant) -> Constant:
    """Return what an operator makes of two values; raises ValueError."""
    for each in (left, right):
        if each.is_unknown:
            return each
    compares = sign in {"===", "!==", "==", "!="}
    if compares and UNDEFINED in (left.value, right.value):
        same = left.value is right.value or (sign in {"==", "!="} and left.is_nothing and right.is_nothing)
        return Constant(same == (sign[0] == "="), left.line, left.asks).asking(right)
    for each in (left, right):
        if each.value is UNDEFINED:
            return replace(each, value=Unknown(each.missing()))
        if isinstance(each.value, (dict, tuple)):
            raise ValueError(f"{sign} of objects is not followed here")  # noqa: TRY004 one kind of error
    if sign not in OPERATORS:
        raise ValueError(f"{sign} is not followed here")
    return Constant(OPERATORS[sign](left.value, right.value), left.line, left.asks).asking(right)


def returned(name: str, arguments: Sequence[Constant], line: int) -> Constant:
    """Return what one of JavaScript's own functions returns, called in ``line``; raises ValueError."""
    first = arguments[0] if arguments else Constant(UNDEFINED)
    if arguments and name in FUNCTIONS_OF_ONE and not isinstance(first.value, (dict, tuple)):
        if first.is_unknown or first.value is UNDEFINED:
            return first  # undefined is not a number, and so as good as nothing to an || after it
        return Constant(FUNCTIONS_OF_ONE[name](first.value), line, first.asks)
    if arguments and name == "Object.freeze":
        return first
    if name == "Object.assign" and all(isinstance(each.value, dict) for each in arguments):
        return Constant({key: each for one in arguments for key, each in one.value.items()}, line)
    return Constant(Unknown("it is what a function returns"), line)


@dataclass
class Unfolded:
    """Plain values, and by path: their lines, what is unknown in them and why, and the variables they ask for."""

    values: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    unknown: dict[Path, str] = field(default_factory=dict)
    asks: dict[Path, frozenset[str]] = field(default_factory=dict)


def unfold(constant: Constant) -> Unfolded:
    """Return what ``constant`` holds. Unknown values are None there, undefined properties are left out."""
    found = Unfolded()
    found.values = _plain(constant, (), found)
    return found


def _plain(constant: Constant, path: Path, found: Unfolded) -> Any:
    value = constant.value
    if constant.line:
        found.lines[path] = constant.line
    if isinstance(value, Unknown):
        found.unknown[path] = value.why
    elif value is UNDEFINED and constant.asks:
        found.unknown[path] = constant.missing()
    elif constant.asks:
        found.asks[path] = constant.asks
    if isinstance(value, Mapping):
        kept = {key: each for key, each in value.items() if each.value is not UNDEFINED or each.asks}
        return {key: _plain(each, (*path, key), found) for key, each in kept.items()}
    if isinstance(value, tuple):
        return [_plain(each, (*path, index), found) for index, each in enumerate(value)]
    return None if isinstance(value, (Unknown, Undefined)) else value
