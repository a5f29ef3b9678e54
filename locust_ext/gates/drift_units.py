"""The unit of what is judged, compared or watched for drift, and how its values are written.

Law: pure; a number has three digits that tell something, and what is not a finite number is not written at all.
"""

from __future__ import annotations

import math
from typing import Protocol, TypeGuard

from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import MOST_VALUE, Kind
from locust_ext.text.frozen import dataclass

PROBE = "probe"
"""The metric of all that probes read; its tags are ``series`` and ``instance``."""

LARGEST = 1e15
"""From here on a number is written by its power of ten."""

SMALLEST = 1e-6
"""Below it, too."""

TELLING = 3
"""Digits of a number that tell something, where nobody asks for more."""

LONGEST_SYMBOL = 2
"""Letters of a unit that is written the same of one and of many, such as ``ms``; longer ones are words."""

Steps = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Scale:
    """By how much values are divided before they are written, and what stands behind them."""

    size: float = 1.0
    name: str = ""

    def spell(self, value: float, *, signed: bool = False, digits: int = TELLING) -> str:
        """Return a finite value: ``1,024``, ``38.2 MB``, ``0.53 %``; with its sign where it is ``signed``."""
        text = number(value / self.size, digits)
        sign = "+" if signed and value > 0 else ""
        gap = "" if self.name.startswith("/") else " "
        return f"{sign}{text}{gap}{self._name_of(text)}".strip()

    def _name_of(self, text: str) -> str:
        noun, *rest = self.name.split("/")
        if text in ("1", "-1") and len(noun) > LONGEST_SYMBOL:
            noun = noun.removesuffix("s")
        return "/".join((noun, *rest))


@dataclass(frozen=True)
class Unit:
    """What a series counts: the scales of its values, largest first, and those of the differences between them."""

    scales: Steps = ((1.0, ""),)
    changes: Steps = ()
    """Where they have another name than values."""

    def scale(self, value: float | None, *, change: bool = False) -> Scale:
        """Return the scale in which a value, or a difference of values, is read easily."""
        steps = (change and self.changes) or self.scales
        amount = abs(value) if is_number(value) else 0.0
        if not amount:
            return Scale(*next((step for step in steps if step[0] == 1), steps[-1]))
        return Scale(*next((step for step in steps if amount >= step[0]), steps[-1]))

    def spell(self, value: float, *, change: bool = False, signed: bool = False, digits: int = TELLING) -> str:
        """Return a finite value, or a difference of values, in its unit."""
        return self.scale(value, change=change).spell(value, signed=signed, digits=digits)


def is_number(value: float | None) -> TypeGuard[float]:
    """Tell whether it is a number that can be written."""
    return value is not None and abs(value) <= MOST_VALUE  # which NaN is not


def number(value: float, digits: int = TELLING) -> str:
    """Return a finite number in plain digits, so many of which tell something: ``1,024``, ``38.2``, ``0.00042``."""
    amount = abs(value)
    if amount >= LARGEST or 0 < amount < SMALLEST:
        return f"{value:.{digits - 1}e}"
    if amount >= 10.0 ** (digits - 1) - 0.05 or value == 0:  # from here on there are none behind its point
        return f"{abs(value) if value == 0 else value:,.0f}"
    text = f"{value:,.{digits - 1 - math.floor(math.log10(amount))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_BYTES: Steps = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes"))
_SECONDS: Steps = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))

COUNT = Unit()
BYTES = Unit(_BYTES)
SECONDS = Unit(_SECONDS)
MILLISECONDS = Unit(((1.0, "ms"),))
SHARE = Unit(((0.01, "%"),), ((0.01, "percentage points"),))

ENDINGS = {"_bytes": BYTES, "_seconds": SECONDS, "_milliseconds": MILLISECONDS, "_ms": MILLISECONDS, "_ratio": SHARE}
"""The unit by how the name of a series ends, as Prometheus' conventions have it; any other counts something."""

COUNTER = "_total"
"""How the name of a counter ends: it is read as a rate a second."""


def unit_of_series(series: str) -> Unit:
    """Return the unit of what a probe reads, by its name."""
    name = series.removesuffix(COUNTER)
    unit = next((unit for ending, unit in ENDINGS.items() if name.endswith(ending)), COUNT)
    return _a_second(unit) if name != series else unit


class Judged(Protocol):
    """What says of which measurements it is about, and which figure of them."""

    @property
    def selector(self) -> Selector:
        """The measurements."""

    @property
    def kind(self) -> Kind:
        """Their kind."""

    @property
    def method(self) -> str:
        """The figure."""


def unit_of(rule: Judged) -> Unit:
    """Return the unit of a rule's figure; trends of a locustfile's own have none that we know."""
    metric = rule.selector.metric
    if metric == PROBE:
        return unit_of_series(dict(rule.selector.tags).get("series", ""))
    if rule.kind is Kind.RATE:
        return SHARE
    if rule.kind is Kind.COUNTER and rule.method == "rate":
        return _a_second(COUNT)
    known = BUILT_IN.get(metric)
    if rule.kind is Kind.TREND and rule.method != "count" and known is not None:
        return Unit(((1.0, known.unit),))
    return COUNT


def _a_second(unit: Unit) -> Unit:
    return Unit(tuple((size, f"{name}/s") for size, name in unit.scales))
