"""The master's side of a run's end: workers are told that it is over, and their last reports are waited for.

Law: every live worker is waited for, for as long as its users may finish and a while beyond; when they get less time,
such as by a signal, the workers are told again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from time import monotonic
from typing import Any

import gevent

from locust_ext.measure.reporting import Drain
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

logger = logging.getLogger(__name__)

FINAL_DEADLINE = 15.0
"""Seconds beyond ``graceful_stop`` (or ``--stop-timeout``) that the master waits for the last reports."""

SOON = 0.02
SAID_AFTER = 1.0
"""Seconds of waiting after which it is said what is waited for."""


class Farewell:
    """Tells workers that a run is over, and waits for their last reports; one for all runs of an environment."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self.order: Callable[[], dict[str, Any]] = lambda: {"limit": None, "waits": True}
        """What workers are told about how their users leave; no ``limit``: as long as ``--stop-timeout`` says."""

    def take(self, run: str, awaited: Callable[[], Collection[str]]) -> None:
        """Tell the workers that ``run`` is over, and wait for those that ``awaited`` still names."""
        began, rest, told = monotonic(), 0.0, False
        order: dict[str, Any] | None = None
        while workers := awaited():
            now = monotonic()
            if (said := self.order()) != order:  # at first, and when a signal leaves less time
                order, began = said, now
                limit = order.get("limit")
                rest = float((self._environment.stop_timeout or 0) if limit is None else limit)
                for worker in workers:
                    Drain(run=run, **order).send(self._environment.runner, worker)
            if now >= began + rest + FINAL_DEADLINE:
                return
            if not told and now >= began + SAID_AFTER:
                told = True
                waits = f"{plural(len(workers), 'worker')}, where requests may still be open"
                logger.info("waiting up to %s for %s", format_duration(round(rest)), waits)
            gevent.sleep(SOON)
