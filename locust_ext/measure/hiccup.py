"""The load generator's own lag: how late it wakes when it should.

Law: a pause counts for as long as it lasts. A sampler that sleeps through a pause would see it once, so the wake-ups
it missed are filled in, each as late as it would have been (the method of Gil Tene's jHiccup).
"""

from __future__ import annotations

import time
from typing import NoReturn

import gevent

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.supervised import Work

WATCHING = Work("the measurement of the generator's lag", lasts=True)

PAUSE = 0.1
"""Seconds that a wake-up is late from which on it is a pause."""

INTERVAL = 0.02
"""Seconds between wake-ups: 50 a second cost about a thousandth of a core."""


def lags(late: float, interval: float = INTERVAL) -> list[float]:
    """Return the lags, in seconds, of a wake-up that was ``late`` and of those that it swallowed."""
    return [max(0.0, late - missed * interval) for missed in range(int(late / interval) + 1)]


def watch(recorder: Recorder) -> NoReturn:
    """Record ``generator_lag`` and ``generator_pauses`` for ever; run it in a greenlet of its own."""
    while True:
        due = time.perf_counter() + INTERVAL
        gevent.sleep(INTERVAL)
        behind = max(0.0, time.perf_counter() - due)
        if behind > PAUSE:
            recorder.add("generator_pauses", Kind.COUNTER, 1)
        for late in lags(behind):
            recorder.add("generator_lag", Kind.TREND, late * 1000)
