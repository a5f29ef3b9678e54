"""How the value of a threshold is written, and its limit beside it: both with their unit, the same in all reports.

Law: pure. Two numbers that differ never read the same: a value that just misses its limit gets digits until that shows.
"""

from __future__ import annotations

import math

from locust_ext.gates.drift_units import TELLING, Unit, is_number, unit_of
from locust_ext.gates.outcomes import Outcome
from locust_ext.gates.thresholds import Threshold

MISSING = "–"
"""What stands for a value that there is not."""

TENTHS = 100.0
"""From here on a value has a fourth digit that tells something: its tenths."""

EXACT = 12
"""Digits of a limit: as people wrote it, without what comes of counting in twos."""


def spell(value: float | None, unit: Unit, digits: int = 0) -> str:
    """Return a value in its unit: ``148.2 ms``, ``0.53 %``, ``12.3/s``, ``1,024``; a dash where there is none."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    few = TELLING + (abs(value) >= TENTHS * unit.scale(value).size)
    return unit.spell(value, digits=digits or few)


def limit_of(threshold: Threshold) -> str:
    """Return the limit in its unit: ``300 ms``."""
    return spell(threshold.assertion.bound, unit_of(threshold), EXACT)


def format_limit(threshold: Threshold) -> str:
    """Return the limit and on which side of it a value must lie: ``< 300 ms``."""
    return f"{threshold.assertion.operator} {limit_of(threshold)}"


def format_value(outcome: Outcome) -> str:
    """Return the value in the unit of its metric, with digits enough to tell it from the limit."""
    unit, bound, value = unit_of(outcome.threshold), outcome.threshold.assertion.bound, outcome.value
    first = text = spell(value, unit)
    if not is_number(value) or value == bound:
        return first
    limit, scale = limit_of(outcome.threshold), unit.scale(bound)
    alike = scale.spell(value)  # in the scale of the limit: 1,000 kB are 1 MB
    for digits in range(TELLING + 1, EXACT + 6):
        if limit not in (text, alike):
            return text
        text, alike = spell(value, unit, digits), scale.spell(value, digits=digits)
    return first


def stated(outcome: Outcome) -> str:
    """Return a threshold with its value, its limit, and why it is not plainly passed or failed."""
    beside = f"{format_value(outcome)}, limit {limit_of(outcome.threshold)}" if outcome.value is not None else ""
    said = "; ".join(filter(None, (beside, outcome.reason)))
    return f"{outcome.threshold}" + (f" ({said})" if said else "")
