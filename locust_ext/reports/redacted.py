"""A result without secrets in any of its texts.

Law: pure; each part is redacted once, before anything is printed or written, so that no report has to think of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.measure.error_kinds import renamed
from locust_ext.reports.result import Finding, RunResult
from locust_ext.safety.redaction import Redaction

if TYPE_CHECKING:
    from locust_ext.gates.baseline import Comparison
    from locust_ext.gates.drift import Drift
    from locust_ext.gates.regression import Compared


def redacted(result: RunResult, redaction: Redaction) -> RunResult:
    """Return the result with secrets hidden wherever a text came from outside."""
    hide = redaction.text
    timeline = result.timeline
    return replace(
        result,
        name=hide(result.name),
        verdict=replace(result.verdict, reason=hide(result.verdict.reason)),
        tags=redaction.tags(result.tags),
        phases=tuple(replace(phase, name=hide(phase.name)) for phase in result.phases),
        outcomes=redaction.outcomes(result.outcomes),
        series=tuple(replace(row, tags=redaction.tags(row.tags)) for row in result.series),
        findings=tuple(Finding(f.kind, hide(f.text), redaction.value(f.figures)) for f in result.findings),
        warnings=tuple(map(hide, result.warnings)),
        fingerprint=redaction.tags(result.fingerprint),
        timeline=replace(timeline, tracks=tuple(replace(t, name=hide(t.name)) for t in timeline.tracks)),
        censored=redaction.censored(result.censored),
        open_requests=result.open_requests.renamed(hide),
        comparison=redacted_comparison(result.comparison, redaction) if result.comparison else None,
        drifts=tuple(redacted_drift(drift, redaction) for drift in result.drifts),
        watched=tuple(replace(one, series=hide(one.series), instance=hide(one.instance)) for one in result.watched),
        errors=renamed(result.errors, hide),
        traces=tuple(one.renamed(hide) for one in result.traces),
        trace_url=hide(result.trace_url),
        feeders=tuple(replace(one, name=hide(one.name), ended=hide(one.ended)) for one in result.feeders),
    )


def redacted_drift(drift: Drift, redaction: Redaction) -> Drift:
    """Return what was watched for drift with secrets hidden: in names, and in why it could not be judged."""
    rule = replace(drift.rule, selector=redaction.selector(drift.rule.selector))
    return replace(drift, rule=rule, reason=redaction.text(drift.reason))


def redacted_comparison(comparison: Comparison, redaction: Redaction) -> Comparison:
    """Return the comparison with secrets hidden: those of this run's, and those that runs before did not know."""
    return replace(
        comparison,
        rows=tuple(_compared(row, redaction) for row in comparison.rows),
        spectra={redaction.selector(selector): points for selector, points in comparison.spectra.items()},
        gaps=tuple(map(redaction.text, comparison.gaps)),
        notes=tuple(map(redaction.text, comparison.notes)),
    )


def _compared(row: Compared, redaction: Redaction) -> Compared:
    return replace(
        row, rule=replace(row.rule, selector=redaction.selector(row.rule.selector)), reason=redaction.text(row.reason)
    )
