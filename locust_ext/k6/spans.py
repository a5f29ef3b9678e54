"""k6's durations and rates, and how we spell them.

Law: pure and exact: whole nanoseconds and fractions, never a float in between.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from locust_ext.text.lengths import LONGEST_TEXT, quoted

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
SECOND, MINUTE, HOUR = _UNITS["s"], _UNITS["m"], _UNITS["h"]
_PIECE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_DAYS = re.compile(r"(\d+)d(.*)")
_MILLISECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_LONGEST = 1 << 63
"""Nanoseconds that k6 can hold: 292 years."""

_MOST_DECIMALS = 9


def parse_span(value: Any) -> int:
    """Return nanoseconds for k6's ``"1h30m"``, ``"1d"`` or a number of milliseconds; raises ValueError."""
    given = value if isinstance(value, str) else quoted(value)
    wrong = ValueError(f"{quoted(given)} is not a duration of k6; write it as '90s', '1h30m', or in milliseconds")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong
    if len(value) > LONGEST_TEXT if isinstance(value, str) else not abs(value) < _LONGEST:
        raise wrong
    text = value.strip() if isinstance(value, str) else f"{Decimal(str(value)):f}"
    days = _DAYS.fullmatch(text)
    rest = days[2] if days else text
    if _MILLISECONDS.fullmatch(text):
        span = Fraction(text) * _UNITS["ms"]
    elif not text or (pieces := _pieces(rest)) is None:
        raise wrong
    else:
        span = sum((Fraction(piece[1]) * _UNITS[piece[2]] for piece in pieces), Fraction())
    span += Fraction(days[1]) * 24 * HOUR if days else 0
    if span >= _LONGEST:
        raise wrong
    return int(span)


def _pieces(text: str) -> list[re.Match[str]] | None:
    """Return the pieces that make up ``text``, one behind the other; None where it holds anything else."""
    pieces: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            return None
        pieces.append(piece)
        at = piece.end()
    return pieces


Nanoseconds = Annotated[int, BeforeValidator(parse_span)]
"""A duration, read as k6 reads it."""

SomeNanoseconds = Annotated[Nanoseconds, Field(gt=0)]
"""A duration of more than nothing."""


def spell_span(nanoseconds: int) -> str:
    """Return the spelling that our configuration reads back: ``1h30m``, ``1.5s``, ``200ms``."""
    hours, rest = divmod(nanoseconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    text = "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m")) if count)
    if not rest:
        return text or "0s"
    unit = "s" if text or rest >= SECOND else "ms" if rest >= _UNITS["ms"] else "us"
    return f"{text}{_decimal(Fraction(rest, _UNITS[unit]))}{unit}"


def spell_rate(count: int, unit: int) -> tuple[str, bool]:
    """Return the rate of ``count`` in ``unit`` nanoseconds as ``200/s``, ``30/m`` or ``5/h``, and whether it is exact.

    k6's own unit is kept where it is one of ours; else the first of ours in which the rate is a whole number, else a
    decimal one.
    """
    units = {"s": SECOND, "m": MINUTE, "h": HOUR}
    for name, size in units.items():
        if unit == size:
            return f"{count}/{name}", True
    rates = {name: Fraction(count * size, unit) for name, size in units.items()}
    for finest in (0, _MOST_DECIMALS):
        for name, rate in rates.items():
            if (rate * 10**finest).denominator == 1:
                return f"{_decimal(rate)}/{name}", True
    return f"{_decimal(rates['h'])}/h", False


def _decimal(value: Fraction) -> str:
    """Return a fraction with at most nine decimals."""
    text = f"{Decimal(round(value * 10**_MOST_DECIMALS)).scaleb(-_MOST_DECIMALS):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
