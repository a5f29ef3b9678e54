"""A comparison with earlier runs as rows of a table, alike on the console and on pages.

Law: pure; the worst regressions stand first. A figure that is not known is a dash.
"""

from __future__ import annotations

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Status
from locust_ext.reports.formats import before, interval, ranked, spell, times
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

HEADS = ("before", "ratio", "limit", "samples")
"""The figures of a row, beside the one of this run."""


@dataclass(frozen=True)
class ComparedRow:
    """One figure: its outcome, its name, its value here and the rest as in ``HEADS``, and what follows in words."""

    status: Status
    name: str
    cells: tuple[str, ...]
    text: str


def title_of(comparison: Comparison) -> str:
    """Return what the table is called."""
    return f"Compared with {plural(len(comparison.runs), 'earlier run')}"


def heads_of(comparison: Comparison) -> tuple[str, ...]:
    """Return the names of the figures."""
    return (f"the median of {comparison.repeats} runs" if comparison.repeats > 1 else "this run", *HEADS)


def compared_rows(comparison: Comparison) -> list[ComparedRow]:
    """Return the rows of what was compared."""
    return [
        ComparedRow(
            row.status,
            str(row.rule),
            (spell(row.value, row), before(row), times(row.ratio), times(row.limit), f"{row.count:,}"),
            row.reason or f"{row.status}, {interval(row)}",
        )
        for row in ranked(comparison)
    ]
