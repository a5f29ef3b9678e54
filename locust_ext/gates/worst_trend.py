"""The worst trend of several, in the few words of a line that is seen for seconds.

Law: pure; failed before all else, then whatever has grown most of what it may.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from locust_ext.gates.drift import Drift
from locust_ext.gates.drift_words import an_hour, name_of
from locust_ext.gates.outcomes import Status


def worst_trend(drifts: Iterable[Drift]) -> str:
    """Return the worst trend, ``no trend so far`` where none is sure, and ``""`` where none is known."""
    known = [drift for drift in drifts if drift.growth is not None and isfinite(drift.growth)]
    if not known:
        return ""
    worst = max(known, key=lambda drift: (drift.status is Status.FAILED, (drift.growth or 0.0) / drift.rule.min_growth))
    if not (worst.low or 0.0) > 0:
        return "no trend so far"
    return f"{name_of(worst.rule)} {an_hour(worst.rule, worst.rate, signed=True)}"
