"""What no threshold looks at, load that never was, and a generator that was late: real runs that once passed."""

from __future__ import annotations

import os
import signal
import time

import pytest
import requests

from .conftest import wait_until
from .warm import SHIPPED

HURRIED = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""

TWO = ("--processes", "2")


@pytest.mark.parametrize(
    "options, code",
    [
        pytest.param(("-t", 3), 1, id="one process"),
        pytest.param(("-t", 4, *TWO), 1, id="two workers", marks=pytest.mark.long),
        pytest.param(("-t", 2, "--exit-code-on-error", 0), 0, id="0, as stock"),
    ],
)
def test_nobody_listens(locust, write, options, code):
    """Every request fails, and only durations are judged: as red as without us, and the sentence says what to add."""
    write("quick.yml", "thresholds: {http_req_duration: ['p(50)<400']}")

    run = locust("-f", write("quick.py", HURRIED), "--headless", "-H", "http://127.0.0.1:1", "-u", 5, "-r", 5, *options)

    assert (run.code, run.summary["exit_code"]) == (code, code), run.out + run.err
    told = " ".join([run.summary["reason"], *run.summary["warnings"]])
    assert "(http_req_failed, first: GET feed) and no threshold looks at them; add http_req_failed" in told


BUSY = """
    import time
    from locust import FastHttpUser, constant, task

    class Busy(FastHttpUser):
        wait_time = constant(0.2)

        @task
        def compute(self):
            self.client.get("/health")
            end = time.perf_counter() + 0.15
            while time.perf_counter() < end:
                pass
"""


@pytest.mark.timed(lag_limit=SHIPPED)
@pytest.mark.parametrize(
    "processes", [pytest.param((), id="one process"), pytest.param(TWO, id="two workers", marks=pytest.mark.long)]
)
def test_a_busy_generator(start, write, target, processes):
    """The load generator is a second late, and the target is not: that proves nothing, in either direction."""
    write("busy.yml", "thresholds: {http_req_duration: ['p(95)<400'], http_req_failed: ['rate<0.01']}")
    options = ("--headless", "-H", target().url, "-u", 10, "-r", 5, "-t", 7)

    run = start("-f", write("busy.py", BUSY), *options, *processes, stock=False).finish()

    assert (run.code, run.summary["exit_code"]) == (111, 111), run.out + run.err
    assert "could not keep up" in run.summary["reason"]
    assert run.count("generator_pauses") > 5


@pytest.mark.slow
def test_all_workers_leave(start, write, target):
    """SIGTERM to both workers, early in the run: their measurements are all there, but most of the run is not."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    locust = start(
        *("-f", write("quick.py", HURRIED), "--headless", "-H", target().url, "-u", 6, "-r", 6, "-t", 30), *TWO
    )
    workers = wait_until(lambda: len(found := locust.workers()) == 2 and found, "two workers")
    time.sleep(5)
    for worker in workers:
        os.kill(worker, signal.SIGTERM)

    run = locust.finish()

    assert (run.code, run.summary["exit_code"]) == (111, 111), run.out + run.err
    assert "of 30s, and its last worker was gone" in run.summary["reason"] or "before the end" in run.summary["reason"]


def test_a_run_that_is_shorter_than_its_ramp(start, write, target):
    """The master would go on with the ramp after the stop: what the server has counted is what the verdict counts."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    demo = target()
    options = ("--headless", "-H", demo.url, "-u", 60, "-r", 4, "-t", 5, "--stop-timeout", 5, *TWO)

    run = start("-f", write("quick.py", HURRIED), *options).finish()

    assert requests_seen(demo.url) == run.count("http_reqs") > 20, run.err
    assert run.code in {0, 111}, run.out + run.err
    assert any("the run ended before its ramp did: 2" in warning for warning in run.summary["warnings"])


def test_users_that_leave(start, write, target):
    """Users that end by themselves leave a load that nobody asked for, however good its figures are."""
    leaving = HURRIED + "            if self.environment.stats.total.num_requests > 40:\n                self.stop()\n"
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")

    run = start("-f", write("quick.py", leaving), "--headless", "-H", target().url, "-u", 5, "-r", 5, "-t", 7).finish()

    assert (run.code, run.summary["exit_code"]) == (111, 111), run.out + run.err
    assert "users on average, and 4." in run.summary["reason"]


def requests_seen(url):
    """How many API requests the demo target has seen."""
    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("app_requests_total"))
