"""All that a run adds to a request: what the benchmarks mean by everything on."""

from __future__ import annotations

import os
import time
from typing import NoReturn

import gevent
from locust.env import Environment

from locust_ext.clients.begun import RequestsBegun
from locust_ext.clients.doors import DOORS
from locust_ext.clients.keep_alive import KeepAlive
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

TOKEN = "BENCH_TOKEN"
NEVER_REACHED = 10**9


class Everything:
    """Begun requests, kept connections, events, marks, the guard, the generator's lag, and a judge each second.

    With ``capped`` there is a cap, too, which is not reached, and a kill switch that allows.
    """

    def __init__(self, environment: Environment, url: str, *, capped: bool = False) -> None:
        os.environ[TOKEN] = "x"
        self._environment, self._recorder, self._capped = environment, Recorder(), capped
        self._recorder.enter_phase("steady")
        self._admission = Admission(self._recorder)
        self._doors = Interceptors(environment, self._admission, DOORS)
        self._parts = (RequestsBegun(self._recorder), KeepAlive(self._recorder, self._doors.is_users))
        self._mark = mark_for(TenantOptions(token_env=TOKEN), [url])
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
        for part in self._parts:
            part.install()
        if self._capped:
            until = time.monotonic() + 3600
            self._admission.reset()
            self._admission.cap()
            self._admission.lend(NEVER_REACHED, 1.0, until)
            self._admission.vouch(until)
        self._doors.open(mark=self._mark, guard=self._guard, waits=self._capped)
        self._greenlets = [gevent.spawn(hiccup.watch, self._recorder), gevent.spawn(self._evaluate)]

    def off(self) -> None:
        """Switch all of it off."""
        gevent.killall(self._greenlets)
        self._doors.close()
        for part in reversed(self._parts):
            part.let_go()
        self._environment.events.request.remove_listener(self._recorder.on_request)

    def _evaluate(self) -> NoReturn:
        while True:
            gevent.sleep(0.5)  # once in each second that it is on
            self._judge.merge(self._recorder.take(), time.monotonic())
            self._judge.outcomes(time.monotonic(), {})
            gevent.sleep(10)
