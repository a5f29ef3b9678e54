"""summary.json: the run for machines.

Law: schema 1; later versions add, never rename. Durations in milliseconds, no NaN, no infinity.
"""

from __future__ import annotations

import json
import math
from typing import Any

from locust_ext.gates.verdict import Outcome
from locust_ext.reports.result import RunResult

SCHEMA = 1


def _finite(value: Any) -> Any:
    """Return ``value`` with None for every number in it that JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _outcome(outcome: Outcome) -> dict[str, Any]:
    threshold = outcome.threshold
    return {
        "metric": threshold.selector.metric,
        "selector": str(threshold.selector),
        "threshold": str(threshold.assertion),
        "value": outcome.value,
        "count": outcome.count,
        "status": outcome.status.value,
        "phase": threshold.phase or None,
        "window_s": threshold.window,
        "optional": threshold.optional,
        "reason": outcome.reason or None,
    }


def summary(result: RunResult) -> str:
    """Return the text of ``summary.json``."""
    document = {
        "schema": SCHEMA,
        "name": result.name,
        "verdict": result.verdict.word,
        "exit_code": result.verdict.exit_code,
        "reason": result.verdict.reason,
        "started_at": result.started_at,
        "duration_s": round(result.duration, 3),
        "workers": result.workers,
        "complete": result.complete,
        "tags": dict(result.tags),
        "phases": [{"name": p.name, "start_s": round(p.start, 3), "end_s": round(p.end, 3)} for p in result.phases],
        "outcomes": [_outcome(outcome) for outcome in result.outcomes],
        "series": [
            {
                "metric": row.metric,
                "tags": dict(row.tags),
                "count": row.count,
                **row.figures,
            }
            for row in result.series
        ],
        "findings": [{"kind": f.kind, "text": f.text, **f.figures} for f in result.findings],
        "warnings": list(result.warnings),
    }
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair, as JSON spells it
