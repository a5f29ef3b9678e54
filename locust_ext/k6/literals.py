"""JavaScript's numbers, strings and operators on plain values.

Law: pure; what JavaScript would compute is computed, and what has no plain answer is a ValueError.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Scalar = str | int | float | bool | None

MOST_LETTERS = 10_000
"""The longest text that is put together."""

_SAFE = 2.0**53
_MOST_POWERS = 1000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_DECIMAL = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_LITERAL = re.compile(rf"(?!0[0-9]){_DECIMAL}|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_IN_TEXT = re.compile(rf"[+-]?{_DECIMAL}|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_BLANK = " \t\n\r\v\f"
_LEADING_INTEGER = re.compile(rf"[{_BLANK}]*[+-]?(?!0[xX])[0-9]+")
_LEADING_NUMBER = re.compile(rf"[{_BLANK}]*[+-]?{_DECIMAL}")
_LARGEST_PLAIN, _SMALLEST_PLAIN = 21, -7
"""The powers of ten between which JavaScript writes numbers without an exponent."""


def plain_number(value: float) -> int | float:
    """Return a whole number as int, any other as float; raises ValueError for what is none."""
    if not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return int(value) if value == int(value) and abs(value) <= _SAFE else float(value)


def read_number(text: str) -> int | float:
    """Return the number that a literal such as ``1_000``, ``0x1f`` or ``1e3`` is; raises ValueError."""
    return _read(text.replace("_", ""), _LITERAL)


def _read(digits: str, pattern: re.Pattern[str]) -> int | float:
    if not pattern.fullmatch(digits):
        raise ValueError(f"{digits:.40} is not a plain number")
    if digits[:1] == "0" and len(digits) > 1 and digits[1] in "xXoObB":
        try:
            return plain_number(float(int(digits, 0)))
        except OverflowError:
            raise ValueError("it is not a finite number") from None
    return plain_number(float(digits))


def read_escape(text: str) -> str:
    r"""Return what an escape sequence such as ``\n``, ``\x41`` or ``\u{1f600}`` stands for."""
    body = text[1:]
    if body[:1] in {"\n", "\r", "\u2028", "\u2029"}:
        return ""
    digits = body[1:].strip("{}")
    if body[:1].isdecimal() and body != "0":
        raise ValueError("an octal escape is not followed here")
    if body[:1] in {"x", "u"} and digits:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004 the last character there is
    return _ESCAPES.get(body, body)


def joined(text: str) -> str:
    """Return the text with halves of a character put together; lone ones are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_text(value: Scalar) -> str:
    """Return a value as JavaScript writes it into a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _decimal(value)
    return "null" if value is None else str(value)


def _decimal(value: float) -> str:
    """Return a number with as many digits as tell it from all others, as JavaScript does."""
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)
    if len(digits) <= point <= _LARGEST_PLAIN:
        text = digits.ljust(point, "0")
    elif 0 < point <= _LARGEST_PLAIN:
        text = f"{digits[:point]}.{digits[point:]}"
    elif _SMALLEST_PLAIN < point - 1 < 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        rest = f".{digits[1:]}" if digits[1:] else ""
        text = f"{digits[0]}{rest}e{point - 1:+}"
    return f"-{text}" if sign else text


def length_of(text: str) -> int:
    """Return the length of a text as JavaScript counts it, in halves of characters."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def as_number(value: Scalar) -> int | float:
    """Return a value as JavaScript counts with it; raises ValueError for what is not a number."""
    if isinstance(value, str):
        digits = value.strip(_BLANK)
        return _read(digits, _IN_TEXT) if digits else 0
    return plain_number(float(value or 0))


def is_truthy(value: Any) -> bool:
    """Return whether JavaScript takes a value for true; objects and lists always are."""
    return isinstance(value, (dict, tuple)) or bool(value)


def is_same(left: Any, right: Any) -> bool:
    """Return whether ``left === right`` for scalars: of one type, and equal."""
    return _kind(left) is _kind(right) and bool(left == right)


