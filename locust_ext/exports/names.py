"""The names under which figures of a run are told, for OpenTelemetry and for Prometheus.

Law: one table; OpenTelemetry's semantic conventions where there are any. Prometheus' names are those, as Prometheus
itself translates them: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from locust_ext.exports.family import Form, Named

C, G, H = Form.COUNTER, Form.GAUGE, Form.HISTOGRAM

NAME, METHOD, TYPE = "url.template", "http.request.method", "loadtest.request.type"
"""Labels of an endpoint: the name it is reported under, and its method, or the type of an event of another kind."""

STATUSES = ("passed", "failed", "inconclusive")

VERDICTS = ("passed", "failed", "inconclusive", "aborted", "error")
"""The words of a verdict."""

OWN = "loadtest."
"""What the names of figures begin with for which there is no convention."""

FAMILIES: Mapping[str, Named] = {
    one.name: one
    for one in (
        Named("http.client.request.duration", H, "s", "Duration of HTTP requests, as Locust's client measures it"),
        Named("loadtest.request.duration", H, "s", "Duration of request events that are not HTTP"),
        Named("loadtest.requests", C, "{request}", "Requests that came back"),
        Named("loadtest.requests.failed", C, "{request}", "Requests that Locust counts as failed"),
        Named("loadtest.requests.open", G, "{request}", "Requests that have begun and have not come back"),
        Named("loadtest.requests.open.oldest", G, "s", "How long the oldest open request has been open"),
        Named("loadtest.iteration.duration", H, "s", "Duration of tasks, where it is measured"),
        Named("loadtest.iterations", C, "{iteration}", "Tasks that ran to their end, where they are counted"),
        Named("loadtest.iterations.dropped", C, "{iteration}", "Due iterations that found no free user"),
        Named("loadtest.arrivals.planned", G, "{iteration}/s", "Arrivals a second that are planned now"),
        Named("loadtest.arrival.lateness", H, "s", "How late iterations began by the generator's own part"),
        Named("loadtest.users", G, "{user}", "Users that are running"),
        Named("loadtest.users.planned", G, "{user}", "Users that are planned now"),
        Named("loadtest.workers", G, "{worker}", "Workers that are connected"),
        Named("loadtest.phase", G, "", "1 for the phase that the run is in, 0 for those before it"),
        Named("loadtest.storm.drops", C, "{user}", "Users that storms have dropped"),
        Named("loadtest.storm.herd.peak", G, "{attempt}", "Most attempts to come back within a second, of any storm"),
        Named("loadtest.generator.lag", H, "s", "How late the load generator itself wakes up"),
        Named("loadtest.generator.cpu", G, "1", "Share of a core that the busiest process of the generator uses"),
        Named("loadtest.connections.opened", C, "{connection}", "Connections that the clients have opened"),
        Named("loadtest.probe", G, "", "A series that a probe reads off the target, a counter as its rate a second"),
        Named("loadtest.threshold.value", G, "", "What a threshold looks at; a duration in seconds"),
        Named("loadtest.threshold.bound", G, "", "The bound of a threshold; a duration in seconds"),
        Named("loadtest.threshold.status", G, "", "1 for the status that a threshold has, 0 for the others"),
        Named("loadtest.verdict", G, "", "1 for the verdict of the run, 0 for the others; absent before it is judged"),
        Named("loadtest.exit_code", G, "", "The exit code of the run; absent before it is judged"),
        Named("loadtest.run.elapsed", G, "s", "Seconds of the run"),
        Named("loadtest.running", G, "", "1 while the run is under way, 0 when it is over"),
        Named("loadtest.series.lumped", C, "{series}", "Times that a label set too many was put under __other__"),
    )
}

RUN = Named("loadtest.run", G, "", "Which run it is, by its id, name and tags")
"""Where a run is told of beside its figures: a resource of OpenTelemetry says it by itself."""

MEASURED: Mapping[str, str] = {
    "http_req_duration": "http.client.request.duration",
    "req_duration": "loadtest.request.duration",
    "http_reqs": "loadtest.requests",
    "reqs": "loadtest.requests",
    "http_req_failed": "loadtest.requests.failed",
    "req_failed": "loadtest.requests.failed",
    "iteration_duration": "loadtest.iteration.duration",
    "iterations": "loadtest.iterations",
    "dropped_iterations": "loadtest.iterations.dropped",
    "arrival_lateness": "loadtest.arrival.lateness",
    "reconnect_drops": "loadtest.storm.drops",
    "reconnect_peak_1s": "loadtest.storm.herd.peak",
    "generator_lag": "loadtest.generator.lag",
    "connections_opened": "loadtest.connections.opened",
    "probe": "loadtest.probe",
}
"""The families of metrics that are measured; of a share, such as of failures, it is how many."""

UNTOLD = frozenset({"vus", "reconnect_herd"})
"""Metrics that are told otherwise, or not over time."""

LABELS: Mapping[str, str] = {
    "name": NAME,
    "method": METHOD,
    "type": TYPE,
    "scenario": "scenario",
    "check": "check",
    "instance": "probe",
    "series": "series",
    "level": "level",
}
"""Tags that become labels, and how these are called; series that differ in others are put together.

A probe's ``instance`` would be taken for the target that Prometheus scrapes.
"""

UNITS = {"s": "seconds", "1": "ratio", "By": "bytes"}


def prometheus_name(named: Named) -> str:
    """Return the name that Prometheus gives to a metric of OpenTelemetry: underscores, the unit, and ``_total``."""
    name = re.sub(r"[^a-zA-Z0-9_]+", "_", named.name)
    unit, _, each = named.unit.partition("/")
    unit = "" if unit.startswith("{") else unit  # a note on what is counted
    is_ratio = unit == "1" and named.form is not Form.GAUGE
    words = [] if is_ratio else [UNITS.get(unit, unit), "per_second" if each == "s" else ""]
    for word in filter(None, [*words, "total" if named.form is Form.COUNTER else ""]):
        name = name if name.endswith(f"_{word}") else f"{name}_{word}"
    return name


def prometheus_label(label: str) -> str:
    """Return how Prometheus spells a label: ``http.request.method`` is ``http_request_method``."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", label)
