"""The metrics that every run has, under k6's names, so that k6's thresholds paste unchanged.

Law: a metric has one kind for ever; what is in this table is really measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from locust_ext.measure.sinks import Kind


@dataclass(frozen=True)
class Metric:
    """One metric: its kind, its unit and what it tells."""

    name: str
    kind: Kind
    unit: str
    about: str


HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""Request types that count as HTTP (RFC 9110, section 9.3, and RFC 5789)."""

HTTP = ("http_req_duration", "http_req_failed", "http_reqs")
OTHER_REQUESTS = ("req_duration", "req_failed", "reqs")

BUILT_IN: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("http_req_duration", Kind.TREND, "ms", "time of an HTTP request, as Locust's client measures it"),
        Metric("http_req_failed", Kind.RATE, "", "share of HTTP requests that Locust counts as failed"),
        Metric("http_reqs", Kind.COUNTER, "", "HTTP requests"),
        Metric("req_duration", Kind.TREND, "ms", "time of any other request event, by type"),
        Metric("req_failed", Kind.RATE, "", "share of other request events that failed, by type"),
        Metric("reqs", Kind.COUNTER, "", "other request events, by type"),
        Metric("iterations", Kind.COUNTER, "", "tasks run to their end; counted when a threshold asks"),
        Metric("iteration_duration", Kind.TREND, "ms", "time of a task; measured when a threshold asks"),
        Metric("iteration_errors", Kind.COUNTER, "", "exceptions that user code raised"),
        Metric("checks", Kind.RATE, "", "share of check() conditions that held, by check"),
        Metric("vus", Kind.GAUGE, "", "users that are running"),
        Metric("generator_lag", Kind.TREND, "ms", "how late the load generator itself wakes up"),
        Metric("unreadable_events", Kind.COUNTER, "", "request events that made no sense, and were not measured"),
    )
}
