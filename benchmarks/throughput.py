"""Requests with everything on, over bare FastHttpUser, when the generator is the bottleneck.

One process sends as fast as it can to a canned server on the other core, and everything of ours is switched on and
off each second. What counts is the generator's processor time for a request, in pairs of neighbouring seconds: its
inverse is the throughput of a saturated core, and the machine's moods, which last longer, fall out of the pairs.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import NoReturn

import gevent
from locust.env import Environment
from saturated import pairs, saturated
from side_by_side import Row

from locust_ext.clients.doors import DOORS
from locust_ext.clients.fasthttp import FastSession
from locust_ext.gates.judge import Judge
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure import hiccup
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.last_word import hear_first
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Guard, Targets
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.safety.tenant import mark_for

GOAL = 0.95


class Everything:
    """All that a run adds: begun requests, events, marks, the guard, the generator's lag, and a judge each second."""

    def __init__(self, environment: Environment, url: str) -> None:
        self._environment, self._recorder = environment, Recorder()
        self._recorder.enter_phase("steady")
        self._beginnings = FastSession().begins(self._recorder)
        self._doors = Interceptors(environment, Admission(self._recorder), DOORS)
        self._mark = mark_for(TenantOptions(token_env="BENCH_TOKEN"), [url])
        self._guard = Guard(Targets.of([url], SafetyOptions()), lambda _: None)
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
        hear_first(self._environment.events.request, self._recorder.on_request)
        self._beginnings.open()
        self._doors.open(mark=self._mark, guard=self._guard)
        self._greenlets = [gevent.spawn(hiccup.watch, self._recorder), gevent.spawn(self._evaluate)]

    def off(self) -> None:
        """Switch all of it off."""
        gevent.killall(self._greenlets)
        self._doors.close()
        self._beginnings.close()
        self._environment.events.request.remove_listener(self._recorder.on_request)

    def _evaluate(self) -> NoReturn:
        while True:
            gevent.sleep(0.5)  # once in each second that it is on
            self._judge.merge(self._recorder.take(), time.monotonic())
            self._judge.outcomes(time.monotonic(), {})
            gevent.sleep(10)


def measure() -> Row:
    """Switch on and off, in turns."""
    os.environ["BENCH_TOKEN"] = "x"
    with saturated() as environment:
        found, bare = pairs(environment, Everything(environment, environment.host))
    ratio = statistics.median(stock / ours for ours, stock in found)
    what = "throughput of a saturated core, everything on / bare FastHttpUser"
    return Row(what, f">= {GOAL}", f"{ratio:.3f}", f"1 ({1 / bare:.0f}/s)", ratio >= GOAL)


if __name__ == "__main__":
    print(measure())
