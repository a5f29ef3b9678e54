"""Runs that end when their iterations are made: exactly so many reach the server, however many workers make them."""

from __future__ import annotations

import os
import signal

import pytest
import requests

from .conftest import free_port, judged, rows, wait_until
from .ledger import Ledger

LOCUSTFILE = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install("counted.yml")

    class First(FastHttpUser):
        wait_time = constant(0.02)

        @task
        def first(self):
            self.client.get("/first")

    class Second(FastHttpUser):
        wait_time = constant(0.02)

        @task
        def second(self):
            self.client.get("/second")
"""
JUDGED = 'thresholds: {http_req_failed: ["rate<0.01"], iterations: ["count>0"]}\n'
SHAPE = "shapes: {few: {kind: smoke, users: 5, duration: 60s, ramp: 0s}}\n"


@pytest.fixture
def book():
    """A server that counts."""
    one = Ledger()
    yield one
    one.stop()


@pytest.fixture
def begin(start, write, book):
    """Begin a run of a configuration."""

    def begun(configuration, *arguments):
        write("counted.yml", JUDGED + SHAPE + configuration)
        return start("-f", write("counted.py", LOCUSTFILE), "--headless", "-H", book.url, *arguments)

    return begun


def count(book, path=""):
    """Return how many requests came, to one path or to all."""
    return sum(path in seen for seen, _ in book.seen)


PLAIN = ("-u", 8, "-r", 8)
MADE = [
    ("shared, in one process", "iterations: 200", PLAIN, 200),
    ("shared, by two workers", "iterations: 200", (*PLAIN, "--processes", 2), 200),
    ("a thousand, in one process", "iterations: 1000", PLAIN, 1000),
    ("a thousand, by two workers", "iterations: 1000", (*PLAIN, "--processes", 2), 1000),
    ("a thousand, by four workers", "iterations: 1000", ("-u", 12, "-r", 12, "--processes", 4), 1000),
    ("fewer than there are users", "iterations: 5", (*PLAIN, "--processes", 2), 5),
    ("of each user", "iterations: {per_user: 10}", ("-u", 7, "-r", 4), 70),
    ("of each user, by two workers", "iterations: {per_user: 10}", ("-u", 7, "-r", 4, "--processes", 2), 70),
    ("of each user of a shape", "iterations: {per_user: 10}\nshape: few", ("--processes", 2), 50),
    ("at a rate", "iterations: 90\narrivals: {rate: 40/s, users: 5}", (), 90),
    ("at a rate, by two workers", "iterations: 90\narrivals: {rate: 40/s, users: 5}", ("--processes", 2), 90),
]


@pytest.mark.parametrize(
    "configuration, arguments, wanted", rows(MADE, "shared, in one process", "shared, by two workers")
)
def test_all_are_made(begin, book, configuration, arguments, wanted):
    """So many requests reach the server, and the run ends as it was planned."""
    run = begin(configuration, *arguments).finish()

    assert count(book) == wanted
    (found,) = [one for one in run.summary["findings"] if one["kind"] == "iterations"]
    assert (found["iterations"], found["begun"], found["ended"]) == (wanted, wanted, wanted)
    assert found["text"] == f"all {wanted:,} iterations were made"
    assert run.count("iterations") == wanted
    assert "iterations were not begun" not in run.out
    assert run.code in (0, 111), run.out + run.err  # a busy machine is a generator that lags


@pytest.mark.long
def test_a_scenario_beside_another(begin, book):
    """The one ends with its iterations, the other one goes on; each is said."""
    scenarios = """
scenarios:
  counted: {users: First, shape: few, iterations: 60, max_duration: 50s}
  timed: {users: Second, shape: few, duration: 6s}
