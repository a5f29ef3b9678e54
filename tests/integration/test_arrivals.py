"""The open model against a target that notes when each request came: rates, freezes, lost workers, starved pools."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.integration.arrivals_log import ArrivalLog, counted, deviation, variation_of_gaps
from tests.integration.conftest import wait_until

USER = """
    import locust_ext
    from locust import FastHttpUser, between, task

    locust_ext.install()


    class Reader(FastHttpUser):
        wait_time = between(1, 2)

        @task
        def read(self):
            self.client.get("/")
"""


def figure(run, metric, name):
    return next(row[name] for row in run.summary["series"] if row["metric"] == metric)


@pytest.mark.slow
@pytest.mark.timed
def test_two_workers_keep_one_grid(locust, write):
    """Arrivals come exactly as many as asked, each near to its place, whichever worker makes them."""
    write("open.yml", "arrivals: {rate: 200/s, duration: 6s, users: 40}\nthresholds: {dropped_iterations: [count<1]}")
    with ArrivalLog() as target:
        run = locust("-f", write("open.py", USER), "--headless", "-H", target.url, "--processes", 2)
        times = target.stop().times
    assert run.code == 0, run.out + run.err
    assert len(times) == 1200
    assert run.count("iterations") == 1200
    assert deviation(times, 200).p99 < 150, "its own bound is measured in a benchmark, on a machine that is idle"
    assert figure(run, "arrival_lateness", "p50") < 20


@pytest.mark.slow
def test_a_freeze_shows_from_when_iterations_were_due(locust, write):
    """A target that stands still for two seconds slows few requests of a small pool, and many arrivals."""
    write(
        "frozen.yml",
        """
        arrivals: {rate: 100/s, duration: 9s, users: 5}
        thresholds:
          http_req_duration: ["p(99)<1000", {threshold: "p(99)<1000", corrected: false}]
        """,
    )
    with ArrivalLog(freeze=(3, 2)) as target:
        run = locust("-f", write("frozen.py", USER), "--headless", "-H", target.url)
    assert run.code == 99, run.out + run.err
    assert [row["status"] for row in run.summary["outcomes"]] == ["failed", "passed"]
    assert figure(run, "http_req_duration_corrected", "p99") >= 1000
    assert figure(run, "http_req_duration", "p99") < 1000
    report = (run.reports / "report.html").read_text(encoding="utf-8")
    for text in (report, run.out):
        assert "ms from when they were due" in text


@pytest.mark.slow
@pytest.mark.timed
def test_a_killed_worker_costs_less_than_two_seconds_of_the_rate(start, write):
    """The others take over what a worker made that is gone, and no burst makes up for it."""
    write("lost.yml", "arrivals: {rate: 150/s, duration: 12s, users: 30, max_users: 90}")
    with ArrivalLog() as target:
        run = start("-f", write("lost.py", USER), "--headless", "-H", target.url, "--processes", 3)
        wait_until(lambda: len(target.read().times) > 400, "the load")
        killed = time.monotonic()
        os.kill(run.workers()[0], signal.SIGKILL)
        finished = run.finish()
        times = target.stop().times
    assert finished.code == 111, finished.out + finished.err
    before = [at for at in times if killed - 1.5 <= at < killed - 0.5]
    after = [at for at in times if killed + 2 <= at < killed + 4]
    assert len(before) == pytest.approx(150, rel=0.1)
    assert len(after) == pytest.approx(300, rel=0.1)
    assert max(counted([at for at in times if at >= killed], 0.5)) < 75 * 1.5, "no burst"


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.long
def test_a_worker_that_joins_takes_its_share(start, write):
    """The arrivals stay on their grid, none missing and none twice, and the newcomer is not a closed load beside them."""
    write("joined.yml", "arrivals: {rate: 150/s, duration: 9s, users: 30}\nthresholds: {dropped_iterations: [count<1]}")
    file = write("joined.py", USER)
    with ArrivalLog() as target:
        run = start("-f", file, "--headless", "-H", target.url, "--master", "--expect-workers", 1)
        start("-f", file, "--worker", report_dir=False)
        wait_until(lambda: len(target.read().times) > 300, "the load")
        start("-f", file, "--worker", report_dir=False)
        finished = run.finish()
        times = target.stop().times
    assert finished.code == 0, finished.out + finished.err
    assert finished.summary["workers"] == 2
    assert len(times) == 1350
    assert all(count == pytest.approx(75, abs=12) for count in counted(times, 0.5)[:-1])


@pytest.mark.slow
def test_a_rate_that_no_pool_can_serve(locust, write):
    """What finds no free user is counted and told, and the run proves nothing: the load was another one."""
    write(
        "starved.yml",
        "arrivals: {rate: 100/s, duration: 4s, users: 2, max_users: 4, patience: 300ms}\nthresholds: {http_reqs: [count>1]}",
    )
    with ArrivalLog(answer_after=0.2) as target:
        run = locust("-f", write("starved.py", USER), "--headless", "-H", target.url)
    assert run.code == 111, run.out + run.err
    dropped, begun = run.count("dropped_iterations"), run.count("iterations")
    assert 250 < dropped < 400
    assert dropped + begun == 400
    assert "due iterations found no free user and were dropped" in run.out


@pytest.mark.timed
def test_a_user_class_with_a_rate(locust, write):
    """arrival_rate() as a wait time opens one class, and leaves the others as they are."""
    text = USER.replace("between(1, 2)", 'locust_ext.arrival_rate("100/s", spacing="poisson")')
    text += """

    class Visitor(FastHttpUser):
        wait_time = between(0.5, 0.5)

        @task
        def visit(self):
            self.client.get("/visit")
