"""What people watch of a run while it lasts: gathered where there is a web UI, and told a little at a time.

Law: it decides nothing, and a headless run has none of it. In a process that makes load it never works for longer than
a few milliseconds before others have their turn.
"""

from __future__ import annotations

from typing import Any

import gevent

from locust_ext.measure.live_timeline import LiveTimeline
from locust_ext.process.part import Part
from locust_ext.process.supervised import Stake, Work
from locust_ext.run.controller import RunController
from locust_ext.run.turns import take_turns

SETTLING = Work("the figures that people watch", Stake.LOOKS)

EVERY = 1.0

WITH_WORKERS = 4.0
"""Seconds of a slice where workers report every three."""


class LiveWatch(Part[Any, Any]):
    """Has each run of an environment gather what the live page shows."""

    def __init__(self, environment: Any, controller: RunController) -> None:
        self._environment, self._controller = environment, controller
        self._greenlet: gevent.Greenlet | None = None

    def begins(self, intent: Any, run: str) -> None:  # noqa: ARG002 the controller has it
        """Begin to gather, where somebody may watch."""
        current = self._controller.run
        if current is None or self._environment.web_ui is None:
            return
        has_workers = hasattr(self._environment.runner, "clients")
        width = WITH_WORKERS if has_workers else 1.0
        watched = current.watched = LiveTimeline(width, has_workers=has_workers)
        self._greenlet = SETTLING.start(_settle, watched)

    def leave(self) -> None:
        """Tell no more by itself; what is there stays until the next run."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None


def _settle(watched: LiveTimeline) -> None:
    while True:
        take_turns(watched.settle())
        gevent.sleep(EVERY)
