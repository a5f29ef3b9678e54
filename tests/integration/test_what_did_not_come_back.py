"""What never comes back is judged: a frozen target, an answer that never comes, a result that is never reported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from .conftest import FEED, rows, wait_until

LOCUSTFILE = """\
from locust import FastHttpUser, HttpUser, User, constant, task
from locust_ext import LeanHttpUser
from locust.exception import RescheduleTask
import gevent
import locust_ext
locust_ext.install()


class Reader({base}):
    host = "{host}"
    wait_time = constant(0.02)

    @task
    def feed(self):
"""
LOSSES = {
    "an answer in 40 never comes": ("FastHttpUser", 'self.client.get("/hang?k=40", name="/feed")'),
    "an answer in 40 never comes to requests": ("HttpUser", 'self.client.get("/hang?k=40", name="/feed")'),
    "a jump out of the with": (
        "HttpUser",
        """
with self.client.get("/some?k=4", name="/feed", catch_response=True) as response:
    if response.status_code != 200:
        raise RescheduleTask
""",
    ),
    "an answer in 40 never comes to a LeanHttpUser": (
        "LeanHttpUser",
        'self.client.get("/hang?k=40", name="/feed")',
    ),
    "the with was forgotten": ("FastHttpUser", 'self.client.get("/some?k=4", name="/feed", catch_response=True)'),
    "users give up by a timeout of their own": (
        "HttpUser",
        """
with gevent.Timeout(0.3, False):
    self.client.get("/hang?k=4", name="/feed")
""",
    ),
    "a client of one's own never returns": (
        "User",
        """
with locust_ext.request("grpc", "/feed"):
    self.calls = getattr(self, "calls", 0) + 1
    gevent.sleep(3600 if self.calls == 40 else 0.005)
""",
    ),
}
CONFIG = """
    version: 1
    thresholds:
      {duration}: ["p(95)<400", "p(99)<1200"]
      {failed}: ["rate<0.01"]
"""


EACH_TIME = (
    *("an answer in 40 never comes", "an answer in 40 never comes to requests"),
    *("an answer in 40 never comes to a LeanHttpUser", "the with was forgotten"),
    "a client of one's own never returns",
)
"""Those that each pull request runs; ``nox -s long`` runs all."""


@pytest.fixture(scope="module")
def server():
    """A target that counts."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("hanging.py"))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    process.kill()
    process.communicate()


@pytest.mark.parametrize("what", rows({what: what for what in LOSSES}, *EACH_TIME))
def test_what_is_lost_is_no_pass(locust, write, server, what):
    """Failed, or inconclusive; and every report says how many they were."""
    base, task = LOSSES[what]
    write("case.py", LOCUSTFILE.format(base=base, host=server) + textwrap.indent(task.strip(), " " * 8) + "\n")
    family = "req" if base == "User" else "http_req"
    write("case.yml", CONFIG.format(duration=f"{family}_duration{{name:/feed}}", failed=f"{family}_failed"))

    run = locust("-f", "case.py", "--headless", "-u", "8", "-r", "8", "-t", "4s", "--stop-timeout", "0")

    assert run.code in {99, 111}, run.out + run.err
    assert run.summary["open_requests"]["count"] > 0
    assert run.summary["open_requests"]["by"][0]["name"] == "/feed"


ARRIVALS = """
    version: 1
    graceful_stop: 1s
    arrivals: {rate: 60/s, duration: 8s, users: 10, max_users: 60, graceful_stop: 1s}
    thresholds:
      http_req_duration: ["p(95)<400"]
      http_req_failed: ["rate<0.01"]
"""


def requests_of(url):
    """Return how many requests the demo target has had."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        return sum(
            float(line.split()[-1])
            for line in answer.read().decode().splitlines()
            if line.startswith("app_requests_total")
        )


WAYS = {
    "closed": ("--shape-params", "duration=8s,ramp=1s", "--stop-timeout", "0"),
    "closed, two workers": ("--shape-params", "duration=8s,ramp=1s", "--processes", "2", "--stop-timeout", "0"),
    "open": ("--loadtest", "open.yml"),
    "open, two workers": ("--loadtest", "open.yml", "--processes", "2"),
}


@pytest.mark.parametrize("arguments", rows(WAYS, "closed", "open, two workers"))
@pytest.mark.slow
def test_a_target_that_freezes_never_passes(start, target, write, arguments):
    """The README's smoke, its target stopped in the middle: no pass, in any load."""
    write("open.yml", ARRIVALS)
    frozen = target()
    run = start("-f", FEED, "--headless", "-H", frozen.url, *arguments)
    wait_until(lambda: requests_of(frozen.url) > 60, "load")
    os.kill(frozen.pid, signal.SIGSTOP)

    finished = run.finish()

    os.kill(frozen.pid, signal.SIGCONT)

    assert finished.code in {99, 111}, finished.out + finished.err
    assert finished.summary["open_requests"]["count"] > 0
    assert finished.summary["open_requests"]["oldest_ms"] > 1000
