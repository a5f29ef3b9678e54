"""How clients round a wait.

Law: pure; what is not a finite number stays what it is, except where JavaScript makes it 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum


class Quantise(Enum):
    """How the client rounds a wait."""

    NONE = "not at all"
    FLOOR = "down to a whole number"
    ROUND = "to the nearest whole number, halves up, as JavaScript's Math.round"
    INT32 = "as JavaScript's |0: to 32 bits, and 0 for what is not a number"

    def round(self, value: float) -> float:
        """Return ``value``, rounded so."""
        return _ROUND[self](value)


def _int32(value: float) -> float:
    if not math.isfinite(value):
        return 0.0
    return float((math.trunc(value) + 2**31) % 2**32 - 2**31)


def _floor(value: float) -> float:
    return float(math.floor(value)) if math.isfinite(value) else value


def _round(value: float) -> float:
    return float(math.floor(value + 0.5)) if math.isfinite(value) else value


def _as_it_is(value: float) -> float:
    return value


_ROUND: Mapping[Quantise, Callable[[float], float]] = {
    Quantise.NONE: _as_it_is,
    Quantise.FLOOR: _floor,
    Quantise.ROUND: _round,
    Quantise.INT32: _int32,
}