"""
    run = begin(scenarios, "--processes", 2).finish()

    assert count(book, "/first") == 60
    assert run.summary["duration_s"] > 5.5
    assert [one["text"] for one in run.summary["findings"]] == ["counted: all 60 iterations were made"]
    assert run.code in (0, 111), run.out + run.err


SHORT = ("--shape-params", "users=5,duration=3s,ramp=0s")
ENDED = [
    ("its longest time", "iterations: 9999\nmax_duration: 3s", (), None, 0, "were begun when max_duration (3s) was over"),
    ("the run's time", "iterations: 9999", ("-t", 3), None, 111, "9,999 iterations were not begun"),
    ("its shape", "iterations: 9999\nshape: smoke", SHORT, None, 111, "9,999 iterations were not begun"),
    ("a signal", "iterations: 9999", (), signal.SIGTERM, 105, "stopped by SIGTERM"),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.timed
@pytest.mark.parametrize("configuration, arguments, sent, code, said", rows(ENDED, *[row[0] for row in ENDED]))
def test_something_else_ends_it(begin, book, configuration, arguments, sent, code, said):
    """What is left over is said: after its longest time that is planned, else it puts the run in doubt."""
    plain = () if "shape" in configuration else PLAIN
    locust = begin(configuration, *plain, *arguments)
    if sent:
        wait_until(lambda: count(book) > 50, "some iterations")
        locust.send(sent)
    run = locust.finish()

    assert run.code == code, run.out + run.err
    assert said in run.out
    (found,) = [one for one in run.summary["findings"] if one["kind"] == "iterations"]
    assert found["begun"] + found["missing"] == found["iterations"] == 9999
    assert count(book) == found["begun"]
    assert run.count("dropped_iterations") == (found["missing"] if code == 0 else 0)


def test_a_worker_is_killed(begin, book):
    """The others make what is left; of what it may have begun, the number is said, and it adds up."""
    locust = begin("iterations: 900", *PLAIN, "--processes", 3)
    wait_until(lambda: count(book) > 200, "some iterations")
    os.kill(locust.workers()[0], signal.SIGKILL)
    run = locust.finish()

    (found,) = [one for one in run.summary["findings"] if one["kind"] == "iterations"]
    assert found["begun"] + found["unknown"] + found["missing"] == 900
    assert found["missing"] == 0
    assert found["begun"] <= count(book) <= found["begun"] + found["unknown"]
    assert run.code == 111, run.out + run.err
    assert not found["unknown"] or "lent to a worker that was lost" in run.out


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGSTOP], ids=["leaves", "stands still for a while"])
def test_a_worker_leaves_or_stands_still(begin, book, number):
    """One that leaves gives back what it has; one that stood still goes on: so all are made."""
    locust = begin("iterations: 900", *PLAIN, "--processes", 3)
    wait_until(lambda: count(book) > 200, "some iterations")
    worker = locust.workers()[0]
    os.kill(worker, number)
    if number == signal.SIGSTOP:
        wait_until(lambda: count(book) > 400, "more of them")
        os.kill(worker, signal.SIGCONT)
    run = locust.finish()

    (found,) = [one for one in run.summary["findings"] if one["kind"] == "iterations"]
    assert (found["begun"], found["unknown"], found["missing"]) == (900, 0, 0), run.out + run.err
    assert count(book) == 900


@pytest.mark.long
def test_two_runs_of_a_web_process(start, write, book):
    """Each makes its own; nothing of the first is left in the second."""
    write("counted.yml", JUDGED + "iterations: 60\n")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    locust = start("-f", write("counted.py", LOCUSTFILE), "--web-host", "127.0.0.1", "--web-port", port)

    def answers():
        try:
            return requests.get(url, timeout=2).ok
        except requests.ConnectionError:
            return False

    wait_until(answers, "the web UI")
    for number in (1, 2):
        form = {"user_count": 4, "spawn_rate": 4, "host": book.url}
        assert requests.post(f"{url}/swarm", data=form, timeout=5).json()["success"]
        wait_until(lambda number=number: count(book) == 60 * number, "its iterations")
        wait_until(lambda: judged(locust.reports), "its verdict")
        wait_until(lambda: requests.get(f"{url}/stats/requests", timeout=5).json()["state"] == "stopped", "its end")
    locust.send(signal.SIGTERM)
    locust.finish()
    assert count(book) == 120
