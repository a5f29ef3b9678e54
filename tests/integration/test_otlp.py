"""Live figures reach a collector by OTLP: the same as the run's own, and whatever the collector does, the run is the same."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests import otlp_receiver as rude
from tests.otlp_receiver import grpc_receiver, http_receiver, percentile_of, texts

from .conftest import free_port, rows

READER = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Reader(FastHttpUser):
        wait_time = constant(0.05)

        @task
        def read(self):
            self.client.get("/health", name="health")
"""

SECRET = "hunter2-hunter2-hunter2"

JUDGED = """
    name: checkout
    tags: {{git_sha: abc123, team: blue, note: "{secret}"}}
    shapes: {{smoke: {{users: 4, duration: 4s, ramp: 1s}}}}
    shape: smoke
    thresholds:
      http_req_duration: ["p(95)<10000"]
      http_reqs: ["count>=1000000"]
    export: {{otlp: {{endpoint: "{url}", headers_env: COLLECTOR_HEADERS, interval: 1s, protocol: {protocol}}}}}
"""

HEADERS = {"COLLECTOR_HEADERS": f"authorization=Bearer%20{SECRET}", "OTEL_EXPORTER_OTLP_TIMEOUT": "1.5"}

WAYS = (("http", http_receiver, "http"), ("grpc", grpc_receiver, "grpc"))


def run_to(collector, protocol, locust, write, target, *more, **options):
    write("reader.yml", JUDGED.format(url=collector.url, protocol=protocol, secret=SECRET))
    words = ("-f", write("reader.py", READER), "--headless", "-H", target().url, *more)
    return locust(*words, env={**HEADERS, **options.pop("env", {})}, **options)


@pytest.mark.parametrize("receiver, protocol", rows(WAYS, "http"))
def test_what_a_collector_has_of_a_run_with_workers_is_what_the_summary_says(receiver, protocol, locust, write, target):
    with receiver() as collector:
        run = run_to(collector, protocol, locust, write, target, "--processes", 2)
        received = collector.received
    assert run.code == 99, run.out + run.err
    judged = next(one for one in run.summary["outcomes"] if "p(95)" in one["threshold"])
    count = sum(row["count"] for row in run.summary["series"] if row["metric"] == "http_req_duration")
    labels = {"url__template": "health", "http__request__method": "GET"}
    times = received.last("http.client.request.duration", **labels)
    assert times.count == count == run.count("http_reqs")
    assert percentile_of(times, 95) == pytest.approx(judged["value"] / 1000, rel=0.01)
    assert received.last("loadtest.requests", **labels).as_double == count
    status = {"threshold": "count>=1000000", "status": "failed"}
    assert received.last("loadtest.threshold.status", selector="http_reqs", **status).as_double == 1
    assert received.last("loadtest.threshold.bound", threshold="p(95)<10000", unit="s").as_double == 10
    assert received.last("loadtest.verdict", verdict="failed").as_double == 1
    assert received.last("loadtest.exit_code").as_double == 99
    assert max(point.as_double for point in received.points("loadtest.users")) == 4
    assert max(point.as_double for point in received.points("loadtest.workers")) == 2
    events = received.records()
    assert [event.event_name for event in events].count("loadtest.verdict") == 1
    assert texts(events[-1].attributes) == {"verdict": "failed", "exit_code": "99"}
    assert {"warmup", "steady"} <= {texts(event.attributes).get("phase") for event in events}
    (resource,) = {tuple(sorted(one.items())) for one in received.resources()}
    assert {
        "loadtest.name": "checkout",
        "vcs.ref.head.revision": "abc123",
        "loadtest.tag.team": "blue",
    }.items() <= dict(resource).items()
    assert dict(resource)["service.instance.id"] == run.summary["id"]
    assert len(received.points("loadtest.running")) >= 4
    assert {headers["authorization"] for headers in received.headers} == {f"Bearer {SECRET}"}
    told = b"".join(one.SerializeToString() for one in (*received.figures, *received.events))
    assert SECRET.encode() not in told
    assert SECRET not in run.out + run.err + (run.reports / "summary.json").read_text()


@contextmanager
def nobody():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))

        class Nobody:
            url = f"http://127.0.0.1:{one.getsockname()[1]}"

        yield Nobody()


FAULTS = (
    # the case; the collector; the protocol; what is said of it
    ("it hangs by gRPC", lambda: grpc_receiver(lambda *_: time.sleep(30)), "grpc", "it took too long"),
    ("it refuses the token", lambda: http_receiver(rude.answering(401)), "http", "it refused the token or the right to write (401)"),
    ("it hangs", lambda: http_receiver(rude.hanging), "http", "it took too long"),
    ("it drips", lambda: http_receiver(rude.dripping), "http", "it took too long"),
    ("it answers 503", lambda: http_receiver(rude.answering(503)), "http", "it answered 503"),
    ("nobody is there", nobody, "http", "it refused the connection"),
    ("nobody is there by gRPC", nobody, "grpc", "it refused the connection"),
    ("it redirects", lambda: http_receiver(rude.answering(307, Location="http://127.0.0.1:9/")), "http", "it redirects elsewhere (307), and is not followed"),
)  # fmt: skip


