"""A master that merges the reports of 50 workers with 50 series each, every 3 seconds: how much of a core?"""

from __future__ import annotations

import random
import time
from types import SimpleNamespace

import msgpack
from side_by_side import Row

from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.run.run import Run

WORKERS, NAMES, REQUESTS, INTERVAL = 50, 17, 300, 3.0
GOAL = 0.20


def _report(seed: int) -> bytes:
    """Return one worker's report: 17 endpoints are 51 series, of some 300 requests each second."""
    recorder, draw = Recorder(), random.Random(seed)
    for _ in range(int(REQUESTS * INTERVAL)):
        name = f"/endpoint/{draw.randrange(NAMES)}"
        recorder.on_request("GET", name, draw.lognormvariate(3, 1), response=SimpleNamespace(status_code=200))
    return msgpack.packb(recorder.take())


def measure() -> Row:
    """Merge ten rounds of reports as they come from the wire, and evaluate thresholds each second."""
    reports = [_report(seed) for seed in range(WORKERS)]
    thresholds = tuple(
        Threshold(
            parse_selector(f"http_req_duration{{name:/endpoint/{number}}}"), parse_assertion("p(99)<1200"), Kind.TREND
        )
        for number in range(10)
    )
    run = Run(Plan("merging", thresholds=thresholds), {}, "", 0.0, "run")
    began = time.process_time()
    rounds = 10
    for turn in range(rounds):
        for report in reports:
            run.take(msgpack.unpackb(report, strict_map_key=False), turn * INTERVAL, INTERVAL)
        for _ in range(int(INTERVAL)):
            run.outcomes(turn * INTERVAL)
    share = (time.process_time() - began) / (rounds * INTERVAL)
    size = sum(map(len, reports)) / len(reports) / 1024
    return Row(
        f"master merging {WORKERS} workers x {NAMES * 3} series every 3 s ({size:.0f} KiB each)",
        f"<= {GOAL:.0%} of a core",
        f"{share:.1%}",
        "-",
        share <= GOAL,
    )


if __name__ == "__main__":
    print(measure())
