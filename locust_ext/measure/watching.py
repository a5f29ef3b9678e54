"""What a process measures of itself, for as long as it lives, and in which phase.

Law: a master has no users of its own to count.
"""

from __future__ import annotations

from typing import Any

import gevent
from locust.runners import MasterRunner

from locust_ext.measure import hiccup, user_seconds
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Phase
from locust_ext.process.part import Part, Registered
from locust_ext.process.wire import Inbox


class Watching(Part[Any, Any]):
    """The generator's own lag, and how many users there are over time."""

    def __init__(self, runner: Any, recorder: Recorder) -> None:
        self._runner, self._recorder = runner, recorder
        self._watches: list[gevent.Greenlet] = []

    def install(self) -> None:
        """Begin to watch."""
        self._watches = [hiccup.WATCHING.start(hiccup.watch, self._recorder)]
        if not isinstance(self._runner, MasterRunner):
            self._watches.append(user_seconds.COUNTING.start(user_seconds.watch, self._recorder, self._runner))

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Take the phases of the run, as they are announced."""
        return [inbox.takes(Phase, lambda _, told: self._recorder.enter_phase(told.name))]

    def leave(self) -> None:
        """Be in no phase: the next run begins in none."""
        self._recorder.enter_phase("")

    def let_go(self) -> None:
        """Watch no more."""
        gevent.killall(self._watches, block=False)
