"""Which figures a history has: what each is called, its unit, and which way is better.

Law: pure; the unit is part of the name, and the name says which way is better, so that a figure never changes its
meaning under the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from locust_ext.gates.drift_units import unit_of
from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass

SMALLER, NEITHER, BIGGER = -1, 0, 1
"""Which way is better."""


@dataclass(frozen=True)
class Measure:
    """A figure: its name in small letters, digits and hyphens, its unit, and which way is better."""

    slug: str
    unit: str
    better: int = SMALLER


PERCENTILES: Mapping[float, Measure] = {percent: Measure(f"p{percent:g}-ms", "ms") for percent in (50.0, 95.0, 99.0)}
THROUGHPUT = Measure("throughput", "requests/s", BIGGER)
FAILED = Measure("failed-share", "share")
GROWTH = Measure("drift-growth", "share of its level")
NEVER_BACK = Measure("never-back-share", "share")
AMPLIFICATION = Measure("attempts-each", "attempts")
PEAK = Measure("peak-attempts-per-second", "attempts/s")

_SIDES = {"<": ("at-most", SMALLER), "<=": ("at-most", SMALLER), ">": ("at-least", BIGGER), ">=": ("at-least", BIGGER)}

_SHARE = "%"


def judged(threshold: Threshold) -> Measure:
    """Return the measure of a threshold's value: ``at-most-ms``, ``at-least-share``, ``at-least-per-second``."""
    side, better = _SIDES.get(threshold.assertion.operator, ("equal-to", NEITHER))
    unit = _unit_of(threshold)
    word = re.sub(r"[^a-z0-9]+", "-", unit.lower().replace("/s", " per second")).strip("-")
    return Measure(f"{side}-{word}", unit, better)


def _unit_of(threshold: Threshold) -> str:
    if threshold.method == "count":
        return "samples" if threshold.kind is Kind.TREND else "count"
    unit = next((name for size, name in unit_of(threshold).scales if size == 1), _SHARE)
    return "share" if unit == _SHARE else unit or "value"
