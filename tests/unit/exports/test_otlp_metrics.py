"""Figures and events as OpenTelemetry's own messages: nothing is lost, and each message is small enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.resources import Resource

from locust_ext.exports.family import Family, Form, Moment, Named, Point, RunTold
from locust_ext.exports.names import FAMILIES
from locust_ext.exports.otlp_events import Outbox, records_of
from locust_ext.exports.otlp_metrics import MOST_WEIGHT, Stamp, parts_of
from locust_ext.exports.otlp_resource import resource_of
from locust_ext.measure.histogram import Histogram
from tests.otlp_receiver import Received, percentile_of, texts

STAMP = Stamp(1_790_000_000_000_000_000, 1_790_000_007_500_000_000)
RESOURCE = Resource({"service.name": "x"})
CUMULATIVE = 2


def histogram_of(*values):
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


def received(*families):
    parts = [encode_metrics(part) for part in parts_of(families, RESOURCE, STAMP) if part is not None]
    return Received(figures=parts)


def test_each_form_is_what_opentelemetry_calls_it():
    named = {"url.template": "/a"}
    labels = tuple(named.items())
    found = received(
        Family(FAMILIES["http.client.request.duration"], (Point(labels, histogram_of(1, 2, 1000)),), 0.001),
        Family(FAMILIES["loadtest.requests"], (Point(labels, 3.0),)),
        Family(FAMILIES["loadtest.users"], (Point((), 7.0),)),
    ).metrics()
    assert {name: metric.WhichOneof("data") for name, metric in found.items()} == {
        "http.client.request.duration": "exponential_histogram",
        "loadtest.requests": "sum",
        "loadtest.users": "gauge",
    }
    times = found["http.client.request.duration"]
    assert (times.unit, times.exponential_histogram.aggregation_temporality) == ("s", CUMULATIVE)
    (point,) = times.exponential_histogram.data_points
    assert (point.count, point.sum, point.min, point.max) == (3, 1.003, 0.001, 1.0)
    assert percentile_of(point, 99) == pytest.approx(1.0, rel=0.01)
    assert (point.start_time_unix_nano, point.time_unix_nano) == (STAMP.start, STAMP.now)
    assert texts(point.attributes) == named
    requests = found["loadtest.requests"].sum
    assert (requests.is_monotonic, requests.aggregation_temporality) == (True, CUMULATIVE)
    assert (requests.data_points[0].as_double, requests.data_points[0].start_time_unix_nano) == (3.0, STAMP.start)
    assert found["loadtest.users"].gauge.data_points[0].as_double == 7.0


@given(st.lists(st.integers(0, 260), min_size=1, max_size=3))
def test_all_points_are_in_one_part_each_and_no_part_says_a_name_twice(sizes):
    wide = histogram_of(*(1.1**power for power in range(60)))
    families = [
        Family(
            Named(f"n{index}", Form.HISTOGRAM if index % 2 else Form.GAUGE, "", ""),
            tuple(Point((("k", str(at)),), wide if index % 2 else float(at)) for at in range(size)),
        )
        for index, size in enumerate(sizes)
    ]
    found = received(*families)
    for index, size in enumerate(sizes):
        assert [texts(point.attributes)["k"] for point in found.points(f"n{index}")] == [str(at) for at in range(size)]
    for part in found.figures:
        names = [metric.name for metric in part.resource_metrics[0].scope_metrics[0].metrics]
        assert len(names) == len(set(names)) > 0
        assert part.ByteSize() < 12 * MOST_WEIGHT


def test_a_histogram_of_nothing_is_left_out():
    named = FAMILIES["http.client.request.duration"]
    assert received(Family(named, (Point((), Histogram()),))).figures == []


RUN = RunTold("run-1", "checkout", "2026-11-28T12:00:00+00:00", {"git_sha": "abc", "team": "blue"})

RESOURCES = (
    # the case; variables; some attributes
    ("ours", {}, {"service.name": "locust_ext", "service.instance.id": "run-1", "loadtest.run.id": "run-1", "loadtest.run.started_at": "2026-11-28T12:00:00+00:00", "loadtest.name": "checkout", "vcs.ref.head.revision": "abc", "loadtest.tag.team": "blue"}),
    ("the team's name", {"OTEL_SERVICE_NAME": "shop-load"}, {"service.name": "shop-load"}),
    ("the team's name among others", {"OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=stage"}, {"service.name": "a", "deployment.environment.name": "stage"}),
    ("each run is an instance", {"OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=host-1,loadtest.run.id=x"}, {"service.instance.id": "run-1", "loadtest.run.id": "run-1"}),
    ("a secret", {"OTEL_RESOURCE_ATTRIBUTES": "note=a-hunter2-b"}, {"note": "a-***-b"}),
)  # fmt: skip


@pytest.mark.parametrize("environment, expected", [row[1:] for row in RESOURCES], ids=[row[0] for row in RESOURCES])
def test_whose_figures_they_are(environment, expected, monkeypatch):
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = resource_of(RUN, lambda text: text.replace("hunter2", "***")).attributes
    assert expected.items() <= dict(found).items()


def test_what_detectors_tell_is_without_secrets_too(monkeypatch):
    detected = Resource({"process.command_args": ["locust", "--key", "hunter2"], "process.pid": 7})
    monkeypatch.setattr(Resource, "create", lambda attributes: detected)
    found = dict(resource_of(RUN, lambda text: text.replace("hunter2", "***")).attributes)
    assert found["process.command_args"] == ("locust", "--key", "***")
    assert found["process.pid"] == 7


VERDICT = Moment("loadtest.verdict", 9.5, (("exit_code", "99"), ("verdict", "failed")), "failed: too slow")
STORM = Moment("loadtest.storm", 4.0, (), "a storm dropped 5 users")
PHASE = Moment("loadtest.phase", 1.0, (("phase", "ramp"),), "phase ramp begins")


def test_a_moment_is_a_log_record_with_the_name_of_an_event():
    sent = Received(events=[encode_logs(records_of([PHASE, VERDICT], RESOURCE, STAMP.start, STAMP.now))])
    phase, verdict = sent.records()
    assert (phase.event_name, phase.body.string_value, phase.severity_text) == (
        "loadtest.phase",
        "phase ramp begins",
        "INFO",
    )
    assert phase.time_unix_nano == STAMP.start + 1_000_000_000
    assert (verdict.event_name, verdict.severity_text) == ("loadtest.verdict", "ERROR")
    assert texts(verdict.attributes) == {"exit_code": "99", "verdict": "failed"}


SENT = (
    # the case; what was told in turn; what is sent in turn
    ("each once", [[PHASE], [PHASE, STORM], [PHASE, STORM]], [[PHASE], [STORM], []]),
    ("another that is told alike", [[STORM], [STORM, STORM]], [[STORM], [STORM]]),
    ("a verdict that moves", [[VERDICT], [Moment(VERDICT.name, 11.0, VERDICT.labels, VERDICT.text)]], [[VERDICT], []]),
    ("another verdict", [[VERDICT], [Moment(VERDICT.name, 9.5, (), "inconclusive: a")]], [[VERDICT], [Moment(VERDICT.name, 9.5, (), "inconclusive: a")]]),
    ("one that comes late", [[STORM], [PHASE, STORM]], [[STORM], [PHASE]]),
)  # fmt: skip


@pytest.mark.parametrize("told, sent", [row[1:] for row in SENT], ids=[row[0] for row in SENT])
def test_what_is_sent(told, sent):
    outbox = Outbox()
    found = []
    for moments in told:
        found.append(outbox.waiting(moments))
        outbox.sent(found[-1])
    assert found == sent


def test_what_was_not_delivered_is_still_waiting():
    outbox = Outbox()
    assert outbox.waiting([PHASE]) == outbox.waiting([PHASE]) == [PHASE]
