"""What became of the iterations of those loads that end with them.

Law: pure; what was not begun is told beside what was, also when it is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from locust_ext.load.quota_state import QuotaState
from locust_ext.reports.result import Finding


def iterations_of(states: Sequence[QuotaState]) -> list[Finding]:
    """Return a finding on each load that ends with its iterations."""
    return [
        Finding(
            "iterations",
            one.text,
            {
                "scenario": one.name,
                "iterations": one.total,
                "begun": one.begun,
                "ended": one.done,
                "missing": one.missing,
                "unknown": one.unknown,
                "interrupted": one.interrupted,
            },
        )
        for one in states
    ]
