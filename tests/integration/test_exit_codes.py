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


def test_an_unreachable_host_fails_by_its_thresholds(locust, write):
    """Requests that cannot be sent are failed requests, judged as such, without a traceback."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")

    run = locust("-f", write("quick.py", USERS), "-H", "http://127.0.0.1:1", *PLAIN)

    assert run.code == 99, run.err
    assert run.summary["outcomes"][0]["value"] == 1.0
    assert "Traceback" not in run.out + run.err


def test_too_few_samples_are_inconclusive(locust, write, target):
    """p99.9 of some two hundred samples does not exist."""
    write("quick.yml", "thresholds: {http_req_duration: ['p(99.9)<4000', 'p(50)<4000']}")

    run = locust("-f", write("quick.py", USERS), "-H", target().url, *PLAIN)

    assert run.code == 111
    assert [o["status"] for o in run.summary["outcomes"]] == ["inconclusive", "passed"]
    assert "needs 1000" in run.out


def test_a_selection_that_matches_nothing_never_passes(locust, write, target):
    """A mistyped tag value is inconclusive, and the report names what was there."""
    write("quick.yml", "thresholds: {'http_req_duration{name:fed}': ['p(95)<400']}")

    run = locust("-f", write("quick.py", USERS), "-H", target().url, *PLAIN)

    assert run.code == 111
    assert "did you mean 'feed'?" in run.summary["outcomes"][0]["reason"]


def test_an_absent_series_passes_when_it_is_optional(locust, write, target):
    """`optional: true` is the only way to pass without samples."""
    threshold = "{threshold: 'p(95)<400', optional: true}"
    write("quick.yml", f"thresholds: {{'http_req_duration{{name:none}}': [{threshold}]}}")

    assert locust("-f", write("quick.py", USERS), "-H", target().url, *PLAIN).code == 0


def test_user_code_that_raises_exits_107(locust, write, target):
    """An exception in a task is not a failed request; it has its own code."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    raising = USERS + "            raise RuntimeError('a bug in the test')\n"

    run = locust("-f", write("quick.py", raising), "-H", target().url, *PLAIN)

    assert (run.code, run.summary["verdict"]) == (107, "error")
    assert run.count("iteration_errors") > 0


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


def test_without_thresholds_locust_s_own_rule_applies(locust, write, target):
    """Failed requests exit 1 as in stock Locust, and the summary says that nothing judged them."""
    run = locust("-f", write("quick.py", USERS), "-H", target("fast500").url, "--headless", "-u", 20, "-r", 20, "-t", 4)

    assert (run.code, run.summary["exit_code"], run.summary["verdict"]) == (1, 1, "failed")
    assert "there are no thresholds" in run.summary["reason"]


def test_a_report_that_cannot_be_written_keeps_the_exit_code(start, write, target, tmp_path):
    """The verdict stands; the console says what was not written."""
    write("quick.yml", "thresholds: {http_req_failed: ['rate<0.01']}")
    (tmp_path / "reports" / "summary.json").mkdir(parents=True)

    locust = start(
        *("-f", write("quick.py", USERS), "-H", target("fast500").url, "--headless", "-u", 20, "-r", 20, "-t", 4),
        *("--report-dir", tmp_path / "reports"),
        report_dir=False,
    )
    run = locust.finish()

    assert run.code == 99
    assert "summary.json was not written" in run.err
    assert "Traceback" not in run.err


def test_events_without_a_duration_are_counted(locust, write):
    """None, negative and huge response times are shown, not recorded as zero and not dropped."""
    odd = """
        from locust import User, constant, task
        import locust_ext
        locust_ext.install()

        class Odd(User):
            wait_time = constant(0.05)
            host = "http://127.0.0.1:1"

            @task
            def fire(self):
                for value in (None, -5.0, float("nan"), 1e18, 12.5):
                    self.environment.events.request.fire(
                        request_type="WS", name="frame", response_time=value, response_length=0, exception=None, context={}
                    )
    """
    write("odd.yml", "thresholds: {'req_duration{type:WS}': ['min<13']}")

    run = locust("-f", write("odd.py", odd), "--headless", "-u", 1, "-t", 2)

    row = next(row for row in run.summary["series"] if row["metric"] == "req_duration")
    fired = run.count("reqs", type="WS") / 5
    assert (row["invalid"], row["clamped"], row["count"]) == (3 * fired, fired, 2 * fired)
    assert any("not durations (None, negative or NaN)" in warning for warning in run.summary["warnings"])
    assert not any(row["metric"].startswith("http_") for row in run.summary["series"])


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
    assert "10s/12s  10 users" in lines[0]
    assert "http_req_duration{endpoint:feed}" in lines[0]
