"""Locust's log, without the three lines that every tick of a shape would add.

Law: only lines that our progress line replaces are dropped, and only while one of our shapes runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

_REPLACED = (
    "Shape test updating to",
    "Ramping to",
    "All users spawned",
    "Sending spawn jobs",
    "Spawning is complete and report",
    "Your selected spawn rate is very high",
)


def quiet_ticks(active: Callable[[], bool]) -> Callable[[], None]:
    """Drop those lines from now on, whenever ``active`` says so; return what ends that, and lets go of ``active``."""
    log = logging.getLogger("locust.runners")

    def is_shown(record: logging.LogRecord) -> bool:
        return not (active() and str(record.msg).startswith(_REPLACED))

    log.addFilter(is_shown)
    return lambda: log.removeFilter(is_shown)
