"""A worker pool that grows only under steady pressure, which is always too late for a spike.

A request that finds no free slot queues. When the queue has not been empty for `growth_seconds`, the pool adds one
slot and the wait for the next one starts afresh: a moment's crowd, as on a smoke run, never grows the pool.

Slots go to the one that the dice pick among those that queue, as an unfair lock does. That is what gives an overloaded
pool its long tail: first come, first served would spread the pain evenly and no percentile would stand out.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gevent.event import Event

QUEUE_LIMIT = 10_000


class PoolFull(Exception):  # noqa: N818 - it reads as what happened
    """So many requests queue for a slot already that one more is turned away."""


class WorkerPool:
    """Slots of which each request holds one; an infinite `start` makes a pool that nobody ever waits for."""

    def __init__(self, start: float, growth_seconds: float, *, clock: Callable[[], float], rng: random.Random) -> None:
        self._slots = start
        self._growth_seconds = growth_seconds
        self._clock = clock
        self._rng = rng
        self._busy = 0
        self._queue: list[Event] = []
        self._crowded_since = 0.0

    @property
    def slots(self) -> float:
        """How many requests can be served at once."""
        return self._slots

    @property
    def queued(self) -> int:
        """How many requests wait for a slot."""
        return len(self._queue)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot, waiting for one first; PoolFull if the queue is at its limit."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        if self._busy < self._slots:
            self._busy += 1
            return
        if len(self._queue) >= QUEUE_LIMIT:
            raise PoolFull
        if not self._queue:
            self._crowded_since = self._clock()
        ticket = Event()
        self._queue.append(ticket)
        try:
            ticket.wait()
        except BaseException:
            # Killed while waiting: leave the queue, or hand on the slot that was just given to this request.
            if ticket in self._queue:
                self._queue.remove(ticket)
            else:
                self._leave()
            raise

    def _leave(self) -> None:
        self._busy -= 1
        if self._queue and self._clock() - self._crowded_since >= self._growth_seconds:
            self._slots += 1
            self._crowded_since = self._clock()
        while self._queue and self._busy < self._slots:
            picked = self._rng.randrange(len(self._queue))
            self._queue[picked], self._queue[-1] = self._queue[-1], self._queue[picked]
            self._busy += 1
            self._queue.pop().set()
