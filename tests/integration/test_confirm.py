"""A suspicion is confirmed by two more runs, or cleared."""

from __future__ import annotations

import json
import re
import signal

import pytest

from .conftest import judged, wait_until
from .listener import Listener
from .test_baseline import aged
from .warm import PATIENT, lateness

USERS = """
    from locust import FastHttpUser, constant, task
    import locust_ext
    locust_ext.install()

    class Quick(FastHttpUser):
        wait_time = constant(0.01)

        @task
        def page(self):
            self.client.get("/page")
"""
CONFIGURATION = "{thresholds: {http_req_failed: ['rate<0.01']}, baseline: {floor: 5ms, quantiles: [95]}}"

CALM, SLOW = 0.08, 0.16
"""Seconds that the server takes: long beside what a busy machine adds, short enough for 200 samples."""


@pytest.fixture
def server():
    """A server that takes 80 ms, until it is told otherwise."""
    listener = Listener(seconds=CALM)
    yield listener
    listener.stop()


@pytest.fixture
def gate(start, locust, write, server, tmp_path):
    """Start a run that is compared with three runs of a server that takes 80 ms, and confirmed."""
    write("quick.yml", CONFIGURATION)
    arguments = ("-f", write("quick.py", USERS), "--headless", "-u", 10, "-r", 10, "-t", 4, "-H", server.url)
    aged(locust(*arguments).reports, tmp_path / "store", 3)
    late = {"PYTHONPATH": lateness(tmp_path / "late", PATIENT)}  # the runs that confirm start from nothing
    return lambda *more: start(*arguments, "--baseline", tmp_path / "store", "--confirm", *more, env=late)


@pytest.mark.slow
@pytest.mark.long
def test_no_suspicion_no_more_runs(gate):
    """As fast as before: one run."""
    run = gate().finish()
    assert (run.code, run.summary["comparison"]["repeats"]) == (0, 1), run.out + run.err
    assert not (run.reports / "confirm-2").exists()


@pytest.mark.slow
@pytest.mark.timed(lag_limit=PATIENT)  # what adds to a time adds to the times that it is compared with
def test_a_suspicion_is_confirmed(gate, server):
    """Slow three times: the median of the three fails, and all reports say so."""
    server.seconds = SLOW
    run = gate().finish()
    comparison = run.summary["comparison"]
    assert (run.code, comparison["repeats"], comparison["status"]) == (99, 3, "failed"), run.out + run.err
    for number in (1, 2, 3):  # the time, or the rate: who waits longer asks less often
        assert re.search(rf"^run {number} of 3: \w+ \(exit code \d+\), .*: http_req", run.out, re.MULTILINE)
    assert "suspected; two more runs confirm it or clear it" in run.out
    assert "report.html, and beside it summary.json, run.hlog, " in run.out
    assert "the median of 3 runs" in run.out
    for number in (2, 3):
        assert (run.reports / f"confirm-{number}" / "summary.json").exists()
    assert "regression" in (run.reports / "junit.xml").read_text() + (run.reports / "summary.md").read_text()


@pytest.mark.slow
@pytest.mark.long
def test_a_suspicion_is_cleared(gate, server):
    """Slow once and then as before: the median of the three passes."""
    server.seconds = SLOW
    locust = gate()
    wait_until(lambda: judged(locust.reports), "the end of the first run", 40)
    server.seconds = CALM
    run = locust.finish()
    assert (run.code, run.summary["comparison"]["repeats"]) == (0, 3), run.out + run.err
    assert run.summary["verdict"] == "passed"


@pytest.mark.slow
@pytest.mark.long
def test_a_broken_threshold_needs_no_confirmation(gate, server, write):
    """The run has failed anyway."""
    write("quick.yml", CONFIGURATION.replace("http_req_failed: ['rate<0.01']", "http_req_duration: ['p(95)<130']"))
    server.seconds = SLOW
    run = gate().finish()
    assert (run.code, run.summary["comparison"]["repeats"]) == (99, 1)
    assert not (run.reports / "confirm-2").exists()


@pytest.mark.parametrize(
    "number",
    [pytest.param(signal.SIGINT, id="SIGINT", marks=pytest.mark.long), pytest.param(signal.SIGTERM, id="SIGTERM")],
)
@pytest.mark.slow
@pytest.mark.timed(lag_limit=PATIENT)
def test_a_signal_ends_the_confirmation(gate, server, number):
    """In the second run: it ends as any run does, and nothing is confirmed."""
    server.seconds = SLOW
    locust = gate()
    wait_until(lambda: judged(locust.reports), "the end of the first run", 40)
    before = server.gets
    wait_until(lambda: server.gets > before + 50, "the second run", 40)
    locust.send(number)
    run = locust.finish()
    assert run.code == 111, run.out + run.err
    assert "run 2 of 3 ended with exit code 105: nothing is confirmed" in run.out
    assert run.summary["comparison"]["status"] != "failed"
    assert "Traceback" not in run.out + run.err
    assert json.loads((run.reports / "confirm-2" / "summary.json").read_text())["exit_code"] == 105
    assert not (run.reports / "confirm-3").exists()


REFUSED = [
    ("without a baseline", ("--headless",), "there is nothing to confirm without runs to compare with"),
    ("without --headless", ("--baseline", "x"), "it repeats headless runs: add --headless"),
    ("with workers elsewhere", ("--headless", "--master", "--baseline", "x"), "the workers of a master leave"),
]


@pytest.mark.parametrize("arguments, sentence", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(start, write, arguments, sentence):
    """104 before anything is sent."""
    run = start("-f", write("quick.py", USERS), "-H", "http://127.0.0.1:1", "--confirm", *arguments).finish(20)
    assert (run.code, sentence in run.err) == (104, True), run.err
