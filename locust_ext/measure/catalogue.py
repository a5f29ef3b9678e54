"""The metrics that every run has, under k6's names, so that k6's thresholds paste unchanged.

Law: a metric has one kind for ever; what is in this table is really measured.
"""

from __future__ import annotations

from collections.abc import Mapping

from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass


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
DURATIONS, FAILURES, REQUESTS = zip(HTTP, OTHER_REQUESTS, strict=True)
"""What both families of requests have: how long, how many failed, how many."""

CORRECTED: Mapping[str, str] = {
    metric: f"{metric}_corrected" for metric in ("http_req_duration", "req_duration", "iteration_duration")
}
"""Durations that open runs measure twice: from when an iteration began, and from when it was due."""

BUILT_IN: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("http_req_duration", Kind.TREND, "ms", "time of an HTTP request, as Locust's client measures it"),
        Metric("http_req_failed", Kind.RATE, "", "share of HTTP requests that Locust counts as failed"),
        Metric("http_reqs", Kind.COUNTER, "", "HTTP requests"),
        Metric("req_duration", Kind.TREND, "ms", "time of any other request event, by type"),
        Metric("req_failed", Kind.RATE, "", "share of other request events that failed, by type"),
        Metric("reqs", Kind.COUNTER, "", "other request events, by type"),
        Metric(
            "iterations",
            Kind.COUNTER,
            "",
            "tasks run to their end; counted when a threshold asks, and in runs with arrivals or scenarios",
        ),
        Metric(
            "iteration_duration",
            Kind.TREND,
            "ms",
            "time of a task; measured when a threshold asks, and in runs with arrivals or scenarios",
        ),
        Metric(
            "http_req_duration_corrected", Kind.TREND, "ms", "the same from when the iteration was due; in open runs"
        ),
        Metric("req_duration_corrected", Kind.TREND, "ms", "the same from when the iteration was due; in open runs"),
        Metric("iteration_duration_corrected", Kind.TREND, "ms", "time of a task from when it was due; in open runs"),
        Metric(
            "dropped_iterations",
            Kind.COUNTER,
            "",
            "due iterations that found no free user, in open runs; iterations that `max_duration` left over",
        ),
        Metric("cut_off_iterations", Kind.COUNTER, "", "due iterations not begun at the stop; in open runs"),
        Metric("arrival_lateness", Kind.TREND, "ms", "how late iterations began by the generator's own part"),
        Metric("feeder_wait", Kind.TREND, "ms", "how long users waited for a row of a feeder, where none lay ready"),
        Metric("iteration_errors", Kind.COUNTER, "", "exceptions that user code raised"),
        Metric("checks", Kind.RATE, "", "share of check() conditions that held, by check"),
        Metric("user_seconds", Kind.COUNTER, "", "seconds that users were there, of all of them together"),
        Metric("vus", Kind.GAUGE, "", "users that are running"),
        Metric(
            "reconnect_time", Kind.TREND, "ms", "from the loss of a connection until ready again; never back: no end"
        ),
        Metric(
            "reconnect_attempts", Kind.TREND, "attempts", "attempts after one loss; the average is the amplification"
        ),
        Metric("reconnects_failed", Kind.RATE, "", "share of losses after which the user never came back"),
        Metric("reconnect_drops", Kind.COUNTER, "", "users that storms dropped"),
        Metric("reconnect_drop_spread", Kind.TREND, "ms", "time that a worker took to drop all of its users"),
        Metric(
            "reconnect_lag", Kind.TREND, "ms", "how much later than planned attempts began: the generator's own part"
        ),
        Metric("reconnect_hints", Kind.COUNTER, "", "attempts that the server answered with a wait of its own"),
        Metric("reconnect_herd", Kind.TIMELINE, "", "attempts of each storm by 100 ms; not judged itself"),
        Metric("reconnect_peak_100ms", Kind.GAUGE, "", "most attempts that began within 100 ms, of any storm"),
        Metric("reconnect_peak_1s", Kind.GAUGE, "", "most attempts that began within a second, of any storm"),
        Metric(
            "stale_time",
            Kind.TREND,
            "ms",
            "from the last data before a loss to the first after it; of a WebSocketUser its silences, too",
        ),
        Metric(
            "message_age",
            Kind.TREND,
            "ms",
            "how old the messages of a WebSocketUser are when they arrive, where they carry a time; silence counts",
        ),
        Metric("messages_missed", Kind.COUNTER, "", "messages that are missing by the numbers (`seq`) of a connection"),
        Metric(
            "retry_amplification",
            Kind.TREND,
            "attempts",
            "attempts of one logical request; the average is the amplification",
        ),
        Metric("retries_refused", Kind.COUNTER, "", "retries that the retry budget refused"),
        Metric("origin_computations", Kind.TREND, "computations", "computations at the origin after one key expired"),
        Metric(
            "replica_lag",
            Kind.TREND,
            "ms",
            "from the answer of a write to the beginning of the first read that saw it; not seen: no end",
        ),
        Metric("stale_reads", Kind.RATE, "", "share of reads after a write that did not see it"),
        Metric(
            "versions_behind",
            Kind.TREND,
            "versions",
            "how many versions older than the user's own write a read was, where `write()` counts versions",
        ),
        Metric("never_seen", Kind.RATE, "", "share of writes that no read saw before the deadline"),
        Metric("reads_failed", Kind.RATE, "", "share of reads after a write that failed, and saw nothing either way"),
        Metric(
            "monotonic_violations",
            Kind.COUNTER,
            "",
            "reads that saw an older version than the same user had read before, where `write()` counts versions",
        ),
        Metric("cap_wait", Kind.TREND, "ms", "time that a request waited under the cap; only those that had to"),
        Metric("blocked_requests", Kind.COUNTER, "", "requests that the guard kept from leaving, by origin"),
        Metric("tenant_acks", Kind.RATE, "", "share of the answers looked at that acknowledge the synthetic tenant"),
        Metric("generator_lag", Kind.TREND, "ms", "how late the load generator itself wakes up"),
        Metric("generator_pauses", Kind.COUNTER, "", "times that the load generator woke over 100 ms late"),
        Metric("connections_opened", Kind.COUNTER, "", "connections that the clients of HTTP users have opened"),
        Metric(
            "connections_unmade",
            Kind.COUNTER,
            "",
            "connections for which the generator had no descriptor or port",
        ),
        Metric("probe", Kind.GAUGE, "", "a series that a probe reads off the target, a counter as its rate a second"),
        Metric("probe_duration", Kind.TREND, "ms", "time of one read of a probe"),
        Metric("probe_failed", Kind.RATE, "", "share of the reads of a probe that brought nothing"),
        Metric("probe_bytes", Kind.COUNTER, "", "bytes that a probe has read"),
        Metric("unreadable_events", Kind.COUNTER, "", "request events and values of which a part could not be read"),
    )
}