@pytest.mark.parametrize("receiver, protocol, sentence", rows(FAULTS, "it hangs by gRPC"))
def test_whatever_a_collector_does_the_run_and_its_verdict_are_the_same(
    receiver, protocol, sentence, locust, write, target
):
    with receiver() as collector:
        began = time.monotonic()
        run = run_to(collector, protocol, locust, write, target)
        lasted = time.monotonic() - began
    assert run.code == 99, run.out + run.err
    heard = run.out + run.err
    assert f"live figures do not reach {collector.url}: {sentence}; the run goes on" in heard
    assert heard.count("live figures do not reach") <= 2
    assert f"{collector.url} was not told the verdict" in heard
    assert SECRET not in heard
    assert "Traceback" not in heard
    assert lasted < 30
    if protocol == "http" and "took" not in sentence:
        assert any("pushes of live figures failed" in warning for warning in run.summary["warnings"])
    lags = [row["max"] for row in run.summary["series"] if row["metric"] == "generator_lag"]
    assert 0 < max(lags) < 2000  # a push that kept others from their turn would have done so for its ten seconds


REFUSED = (
    # the case; what the configuration says of otlp; variables; the sentence
    ("a variable that is not set", "{headers_env: NOT_THERE}", {}, "export.otlp.headers_env: $NOT_THERE is not set"),
    ("a variable that holds none", "{headers_env: COLLECTOR_HEADERS}", {"COLLECTOR_HEADERS": SECRET}, "export.otlp.headers_env: $COLLECTOR_HEADERS must hold headers as key=value,key2=value2"),
    ("a certificate that is not there", "{}", {"OTEL_EXPORTER_OTLP_CERTIFICATE": "/not/there"}, "export.otlp: OTEL_EXPORTER_OTLP_CERTIFICATE: the file '/not/there' cannot be read"),
)  # fmt: skip


@pytest.mark.parametrize("options, env, sentence", rows(REFUSED, "a variable that holds none"))
def test_what_cannot_be_is_said_before_the_first_request(options, env, sentence, locust, write):
    write("reader.yml", f"shape: smoke\nexport: {{otlp: {options}}}\n")
    run = locust("-f", write("reader.py", READER), "--headless", "-H", "http://127.0.0.1:9", env=env)
    assert run.code == 104
    assert sentence in run.err
    assert SECRET not in run.out + run.err


@pytest.mark.long
def test_a_variable_alone_switches_it_on_and_says_so(locust, write, target):
    write(
        "reader.yml",
        "shapes: {smoke: {users: 2, duration: 3s, ramp: 1s}}\nshape: smoke\nthresholds: {http_req_failed: ['rate<0.5']}\n",
    )
    words = ("-f", write("reader.py", READER), "--headless", "-H", target().url)
    with http_receiver() as collector:
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "shop-load"}
        run = locust(*words, env=told)
        assert run.code == 0, run.out + run.err
        assert f"live figures go to {collector.url} by http/protobuf every 10s" in run.err
        assert {one["service.name"] for one in collector.received.resources()} == {"shop-load"}
        assert collector.received.last("loadtest.verdict", verdict="passed").as_double == 1
        asked = collector.received.asked
        run = locust(*words, env={**told, "OTEL_SDK_DISABLED": "true"})
        assert (run.code, collector.received.asked) == (0, asked)
        assert "live figures" not in run.out + run.err


OTELCOL = next(filter(None, map(shutil.which, ("otelcol", "otelcol-contrib", "otelcol-core"))), None)


@pytest.mark.long
@pytest.mark.skipif(OTELCOL is None, reason="there is no otelcol on the PATH")
@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_real_collector_takes_it(protocol, locust, write, target, tmp_path):
    ports = {"http": free_port(), "grpc": free_port()}
    endpoints = ", ".join(f"{name}: {{endpoint: 127.0.0.1:{port}}}" for name, port in ports.items())
    config = write(
        "collector.yml",
        f"""
        receivers: {{otlp: {{protocols: {{{endpoints}}}}}}}
        exporters: {{debug: {{verbosity: detailed}}}}
        service:
          telemetry: {{metrics: {{level: none}}}}
          pipelines: {{metrics: {{receivers: [otlp], exporters: [debug]}}, logs: {{receivers: [otlp], exporters: [debug]}}}}
        """,
    )
    said = (tmp_path / "collector.log").open("w+")
    process = subprocess.Popen([OTELCOL, "--config", config], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", ports[protocol])) and time.monotonic() < deadline:
            time.sleep(0.1)

        class Collector:
            url = f"http://127.0.0.1:{ports[protocol]}"

        run = run_to(Collector(), protocol, locust, write, target)
    finally:
        process.terminate()
        process.wait(10)
    heard = (tmp_path / "collector.log").read_text()
    assert run.code == 99
    assert "pushes of live figures failed" not in run.out + run.err
    assert "http.client.request.duration" in heard
    assert "loadtest.verdict" in heard
    assert SECRET not in heard
