"""The thresholds as rows of a table, alike in all reports that people read.

Law: pure; what failed stands first, then what is unclear, else in the order in which they were written.
"""

from __future__ import annotations

from collections.abc import Iterable

from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_limit, format_value
from locust_ext.reports.formats import ORDER
from locust_ext.text.frozen import dataclass

HEADS = ("value", "limit", "samples")
"""The figures of a row."""


@dataclass(frozen=True)
class ThresholdRow:
    """One threshold: its outcome, as it was written, its figures as in ``HEADS``, and why it is not plainly passed."""

    status: Status
    selector: str
    rule: str
    cells: tuple[str, ...]
    reason: str

    @property
    def name(self) -> str:
        """The threshold as it was written."""
        return f"{self.selector}: {self.rule}"

    @property
    def text(self) -> str:
        """The outcome in words."""
        return self.status + (f": {self.reason}" if self.reason else "")


def threshold_rows(outcomes: Iterable[Outcome]) -> list[ThresholdRow]:
    """Return the rows of what was judged."""
    return [_row(outcome) for outcome in ranked(outcomes)]


def ranked(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return what was judged in the order in which it is told: what failed first, then what is unclear."""
    return sorted(outcomes, key=lambda outcome: ORDER[outcome.status])


def _row(outcome: Outcome) -> ThresholdRow:
    threshold = outcome.threshold
    cells = format_value(outcome), format_limit(threshold), f"{outcome.count:,}"
    return ThresholdRow(outcome.status, str(threshold.selector), threshold.rule, cells, outcome.reason)
