"""A gate that handshakes pass one at a time, each at a fixed price: what a reconnect storm piles up in front of.

It stands for a TLS terminator or a session lookup with a single worker. Who arrives first passes first, so that the
last of a crowd waits for the price of everybody before it. A caller that leaves the queue has cost nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from gevent.event import Event

Watch = Callable[[Callable[[], object]], AbstractContextManager[None]]
"""Watches a caller for as long as the block runs, and calls the function should that caller go away."""


class HandshakesFull(Exception):  # noqa: N818 - it reads as what happened
    """So many handshakes queue already that one more is turned away."""


class CallerLeft(Exception):  # noqa: N818 - it reads as what happened
    """The caller gave up before its turn came."""


class HandshakeLimiter:
    """One handshake passes at a time and takes `seconds`; without a price nobody ever waits."""

    def __init__(self, seconds: float, limit: float, *, sleep: Callable[[float], object]) -> None:
        self._seconds = seconds
        self._limit = limit
        self._sleep = sleep
        self._taken = False
        # At most `limit` turns; a dictionary because it keeps the order of arrival and forgets in no time.
        self._queue: dict[Event, None] = {}

    @property
    def queued(self) -> int:
        """How many handshakes wait for their turn."""
        return len(self._queue)

    def enter(self, watch: Watch) -> None:
        """Return on the other side; TurnstileFull if the queue is at its limit, CallerLeft if the wait was in vain."""
        if not self._seconds:
            return
        if self._taken:
            self._wait(watch)
        else:
            self._taken = True
        try:
            self._sleep(self._seconds)
        finally:
            self._call_next()

    def _wait(self, watch: Watch) -> None:
        if len(self._queue) >= self._limit:
            raise HandshakesFull
        turn = Event()
        self._queue[turn] = None
        try:
            with watch(turn.set):
                turn.wait()
        except BaseException:
            # Killed while waiting: leave the queue, or hand on the turn that had just come.
            if not self._leave(turn):
                self._call_next()
            raise
        if self._leave(turn):
            raise CallerLeft

    def _leave(self, turn: Event) -> bool:
        waited = turn in self._queue
        self._queue.pop(turn, None)
        return waited

    def _call_next(self) -> None:
        turn = next(iter(self._queue), None)
        self._taken = turn is not None
        if turn is not None:
            del self._queue[turn]
            turn.set()
