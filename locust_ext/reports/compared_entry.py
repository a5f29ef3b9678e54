"""A comparison with the earlier runs, as summary.json has it, and back.

Law: pure; what is read back equals what was written.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.measure.spectrum import Spectrum
from locust_ext.reports.entry import Entry, Judged, Number


def selector_of(metric: str, tags: dict[str, str]) -> Selector:
    """Return the selection that was written as a metric and its tags."""
    return Selector(metric, tuple(sorted(tags.items())))


class ComparedEntry(Entry):
    """One figure beside those of the earlier runs; ratios are of this run to their median."""

    metric: str
    selector: str
    selector_tags: dict[str, str] = Field(default={})
    kind: str
    method: str
    status: Judged
    required: bool = False
    value: Number | None = None
    count: int = 0
    low: Number | None = None
    high: Number | None = None
    before: tuple[Number, ...] = ()
    median: Number | None = None
    ratio: Number | None = None
    limit: Number | None = None
    detectable: Number | None = None
    suspect: bool = False
    max_regression: Number = 0.0
    floor: Number = 0.0
    rising: bool = True
    reason: str | None = None

    @classmethod
    def of_row(cls, row: Compared) -> Self:
        """Return the entry of one figure: what its rule says, and what was found."""
        rule = row.rule
        return cls.of(
            row,
            metric=rule.selector.metric,
            selector=str(rule.selector),
            selector_tags=dict(rule.selector.tags),
            kind=rule.kind.value,
            max_regression=rule.limit,
            status=row.status.value,
            reason=row.reason or None,
            **{name: getattr(rule, name) for name in ("method", "required", "floor", "rising")},
        )

    def row(self) -> Compared:
        """Return the figure again."""
        selector = selector_of(self.metric, self.selector_tags)
        rule = self.to(Rule, selector=selector, kind=Kind(self.kind), limit=self.max_regression)
        return self.to(Compared, rule=rule, status=Status(self.status), reason=self.reason or "")


class SpectrumEntry(Entry):
    """How durations were distributed in the earlier runs: pairs of percentile and milliseconds."""

    metric: str
    selector_tags: dict[str, str] = Field(default={})
    points: tuple[tuple[Number, Number], ...]

    @classmethod
    def of_spectrum(cls, selector: Selector, points: Spectrum) -> Self:
        """Return the entry of one distribution."""
        return cls.of(selector, selector_tags=dict(selector.tags), points=points)


class ComparisonEntry(Entry):
    """This run against the runs before it."""

    status: Judged
    runs: tuple[str, ...] = Field(description="when the earlier runs began")
    repeats: int = 1
    excluded_phases: tuple[str, ...] = ()
    rows: tuple[ComparedEntry, ...] = ()
    spectra: tuple[SpectrumEntry, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of_comparison(cls, comparison: Comparison) -> Self:
        """Return the entry of a comparison."""
        return cls.of(
            comparison,
            status=comparison.status.value,
            excluded_phases=comparison.excluded,
            rows=tuple(map(ComparedEntry.of_row, comparison.rows)),
            spectra=tuple(SpectrumEntry.of_spectrum(*each) for each in comparison.spectra.items()),
        )

    def comparison(self) -> Comparison:
        """Return the comparison again."""
        return self.to(
            Comparison,
            excluded=self.excluded_phases,
            rows=tuple(entry.row() for entry in self.rows),
            spectra={selector_of(e.metric, e.selector_tags): e.points for e in self.spectra},
        )
