"""summary.json: the run for machines.

Law: everything that a report shows is in it, but for the histograms, which stand in ``run.hlog``; ``reading`` reads
it back as the same run.
"""

from __future__ import annotations

from typing import Any

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.regression import Compared
from locust_ext.gates.verdict import Outcome
from locust_ext.measure.sinks import TimelineSink, kind_of
from locust_ext.measure.timeline import Timeline
from locust_ext.reports.result import RunResult, SeriesRow
from locust_ext.reports.schema import SCHEMA
from locust_ext.reports.strict_json import strict_json


def summary(result: RunResult) -> str:
    """Return the text of ``summary.json``."""
    return strict_json(
        {
            "schema": SCHEMA,
            "id": result.id,
            "name": result.name,
            "verdict": result.verdict.word,
            "exit_code": result.verdict.exit_code,
            "reason": result.verdict.reason,
            "started_at": result.started_at,
            "duration_s": round(result.duration, 3),
            "workers": result.workers,
            "complete": result.complete,
            "tags": dict(result.tags),
            "fingerprint": dict(result.fingerprint),
            "software": dict(result.software),
            "phases": [{"name": p.name, "start_s": round(p.start, 3), "end_s": round(p.end, 3)} for p in result.phases],
            "outcomes": [_outcome(outcome) for outcome in result.outcomes],
            "comparison": comparison_entry(result.comparison) if result.comparison else None,
            "series": [_series(row) for row in result.series],
            "timeline": _timeline(result.timeline),
            "findings": [{"kind": f.kind, "text": f.text, **f.figures} for f in result.findings],
            "warnings": list(result.warnings),
        }
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    threshold = outcome.threshold
    return {
        "metric": threshold.selector.metric,
        "selector": str(threshold.selector),
        "selector_tags": dict(threshold.selector.tags),
        "kind": threshold.kind.value,
        "threshold": str(threshold.assertion),
        "value": outcome.value,
        "count": outcome.count,
        "status": outcome.status.value,
        "phase": threshold.phase or None,
        "window_s": threshold.window,
        "optional": threshold.optional,
        "corrected": threshold.judged != threshold.selector,
        "reason": outcome.reason or None,
    }


def _series(row: SeriesRow) -> dict[str, Any]:
    kind = {"kind": kind_of(row.sink).value} if row.sink is not None else {}
    slots = {"slots": row.sink.to_row()} if isinstance(row.sink, TimelineSink) else {}
    return {"metric": row.metric, **kind, "tags": dict(row.tags), "count": row.count, **row.figures, **slots}


def comparison_entry(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return {
        "status": comparison.status.value,
        "runs": list(comparison.runs),
        "repeats": comparison.repeats,
        "excluded_phases": list(comparison.excluded),
        "rows": [_compared(row) for row in comparison.rows],
        "spectra": [
            {"metric": selector.metric, "selector_tags": dict(selector.tags), "points": points}
            for selector, points in comparison.spectra.items()
        ],
        "gaps": list(comparison.gaps),
        "notes": list(comparison.notes),
    }


def _compared(row: Compared) -> dict[str, Any]:
    rule = row.rule
    same = ("value", "count", "low", "high", "before", "median", "ratio", "limit", "detectable", "suspect")
    return {
        "metric": rule.selector.metric,
        "selector": str(rule.selector),
        "selector_tags": dict(rule.selector.tags),
        "kind": rule.kind.value,
        "method": rule.method,
        "status": row.status.value,
        "required": rule.required,
        **{name: getattr(row, name) for name in same},
        "max_regression": rule.limit,
        "floor": rule.floor,
        "rising": rule.rising,
        "reason": row.reason or None,
    }


def _timeline(timeline: Timeline) -> dict[str, Any]:
    columns = ("requests", "failed", "p50", "p95", "p99")
    return {
        "width_s": timeline.width,
        "users": timeline.users,
        "lag": timeline.lag,
        "cpu": timeline.cpu,
        "tracks": [{"name": t.name, **{name: getattr(t, name) for name in columns}} for t in timeline.tracks],
    }
