"""A result and what it looks like beside the runs before it.

Law: pure; a comparison can make a verdict worse, never better, and a run that is in doubt shows no regression.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.gates.outcomes import Status
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.verdict import Verdict, conclude
from locust_ext.reports.result import RunResult

if TYPE_CHECKING:
    from locust_ext.gates.baseline import Comparison

IN_DOUBT = "the whole run is in doubt, so that it shows no regression"


def beside(result: RunResult, comparison: Comparison | None, found: RunHealth) -> RunResult:
    """Return the result judged, with its comparison where there is one; ``found`` is what else happened in the run."""
    if comparison is not None and doubts(found):
        comparison = comparison.doubted(IN_DOUBT)
    return replace(result, comparison=comparison, verdict=conclude(result.outcomes, _with(comparison, found)))


def verdict_of(comparison: Comparison) -> Verdict:
    """Return the verdict of a comparison alone, where nothing else is judged."""
    return conclude((), _with(comparison, RunHealth()))


def _with(comparison: Comparison | None, found: RunHealth) -> RunHealth:
    if comparison is None:
        return found
    return replace(
        found,
        regressions=tuple(row.text for row in comparison.regressions),
        uncompared=comparison.gaps,
        compared=sum(row.status is Status.PASSED for row in comparison.rows),
    )
