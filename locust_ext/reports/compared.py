"""A result and what it looks like beside the runs before it.

Law: pure; a comparison can make a verdict worse, never better, and a run that is in doubt shows no regression.
"""

from __future__ import annotations

from dataclasses import replace

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.circumstances import Circumstances, doubts
from locust_ext.gates.regression import Compared
from locust_ext.gates.verdict import Status, Verdict, conclude
from locust_ext.reports.result import RunResult

IN_DOUBT = "the whole run is in doubt, so that it shows no regression"


def beside(result: RunResult, comparison: Comparison, found: Circumstances) -> RunResult:
    """Return the result with its comparison, judged anew; ``found`` is what else happened in the run."""
    if doubts(found):
        rows = tuple(row if row.status is Status.INCONCLUSIVE else _doubtful(row) for row in comparison.rows)
        comparison = replace(comparison, rows=rows, gaps=(IN_DOUBT, *comparison.gaps))
    regressions = tuple(row.text for row in comparison.regressions)
    found = replace(found, regressions=regressions, uncompared=comparison.gaps, compared=_no_worse(comparison))
    return replace(result, comparison=comparison, verdict=conclude(result.outcomes, found))


def verdict_of(comparison: Comparison) -> Verdict:
    """Return the verdict of a comparison alone, where nothing else is judged."""
    regressions = tuple(row.text for row in comparison.regressions)
    return conclude(
        (), Circumstances(regressions=regressions, uncompared=comparison.gaps, compared=_no_worse(comparison))
    )


def _no_worse(comparison: Comparison) -> int:
    return sum(row.status is Status.PASSED for row in comparison.rows)


def _doubtful(row: Compared) -> Compared:
    return replace(row, status=Status.INCONCLUSIVE, suspect=False, reason=IN_DOUBT)
