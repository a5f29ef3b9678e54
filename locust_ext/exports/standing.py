"""Families of how a run stands: its thresholds and its verdict, for alerts and for lines in a dashboard.

Law: pure and bounded, those that failed first. A status is told as a set of states, one of which is 1: an alert asks
for ``status="failed"``, and before a threshold is judged it has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from locust_ext.exports.family import Family, Labels, Point
from locust_ext.exports.measured import SECONDS
from locust_ext.exports.names import FAMILIES, STATUSES, VERDICTS
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.verdict import Verdict

MOST_THRESHOLDS = 100
_ORDER = (Status.FAILED, Status.INCONCLUSIVE, Status.PASSED)


def threshold_families(outcomes: Sequence[Outcome]) -> list[Family]:
    """Return value, bound and status of each threshold; of two that are written alike the worse one."""
    told: dict[Labels, Outcome] = {}
    for outcome in sorted(outcomes, key=lambda one: _ORDER.index(one.status)):
        if len(told) < MOST_THRESHOLDS:
            told.setdefault(_labels(outcome.threshold), outcome)
    bounds, values, states = [], [], []
    for labels, outcome in told.items():
        scale = _scale(outcome.threshold)
        bounds.append(Point(labels, outcome.threshold.assertion.bound * scale))
        if outcome.value is not None and math.isfinite(outcome.value):
            values.append(Point(labels, outcome.value * scale))
        states += [Point((*labels, ("status", one)), float(outcome.status.value == one)) for one in STATUSES]
    found = zip(("value", "bound", "status"), (values, bounds, states), strict=True)
    return [Family(FAMILIES[f"loadtest.threshold.{name}"], tuple(points)) for name, points in found if points]


def _labels(threshold: Threshold) -> Labels:
    window = [("window", format_duration(threshold.window))] if threshold.window else []
    unit = "s" if _scale(threshold) == SECONDS else ""
    return (("selector", str(threshold.selector)), ("threshold", threshold.rule), ("unit", unit), *window)


def _scale(threshold: Threshold) -> float:
    known = BUILT_IN.get(threshold.selector.metric)
    return SECONDS if known is not None and known.unit == "ms" and threshold.assertion.method != "count" else 1.0


def verdict_families(verdict: Verdict | None) -> list[Family]:
    """Return the verdict and the exit code; nothing before there is one."""
    if verdict is None:
        return []
    words = tuple(Point((("verdict", word),), float(word == verdict.word)) for word in VERDICTS)
    code = (Point((), float(verdict.exit_code)),)
    return [Family(FAMILIES["loadtest.verdict"], words), Family(FAMILIES["loadtest.exit_code"], code)]
