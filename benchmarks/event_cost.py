"""What one request costs from its beginning to its event, with the recorder beside Locust's own statistics."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
from locust.env import Environment
from side_by_side import Row, in_turns

from locust_ext.clients.beginning import noting
from locust_ext.clients.fasthttp import SentByFastHttp
from locust_ext.measure.occasion import Occasion, begin
from locust_ext.measure.recorder import Recorder

EVENTS = 10_000
GOAL = 3.0
TIMES = [random.Random(1).lognormvariate(2.5, 0.6) for _ in range(EVENTS)]


class Client:
    """What a client of Locust's does but for the sending: it is called, and its answer fires the event."""

    user = None
    request_name = None

    def __init__(self, environment: Environment) -> None:
        self._fire = environment.events.request.fire
        self._times = iter(TIMES)
        self._response = SimpleNamespace(status_code=200)

    def request(self, method: str, url: str, name: str | None = None, *, context: Any = None) -> SimpleNamespace:
        """Answer, and say so."""
        self._fire(
            request_type=method,
            name=name or url,
            response_time=next(self._times),
            response_length=1000,
            response=self._response,
            context=context,
            exception=None,
            start_time=0.0,
            url=url,
        )
        return self._response


def _request_all(request: Callable[..., Any], environment: Environment) -> float:
    """Return microseconds of processor time for one request: other processes may be busy."""
    client, context = Client(environment), {"tags": {"endpoint": "feed"}}
    began = time.thread_time()
    for _ in TIMES:
        request(client, "GET", "http://127.0.0.1/communities/abc/posts", name="/communities/:id/posts", context=context)
    return (time.thread_time() - began) / EVENTS * 1e6


def _as_a_user(request: Callable[..., Any], environment: Environment) -> float:
    """Send the requests from a greenlet that has an occasion, as each user's has in such a run."""

    def send() -> float:
        begin(Occasion({"scenario": "soak"}, late=1.5))
        return _request_all(request, environment)

    return gevent.spawn(send).get()


def measure(*, scenario: bool = False) -> Row:
    """Compare requests with and without us, in turns; those of a scenario carry its tags, and count twice."""
    bare, with_us = Environment(), Environment()
    for environment in (bare, with_us):
        environment.create_local_runner()
    recorder = Recorder()
    recorder.enter_phase("surge")
    recorder.corrects = recorder.occasions = scenario
    with_us.events.request.add_listener(recorder.on_request)
    noted = noting(recorder, SentByFastHttp)(Client.request)
    pairs = in_turns(lambda: _as_a_user(Client.request, bare), lambda: _as_a_user(noted, with_us), 41)
    added = statistics.median(ours - stock for stock, ours in pairs)
    stock = statistics.median(stock for stock, _ in pairs)
    where = " in a scenario at a rate" if scenario else ""
    what = f"cost added to one request, begin and event{where}"
    return Row(what, f"<= {GOAL} us", f"+{added:.2f} us", f"{stock:.2f} us", added <= GOAL)


if __name__ == "__main__":
    print(measure())
    print(measure(scenario=True))
