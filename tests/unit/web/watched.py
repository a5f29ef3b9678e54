"""A run that is watched, made without users and without time: what its processes measured is handed to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from locust_ext.config.plan import Plan
from locust_ext.measure.live_timeline import LiveTimeline
from locust_ext.measure.rows import Measured, read_rows
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.run.context import RunContext
from tests.unit.judging import judging


def second(rng: Random, endpoints: int, each: int = 10) -> Measured:
    """Return what a process measured in a second: so many requests to each endpoint."""
    store = Store()
    for number in range(endpoints):
        tags = tags_of({"name": f"/api/things/{number}", "method": "GET", "phase": "plateau"})
        durations = [rng.lognormvariate(3 + number / endpoints, 0.5) for _ in range(each)]
        store.leaf("http_req_duration", tags, Kind.TREND).record_all(durations)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(int(rng.random() < 0.02), each))
        store.leaf("http_reqs", tags, Kind.COUNTER).add(each)
    return read_rows(store.take())


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch, thresholds: Any = None) -> Iterator[Any]:
    """Give the controller of an environment, with ``start``: begin a run that is watched."""
    with judging(monkeypatch, 5.0, thresholds) as found:

        def begin(**changes: Any) -> Any:
            plan = Plan(**{"name": "feed", "thresholds": found.plan.thresholds, **changes})
            run = found.start(plan, {}, RunContext())
            run.watched = LiveTimeline()
            return run

        found.begin = begin
        yield found
