"""Thresholds of a run whose statistics were reset: judged by what came since, and held against the whole run.

Law: pure; nothing that was measured is thrown away. What fails since the reset has failed; what holds since then passes
only where it holds over the whole run, too: to press a button is not evidence.
"""

from __future__ import annotations

from dataclasses import replace

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_value
from locust_ext.text.units import format_duration

PART = "figures"
"""What a fingerprint says of a run whose figures are those of a part of it: it is compared with no other."""


def part_of(at: float) -> str:
    """Return how the figures of a run are called that was reset ``at`` seconds after its start."""
    return f"since {format_duration(round(at, 1))}"


def both(since: Outcome, whole: Outcome, at: float) -> Outcome:
    """Return how a threshold stands: ``since`` the reset ``at`` seconds into the run, and over the ``whole`` of it."""
    if since.status is not Status.PASSED or whole.status is Status.PASSED:
        return since
    found = "it failed" if whole.status is Status.FAILED else "it is inconclusive"
    value = f" with {format_value(whole)}" if whole.value is not None else ""
    why = f" ({whole.reason})" if whole.reason else ""
    reason = f"it holds {part_of(at)}, when the statistics were reset; over the whole run {found}{value}{why}"
    return replace(since, status=Status.INCONCLUSIVE, reason=reason)
