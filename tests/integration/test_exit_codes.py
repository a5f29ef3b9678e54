"""Every way in which a run can end has its exit code, and a summary that says the same."""

from __future__ import annotations

import signal
import time

import pytest

from .arrivals_log import ArrivalLog
from .conftest import FEED, wait_until

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.1)

        @task
        def feed(self):
            self.client.get("/communities/abc/posts", name="feed")
"""
PLAIN = ("--headless", "-u", 5, "-r", 5, "-t", 4)
PLAINLY_SLOW = 0.4
"""Seconds that an answer takes which is too slow for a threshold of 1 ms, however late a busy machine is itself."""


def test_a_wrong_configuration_exits_104_and_sends_nothing(locust, target, write):
    """All mistakes at once, each with its line and a suggestion; the server never hears of it; the summary says why."""
    write(
        "quick.yml",
        """
        thresholds:
          http_req_duratoin: ["p(95)<400"]
          http_req_failed: ["rate<<0.01"]
        shape: spkie
    """,
    )
    demo = target()

    run = locust("-f", write("quick.py", USERS), "-H", demo.url, *PLAIN)

    assert run.code == 104
    assert "3 mistakes in the configuration" in run.err
    assert "quick.yml:3: thresholds.http_req_duratoin: there is no metric" in run.err
    assert "did you mean 'http_req_duration'?" in run.err
    assert "did you mean 'spike'?" in run.err
    assert "Traceback" not in run.err
    assert (run.summary["verdict"], run.summary["exit_code"], len(run.summary["findings"])) == ("error", 104, 3)
    assert requests_seen(demo.url) == 0


def test_with_processes_a_wrong_configuration_leaves_no_worker_behind(start, write):
    """It is found before Locust forks."""
    write("quick.yml", "shpe: smoke")

    locust = start("-f", write("quick.py", USERS), "--processes", 2, "-H", "http://127.0.0.1:1", *PLAIN)

    assert locust.finish(15).code == 104
    assert locust.workers() == []


def test_a_wrong_attribute_of_a_shape_exits_104(locust, write):
    """A shape in code is checked as one in YAML is."""
    shape = """
        from locust_ext import SpikeShape

        class Mine(SpikeShape):
            factor = 0.5
            climb = "30 parsecs"
    """
    users = write("quick.py", USERS)

    run = locust("-f", f"{users},{write('shape.py', shape)}", "-H", "http://127.0.0.1:1", *PLAIN)

    assert run.code == 104
    assert "Mine.factor" in run.err
    assert "'30 parsecs' is not a duration" in run.err
    assert "Traceback" not in run.err


def test_a_threshold_aborts_the_run(locust, write):
    """`abort_on_fail` ends a run that is lost, after `delay_abort`."""
    write(
        "quick.yml",
        """
        thresholds:
          http_req_duration: [{threshold: "max<1", abortOnFail: true, delayAbortEval: 2s}]
    """,
    )

    with ArrivalLog(answer_after=PLAINLY_SLOW) as slow:
        run = locust("-f", write("quick.py", USERS), "--headless", "-u", 5, "-r", 5, "-t", 60, "-H", slow.url)

    assert run.code == 99, run.out + run.err
    assert 2 <= run.summary["duration_s"] < 10
    assert run.summary["findings"][0]["kind"] == "aborted"


@pytest.mark.parametrize("processes", [(), ("--processes", "2")], ids=["one process", "two workers"])
def test_a_threshold_aborts_a_shape_run(locust, write, processes):
    """Also with a shape, where quitting twice at once would lose the last reports."""
    write(
        "quick.yml",
        """
        shape: smoke
        thresholds: {http_req_duration: [{threshold: "max<1", abort_on_fail: true, delay_abort: 2s}]}
    """,
    )

    with ArrivalLog(answer_after=PLAINLY_SLOW) as slow:
        run = locust("-f", write("quick.py", USERS), "--headless", "-H", slow.url, *processes)

    assert (run.code, run.summary["complete"]) == (99, True), run.out + run.err
    assert run.summary["duration_s"] < 20


SIGNALLED = [
    ("SIGINT", "one process", "plain users", ()),
    ("SIGINT", "one process", "shape", pytest.mark.long),
    ("SIGINT", "two workers", "plain users", pytest.mark.long),
    ("SIGINT", "two workers", "shape", ()),
    ("SIGTERM", "one process", "plain users", pytest.mark.long),
    ("SIGTERM", "one process", "shape", ()),
    ("SIGTERM", "two workers", "plain users", ()),
    ("SIGTERM", "two workers", "shape", pytest.mark.long),
]


@pytest.mark.parametrize(
    "number, processes, shape",
    [
        pytest.param(
            signal.Signals[name],
            ("--processes", "2") if where == "two workers" else (),
            "smoke" if what == "shape" else "",
            id=f"{name}-{where}-{what}",
            marks=marks,
        )
        for name, where, what, marks in SIGNALLED
    ],
)
def test_a_signal_exits_105_with_reports(start, write, target, number, processes, shape):
    """A run that a signal ends is judged and reported; stock Locust dies of SIGTERM in a shape run."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    users = ("--shape", shape) if shape else ("-u", 5, "-r", 5)
    url = target().url
    locust = start("-f", write("quick.py", USERS), "--headless", "-H", url, *users, *processes)
    wait_until(lambda: requests_seen(url) > 50, "some requests")
    time.sleep(0.5)
    locust.send(number)

    run = locust.finish()

    assert (run.code, run.summary["verdict"], run.summary["complete"]) == (105, "aborted", True), run.out + run.err
    assert number.name in run.summary["reason"]
    assert run.count("http_reqs") > 50


def test_a_signal_does_not_hide_a_failure(start, write):
    """99 wins over 105."""
    write("quick.yml", "thresholds: {http_req_duration: ['max<1']}")
    with ArrivalLog(answer_after=PLAINLY_SLOW) as slow:
        locust = start("-f", write("quick.py", USERS), "--headless", "-u", 5, "-r", 5, "-H", slow.url)
        wait_until(lambda: len(slow.read().times) > 15, "some requests")
        locust.send(signal.SIGTERM)
        run = locust.finish()

    assert run.code == 99, run.out + run.err


@pytest.mark.slow
def test_run_time_ends_a_shape(locust, write, target):
    """--run-time, which stock Locust ignores for shapes, ends ours."""
    write("quick.yml", "{shape: smoke, thresholds: {http_req_failed: ['rate<0.01']}}")

    run = locust("-f", write("quick.py", USERS), "--headless", "-t", "8s", "-H", target().url)

    assert run.code == 0
    assert 7 < run.summary["duration_s"] < 12


def requests_seen(url):
    """How many API requests the demo target has answered."""
    import requests

    lines = requests.get(f"{url}/metrics", timeout=5).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("app_requests_total{"))


@pytest.mark.slow
def test_the_progress_is_one_line_every_ten_seconds(locust, target):
    """Without a terminal: phase, time, users and the worst threshold."""
    run = locust("-f", FEED, "--headless", "-H", target().url, "--time-scale", "0.2")

    lines = [line for line in run.err.splitlines() if line.startswith(("steady", "warmup"))]
    assert len(lines) == 1
    assert "10s/12s, 2s left  10 users" in lines[0]
    assert "http_req_duration{endpoint:feed}" in lines[0]
