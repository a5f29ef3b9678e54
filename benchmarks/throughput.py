"""Requests with everything on, over bare FastHttpUser, when the generator is the bottleneck.

One process sends as fast as it can to a canned server on the other core, and everything of ours is switched on and
off each second. What counts is the generator's processor time for a request, in pairs of neighbouring seconds: its
inverse is the throughput of a saturated core, and the machine's moods, which last longer, fall out of the pairs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment
from side_by_side import Row

from locust_ext.gates.judge import Judge
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure import hiccup
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.safety.doors import Doors
from locust_ext.safety.guard import Guard, Territory
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.safety.passage import Passage
from locust_ext.safety.tenant import mark_for

GOAL = 0.95
PAIRS = 60
USERS = 20


class Fast(FastHttpUser):
    """Reads the feed as the shipped scenario does, without a pause."""

    wait_time = constant(0)

    @task
    def feed(self) -> None:
        """Read the latest posts."""
        tags = {"tags": {"endpoint": "feed"}}
        path = "/communities/abc/posts?limit=20"
        with self.client.get(path, name="/communities/:id/posts", catch_response=True, context=tags) as response:
            if response.status_code >= 500:
                response.failure(f"server error {response.status_code}")


class Everything:
    """All that a run adds to a generator: recording, marks, the guard, its own lag, and a judge each second."""

    def __init__(self, environment: Environment, url: str) -> None:
        self._environment, self._recorder = environment, Recorder()
        self._recorder.enter_phase("steady")
        self._doors = Doors(environment, Passage(self._recorder))
        self._mark = mark_for(TenantOptions(token_env="BENCH_TOKEN"), [url])
        self._guard = Guard(Territory.of([url], SafetyOptions()), lambda _: None)
        duration, failed = parse_selector("http_req_duration{endpoint:feed}"), parse_selector("http_req_failed")
        self._judge = Judge(
            [
                Threshold(duration, parse_assertion("p(95)<400"), Kind.TREND),
                Threshold(duration, parse_assertion("p(99)<1200"), Kind.TREND, window=5.0),
                Threshold(failed, parse_assertion("rate<0.01"), Kind.RATE),
            ]
        )
        self._greenlets: list[gevent.Greenlet] = []

    def on(self) -> None:
        """Switch all of it on."""
        self._environment.events.request.add_listener(self._recorder.on_request)
        self._doors.open(mark=self._mark, guard=self._guard)
        self._greenlets = [gevent.spawn(hiccup.watch, self._recorder), gevent.spawn(self._evaluate)]

    def off(self) -> None:
        """Switch all of it off."""
        gevent.killall(self._greenlets)
        self._doors.close()
        self._environment.events.request.remove_listener(self._recorder.on_request)

    def _evaluate(self) -> NoReturn:
        while True:
            gevent.sleep(0.5)  # once in each second that it is on
            self._judge.merge(self._recorder.take(), time.monotonic())
            self._judge.outcomes(time.monotonic(), {})
            gevent.sleep(10)


def _second(environment: Environment) -> float:
    """Return requests for each second of processor time, over one second."""
    requests, cpu = environment.stats.total.num_requests, time.process_time()
    gevent.sleep(1)
    return (environment.stats.total.num_requests - requests) / (time.process_time() - cpu)


def measure() -> Row:
    """Switch on and off, in turns."""
    os.environ["BENCH_TOKEN"] = "x"
    cores = sorted(os.sched_getaffinity(0))
    command = ["taskset", "-c", str(cores[0]), sys.executable, str(Path(__file__).with_name("canned.py"))]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    os.sched_setaffinity(0, {cores[-1]})
    try:
        url = server.stdout.readline().strip()
        environment = Environment(user_classes=[Fast], host=url)
        runner = environment.create_local_runner()
        runner.start(USERS, spawn_rate=USERS)
        gevent.sleep(2)
        everything, ratios, stock = Everything(environment, url), [], []
        stock.append(_second(environment))
        for _ in range(PAIRS):
            everything.on()
            ours = _second(environment)
            everything.off()
            stock.append(_second(environment))
            ratios.append(ours / statistics.mean(stock[-2:]))  # between two neighbours, so that a drift falls out
        runner.quit()
    finally:
        server.terminate()
        server.wait()
        os.sched_setaffinity(0, cores)
    ratio = statistics.median(ratios)
    what = "throughput of a saturated core, everything on / bare FastHttpUser"
    return Row(what, f">= {GOAL}", f"{ratio:.3f}", f"1 ({statistics.median(stock):.0f}/s)", ratio >= GOAL)


if __name__ == "__main__":
    print(measure())
