"""Turns: long work in a process that may make load is done a few milliseconds at a time, and users go on between.

Law: one place says how long, by the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

import gevent

AT_ONCE = 0.004
"""Seconds of work before others have their turn."""


class Turns:
    """The turns of one piece of work."""

    def __init__(self) -> None:
        self._until = monotonic() + AT_ONCE

    def give(self) -> bool:
        """Let others have their turn, if it is time for that; tell whether they had one."""
        if monotonic() <= self._until:
            return False
        gevent.sleep(0)
        self._until = monotonic() + AT_ONCE
        return True


def take_turns(steps: Iterable[Any]) -> None:
    """Take all steps; others have their turn between them."""
    turns = Turns()
    for _ in steps:
        turns.give()
