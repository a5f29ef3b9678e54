"""One start at a time: anyone who presses Start while a test is being started is told so, and nothing happens.

Law: Locust's page kills a start that is under way and begins another one. Killed in the middle of ``test_start``, a run
has begun for some and not for others: its workers wait for users that never come. Once users are being made, another
form is an edit, as ever. Nor does a test begin before the one before has ended: Locust says "stopped" as soon as no
user is left, and what ends that test then would end the next one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import gevent
from locust.runners import STATE_INIT, STATE_RUNNING, STATE_SPAWNING

from locust_ext.process.seam import Seam
from locust_ext.text.problems import ConfigurationError, Problem

BUSY = "wait until it runs, or press Stop first"
HEADING = "a test is being started already; this one was not"
ENDING = "press again in a moment"
ENDING_HEADING = "the test before is still ending; this one was not started"

PATIENCE = 15.0
"""Seconds in which a test that has stopped is judged and reported, before the next one is refused."""


class OneStart:
    """Stands where a runner starts a test."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._preparing = False
        self._starting = self._ending = 0
        self._ends = Seam(runner, "stop", self._around_the_end)
        self._seam = Seam(runner, "start" if hasattr(runner, "clients") else "_start", self._around)

    def install(self) -> None:
        """Stand there."""
        for seam in (self._seam, self._ends):
            if hasattr(self._runner, seam.name):
                seam.open()

    @property
    def is_ending(self) -> bool:
        """Whether a test is being ended: also when its users have gone, until it is judged."""
        return self._ending > 0

    @property
    def is_under_way(self) -> bool:
        """Whether a test is being started, and has no users yet."""
        state = self._runner.state
        if state in (STATE_SPAWNING, STATE_RUNNING):
            return False
        shape = getattr(self._runner, "shape_greenlet", None)
        waits = state == STATE_INIT and shape is not None and not shape.dead
        return self._preparing or self._starting > 0 or waits

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Prepare a start, when the test before has ended; raises ConfigurationError while another is under way."""
        until = monotonic() + PATIENCE
        while self.is_ending and monotonic() < until:
            gevent.sleep(0.05)
        if self.is_ending:
            raise ConfigurationError([Problem("", ENDING)], ENDING_HEADING)
        if self.is_under_way:
            raise ConfigurationError([Problem("", BUSY)], HEADING)
        self._preparing = True
        try:
            yield
        finally:
            self._preparing = False

    def _around_the_end(self, stop: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(stop)
        def stopped(*arguments: Any, **options: Any) -> Any:
            self._ending += 1
            try:
                return stop(*arguments, **options)
            finally:
                self._ending -= 1

        return stopped

    def _around(self, start: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(start)
        def started(*arguments: Any, **options: Any) -> Any:
            self._starting += 1
            try:
                return start(*arguments, **options)
            finally:
                self._starting -= 1

        return started
