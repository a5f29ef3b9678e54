"""A run over many processes loses nothing, and when it does it says so."""

from __future__ import annotations

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from .conftest import wait_until


class SlowServer(ThreadingHTTPServer):
    """Answers after two seconds and counts the requests that it has answered."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.answered = 0
        self.received = 0
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class SlowHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            self.server.received += 1
        time.sleep(2)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        with self.server.lock:
            self.server.answered += 1

    def log_message(self, *_):
        pass


@pytest.fixture
def slow_server():
    """A server on a free port, in threads of the test's process."""
    server = SlowServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


SLOW_USERS = """
    from locust import HttpUser, task
    import locust_ext
    locust_ext.install()

    class Slow(HttpUser):
        @task
        def wait_long(self):
            self.client.get("/slow")
"""


@pytest.mark.parametrize("end", ["run time", pytest.param("SIGINT", marks=pytest.mark.long), "SIGTERM"])
@pytest.mark.slow
def test_every_request_that_was_under_way_at_the_stop_is_in_the_verdict(write, start, slow_server, end):
    """Two workers, tasks of 2 s, stopped mid-task: what the server counted is what the verdict counts."""
    locustfile = write("slow.py", SLOW_USERS)
    write("slow.yml", "thresholds: {http_reqs: ['count>0']}")
    options = ("-f", locustfile, "--headless", "-H", slow_server.url, "-u", 12, "-r", 12, "--stop-timeout", 10)

    locust = start(*options, "--processes", 2, *(("-t", "7") if end == "run time" else ()))
    if end != "run time":
        wait_until(lambda: slow_server.answered >= 24, "two rounds")
        time.sleep(1)  # into the middle of the third
        locust.send(getattr(signal, end))
    run = locust.finish()

    assert slow_server.received == run.count("http_reqs") >= 24, run.err
    assert slow_server.received == slow_server.answered
    assert run.summary["complete"] is True
    assert run.code == (0 if end == "run time" else 105)


@pytest.mark.slow
def test_a_worker_that_is_killed_makes_the_run_incomplete(start, target, write):
    """Kill -9 of one of two workers: never 0, and the report says which one was lost."""
    locustfile = write("quick.py", QUICK_USERS)
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    demo = target()
    locust = start("-f", locustfile, "--headless", "-H", demo.url, "-u", 8, "-r", 8, "-t", 8, "--processes", 2)
    os.kill(busy_worker(locust, demo.url), signal.SIGKILL)

    run = locust.finish()

    assert run.code == 111, run.out + run.err
    assert run.summary["complete"] is False
    assert "was lost: its last measurements are missing" in run.summary["reason"]
    assert [o["status"] for o in run.summary["outcomes"]] == ["inconclusive"]


@pytest.mark.slow
def test_a_worker_that_leaves_makes_the_run_incomplete(start, target, write):
    """SIGTERM to one worker: its measurements arrive, but the load was less than planned."""
    locustfile = write("quick.py", QUICK_USERS)
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    demo = target()
    locust = start("-f", locustfile, "--headless", "-H", demo.url, "-u", 8, "-r", 8, "-t", 8, "--processes", 2)
    os.kill(busy_worker(locust, demo.url), signal.SIGTERM)

    run = locust.finish()

    assert run.code == 111, run.out + run.err
    assert "before the end" in run.summary["reason"]


@pytest.mark.slow
def test_a_killed_worker_does_not_hide_a_failure(start, target, write):
    """An incomplete run can still fail: 99 wins over 111."""
    locustfile = write("quick.py", QUICK_USERS)
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    demo = target("fast500")
    locust = start(*("-f", locustfile, "--headless", "-H", demo.url, "-u", 8, "-r", 8, "-t", 8, "--processes", 2))
    os.kill(busy_worker(locust, demo.url), signal.SIGKILL)

    assert locust.finish().code == 99


QUICK_USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.1)
        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""


def test_a_worker_without_the_plugin_is_named(write, start, target):
    """A worker whose locustfile does not load locust_ext measures nothing for us, and that is not a pass."""
    with_plugin = write("quick.py", QUICK_USERS)
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    without = write("plain.py", QUICK_USERS.replace("import locust_ext", "").replace("locust_ext.install()", ""))
    master = start("-f", with_plugin, "--headless", "--master", "--expect-workers", 1,
                   "-H", target().url, "-u", 4, "-r", 4, "-t", 6)  # fmt: skip
    worker = start("-f", without, "--worker", report_dir=False)

    run = master.finish()
    worker.finish()

    assert run.code == 111, run.out + run.err
    assert "is locust_ext installed and loaded there?" in run.summary["reason"]


def test_workers_take_their_configuration_from_the_master(write, start, target):
    """A worker needs no YAML, and no token or header of its own on its command line."""
    master_file = write("quick.py", QUICK_USERS)
    write("quick.yml", "{thresholds: {http_req_failed: ['rate<0.01']}, tenant: {}}")
    worker_file = write("elsewhere.py", QUICK_USERS)
    demo = target()
    master = start("-f", master_file, "--headless", "--master", "--expect-workers", 2,
                   "-H", demo.url, "-u", 4, "-r", 4, "-t", 5)  # fmt: skip
    workers = [start("-f", worker_file, "--worker") for _ in range(2)]

    run = master.finish()

    assert (run.code, [worker.finish().code for worker in workers]) == (0, [0, 0]), run.err
    assert run.summary["workers"] == 2
    assert untagged(demo.url) == 0


def untagged(url):
    """How many API requests the demo target has seen without the header."""
    return metric(url, "app_requests_untagged_total")


def metric(url, name):
    """The sum of a metric of the demo target."""
    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def busy_worker(locust, url):
    """Return one of two workers that have reported some seconds of load."""
    workers = wait_until(lambda: len(found := locust.workers()) == 2 and found, "two workers")
    wait_until(lambda: metric(url, "app_requests_total") > 200, "200 requests")
    return workers[0]