def is_alike(left: Any, right: Any) -> bool:
    """Return whether ``left == right`` for scalars; raises ValueError where JavaScript would convert one of them."""
    if left is not None and right is not None and _kind(left) is not _kind(right):
        raise ValueError("== of two types is not followed here")
    return is_same(left, right)


def _kind(value: Scalar) -> type:
    return float if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)


def add(left: Scalar, right: Scalar) -> Scalar:
    """Return ``left + right``: text if one of them is, else a sum; raises ValueError."""
    if isinstance(left, str) or isinstance(right, str):
        text = as_text(left) + as_text(right)
        if len(text) > MOST_LETTERS:
            raise ValueError(f"it is a text of more than {MOST_LETTERS:,} letters")
        return text
    return plain_number(as_number(left) + as_number(right))


def _on_numbers(function: Callable[[float, float], float]) -> Callable[[Scalar, Scalar], Scalar]:
    def apply(left: Scalar, right: Scalar) -> Scalar:
        try:
            return plain_number(function(float(as_number(left)), float(as_number(right))))
        except (ZeroDivisionError, OverflowError):
            raise ValueError("it is not a finite number") from None

    return apply


def _comparing(function: Callable[[Any, Any], bool]) -> Callable[[Scalar, Scalar], Scalar]:
    def apply(left: Scalar, right: Scalar) -> Scalar:
        if isinstance(left, str) and isinstance(right, str):
            return function(left.encode("utf-16-be", "surrogatepass"), right.encode("utf-16-be", "surrogatepass"))
        return function(as_number(left), as_number(right))

    return apply


def _power(base: float, exponent: float) -> float:
    """Return a whole power; the last digits of others are left to a run."""
    if base != int(base) or exponent != int(exponent) or not 0 <= exponent <= _MOST_POWERS:
        raise ValueError("** of these numbers is not followed here")
    result = int(base) ** int(exponent)
    if int(float(result)) != result:
        raise ValueError("it is too large for a plain number")
    return float(result)


OPERATORS: Mapping[str, Callable[[Scalar, Scalar], Scalar]] = {
    "+": add,
    "-": _on_numbers(operator.sub),
    "*": _on_numbers(operator.mul),
    "/": _on_numbers(operator.truediv),
    "%": _on_numbers(math.fmod),
    "**": _on_numbers(_power),
    "<": _comparing(operator.lt),
    "<=": _comparing(operator.le),
    ">": _comparing(operator.gt),
    ">=": _comparing(operator.ge),
    "===": is_same,
    "==": is_alike,
    "!==": lambda left, right: not is_same(left, right),
    "!=": lambda left, right: not is_alike(left, right),
}
"""The operators that take two values. ``==`` between types is not followed into JavaScript's conversions."""


def _leading(pattern: re.Pattern[str]) -> Callable[[Scalar], Scalar]:
    def apply(value: Scalar) -> Scalar:
        found = pattern.match(as_text(value))
        if not found:
            raise ValueError("it is not a number")
        return plain_number(float(found[0]))

    return apply


def _rounded(value: Scalar) -> Scalar:
    number = float(as_number(value))
    whole = math.floor(number)
    return plain_number(whole + (number - whole >= 0.5))  # noqa: PLR2004 half of it


FUNCTIONS_OF_MANY: Mapping[str, Callable[[Sequence[int | float]], int | float]] = {"Math.max": max, "Math.min": min}
"""The functions that take any number of numbers."""

FUNCTIONS_OF_ONE: Mapping[str, Callable[[Scalar], Scalar]] = {
    "Number": as_number,
    "String": as_text,
    "Boolean": is_truthy,
    "parseInt": _leading(_LEADING_INTEGER),
    "Number.parseInt": _leading(_LEADING_INTEGER),
    "parseFloat": _leading(_LEADING_NUMBER),
    "Number.parseFloat": _leading(_LEADING_NUMBER),
    "Math.floor": lambda value: plain_number(math.floor(as_number(value))),
    "Math.ceil": lambda value: plain_number(math.ceil(as_number(value))),
    "Math.round": _rounded,
    "Math.abs": lambda value: plain_number(abs(as_number(value))),
    "Math.trunc": lambda value: plain_number(math.trunc(as_number(value))),
}
"""The functions that scripts put around a number."""
