"""How many users there are, over time, counted where they are.

Law: a process counts its own users, in its own phase, without those that are only finishing. What a worker counts while
its master does not hear it arrives later, and is counted all the same.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, NoReturn

import gevent

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.supervised import Work

COUNTING = Work("the count of users", lasts=True)

USER_SECONDS = "user_seconds"

EVERY = 0.2
"""Seconds from one look to the next."""

_WITH_USERS = frozenset({"spawning", "running"})


def watch(recorder: Recorder, runner: Any) -> NoReturn:
    """Count for ever; run it in a greenlet of its own."""
    looked = perf_counter()
    while True:
        gevent.sleep(EVERY)
        now = perf_counter()
        users = runner.user_count if runner.state in _WITH_USERS else 0
        if users:
            recorder.add(USER_SECONDS, Kind.COUNTER, users * (now - looked))
        looked = now
