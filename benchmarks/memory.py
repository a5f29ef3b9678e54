"""Memory from 100,000 to 1,000,000 requests: flat."""

from __future__ import annotations

import random
from types import SimpleNamespace

import psutil
from side_by_side import Row

from locust_ext.gates.judge import Judge
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind

A_SECOND = 2_000
GOAL_BYTES = 1.0


def measure() -> Row:
    """Record a million requests through recorder and judge, taken each 2,000 as in a second of a local run."""
    selector = parse_selector("http_req_duration{name:/feed}")
    judge = Judge([Threshold(selector, parse_assertion("p(99)<1200"), Kind.TREND, window=10)])
    recorder, draw = Recorder(), random.Random(1)
    response, process = SimpleNamespace(status_code=200), psutil.Process()
    after: dict[int, int] = {}
    for number in range(1, 1_000_001):
        recorder.on_request("GET", "/feed", draw.lognormvariate(3, 1), response=response, context={}, exception=None)
        if number % A_SECOND == 0:
            judge.merge(recorder.take(), number / A_SECOND)
            judge.outcomes(number / A_SECOND, {})
        if number in (100_000, 1_000_000):
            after[number] = process.memory_info().rss
    each = (after[1_000_000] - after[100_000]) / 900_000
    return Row("memory growth per request", f"<= {GOAL_BYTES:g} byte", f"{each:.2f} bytes", "0", each <= GOAL_BYTES)


if __name__ == "__main__":
    print(measure())
