"""What no threshold looks at, load that never was, and a generator that was late: real runs that once passed."""

from __future__ import annotations

import pytest

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
    [(("-t", 3), 1), (("-t", 4, *TWO), 1), (("-t", 2, "--exit-code-on-error", 0), 0)],
    ids=["one process", "two workers", "0, as stock"],
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


@pytest.mark.parametrize("processes", [(), TWO], ids=["one process", "two workers"])
def test_a_busy_generator(start, write, target, processes):
    """The load generator is a second late, and the target is not: that proves nothing, in either direction."""
    write("busy.yml", "thresholds: {http_req_duration: ['p(95)<400'], http_req_failed: ['rate<0.01']}")
    options = ("--headless", "-H", target().url, "-u", 10, "-r", 5, "-t", 7)

    run = start("-f", write("busy.py", BUSY), *options, *processes, stock=False).finish()

    assert (run.code, run.summary["exit_code"]) == (111, 111), run.out + run.err
    assert "could not keep up" in run.summary["reason"]
    assert run.count("generator_pauses") > 5
