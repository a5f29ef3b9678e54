"""Locust's own statistics, kept from growing with the length of a run.

Law: nothing that Locust shows or writes changes. It counts requests of each second for each endpoint and keeps all of
them, on a master for as long as the process lives; it looks at the last twelve seconds. A day of 50 endpoints would be
300 MB.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import gevent

from locust_ext.process.part import Part
from locust_ext.process.supervised import Stake, Work

TRIMMING = Work("the trimming of Locust's counts by second", Stake.LOOKS)

EVERY = 60.0
"""Seconds from one look to the next."""

KEPT = 60
"""Seconds whose counts are kept: Locust looks at twelve, and a worker's report may come late."""


class StockStats(Part[Any, Any]):
    """Trims the statistics of one environment while a run lasts, where it is judged."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._greenlet: gevent.Greenlet | None = None

    def begins(self, intent: Any, run: str) -> None:  # noqa: ARG002 what it needs it has
        """Begin to look."""
        self._greenlet = TRIMMING.start(self._look)

    def leave(self) -> None:
        """Look no more."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None:
            greenlet.kill(block=False)

    def _look(self) -> None:
        while True:
            gevent.sleep(EVERY)
            stats = self._environment.stats
            trim(chain([stats.total], list(stats.entries.values())))


def trim(entries: Iterable[Any]) -> None:
    """Forget what was counted more than a minute before the latest request of all."""
    entries = list(entries)
    latest = max((second for entry in entries[:1] for second in entry.num_reqs_per_sec), default=0)
    for entry in entries:
        for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            for second in [second for second in counts if second < latest - KEPT]:
                del counts[second]
