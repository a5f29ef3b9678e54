"""What trace context costs a request: Locust's real clients and ours, all of them but the sending, with and without it.

Both sides have what a run has anyway: the seam at the client and the recorder. With trace context, some requests are
chosen and given a header, and each event is compared with the slowest ones that are known. Without it nothing is there
to be measured: what stands at each place is what stood there before.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from types import SimpleNamespace
from typing import Any

import gevent
from geventhttpclient.response import HTTPResponse
from locust import FastHttpUser, HttpUser
from locust.contrib.fasthttp import FastResponse, LocustUserAgent
from locust.env import Environment
from requests import Response, Session
from side_by_side import Row, added, in_turns

from locust_ext.clients.begun import RequestsBegun
from locust_ext.clients.lean import session as lean
from locust_ext.clients.lean.pool import Connections
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.clients.tracing import TraceTold, Tracing
from locust_ext.measure.recorder import Recorder
from locust_ext.process.last_word import hear_first

REQUESTS, TURNS, WARM = 200, 200, 50
GOAL = 1.0
HOST = "http://127.0.0.1:8080"
SHARES = (0.01, 0.1, 1.0)
JUDGED = 0.01
"""The share that is usual: the row of the table is of it."""

CAME = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"


def _answer_at_hand(_: Any, request: Any) -> FastResponse:
    answer = HTTPResponse()
    answer.feed(CAME)
    response = FastResponse(answer, request=request)
    response._cached_content = b"x"  # noqa: SLF001 what read() would have kept there
    return response


def _response_at_hand(_: Any, request: Any, **__: Any) -> Response:
    response = Response()
    response.status_code, response.request, response._content = 200, request, b"x"  # noqa: SLF001 as it came
    return response


_LEAN = SimpleNamespace(
    answer=SimpleNamespace(
        ended=1, begun=1, first=200, interim=False, body=[b"x"], should_keep_alive=lambda: True, begin=lambda: None
    )
)


def _send_nothing() -> None:
    """Have all clients an answer at hand instead of sending."""
    LocustUserAgent._urlopen = _answer_at_hand  # type: ignore[method-assign]  # noqa: SLF001 the only place behind all that is measured
    Session.send = _response_at_hand  # type: ignore[method-assign]
    lean.converse = lambda *_: (CAME, None, None)  # type: ignore[assignment]
    Connections.take = lambda _: _LEAN  # type: ignore[method-assign,assignment,return-value]
    Connections.return_socket = lambda *_: None  # type: ignore[method-assign]


def _durations(environment: Environment) -> None:
    """Let events have durations as those of a target have, and not those of an answer at hand."""
    fire, times = environment.events.request.fire, random.Random(1)
    drawn = itertools.cycle([times.lognormvariate(2.5, 0.6) for _ in range(10_000)])

    def told(**event: Any) -> None:
        event["response_time"] = next(drawn)
        fire(**event)

    environment.events.request.fire = told  # type: ignore[method-assign]


def _sent(client: Any) -> float:
    """Return microseconds of processor time for one request: other processes may be busy."""
    path, name, get = "/communities/abc/posts?limit=20", "/communities/:id/posts", client.get
    for _ in range(WARM):
        get(path, name=name)
    began = time.thread_time()
    for _ in range(REQUESTS):
        get(path, name=name)
    return (time.thread_time() - began) / REQUESTS * 1e6


def _pairs(users: type[Any], share: float) -> list[tuple[float, float]]:
    environment = Environment(user_classes=[], host=HOST)
    environment.create_local_runner()
    _durations(environment)
    recorder = Recorder()
    hear_first(environment.events.request, recorder.on_request)
    begun = RequestsBegun(recorder)
    begun.install()
    tracing = Tracing(environment, recorder, lambda _: False)
    client = type("Reader", (users,), {"host": HOST})(environment).client
    told = TraceTold(share=share, sampled=True, origins=())

    def measured(*, traced: bool) -> float:
        tracing.follow(told, "run")  # on both sides, since the interpreter has to learn again what a class has
        if not traced:
            tracing.leave()
        recorder.take()
        try:
            return _sent(client)
        finally:
            tracing.leave()
            recorder.take()
            recorder.take_traces()

    pairs = in_turns(lambda: measured(traced=False), lambda: measured(traced=True), TURNS)
    begun.let_go()
    return pairs


def measure_one(users: type[Any], share: float) -> tuple[float, float]:
    """Return microseconds that one request costs more with trace context, and those that it costs without."""
    return added(gevent.spawn(_pairs, users, share).get())


def _row(users: type[Any], share: float, cost: float, stock: float) -> Row:
    what = f"cost of trace context on {share:.0%} of requests, {users.__name__}"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", f"{stock:.2f} us", cost <= GOAL)


def measure() -> Row:
    """Return the row of the client that it costs most, at the usual share."""
    _send_nothing()
    rows = (_row(users, JUDGED, *measure_one(users, JUDGED)) for users in (HttpUser, FastHttpUser, LeanHttpUser))
    return max(rows, key=lambda row: float(row.ours.split()[0]))


if __name__ == "__main__":
    _send_nothing()
    for one, wanted in itertools.product((HttpUser, FastHttpUser, LeanHttpUser), SHARES):
        print(_row(one, wanted, *measure_one(one, wanted)), file=sys.stdout, flush=True)
