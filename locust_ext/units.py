"""Durations, shares and counts as people write them.

Law: one spelling, one value. Durations are seconds, shares are fractions; text without a unit is refused
wherever two units would be thinkable.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from locust_ext.lengths import LONGEST_TEXT, quoted

_UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|m|h|d)\s*")
_RATE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*/\s*(s|m|h)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")

HIGHEST_RISE = 100.0
"""A hundred times worse: whoever allows more compares nothing."""

SLOWEST_RATE, FASTEST_RATE = 0.1, 1e6
"""What a rate lies between, a second."""

SLOWEST_ARRIVALS = 1 / 3600
"""The lowest rate of arrivals, a second: one an hour."""


def parse_duration(value: str | float) -> float:
    """Return seconds for ``"90s"``, ``"1h30m"``, ``"200ms"``, or a plain number of seconds.

    Raises ValueError for text without a unit, a negative or a non-finite number.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{quoted(value)} is no duration; write it as 90s, 200ms or 1h30m")  # noqa: TRY004 pydantic reads it
    if not isinstance(value, str):
        try:
            seconds = float(value)
        except OverflowError:
            seconds = math.inf
    else:
        pieces = _pieces(value.strip()) if len(value) <= LONGEST_TEXT else []
        if not pieces:
            raise ValueError(f"{quoted(value)} is no duration; write it as 90s, 200ms or 1h30m")
        seconds = sum(float(piece.group(1)) * _UNIT_SECONDS[piece.group(2)] for piece in pieces)
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{quoted(value)} is no duration: it must be finite and not negative")
    return seconds


def _pieces(text: str) -> list[re.Match[str]]:
    """Return the pieces that make up ``text``, one behind the other; none where it holds anything else."""
    pieces: list[re.Match[str]] = []
    at = 0
    while at < len(text):  # the first place that does not fit is the last that is looked at
        piece = _PIECE.match(text, at)
        if piece is None:
            return []
        pieces.append(piece)
        at = piece.end()
    return pieces


def _match(pattern: re.Pattern[str], value: Any) -> re.Match[str] | None:
    """Return what a text says in this form, if it is one and no longer than any that is."""
    return pattern.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def parse_rate(value: str | float, slowest: float = SLOWEST_RATE) -> float:
    """Return how many a second ``"200/s"`` or ``"300/m"`` are, or a plain number of them.

    Raises ValueError for less than ``slowest`` (one in ten seconds), and for a non-finite number.
    """
    match = _match(_RATE, value)
    if isinstance(value, bool) or not (match or isinstance(value, (int, float))):
        raise ValueError(f"{quoted(value)} is no rate; write it as 200/s or 300/m")
    try:
        rate = float(match[1]) / _UNIT_SECONDS[match[2]] if match else float(value)
    except OverflowError:
        rate = math.inf
    if not slowest <= rate <= FASTEST_RATE:
        raise ValueError(
            f"{quoted(value)} is no rate: it must lie between {_slowest(slowest)} and {FASTEST_RATE:,.0f}/s"
        )
    return rate


def _slowest(rate: float) -> str:
    return f"{rate:g}/s" if rate >= SLOWEST_RATE or not rate else f"{rate * _UNIT_SECONDS['h']:g}/h"


def parse_share(value: str | float) -> float:
    """Return the fraction for ``"30%"`` or for a number from 0 to 1.

    Raises ValueError outside of 0 to 100 %.
    """
    share = _fraction(value, "share")
    if not 0 <= share <= 1:
        raise ValueError(f"{quoted(value)} is no share: it must lie between 0% and 100%")
    return share


def parse_rise(value: str | float) -> float:
    """Return the fraction for ``"30%"`` or ``0.3`` by which something may become worse; it may be more than 1.

    Raises ValueError for nothing, and beyond a hundredfold.
    """
    rise = _fraction(value, "limit")
    if not 0 < rise <= HIGHEST_RISE:
        raise ValueError(f"{quoted(value)} is no limit: it must be more than 0%, and at most {HIGHEST_RISE:,.0%}")
    return rise


def _fraction(value: str | float, noun: str) -> float:
    match = _match(_PERCENT, value)
    if match:
        return float(match.group(1)) / 100
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{quoted(value)} is no {noun}; write it as 30%")  # noqa: TRY004 pydantic reads it
    return float(value)


def format_duration(seconds: float) -> str:
    """Return the spelling that :func:`parse_duration` reads back: to a millisecond below a minute, else to a second.

    Infinity is ``no end``, which is to be read by people.
    """
    if math.isinf(seconds):
        return "no end"
    if 0 < seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds != round(seconds) and seconds < 60:  # noqa: PLR2004 seconds in a minute
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    rest = round(seconds)
    text = ""
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            text += f"{count}{unit}"
    return text or "0s"


def format_age(milliseconds: float | None) -> str:
    """Return an age as people say it: ``312 ms``, ``1.4 s``, ``31 s``; a dash where it is not known."""
    if milliseconds is None or not math.isfinite(milliseconds):
        return "–"
    if round(milliseconds) < 1000:  # noqa: PLR2004 milliseconds in a second
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    brief = round(seconds, 1) < 10  # noqa: PLR2004 up to here a tenth of a second tells something
    return f"{seconds:.1f} s" if brief else f"{seconds:,.0f} s"


def format_rate(rate: float) -> str:
    """Return the spelling that :func:`parse_rate` reads back, such as ``200/s``."""
    return f"{rate:.10g}/s"


def _duration(value: Any) -> float:
    return parse_duration(value)


Duration = Annotated[float, BeforeValidator(_duration)]
"""Seconds, not negative; reads ``90s``."""

Span = Annotated[float, BeforeValidator(_duration), Field(gt=0)]
"""Seconds, more than zero; reads ``90s``."""

Share = Annotated[float, BeforeValidator(parse_share)]
"""A fraction from 0 to 1; reads ``30%``."""

Rate = Annotated[float, BeforeValidator(parse_rate)]
"""How many a second; reads ``200/s``."""


def _arrival_rate(value: Any) -> float:
    return parse_rate(value, SLOWEST_ARRIVALS)


def _arrival_level(value: Any) -> float:
    return parse_rate(value, 0.0)


ArrivalRate = Annotated[float, BeforeValidator(_arrival_rate)]
"""Arrivals a second, from one an hour; reads ``200/s``, ``300/m`` and ``10/h``."""

ArrivalLevel = Annotated[float, BeforeValidator(_arrival_level)]
"""Arrivals a second, or none for a while; reads ``200/s``, ``300/m``, ``10/h`` and ``0``."""
