"""Memory over 2 million requests and 8 hours of intervals, with everything that is kept of a run: flat."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import gevent
import psutil
from side_by_side import Row

from locust_ext.config.plan import Plan
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.interval_history import IntervalHistory
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.run import journalling
from locust_ext.run.journalling import Journalling
from locust_ext.run.run import Run

REQUESTS, HOURS, EVERY = 2_000_000, 8, 10
A_LOOK = REQUESTS // (HOURS * 3600 // EVERY)
NAMES = [f"/endpoint/{number}" for number in range(10)]
GOAL_BYTES = 16.0
"""In the second half. What is left fills up: the 240 slices of the timeline hold ever more of the different durations
that there are, 10 bytes each, at most some 30 MB."""


def measure() -> Row:
    """Record 2 million requests over 8 virtual hours: judge, timeline, history, journal and its files."""
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.virtual_time import virtual_time

    process, draw, began = psutil.Process(), random.Random(1), time.perf_counter()
    after: list[int] = []
    with tempfile.TemporaryDirectory() as place, virtual_time():
        limit = Threshold(parse_selector("http_req_duration"), parse_assertion("p(99)<1200"), Kind.TREND, window=60)
        run = Run(Plan("days", thresholds=(limit,)), {}, "2026-11-28T00:00:00+00:00", journalling.time.monotonic())
        options = SimpleNamespace(run_time=HOURS * 3600)
        controller = SimpleNamespace(run=run, result=None, outcomes=(), mention=print)
        part = Journalling(SimpleNamespace(shape_class=None, parsed_options=options), controller)
        part.begins(place, run.id)
        recorder, history = Recorder(), IntervalHistory()
        response = SimpleNamespace(status_code=200)
        for look in range(1, HOURS * 3600 // EVERY + 1):
            for _ in range(A_LOOK):
                name = NAMES[draw.randrange(10)]
                recorder.on_request("GET", name, draw.lognormvariate(3, 0.5), response=response, exception=None)
            now = journalling.time.monotonic()
            run.take(recorder.take(), now, EVERY)
            run.look(100, 20.0, now)
            history.add(run.at(now), draw.random())
            part.note(run.at(now), {(name, "api"): draw.random() for name in ("fds", "rss", "threads")})
            controller.outcomes = run.outcomes(now)
            gevent.sleep(EVERY)
            if look % (3600 // EVERY) == 0:
                after.append(process.memory_info().rss)
        written = sum(file.stat().st_size for file in Path(place).iterdir())
        part.leave()
    each = (after[-1] - after[HOURS // 2 - 1]) / (REQUESTS / 2)
    print(f"  {written >> 10} KiB on disk; {time.perf_counter() - began:.0f} s; MiB: {[one >> 20 for one in after]}")
    held = each <= GOAL_BYTES
    return Row("memory growth per request over 8 hours", f"<= {GOAL_BYTES:g} bytes", f"{each:.2f} bytes", "", held)


if __name__ == "__main__":
    print(measure())
