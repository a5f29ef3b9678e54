"""What one request event costs with the recorder beside Locust's own statistics."""

from __future__ import annotations

import random
import statistics
import time
from types import SimpleNamespace

import gevent
from locust.env import Environment
from side_by_side import Row, in_turns

from locust_ext.measure.occasion import Occasion, begin
from locust_ext.measure.recorder import Recorder

EVENTS = 50_000
GOAL = 3.0


def _fire_all(environment: Environment, times: list[float]) -> float:
    """Return microseconds for one event."""
    response, context = SimpleNamespace(status_code=200), {"tags": {"endpoint": "feed"}}
    fire = environment.events.request.fire
    began = time.perf_counter()
    for duration in times:
        fire(
            request_type="GET",
            name="/communities/:id/posts",
            response_time=duration,
            response_length=1000,
            response=response,
            context=context,
            exception=None,
            start_time=0.0,
            url="http://127.0.0.1/communities/abc/posts",
        )
    return (time.perf_counter() - began) / len(times) * 1e6


def _as_a_user(environment: Environment, times: list[float]) -> float:
    """Fire the events from a greenlet that has an occasion, as each user's has in such a run."""

    def fire() -> float:
        begin(Occasion({"scenario": "soak"}, late=1.5))
        return _fire_all(environment, times)

    return gevent.spawn(fire).get()


def measure(*, scenario: bool = False) -> Row:
    """Compare events with and without us, in turns; those of a scenario carry its tags, and count twice."""
    times = [random.Random(1).lognormvariate(2.5, 0.6) for _ in range(EVENTS)]
    bare, with_us = Environment(), Environment()
    for environment in (bare, with_us):
        environment.create_local_runner()
    recorder = Recorder()
    recorder.enter_phase("surge")
    recorder.corrects = recorder.occasions = scenario
    with_us.events.request.add_listener(recorder.on_request)
    pairs = in_turns(lambda: _as_a_user(bare, times), lambda: _as_a_user(with_us, times), 9)
    added = statistics.median(ours - stock for stock, ours in pairs)
    stock = statistics.median(stock for stock, _ in pairs)
    where = " in a scenario at a rate" if scenario else ""
    return Row(
        f"cost added to one request event{where}", f"<= {GOAL} us", f"+{added:.2f} us", f"{stock:.2f} us", added <= GOAL
    )


if __name__ == "__main__":
    print(measure())
    print(measure(scenario=True))
