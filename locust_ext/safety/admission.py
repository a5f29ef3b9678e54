"""The admission of one process: each request waits here for its turn, or is refused.

Law: nothing passes without a fresh word that it may. ``open_until`` is the one number that the usual way looks at: the
end of the lease and of what the kill switch has vouched for, whichever comes first. A lease that has run out means
silence until the next one; an admission that has closed never opens again in its run. A wait can be interrupted, and is
measured.
Locust's own greenlets, which call listeners, take no turn: one of them is what hears of leases.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, NoReturn

import gevent
from gevent import getcurrent
from gevent.event import Event
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.supervised import Stake, Work
from locust_ext.safety.pace import Pace

SERVING = Work("the queue of requests for their turn", Stake.SAFETY)

UNREAD = "the kill switch: it was not read in time, so that nobody knows whether the run is allowed"
"""Why an admission closes by itself."""

MOST_OWED = 10_000
"""Greenlets that are owed something, before those that have ended are forgotten."""

PAID = "_locust_ext_paid"
"""The attribute of a greenlet that has had its turn, and has not sent its request yet."""


class Admission:
    """Where requests wait for the cap, and end when the run must."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.begun = recorder.open
        """The requests that have begun: they take their turn first."""
        self._waiting: deque[Event] = deque()
        self._changed = Event()
        self._server: gevent.Greenlet | None = None
        self._owed: dict[Any, list[float]] = {}
        """By greenlet the seconds that it waited within a request that it is measuring; of nested ones the inner last.

        An entry begins with the first such wait, and each request after that adds its own, until its event comes.
        """
        self.on_close: Callable[[], None] = lambda: None
        """Called when it closes."""
        self.on_stale: Callable[[str], None] = lambda _: None
        """Called with the reason when the kill switch was not read in time."""
        self.is_locusts: Callable[[], bool] = lambda: False
        """Whether the current greenlet is one of Locust's runner, which hears other processes and calls listeners."""
        self.on_late: Callable[[], None] = lambda: None
        """Called before anything is owed."""
        self.reset()

    def reset(self) -> None:
        """Open, without a cap and without a switch: a new run begins."""
        self.closed = ""
        self._owed = {}
        self._pace: Pace | None = None
        self._looked_at, self._seen, self._recent = monotonic(), 0, 0
        """When a window was last looked back at, how many had been sent by then, and how many within it."""
        self._lease_until = self._vouched_until = self._stale_at = self._open_until = math.inf
        self._changed.set()

    def cap(self) -> None:
        """Let nothing pass without a lease."""
        self._pace = Pace()
        self._lease_until = self._open_until = -math.inf

    def lend(self, quota: int, window: float, until: float) -> None:
        """Let ``quota`` requests pass in any ``window`` seconds, ``until`` that instant of the monotonic clock."""
        if self._pace is not None and not self.closed:
            self._pace.set(quota, window)
            self._lease_until = until
            self._settle()

    def await_word(self, until: float) -> None:
        """Let nothing pass before the kill switch has vouched, which it must do until that instant."""
        self._vouched_until, self._stale_at = -math.inf, until
        self._settle()

    def vouch(self, until: float) -> None:
        """Let requests pass until that instant: the kill switch has just said that they may."""
        if not self.closed:
            self._vouched_until = self._stale_at = until
            self._settle()

    def close(self, reason: str) -> None:
        """Let nothing pass any more; the first reason stays."""
        self.closed = self.closed or reason
        self._open_until = -math.inf
        self.on_close()
        self._changed.set()

    def _settle(self) -> None:
        self._open_until = min(self._lease_until, self._vouched_until)
        self._changed.set()

    @property
    def demand(self) -> int:
        """How many requests this process would send in a window: as many as in the last one, and those that wait."""
        pace = self._pace
        if pace is None:
            return len(self._waiting)
        elapsed, sent = monotonic() - self._looked_at, pace.sent - self._seen
        if elapsed >= pace.window:
            self._recent = math.ceil(sent * pace.window / elapsed)
            self._looked_at, self._seen, sent = self._looked_at + elapsed, pace.sent, 0
        return max(self._recent, sent) + len(self._waiting)

    def turn(self, user: Any = None) -> float:
        """Wait until one more request may pass, and return for how many seconds.

        A ``user`` that waits can be stopped. Raises GreenletExit when the admission is closed, which ends the user.
        """
        now = monotonic()
        if now < self._open_until and not self._waiting and (self._pace is None or self._pace.take(now)):
            return 0.0
        return self._wait(user, now)

    def prepay(self, user: Any = None) -> float:
        """Wait for the turn of the request that this greenlet is about to make, unless it has had it already."""
        greenlet = getcurrent()
        if self._owed and greenlet in self._owed:
            self._owed[greenlet].append(0.0)
        if getattr(greenlet, PAID, False) or (user is None and self._goes_free()):
            return 0.0
        waited = self.turn(user)
        setattr(greenlet, PAID, True)
        return waited

    @staticmethod
    def has_turn() -> bool:
        """Tell whether this greenlet has had its turn, and has not sent its request yet."""
        return bool(getattr(getcurrent(), PAID, False))

    def spend(self) -> None:
        """Send a request: with the turn that was waited for, or waiting for one now, in the middle of a measurement."""
        greenlet = getcurrent()
        paid = getattr(greenlet, PAID, None)
        if paid:
            setattr(greenlet, PAID, False)
        elif (paid is False or not self._goes_free()) and (late := self.turn()):
            self._owe(greenlet, late)

    def _goes_free(self) -> bool:
        """Tell whether the current greenlet takes no turn; raises ConnectionError for such a one when closed."""
        goes_free = self.is_locusts()
        if goes_free and self.closed:
            raise ConnectionError(f"{self.closed}: nothing is sent any more")
        return goes_free

    def _owe(self, greenlet: Any, seconds: float) -> None:
        self.on_late()
        if len(self._owed) >= MOST_OWED:
            self._owed = {one: owed for one, owed in self._owed.items() if not one.dead}
        self._owed.setdefault(greenlet, [0.0])[-1] += seconds

    def settle(self) -> float:
        """Return for how many seconds the request whose event comes now has waited within its measurement."""
        owed = self._owed.get(getcurrent())
        if owed is None:
            return 0.0
        seconds = owed.pop()
        if not owed:
            del self._owed[getcurrent()]
        return seconds

    def _wait(self, user: Any, began: float) -> float:
        if began >= self._stale_at:
            self.on_stale(UNREAD)
            self.close(UNREAD)
        state = getattr(user, "_state", None)
        if self.closed:
            self._end(user, state)
        if state == LOCUST_STATE_STOPPING:
            raise StopUser
        turn = Event()
        self._waiting.append(turn)
        if not self._server:
            self._server = SERVING.start(self._serve)
        try:
            if state == LOCUST_STATE_RUNNING:
                user._state = LOCUST_STATE_WAITING  # noqa: SLF001 as Locust's own TaskSet.wait
            turn.wait()
            if state == LOCUST_STATE_RUNNING:
                user._state = state  # noqa: SLF001
        finally:
            if not turn.is_set():
                self._waiting.remove(turn)
        if self.closed:
            self._end(user, state)
        waited = monotonic() - began
        self._recorder.add("cap_wait", Kind.TREND, waited * 1000)
        return waited

    def _end(self, user: Any, state: Any) -> NoReturn:
        """End the greenlet; a user in the middle of its tasks waits to be ended, as Locust counts those that it has."""
        if state == LOCUST_STATE_RUNNING:
            user._state = LOCUST_STATE_WAITING  # noqa: SLF001
            Event().wait()
        raise gevent.GreenletExit(self.closed)

    def _serve(self) -> None:
        """Call those who wait, one after the other, each when it may go."""
        while self._waiting:
            self._changed.clear()
            now = monotonic()
            if self.closed or (now < self._open_until and (self._pace is None or self._pace.take(now))):
                self._waiting.popleft().set()
                continue
            rest = self._pace.rest(now) if self._pace is not None and now < self._open_until else math.inf
            self._changed.wait(rest if rest < math.inf else None)
        self._server = None
