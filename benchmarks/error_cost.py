"""What an event of a request that failed costs beside one that succeeded: of a kind that is known, and the first.

In a run in which everything fails, each request pays it. A success pays nothing: it does not come by.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from requests import Response
from side_by_side import Row, added, in_turns

from locust_ext.clients.answers import Answers
from locust_ext.measure.recorder import Recorder

EVENTS, TURNS, FIRSTS = 200, 300, 50
GOAL = 1.0
ERROR = ValueError("the service is busy")


def _answer(status: int) -> Response:
    response = Response()
    response.status_code, response._content = status, b'{"error": "busy", "waiting": 250}' * 30  # noqa: SLF001 as it came
    response.headers.update({f"X-Header-{number}": "value " * 5 for number in range(15)})
    return response


def _told(recorder: Recorder, name: str, response: Response, exception: Exception | None) -> float:
    """Return microseconds of processor time for one event."""
    hear = recorder.on_request
    began = time.thread_time()
    for _ in range(EVENTS):
        hear(
            request_type="GET", name=name, response_time=12.5, response=response, context=None, exception=exception,
            response_length=10, start_time=0.0, url=name,
        )  # fmt: skip
    return (time.thread_time() - began) / EVENTS * 1e6


def _pairs() -> Iterator[tuple[float, float]]:
    """Tell of successes and of failures in turns; both are answered alike: only what is said of them differs."""
    recorder = Recorder()
    recorder.errors.witness = Answers()
    response = _answer(503)

    def both(exception: Exception | None) -> float:
        cost = _told(recorder, "/communities/:id/posts", response, exception)
        recorder.take()
        return cost

    both(ERROR)
    return in_turns(lambda: both(None), lambda: both(ERROR), TURNS)


def first_of_its_kind() -> tuple[float, float]:
    """Return microseconds that the first of a kind takes where it fails, and later where it is told."""
    costs = []
    for _ in range(20):
        recorder = Recorder()
        recorder.errors.witness = Answers()
        responses = [_answer(503) for _ in range(FIRSTS)]
        began = time.thread_time()
        for number, response in enumerate(responses):
            recorder.errors.note("GET", f"/{number}", 503, ERROR, response, 1.0)
        noted = time.thread_time()
        assert len(recorder.take_errors(ends=True)) == FIRSTS
        costs.append(((noted - began) / FIRSTS * 1e6, (time.thread_time() - noted) / FIRSTS * 1e6))
    return min(one for one, _ in costs), min(one for _, one in costs)


def measure() -> Row:
    """Return the row of a failure of a known kind."""
    cost, stock = added(_pairs())
    what = "cost added to an event that failed, of a known kind"
    return Row(what, f"<= {GOAL} us", f"+{cost:.2f} us", f"{stock:.2f} us", cost <= GOAL)


if __name__ == "__main__":
    print(measure())
    noted, told = first_of_its_kind()
    print(f"the first of a kind: {noted:.0f} us where it fails, {told:.0f} us where it is told")
