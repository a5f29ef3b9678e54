"""One end at a time: anyone who ends a master's run while it ends already waits until that is done.

Law: the first end gathers the last reports. A second one (a signal while requests are waited for, the run's time after
a signal, ``--autoquit`` after Stop) would send the workers away and stop listening to them, so that all they had still
to say were lost. That a second signal leaves less time is said to the first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

from locust_ext.process.seam import Seam

LOOK = 0.1
"""Seconds after which it is looked whether the one that ends the run is still there."""


class OneEnd:
    """Stands at ``stop`` of a master's runner, which ``quit`` calls too."""

    def __init__(self, runner: Any) -> None:
        self._runner, self._by = runner, None
        self._done = Event()
        self._seam = Seam(runner, "stop", self._around)

    def install(self) -> None:
        """Stand there, where there are workers to listen to."""
        if hasattr(self._runner, "clients"):
            self._seam.open()

    def _around(self, stop: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(stop)
        def stopped(*arguments: Any, **options: Any) -> Any:
            current = gevent.getcurrent()
            self._wait(current)
            if self._by is not None:
                return stop(*arguments, **options)
            self._by = current
            self._done.clear()
            try:
                return stop(*arguments, **options)
            finally:
                self._by = None
                self._done.set()

        return stopped

    def _wait(self, current: Any) -> None:
        """Wait for an end that somebody else is at; the runner's own greenlets go on, they are what it hears with."""
        while self._by is not None and self._by is not current and current not in self._runner.greenlet:
            if self._by.dead:
                self._by = None
            else:
                self._done.wait(LOOK)
