"""What a process measures of itself, for as long as it lives, and in which phase.

Law: a part watches one thing; where there is such a thing is said in the table.
"""

from __future__ import annotations

from typing import Any

import gevent

from locust_ext.measure import hiccup, user_seconds
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Phase
from locust_ext.process.part import Part, Registered
from locust_ext.process.wire import Inbox


class LagWatch(Part[Any, Any]):
    """The generator's own lag, and the phase that all is measured in."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._greenlet: gevent.Greenlet | None = None

    def install(self) -> None:
        """Begin to watch."""
        self._greenlet = hiccup.WATCHING.start(hiccup.watch, self._recorder)

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Take the phases of the run, as they are announced."""
        return [inbox.takes(Phase, lambda _, told: self._recorder.enter_phase(told.name))]

    def leave(self) -> None:
        """Be in no phase: the next run begins in none."""
        self._recorder.enter_phase("")

    def let_go(self) -> None:
        """Watch no more."""
        gevent.killall([self._greenlet] if self._greenlet else [], block=False)


class UserCount(Part[Any, Any]):
    """How many users there are over time."""

    def __init__(self, runner: Any, recorder: Recorder) -> None:
        self._runner, self._recorder = runner, recorder
        self._greenlet: gevent.Greenlet | None = None

    def install(self) -> None:
        """Begin to count."""
        self._greenlet = user_seconds.COUNTING.start(user_seconds.watch, self._recorder, self._runner)

    def let_go(self) -> None:
        """Count no more."""
        gevent.killall([self._greenlet] if self._greenlet else [], block=False)
