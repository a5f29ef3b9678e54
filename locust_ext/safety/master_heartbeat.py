"""A worker's dead man's switch: without a word of its master for a minute it ends.

Law: the same minute as Locust's own, counted on the monotonic clock: Locust looks at the wall clock, and a worker would
quit when somebody moves that by an hour.
"""

from __future__ import annotations

import logging
import math
from time import monotonic
from typing import Any

import gevent
from locust.runners import MASTER_HEARTBEAT_TIMEOUT

from locust_ext.process.part import Listener, Part
from locust_ext.process.supervised import Stake, Work

logger = logging.getLogger(__name__)

WATCHING = Work("the watch over the master", Stake.SAFETY, lasts=True)


class MasterHeartbeat(Part[Any, Any]):
    """Watches over the master of one worker."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._heard = monotonic()

    def listeners(self) -> list[Listener]:
        """Hear the master's heartbeats."""
        return [("heartbeat_received", lambda **_: self.hear())]

    def install(self) -> None:
        """Begin to watch."""
        WATCHING.start(self._watch)

    def hear(self) -> None:
        """Take a heartbeat of the master, and take Locust's own clock out of the game."""
        self._heard = monotonic()
        self._runner.last_heartbeat_timestamp = math.inf

    def _watch(self) -> None:
        while monotonic() - self._heard < MASTER_HEARTBEAT_TIMEOUT:
            gevent.sleep(1)
        logger.error("no word of the master for %d s: this worker ends", MASTER_HEARTBEAT_TIMEOUT)
        self._runner.quit()
