"""What one request costs from its beginning to its event, with Locust's real clients: all of them but the sending.

Everything that a request meets in a run is there: the seam at the client notes its beginning, the recorder hears its
event beside Locust's own statistics. In a scenario at an arrival rate an event carries the scenario's tags and counts
twice: since it was sent, and since its iteration was due.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gevent
from geventhttpclient.response import HTTPResponse
from locust import FastHttpUser, HttpUser
from locust.contrib.fasthttp import FastResponse
from locust.env import Environment
from requests import Request, Response
from side_by_side import Row, added, in_turns

from locust_ext.clients.fasthttp import FastSession
from locust_ext.clients.requests_client import RequestsSession
from locust_ext.clients.sessions import Session
from locust_ext.measure.iteration_context import IterationContext, begin
from locust_ext.measure.recorder import Recorder
from locust_ext.process.last_word import hear_first

REQUESTS = 100
"""Of one turn: a millisecond or two, shorter than most moods of such a machine."""

TURNS = 500
GOAL = 3.0
HOST = "http://127.0.0.1:8080"
CONTEXT = {"tags": {"endpoint": "feed"}}
LATE = 1.5


@dataclass(frozen=True)
class Way:
    """One way in which a run sends its requests."""

    client: str
    reports: bool
    """Whether user code reports the result, in a ``with`` block, as the shipped scenarios do."""
    at_a_rate: bool

    def __str__(self) -> str:
        """Return what it is called in the table."""
        block = ", catch_response" if self.reports else ""
        return f"{self.client}{block}{', in a scenario at a rate' if self.at_a_rate else ''}"


WAYS = tuple(itertools.starmap(Way, itertools.product(("FastHttpUser", "HttpUser"), (False, True), (False, True))))


class Fast(FastHttpUser):
    """A user over geventhttpclient."""

    host = HOST


class Plain(HttpUser):
    """A user over requests."""

    host = HOST


def _fast_client(environment: Environment) -> Any:
    """Return the client of a FastHttpUser whose sending is an answer that it has at hand."""
    client = Fast(environment).client
    answer = HTTPResponse()
    answer.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    def send(*_: Any, **__: Any) -> FastResponse:
        response = FastResponse(answer)
        response._cached_content = b"x"  # noqa: SLF001 what read() would have kept there
        return response

    client._send_request_safe_mode = send  # noqa: SLF001 the only place behind all that Locust does itself
    return client


def _requests_client(environment: Environment) -> Any:
    """Return the client of an HttpUser whose sending is an answer that it has at hand."""
    client = Plain(environment).client
    request = Request("GET", HOST + "/communities/abc/posts").prepare()

    def send(*_: Any, **__: Any) -> Response:
        response = Response()
        response.status_code, response.request, response._content = 200, request, b"x"  # noqa: SLF001 as sent
        return response

    client._send_request_safe_mode = send  # noqa: SLF001 the only place behind all that Locust does itself
    return client


CLIENTS: dict[str, tuple[Callable[[Environment], Any], Session]] = {
    "FastHttpUser": (_fast_client, FastSession()),
    "HttpUser": (_requests_client, RequestsSession()),
}


def _durations(environment: Environment) -> None:
    """Let events have durations as those of a target have, and not those of an answer at hand."""
    fire, times = environment.events.request.fire, random.Random(1)
    drawn = itertools.cycle([times.lognormvariate(2.5, 0.6) for _ in range(10_000)])

    def told(**event: Any) -> None:
        event["response_time"] = next(drawn)
        fire(**event)

    environment.events.request.fire = told  # type: ignore[method-assign]


def _sent(client: Any, *, reports: bool) -> float:
    """Return microseconds of processor time for one request: other processes may be busy."""
    path, name, get = "/communities/abc/posts?limit=20", "/communities/:id/posts", client.get
    began = time.thread_time()
    if reports:
        for _ in range(REQUESTS):
            with get(path, name=name, catch_response=True, context=CONTEXT):
                pass
    else:
        for _ in range(REQUESTS):
            get(path, name=name, context=CONTEXT)
    return (time.thread_time() - began) / REQUESTS * 1e6


def _pairs(way: Way) -> Iterator[tuple[float, float]]:
    """Send with and without us, in turns, from a greenlet that has an iteration, as each user's has in such a run."""
    make, session = CLIENTS[way.client]
    bare, with_us = Environment(), Environment()
    for environment in (bare, with_us):
        environment.create_local_runner()
        _durations(environment)
    recorder = Recorder()
    recorder.enter_phase("surge")
    recorder.corrects = recorder.by_iteration = way.at_a_rate
    hear_first(with_us.events.request, recorder.on_request)
    seam, stock, ours = session.begins(recorder), make(bare), make(with_us)

    def noted() -> float:
        seam.open()
        try:
            return _sent(ours, reports=way.reports)
        finally:
            seam.close()
            recorder.take()

    if way.at_a_rate:
        begin(IterationContext({"scenario": "soak"}, late=LATE))
    return in_turns(lambda: _sent(stock, reports=way.reports), noted, TURNS)


def measure_one(way: Way) -> tuple[float, float]:
    """Return microseconds that one request costs more with us, and those that it costs without."""
    return added(gevent.spawn(_pairs, way).get())


def _row(way: Way, cost: float, stock: float) -> Row:
    what = f"cost added to one request, begin and event: {way}"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", f"{stock:.2f} us", cost <= GOAL)


def measure() -> Row:
    """Return the row of the way that costs most."""
    return max((_row(way, *measure_one(way)) for way in WAYS), key=lambda row: float(row.ours.split()[0]))


if __name__ == "__main__":
    for one in WAYS:
        print(_row(one, *measure_one(one)))
