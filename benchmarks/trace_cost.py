"""What trace context costs a request, on its own steps: where the request leaves, and where its duration comes.

Within a whole request it drowns in the noise. Each step is done by what stands there in a run, with and without traces:
some requests are chosen and given a header, and each duration is compared with the slowest that are known. In a run
without it nothing is there to be measured: what stands at each place is what stood there before.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
from geventhttpclient.header import Headers
from locust import FastHttpUser, HttpUser
from requests.structures import CaseInsensitiveDict
from side_by_side import Row, in_turns

from locust_ext.clients import fasthttp, requests_client
from locust_ext.clients.lean import traced
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.clients.tracer import Tracer, TracesOfRequests
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.trace_context import TraceIds, gaps
from locust_ext.safety.origin import Origins

REQUESTS, TURNS = 500, 400
GOAL = 1.0
HOST = "http://127.0.0.1:8080"
SHARES = (0.01, 0.1, 1.0)
USUAL = 0.01
BATCH = 256

SENT = b"GET /feed HTTP/1.1\r\nuser-agent: python\r\naccept-encoding: gzip, deflate, br\r\nhost: 127.0.0.1:8080\r\n\r\n"


def _tracer(share: float, recorder: Recorder) -> Tracer:
    chance = random.Random(1)
    return Tracer(TraceIds(1, 2), gaps(share, chance.random), Origins.of([HOST]), lambda _: False, recorder.open.opened)


def _fast(tracer: Tracer) -> tuple[Callable[[], object], Callable[[], object]]:
    request = SimpleNamespace(url=f"{HOST}/feed", headers=Headers({"accept-encoding": "gzip"}))

    def urlopen(_: Any, request: Any) -> None:
        dict.pop(request.headers, "traceparent", None)  # as the next request has none

    wrapped = fasthttp.trace(tracer, urlopen)
    return lambda: urlopen(None, request), lambda: wrapped(None, request)


def _plain(tracer: Tracer) -> tuple[Callable[[], object], Callable[[], object]]:
    prepared = SimpleNamespace(url=f"{HOST}/feed", headers=CaseInsensitiveDict({"accept-encoding": "gzip"}))
    session = SimpleNamespace(rebuild_auth=requests_client.trace_redirect(tracer, print))

    def prepare(_: Any, __: Any) -> Any:
        prepared.headers._store.pop("traceparent", None)  # noqa: SLF001 as the next request has none
        return prepared

    wrapped = requests_client.trace(tracer, prepare)
    return lambda: prepare(session, None), lambda: wrapped(session, None)


def _lean(tracer: Tracer) -> tuple[Callable[[], object], Callable[[], object]]:
    kind = SimpleNamespace(url=f"{HOST}/feed")

    def fill(_: Any, __: Any, ___: Any) -> bytes:
        return SENT

    wrapped = traced.in_heads(tracer, fill)
    return lambda: fill(None, kind, None), lambda: wrapped(None, kind, None)  # type: ignore[arg-type]


WAYS = {HttpUser: _plain, FastHttpUser: _fast, LeanHttpUser: _lean}


def _timed(leave: Callable[[], object], values: list[float | None], durations: Any) -> float:
    """Return microseconds of processor time for the steps of one request."""
    began = time.thread_time()
    for _ in range(REQUESTS):
        leave()
        values.append(next(durations))
        if len(values) >= BATCH:
            values.clear()
    return (time.thread_time() - began) / REQUESTS * 1e6


def _costs(users: type[Any], share: float) -> list[float]:
    recorder, chance = Recorder(), random.Random(1)
    tracer, durations = (
        _tracer(share, recorder),
        itertools.cycle([chance.lognormvariate(2.5, 0.6) for _ in range(9_973)]),
    )
    bare, with_traces = WAYS[users](tracer)
    recorder.traces.traces = TracesOfRequests(recorder.open.opened)
    plain: list[float | None] = []
    watched = recorder.traces.durations("GET", "/feed", 200, "steady")
    pairs = in_turns(lambda: _timed(bare, plain, durations), lambda: _timed(with_traces, watched, durations), TURNS)
    return sorted(second - first for first, second in pairs)


def measure_one(users: type[Any], share: float) -> float:
    """Return microseconds that the steps of one request take more with trace context, in most turns."""
    costs: list[float] = gevent.spawn(_costs, users, share).get()
    return costs[len(costs) // 2]


def _row(users: type[Any], share: float) -> Row:
    cost = measure_one(users, share)
    what = f"cost of trace context on {share:.0%} of requests, {users.__name__}"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", "-", cost <= GOAL)


def measure() -> Row:
    """Return the row of the client that it costs most, at the usual share."""
    return max((_row(users, USUAL) for users in WAYS), key=lambda row: float(row.ours.split()[0]))


if __name__ == "__main__":
    for one, wanted in itertools.product(WAYS, SHARES):
        print(_row(one, wanted), file=sys.stdout, flush=True)
