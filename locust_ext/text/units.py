"""Durations, shares and counts as people write them.

Law: one spelling, one value. Durations are seconds, shares are fractions; what people write without a unit is refused,
but for 0, with the spelling that was probably meant. Only values that Python code hands over may be bare numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from locust_ext.text.lengths import LONGEST_TEXT, quoted

WRITTEN: Mapping[str, Any] = {"is_written": True}
"""The context in which a model reads what people wrote: there a number needs its unit."""

_UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(us|ms|s|m|h|d)\s*")
_RATE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*/\s*(s|m|h)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*%")
_BARE = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")

HIGHEST_RISE = 100.0
"""A hundred times worse: anyone who allows more compares nothing."""

_FEW_PERCENT = 5
"""Below it a bare number may be a fraction of 1 or a number of percent."""

_LARGEST_BARE = 1e9
"""Nobody meant more, of whatever unit."""

SLOWEST_RATE, FASTEST_RATE = 0.1, 1e6
"""What a rate lies between, a second."""

SLOWEST_ARRIVALS = 1 / 3600
"""The lowest rate of arrivals, a second: one an hour."""


class Seconds(float):
    """A number whose unit is known although it is not written: that of a notation that has but one."""


def seconds(number: float) -> float:
    """Return a number that is known to be seconds; what is too large is endless."""
    try:
        return Seconds(number)
    except OverflowError:
        return Seconds(math.inf)


def is_written(info: ValidationInfo) -> bool:
    """Tell whether what is validated was written by people, and not handed over by Python code."""
    return bool(isinstance(info.context, Mapping) and info.context.get("is_written"))


def meant_percent(number: float) -> str:
    """Return how a bare number is written as a share: ``0.3`` and ``30`` both as ``30%``."""
    as_percent, as_fraction = f"{number:.12g}%", f"{number * 100:.12g}%"
    if number < 1:
        return as_fraction
    return f"{as_fraction} or {as_percent}" if number < _FEW_PERCENT else as_percent


def _bare(value: Any) -> float | None:
    """Return the number that stands without a unit, as a number or as text; None for anything else."""
    if isinstance(value, str):
        return float(value) if _match(_BARE, value) else None
    if isinstance(value, (bool, Seconds)) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _did_you_mean(value: Any, *units: str) -> str:
    """Return ``"; did you mean 5s or 5ms?"`` for a bare number and the units that it may have; else ``""``.

    A text has its sentence already.
    """
    number = _bare(value)
    if isinstance(value, str) or not number or not 0 < number <= _LARGEST_BARE:
        return ""
    return f"; did you mean {' or '.join(f'{number:.12g}{unit}' for unit in units)}?"


def _meant_fraction(value: Any, highest: float = HIGHEST_RISE) -> str:
    number = _bare(value)
    if not number or not 0 < number <= highest * 100:
        return ""
    return f"; did you mean {meant_percent(number)}?"


def parse_duration(value: str | float, *, bare: bool = True) -> float:
    """Return seconds for ``"90s"``, ``"1h30m"``, ``"200ms"``, or a plain number of seconds.

    Raises ValueError for text without a unit, a negative or a non-finite number; without ``bare`` also for a number
    that is not 0.
    """
    number = _bare(value)
    found = float(value) if isinstance(value, Seconds) else number if number is not None else _sum_of_pieces(value)
    if not math.isfinite(found) or found < 0:
        raise ValueError(f"{quoted(value)} is not a duration: it must be finite and not negative")
    if number and (isinstance(value, str) or not bare):
        meant = _did_you_mean(value, "s", "ms")
        raise ValueError(f"{quoted(value)} is not a duration; write it as 90s, 200ms or 1h30m{meant}")
    return found


def _sum_of_pieces(value: Any) -> float:
    pieces = _pieces(value.strip()) if isinstance(value, str) and len(value) <= LONGEST_TEXT else []
    if not pieces:
        raise ValueError(f"{quoted(value)} is not a duration; write it as 90s, 200ms or 1h30m")
    return sum(float(piece.group(1)) * _UNIT_SECONDS[piece.group(2)] for piece in pieces)


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


def parse_rate(value: str | float, slowest: float = SLOWEST_RATE, *, bare: bool = True) -> float:
    """Return how many a second ``"200/s"`` or ``"300/m"`` are, or a plain number of them.

    Raises ValueError for less than ``slowest`` (one in ten seconds), and for a non-finite number; without ``bare`` also
    for a number that is not 0.
    """
    match = _match(_RATE, value)
    number, meant = _bare(value), _did_you_mean(value, "/s", "/m")
    if match:
        rate = float(match[1]) / _UNIT_SECONDS[match[2]]
    elif number is None or (number and isinstance(value, str)):
        raise ValueError(f"{quoted(value)} is not a rate; write it as 200/s or 300/m{meant}")
    else:
        rate = number
    if not slowest <= rate <= FASTEST_RATE:
        raise ValueError(
            f"{quoted(value)} is not a rate: it must lie between {_slowest(slowest)} and {FASTEST_RATE:,.0f}/s"
        )
    if number and not bare:
        raise ValueError(f"{quoted(value)} is not a rate: it has no unit{meant}")
    return rate


def _slowest(rate: float) -> str:
    return f"{rate:g}/s" if rate >= SLOWEST_RATE or not rate else f"{rate * _UNIT_SECONDS['h']:g}/h"


def parse_share(value: str | float, *, bare: bool = True) -> float:
    """Return the fraction for ``"30%"`` or for a number from 0 to 1.

    Raises ValueError outside of 0 to 100 %; without ``bare`` also for a number that is not 0.
    """
    share, meant = _fraction(value, "share"), _meant_fraction(value, highest=1)
    if not 0 <= share <= 1:
        raise ValueError(f"{quoted(value)} is not a share: it must lie between 0% and 100%{meant}")
    if _bare(value) and not bare:
        raise ValueError(f"{quoted(value)} is not a share: it has no unit{meant}")
    return share


def parse_rise(value: str | float, *, bare: bool = True) -> float:
    """Return the fraction for ``"30%"`` or ``0.3`` by which something may become worse; it may be more than 1.

    Raises ValueError for nothing, and beyond a hundredfold; without ``bare`` also for a number.
    """
    rise, meant = _fraction(value, "limit"), _meant_fraction(value)
    if not 0 < rise <= HIGHEST_RISE:
        raise ValueError(
            f"{quoted(value)} is not a limit: it must be more than 0%, and at most {HIGHEST_RISE:,.0%}{meant}"
        )
    if _bare(value) and not bare:
        raise ValueError(f"{quoted(value)} is not a limit: it has no unit{meant}")
    return rise


def _fraction(value: str | float, noun: str) -> float:
    match = _match(_PERCENT, value)
    number = _bare(value)
    if match:
        return float(match.group(1)) / 100
    if number is None or (number and isinstance(value, str)):
        raise ValueError(f"{quoted(value)} is not a {noun}; write it as 30%{_meant_fraction(value)}")
    return number


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


def _duration(value: Any, info: ValidationInfo) -> float:
    return parse_duration(value, bare=not is_written(info))


def _share(value: Any, info: ValidationInfo) -> float:
    return parse_share(value, bare=not is_written(info))


def _rate(value: Any, info: ValidationInfo) -> float:
    return parse_rate(value, bare=not is_written(info))


Duration = Annotated[float, BeforeValidator(_duration)]
"""Seconds, not negative; reads ``90s``."""

Span = Annotated[float, BeforeValidator(_duration), Field(gt=0)]
"""Seconds, more than zero; reads ``90s``."""

Share = Annotated[float, BeforeValidator(_share)]
"""A fraction from 0 to 1; reads ``30%``."""

Rate = Annotated[float, BeforeValidator(_rate)]
"""How many a second; reads ``200/s``."""


def _arrival_rate(value: Any, info: ValidationInfo) -> float:
    return parse_rate(value, SLOWEST_ARRIVALS, bare=not is_written(info))


def _arrival_level(value: Any, info: ValidationInfo) -> float:
    return parse_rate(value, 0.0, bare=not is_written(info))


ArrivalRate = Annotated[float, BeforeValidator(_arrival_rate)]
"""Arrivals a second, from one an hour; reads ``200/s``, ``300/m`` and ``10/h``."""

ArrivalLevel = Annotated[float, BeforeValidator(_arrival_level)]
"""Arrivals a second, or none for a while; reads ``200/s``, ``300/m``, ``10/h`` and ``0``."""
