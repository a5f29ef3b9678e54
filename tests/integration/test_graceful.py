"""Requests that have begun are waited for, at the end of a run and where a shape takes users away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from .conftest import rows, wait_until

LOCUSTFILE = """\
import locust_ext
locust_ext.install()
from locust import FastHttpUser, HttpUser, constant, task


class Slow(HttpUser):
    host = "{host}"
    wait_time = constant({wait})

    @task
    def read(self):
        self.client.get("{path}", name="/feed")


class Nested(FastHttpUser):
    host = "{host}"
    wait_time = constant({wait})

    @task
    def read(self):
        with self.client.get("{path}", name="/feed", catch_response=True) as response:
            self.client.get("{path}", name="/feed")
            response.success()


class NestedLean(locust_ext.LeanHttpUser):
    host = "{host}"
    wait_time = constant({wait})
    tasks = Nested.tasks
"""
CONFIG = """
    version: 1
    graceful_stop: {limit}
    shape: "{shape}"
    shapes:
      down: {{kind: stages, stages: [{{target: 20, duration: 1s}}, {{target: 20, duration: 1s}},
        {{target: 2, duration: 2s}}, {{target: 2, duration: 2s}}]}}
    thresholds:
      http_req_failed: ["rate<0.01"]
"""


@pytest.fixture
def server():
    """A target that counts."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("hanging.py"))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.communicate()


def counts(server):
    """Return how many requests came, by path."""
    with urllib.request.urlopen(f"{server}/counts") as answer:
        return json.loads(answer.read())


ENDS = {
    "a run": ("", "-u", "10", "-r", "10", "-t", "3s"),
    "a run with workers": ("", "-u", "10", "-r", "10", "-t", "3s", "--processes", "2"),
    "a shape that falls": ("down",),
    "a shape that falls, with workers": ("down", "--processes", "2"),
}


@pytest.mark.parametrize("arguments", rows(ENDS, "a run with workers", "a shape that falls"))
def test_nothing_is_lost(start, write, server, arguments):
    """The target has as many requests as the verdict, and none was open."""
    shape, *options = arguments
    write("case.py", LOCUSTFILE.format(host=server, path="/slow?ms=700", wait=0))
    write("case.yml", CONFIG.format(limit="10s", shape=shape))

    run = start("-f", "case.py", "--headless", *options).finish()

    assert run.count("http_reqs") == counts(server)["/slow"] > 0, run.err
    assert run.summary["open_requests"]["count"] == 0
    assert run.code in {0, 111}, run.err  # a machine that is busy puts the run in doubt
    if shape:
        assert run.summary["duration_s"] < 8, "the ramp-down held up the shape"
    else:
        assert "waiting up to 10s for" in run.err


def test_what_hangs_is_waited_for_no_longer(start, write, server):
    """And it is counted as lost."""
    write("case.py", LOCUSTFILE.format(host=server, path="/hang?k=60", wait=0.02))
    write("case.yml", CONFIG.format(limit="2s", shape=""))
    began = time.monotonic()

    run = start("-f", "case.py", "--headless", "-u", "4", "-r", "4", "-t", "3s", "--processes", "2").finish()

    assert time.monotonic() - began < 25
    assert "waiting up to 2s for" in run.err
    assert run.code in {99, 111}
    assert run.summary["open_requests"]["count"] > 0
    assert run.count("http_reqs") + run.summary["open_requests"]["count"] == counts(server)["/hang"]


def test_after_a_signal_there_is_less_time(start, write, server):
    """Five seconds for what hangs, and none after a second signal."""
    write("case.py", LOCUSTFILE.format(host=server, path="/hang?k=30", wait=0.02))
    write("case.yml", CONFIG.format(limit="60s", shape=""))
    run = start("-f", "case.py", "--headless", "-u", "4", "-r", "4", "-t", "60s")
    wait_until(lambda: counts(server).get("/hang", 0) > 31, "load")
    run.send(signal.SIGTERM)
    began = time.monotonic()

    finished = run.finish()

    assert time.monotonic() - began < 15
    assert finished.code in {105, 111}, finished.err  # too much was lost for a threshold to be sure
    assert "waiting up to 5s for" in finished.err
    assert finished.summary["open_requests"]["count"] > 0


def test_an_explicit_stop_timeout_is_locusts_affair(start, write, server):
    """With none, users are killed in the middle of their requests, as in stock."""
    write("case.py", LOCUSTFILE.format(host=server, path="/slow?ms=700", wait=0))
    write("case.yml", CONFIG.format(limit="10s", shape=""))

    load = ("-f", "case.py", "--headless", "-u", "10", "-r", "10", "-t", "2s")
    run = start(*load, env={"LOCUST_STOP_TIMEOUT": "0"}).finish()

    assert "waiting up to" not in run.err
    assert run.summary["open_requests"]["count"] > 0
