"""Trace context in real runs: what the report knows a request by is what the server saw."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

USERS = """
    from locust import FastHttpUser, HttpUser, constant, task
    import locust_ext
    from locust_ext import LeanHttpUser
    locust_ext.install()

    def visit(self):
        self.client.get("/well")
        self.client.get("/slow")
        self.client.get("/sick")

    class Plain(HttpUser):
        wait_time = constant(0.1)
        go = task(visit)

    class Fast(FastHttpUser):
        wait_time = constant(0.1)
        go = task(visit)

    class Lean(LeanHttpUser):
        wait_time = constant(0.1)
        go = task(visit)

        @task
        def wait_for_good(self):
            self.client.get("/never")
"""
CONFIG = """
version: 1
graceful_stop: 0s
thresholds: {http_req_failed: ["rate<0.9"]}
trace: {share: 100%, url: "https://tempo.example.com/trace/{trace_id}"}
"""
OFF = CONFIG.replace("share: 100%", "share: 0%")


class Target(ThreadingHTTPServer):
    """Writes down which traces came for which path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.seen: dict[str, list[str | None]] = {}

    def handle_error(self, *_):
        pass


class Answering(BaseHTTPRequestHandler):
    """Answers by the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.setdefault(self.path, []).append(self.headers["traceparent"])
        time.sleep({"/slow": 0.1, "/never": 30}.get(self.path, 0))
        self.send_response(500 if self.path == "/sick" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture
def target():
    """A server that writes down what it sees."""
    server = Target()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _run(locust, write, target, config):
    files = write("locustfile.py", USERS), write("loadtest.yaml", config)
    return locust(
        *("-f", files[0], "--loadtest", files[1], "--headless", "--processes", 2),
        *("-H", f"http://127.0.0.1:{target.server_port}", "-u", 9, "-r", 50, "-t", "3s"),
    )


def test_a_slow_request_is_found_again(locust, write, target):
    """Of two workers and three clients: the slowest, the failed and the lost, each by an id that the server saw."""
    run = _run(locust, write, target, CONFIG)
    seen = {path: [value.split("-")[1] for value in values if value] for path, values in target.seen.items()}
    every = [one for ids in seen.values() for one in ids]
    assert len(set(every)) == len(every)
    assert len(every) == sum(map(len, target.seen.values())) > 0
    traces = run.summary["traces"]
    assert [one["duration_ms"] for one in traces] == sorted((one["duration_ms"] for one in traces), reverse=True)
    assert {one["trace_id"] in seen[one["name"]] for one in traces} == {True}
    assert len([one for one in traces if one["name"] == "/slow"]) == 5
    slow = [one for one in traces if one["name"] == "/slow" and not one["lost"]]  # some may be cut off by the end
    assert all(one["duration_ms"] >= 100 and one["status"] == "200" for one in slow)
    assert all(0 <= one["at_s"] <= run.summary["duration_s"] + 1 for one in traces)
    lost = [one for one in traces if one["lost"]]
    assert {one["name"] for one in lost if one["duration_ms"] > 1000} == {"/never"}
    (sick,) = [one for one in run.summary["errors"] if one["name"] == "/sick"]
    assert len(sick["traces"]) == 3
    assert set(sick["traces"]) <= set(seen["/sick"])
    page = (run.reports / "report.html").read_text("utf-8")
    assert f'href="https://tempo.example.com/trace/{slow[0]["trace_id"]}"' in page
    assert sick["traces"][0] in (run.reports / "summary.md").read_text("utf-8")
    assert sick["traces"][0] in run.out
    assert run.summary["fingerprint"]["trace"] == "100% of requests"


@pytest.mark.long
def test_none_of_it(locust, write, target):
    """A share of 0 is none at all."""
    run = _run(locust, write, target, OFF)
    assert {value for values in target.seen.values() for value in values} == {None}
    assert run.summary["traces"] == []
    assert "trace" not in run.summary["fingerprint"]
