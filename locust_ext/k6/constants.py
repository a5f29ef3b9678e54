"""Values that were found by reading, each with its line and with what it would depend on.

Law: pure; a value is exact, or it is Unknown and says why. Nobody guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from locust_ext.k6.literals import FUNCTIONS_OF_MANY, FUNCTIONS_OF_ONE, OPERATORS, as_number, length_of
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


class NotANumber:
    """JavaScript's ``NaN``: false, equal to nothing, but neither undefined nor null."""

    def __bool__(self) -> bool:
        return False


NOT_A_NUMBER = NotANumber()

INHERITED = frozenset(
    {
        "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor",
        "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    }
)  # fmt: skip
"""What every object has, although nobody wrote it."""

ENVIRONMENT = Unknown("it is the whole environment")
"""What ``__ENV`` is; its properties are undefined."""


@dataclass(frozen=True)
class Constant:
    """A value, its line, and the environment variables that it would depend on.

    The value is a scalar, UNDEFINED, NOT_A_NUMBER, Unknown, or a dict or a tuple of Constants. ``source`` is the file
    of its line, where that is another than the script.
    """

    value: Any
    line: int = 0
    asks: frozenset[str] = frozenset()
    source: str = ""

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

    @property
    def is_object(self) -> bool:
        """Whether others may hold the same value and change it: text, numbers and the like cannot be changed."""
        return isinstance(self.value, (dict, tuple)) or self.value is ENVIRONMENT

    def at(self, line: int) -> Constant:
        """Return the same as it is read in ``line`` of the file that reads it."""
        return replace(self, line=line, source="")

    def placed(self, source: str) -> Constant:
        """Return the same, with the file in which it and what it holds stand."""
        value = self.value
        if isinstance(value, dict):
            value = {key: each.placed(source) for key, each in value.items()}
        elif isinstance(value, tuple):
            value = tuple(each.placed(source) for each in value)
        return replace(self, value=value, source=self.source or source)

    def missing(self) -> str:
        """Return why there is no value where it is undefined."""
        names = ", ".join(f"__ENV.{name:.60}" for name in sorted(self.asks))
        without = "it is not a number" if self.value is NOT_A_NUMBER else "it is undefined"
        return f"it comes from {names}, which has no default here" if names else without


def property_of(owner: Constant, key: str, line: int, *, is_optional: bool = False) -> Constant:
    """Return ``owner.key``, or ``owner?.key`` with ``is_optional``, as it is read in ``line``."""
    value, nothing = owner.value, Constant(UNDEFINED, line)
    if value is ENVIRONMENT:
        return replace(nothing, asks=frozenset({key}))
    if owner.is_unknown:
        return owner
    found: Constant | None = None
    if isinstance(value, dict) and (key in value or key not in INHERITED):
        found = value.get(key, nothing)
    elif isinstance(value, tuple) and key.isdecimal() and key.isascii() and (key == "0" or key[0] != "0"):
        found = value[int(key)] if len(key) <= len(str(len(value))) and int(key) < len(value) else nothing
    elif isinstance(value, (tuple, str)) and key == "length":
        found = replace(nothing, value=length_of(value) if isinstance(value, str) else len(value))
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
    if compares and NOT_A_NUMBER in (left.value, right.value):
        return Constant(sign[0] == "!", left.line, left.asks).asking(right)
    for each in (left, right):
        if each.value is UNDEFINED or each.value is NOT_A_NUMBER:
            return replace(each, value=Unknown(each.missing()))
        if isinstance(each.value, (dict, tuple)):
            raise ValueError(f"{sign} of objects is not followed here")  # noqa: TRY004 one kind of error
    if sign not in OPERATORS:
        raise ValueError(f"{sign} is not followed here")
    return Constant(OPERATORS[sign](left.value, right.value), left.line, left.asks).asking(right)


def returned(name: str, arguments: Sequence[Constant], line: int) -> Constant:
    """Return what one of JavaScript's own functions returns, called in ``line``; raises ValueError."""
    lost = next((each for each in arguments if each.is_unknown), None)
    if name.endswith("parseInt") and len(arguments) > 1 and arguments[1].value != _TEN:
        raise ValueError("parseInt is followed here for decimal numbers")
    if arguments and name in FUNCTIONS_OF_ONE and not isinstance(arguments[0].value, (dict, tuple)):
        return _of_one(name, arguments[0], line)
    if arguments and name in FUNCTIONS_OF_MANY and lost is None and not any(each.is_object for each in arguments):
        return _of_many(name, arguments, line)
    if arguments and name == "Object.freeze":
        return arguments[0]
    if name == "Object.assign" and all(isinstance(each.value, dict) or each.is_nothing for each in arguments):
        found = Constant({key: each for one in arguments for key, each in (one.value or {}).items()}, line)
        return replace(found, asks=frozenset().union(*(each.asks for each in arguments)))
    return Constant(Unknown("it is what a function returns"), line)


_TEN = 10
_WORDS_OF_NOTHING: Mapping[str, Mapping[Any, Any]] = {
    "Boolean": {UNDEFINED: False, NOT_A_NUMBER: False},
    "String": {UNDEFINED: "undefined", NOT_A_NUMBER: "NaN"},
}


def _of_one(name: str, given: Constant, line: int) -> Constant:
    if given.is_unknown:
        return given
    if given.value is UNDEFINED or given.value is NOT_A_NUMBER:
        value = _WORDS_OF_NOTHING[name][given.value] if name in _WORDS_OF_NOTHING else NOT_A_NUMBER
        return Constant(value, line, given.asks)
    return Constant(FUNCTIONS_OF_ONE[name](given.value), line, given.asks)


def _of_many(name: str, given: Sequence[Constant], line: int) -> Constant:
    asks: frozenset[str] = frozenset().union(*(each.asks for each in given))
    if any(each.value is UNDEFINED or each.value is NOT_A_NUMBER for each in given):
        return Constant(NOT_A_NUMBER, line, asks)
    return Constant(FUNCTIONS_OF_MANY[name]([as_number(each.value) for each in given]), line, asks)


@dataclass
class Unfolded:
    """Plain values, and by path: their lines and files, what is unknown in them and why, the variables they ask for."""

    values: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    unknown: dict[Path, str] = field(default_factory=dict)
    asks: dict[Path, frozenset[str]] = field(default_factory=dict)
    sources: dict[Path, str] = field(default_factory=dict)


def unfold(constant: Constant) -> Unfolded:
    """Return what ``constant`` holds. Unknown values are None there, undefined properties are left out."""
    found = Unfolded()
    found.values = _plain(constant, (), found)
    return found


def _plain(constant: Constant, path: Path, found: Unfolded) -> Any:
    value = constant.value
    if constant.line:
        found.lines[path] = constant.line
        # Below a path of another file, a line of the script's own says so.
        if constant.source or any(path[:length] in found.sources for length in range(len(path))):
            found.sources[path] = constant.source
    if isinstance(value, Unknown):
        found.unknown[path] = value.why
    elif value is NOT_A_NUMBER or (value is UNDEFINED and constant.asks):
        found.unknown[path] = constant.missing()
    elif constant.asks:
        found.asks[path] = constant.asks
    if isinstance(value, Mapping):
        kept = {key: each for key, each in value.items() if each.value is not UNDEFINED or each.asks}
        return {key: _plain(each, (*path, key), found) for key, each in kept.items()}
    if isinstance(value, tuple):
        return [_plain(each, (*path, index), found) for index, each in enumerate(value)]
    return None if isinstance(value, (Unknown, Undefined, NotANumber)) else value
