"""gitlab-load-performance.json: what GitLab's widget for load performance shows in a merge request.

Law: the widget divides what it reads, so nothing may be missing halfway: a metric is whole or not there, and there are
never zero checks. Durations in milliseconds.

The widget calls ``http_req_waiting`` the time to the first byte. Locust measures the whole time of a request, so that
is what stands there, and under its true name, ``http_req_duration``, too.
"""

from __future__ import annotations

from typing import Any

from locust_ext.gates.outcomes import Status
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink, RateSink
from locust_ext.reports.export import values_of
from locust_ext.reports.result import RunResult
from locust_ext.reports.totals import totals_of
from locust_ext.text.strict_json import strict_json


def load_performance(result: RunResult) -> str:
    """Return the text of ``gitlab-load-performance.json``."""
    totals = totals_of(result)
    metrics: dict[str, Any] = {}
    requests, durations = totals.get("http_reqs"), totals.get("http_req_duration")
    if isinstance(requests, CounterSink) and requests.seen and result.counted > 0:
        metrics["http_reqs"] = values_of(requests, result.counted)
    if isinstance(durations, Histogram) and durations.counts:
        metrics["http_req_waiting"] = metrics["http_req_duration"] = values_of(durations, result.counted)
    checks = _checks(result, totals.get("checks"))
    if checks.total:
        metrics["checks"] = values_of(checks, result.counted)
    return strict_json({"metrics": metrics})


def _checks(result: RunResult, measured: object) -> RateSink:
    """Return the checks of the run; where it has none, its thresholds are those."""
    if isinstance(measured, RateSink) and measured.total:
        return measured
    return RateSink(sum(outcome.status is Status.PASSED for outcome in result.outcomes), len(result.outcomes))
