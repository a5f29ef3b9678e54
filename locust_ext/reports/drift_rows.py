"""What was watched for drift as rows of a table, alike in all reports that people read.

Law: pure; failures stand first, and rules by default behind those that somebody wrote. A figure that is not known is a
dash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from locust_ext.gates.drift_words import change, left, name_of, note
from locust_ext.gates.outcomes import Status
from locust_ext.gates.values import MISSING
from locust_ext.reports.formats import ORDER
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift

HEADS = ("rise an hour", "at least", "would have been seen", "limit reached in")
"""The figures of a row."""


@dataclass(frozen=True)
class DriftRow:
    """One rule: its outcome, its name, its figures as in ``HEADS``, and what was found in words."""

    status: Status
    name: str
    cells: tuple[str, ...]
    text: str


def drift_rows(drifts: Iterable[Drift]) -> list[DriftRow]:
    """Return the rows of what was watched."""
    return [DriftRow(drift.status, name_of(drift.rule), _cells(drift), note(drift)) for drift in ranked(drifts)]


def ranked(drifts: Iterable[Drift]) -> list[Drift]:
    """Return what was watched in the order in which it is told: what failed first, then what is unclear."""
    return sorted(drifts, key=lambda drift: (ORDER[drift.status], not drift.rule.is_written))


def _cells(drift: Drift) -> tuple[str, ...]:
    rule = drift.rule
    figures = [change(rule, rate) for rate in (drift.rate, drift.low, drift.visible)]
    return tuple(figure or MISSING for figure in (*figures, left(drift)))
