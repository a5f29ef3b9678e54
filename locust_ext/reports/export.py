"""The run in the form of k6's ``--summary-export``, for tools that read that.

Law: k6's names and keys, durations in milliseconds. One thing is better than k6's: that writes a threshold as ``true``
when it FAILED. Here it says what it means, as k6's newer ``handleSummary`` does: ``{"p(99)<1200": {"ok": false}}``.
What is inconclusive is not ok.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from locust_ext.gates.outcomes import Status
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, RateSink
from locust_ext.reports.result import RunResult
from locust_ext.reports.totals import merge_rows, totals_of
from locust_ext.text.strict_json import strict_json

PERCENTS = (90.0, 95.0, 99.0)

DIGITS = 6
"""Decimals of a value: a millisecond's millionth is beyond what anything measures."""


def export(result: RunResult) -> str:
    """Return the text of the export."""
    metrics: dict[str, dict[str, Any]] = {
        name: values for name, sink in totals_of(result).items() if (values := values_of(sink, result.counted))
    }
    if result.open_requests.count:
        metrics.setdefault("open_requests", dict.fromkeys(("value", "min", "max"), float(result.open_requests.count)))
    store = result.snapshot.store
    for outcome in result.outcomes:
        threshold = outcome.threshold
        name = str(threshold.selector)
        if name not in metrics:
            metrics[name] = values_of(store.select(threshold.selector, threshold.kind), result.counted)
        judged = metrics[name].setdefault("thresholds", {})
        # The same text may be judged over the run and over a window: it is ok when both are.
        ok = judged.get(str(threshold.assertion), {"ok": True})["ok"] and outcome.status is Status.PASSED
        judged[str(threshold.assertion)] = {"ok": ok}
    return strict_json({"root_group": _root_group(result), "metrics": metrics})


def values_of(sink: AnySink, seconds: float) -> dict[str, Any]:
    """Return k6's keys for what was measured; none where nothing was."""
    match sink:
        case Histogram() if sink.counts:
            percentiles = sink.percentiles((50.0, *PERCENTS))
            keys = ("med", *(f"p({percent:g})" for percent in PERCENTS))
            values = {"avg": sink.mean, "min": sink.minimum, "max": sink.maximum}
            return _rounded({**values, **dict(zip(keys, percentiles, strict=True))})
        case RateSink() if sink.total:
            return _rounded({"value": sink.hits / sink.total, "passes": sink.hits, "fails": sink.total - sink.hits})
        case CounterSink() if sink.seen:
            return _rounded({"count": sink.value, "rate": sink.value / seconds if seconds > 0 else 0.0})
        case GaugeSink() if sink.stamp > -math.inf:
            return _rounded({"value": sink.value, "min": sink.low, "max": sink.high})
        case _:
            return {}


def _rounded(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in values.items()}


def _root_group(result: RunResult) -> dict[str, Any]:
    """Return k6's root group: its checks by name, and how often each held."""
    rows = [row for row in result.series if row.metric == "checks"]
    checks: dict[str, Any] = {}
    for name, sink in merge_rows(rows, lambda row: row.tags.get("check", "")).items():
        if isinstance(sink, RateSink):
            path = f"::{name}"
            held = {"passes": sink.hits, "fails": sink.total - sink.hits}
            checks[name] = {"name": name, "path": path, "id": _id(path), **held}
    return {"name": "", "path": "", "id": _id(""), "groups": {}, "checks": checks}


def _id(path: str) -> str:
    """Return k6's id of a group or a check: the MD5 of its path."""
    return hashlib.md5(path.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