"""
    write("rated.yml", "thresholds: {dropped_iterations: [count<20]}")
    with ArrivalLog() as target:
        run = locust("-f", write("rated.py", text), "--headless", "-H", target.url, "-u", 20, "-r", 20, "-t", "6s")
        arrivals = target.stop().arrivals
    assert run.code == 0, run.out + run.err
    assert len(arrivals["/"]) == pytest.approx(500, rel=0.25)
    assert 0.7 < variation_of_gaps(arrivals["/"]) < 1.3, "a Poisson process"
    assert len(arrivals["/visit"]) == pytest.approx(10 / 0.5 * 6, rel=0.3)


@pytest.mark.slow
def test_scenarios_side_by_side(locust, write, target):
    """Each load has its own users, times, tags and thresholds."""
    write(
        "several.yml",
        """
        scenarios:
          smoke:
            arrivals: {rate: 20/s, users: 10}
            duration: 4s
            tags: {team: feed}
            thresholds: {http_req_duration: ["p(95)<2000"]}
          soak:
            start_time: 2s
            users: Reader
            arrivals: {start_rate: 10/s, users: 10, max_users: 30, stages: [{target: 40/s, duration: 4s}]}
          visitors: {shape: visitors, start_time: 1s}
        shapes: {visitors: {kind: smoke, users: 3, duration: 3s, ramp: 0s}}
        """,
    )
    text = USER.replace('"/"', '"/communities/abc/posts?limit=20"')
    run = locust("-f", write("several.py", text), "--headless", "-H", target().url, "--processes", 2)
    assert run.code == 0, run.out + run.err
    assert run.count("iterations", scenario="smoke", team="feed") == 80
    assert run.count("iterations", scenario="soak") == 100
    assert 3 <= run.count("http_reqs", scenario="visitors") <= 12
    phases = [phase["name"] for phase in run.summary["phases"]]
    assert phases == ["smoke", "smoke+visitors", "smoke+soak", "soak"] or "smoke+soak+visitors" in phases
    assert run.summary["outcomes"][0]["selector"] == "http_req_duration{scenario:smoke}"


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.long
def test_stress_finds_the_capacity(locust, write, target):
    """A pool of two slots serves 2 / 14.7 ms = 136 a second: the search brackets that within a tenth."""
    write(
        "cliff.yml",
        """
        arrivals: {users: 40, max_users: 200, patience: 3s}
        shape: stress
        shapes: {stress: {start_users: 80, step_users: 50, step: 6s, max_users: 280, probes: 4, rest: 3s}}
        thresholds: {http_req_duration: ["p(95)<400"]}
        """,
    )
    text = USER.replace('"/"', '"/communities/abc/posts?limit=20"')
    run = locust("-f", write("cliff.py", text), "--headless", "-H", target("small-pool").url, timeout=120)
    cliff = next(finding for finding in run.summary["findings"] if finding["kind"] == "cliff")
    assert run.code == 99, run.out + run.err
    good, bad = (int(cliff[key].split("-")[1]) for key in ("last_good", "first_bad"))
    assert 136 * 0.9 <= good < bad <= 136 * 1.1 + 8
    assert cliff["throughput"] == pytest.approx(136, rel=0.12)
