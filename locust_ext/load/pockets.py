"""The permits that one process holds, and the users that wait for one.

Law: an iteration begins with a permit, or its user waits as Locust's users wait between tasks, so that it can be
stopped at once. Permits are asked for before they are needed, by the rate at which they go. Nothing here locks: a
process has one thread.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any

from gevent import getcurrent
from gevent.event import Event
from gevent.lock import Semaphore
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.load.permits import Asked, Entry, Lent

AHEAD = 0.6
"""Seconds of iterations for which permits are held."""

SHORTEST = 0.2
"""Seconds over which a rate is measured at the least."""

KEPT = 30.0
"""Seconds after the last iteration in which one permit is kept for the next."""

FADES = 0.7
"""What is left of a rate from one message to the next, while nothing begins."""

MOST = 1_000_000
"""Permits that are asked for at once."""

MOST_TOLD = 5_000
"""Accounts in one message; the others are in the next."""


def _may_wait(user: Any) -> None:
    """Let Locust stop a user at once while it waits; raises StopUser where that is asked already."""
    if user._state == LOCUST_STATE_STOPPING:  # noqa: SLF001 Locust has no other way
        raise StopUser
    user._state = LOCUST_STATE_WAITING  # noqa: SLF001


class SharedPocket:
    """Permits of a load that all its users share; ``ask`` is called when more are needed."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self.number = self.allowed = self.begun = self.done = self.back = 0
        self.reserved = 0
        """Permits of arrivals that wait for a user, or that a user has and has not begun yet."""
        self.waiting = 0
        """Users that wait for a permit."""
        self.wanting: Callable[[], int] = lambda: 0
        """Returns how many arrivals wait for a permit."""
        self.interrupted = 0
        """Iterations that were begun and did not come to their end, since their users were stopped."""
        self.tail, self.is_closed, self.low = False, False, 0
        self._ready = Semaphore(0)
        self._holding: set[int] = set()
        """Users, by their identity: what a user class is equal to, or hashed by, is its own business."""
        self._rate, self._told, self._at, self._latest = 0.0, 0, -math.inf, -math.inf

    @property
    def free(self) -> int:
        """Permits that nobody has taken."""
        return int(self._ready.counter)

    def begin(self, user: Any) -> None:
        """Begin an iteration of ``user``: with the permit that its arrival brought, or with the next one there is."""
        if self._holding and id(user) in self._holding and not self.is_closed:
            self._holding.discard(id(user))
            self.reserved -= 1
        elif not self._ready.acquire(blocking=False):
            self._wait(user)
        self.begun += 1
        if self._ready.counter < self.low:
            self._ask()

    def _wait(self, user: Any) -> None:
        _may_wait(user)
        self.waiting += 1
        self._ask()
        try:
            self._ready.acquire()
        finally:
            self.waiting -= 1
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001

    def end(self, user: Any) -> None:  # noqa: ARG002 as of tickets
        """End an iteration."""
        self.done += 1
        if self.tail and self.done == self.begun:
            self._ask()

    def reserve(self) -> bool:
        """Take a permit for an arrival; return False where there is none at hand."""
        if not self._ready.acquire(blocking=False):
            self._ask()
            return False
        self.reserved += 1
        return True

    def free_again(self, count: int = 1) -> None:
        """Take back permits of arrivals that were dropped."""
        self.reserved -= count
        for _ in range(count):
            self._ready.release()

    def hand(self, user: Any) -> None:
        """Give a user the permit of the arrival that it has taken."""
        self._holding.add(id(user))

    def take_back(self, user: Any) -> None:
        """Take the permit of a user that has begun nothing with it."""
        if id(user) in self._holding:
            self._holding.discard(id(user))
            self.free_again()

    def tell(self, number: int, now: float) -> Asked:  # noqa: ARG002 as of tickets
        """Return what is to be said and asked now; what is not needed is given back."""
        gone = self.begun - self._told
        if gone:
            self._latest = now
        elapsed, self._told, self._at = now - self._at, self.begun, now
        self._rate = max(gone / max(elapsed, SHORTEST), self._rate * FADES)
        ahead = min(MOST, math.ceil(self._rate * AHEAD - 0.01))
        self.low = ahead // 3
        wanting = self.waiting + self.wanting()
        keeps = 0 if self.tail else max(ahead, int(now - self._latest < KEPT))
        self._give_back(self.free - max(wanting, keeps if self.tail else 2 * keeps))
        wish = self.reserved + wanting + keeps
        entry = Entry(self.number, self.begun, self.done, self.back, over=self.is_closed, wish=wish)
        return Asked(self.reserved + wanting, 0, wish, (entry,) if self.number else ())

    def _give_back(self, count: int) -> None:
        for _ in range(max(0, count)):
            if not self._ready.acquire(blocking=False):
                break
            self.back += 1

    def close(self) -> None:
        """Give back all that nobody has taken: no more is begun."""
        self._give_back(self.free)
        self.is_closed = True

    def take(self, heard: int, lent: list[Lent], *, tail: bool) -> None:  # noqa: ARG002 as of tickets
        """Take what the master lends."""
        self.tail = tail
        for one in lent[:1] if not self.is_closed else ():
            self.number = one.number
            for _ in range(one.allowed - self.allowed):
                self._ready.release()
            self.allowed = max(self.allowed, one.allowed)

    @property
    def is_busy(self) -> bool:
        """Whether there is something to say soon."""
        return bool(self.waiting or self.begun != self._told or self.wanting())


class _Held:
    """A ticket that this process holds."""

    __slots__ = ("ahead", "allowed", "begun", "changed", "done", "limit", "number", "over", "sent", "told", "waiter")

    def __init__(self, number: int) -> None:
        self.number, self.allowed, self.limit = number, 0, 0
        self.begun = self.done = self.told = 0
        self.changed = self.sent = 0
        """The numbers of the messages from which on it is new, and of the last that told of it."""
        self.ahead = 1
        self.over = False
        self.waiter: Event | None = None


class TicketPocket:
    """Tickets of users, each with iterations of its own."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self.tail, self.interrupted = False, 0
        self._mine: dict[int, _Held] = {}
        self._known: dict[int, _Held] = {}
        self._changed: dict[int, _Held] = {}
        self._new: deque[tuple[Any, Event]] = deque()
        self._spare: deque[tuple[Any, Event]] = deque()
        self._had: set[int] = set()
        self._unowned: deque[_Held] = deque()
        self._number = 0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Users that wait, for whatever."""
        return len(self._new) + len(self._spare) + sum(one.waiter is not None for one in self._known.values())

    def begin(self, user: Any) -> None:
        """Begin an iteration of ``user``, on the ticket that it has, or on the next one that it gets."""
        ticket = self._mine.get(id(user))
        while ticket is None or ticket.begun >= ticket.allowed:
            self._wait(user, ticket)
            ticket = self._mine.get(id(user))
        ticket.begun += 1
        self._change(ticket)
        if ticket.allowed - ticket.begun < ticket.ahead and ticket.allowed < ticket.limit:
            self._ask()

    def _wait(self, user: Any, ticket: _Held | None) -> None:
        if ticket is None and self._unowned:
            self._own(user, self._unowned.popleft())
            return
        _may_wait(user)
        waiter = Event()
        line = self._spare if id(user) in self._had else self._new
        place = (user, waiter)
        if ticket is None:
            line.append(place)
            if id(user) not in self._had and hasattr(greenlet := getcurrent(), "rawlink"):
                greenlet.rawlink(lambda _: self.leave(user))
        else:
            ticket.waiter = waiter
        self._ask()
        try:
            waiter.wait()
        finally:
            if ticket is not None:
                ticket.waiter = None
            elif place in line:
                line.remove(place)
        user._state = LOCUST_STATE_RUNNING  # noqa: SLF001

    def _own(self, user: Any, ticket: _Held) -> None:
        self._mine[id(user)] = ticket
        self._had.add(id(user))

    def _change(self, ticket: _Held) -> None:
        ticket.changed = self._number + 1
        self._changed[ticket.number] = ticket

    def end(self, user: Any) -> None:
        """End an iteration; a ticket that is used up is let go of."""
        ticket = self._mine.get(id(user))
        if ticket is None:
            return
        ticket.done += 1
        self._change(ticket)
        if ticket.begun >= ticket.limit:
            ticket.over = True
            del self._mine[id(user)]
            self._ask()

    def leave(self, user: Any) -> None:
        """Note that a user is gone: its ticket goes on with another one."""
        self._let_go(id(user))

    def _let_go(self, user: int) -> None:
        self._had.discard(user)
        if (ticket := self._mine.pop(user, None)) is not None:
            ticket.over = True
            self._change(ticket)
            self._ask()

    def tell(self, number: int, now: float) -> Asked:  # noqa: ARG002 as of shared ones
        """Return what is to be said and asked now; tickets that nobody wants are given back."""
        for ticket in self._unowned:
            ticket.over = True
            self._change(ticket)
        self._unowned.clear()
        self._number = number
        entries = []
        for ticket in list(self._changed.values())[:MOST_TOLD]:
            ticket.ahead = max(1, ticket.begun - ticket.told)
            ticket.told, ticket.sent = ticket.begun, number
            wish = ticket.begun if ticket.over else ticket.begun + 2 * ticket.ahead
            entries.append(Entry(ticket.number, ticket.begun, ticket.done, 0, over=ticket.over, wish=wish))
        return Asked(len(self._new), len(self._spare), 0, tuple(entries))

    def close(self) -> None:
        """Let go of all tickets: no more is begun."""
        self._is_closed = True
        for user in list(self._mine):
            self._let_go(user)

    def take(self, heard: int, lent: list[Lent], *, tail: bool) -> None:
        """Take what the master lends; ``heard`` is the number of what it had heard."""
        self.tail = tail
        if self._is_closed:
            return
        for ticket in [one for one in self._changed.values() if one.changed <= one.sent <= heard]:
            del self._changed[ticket.number]
            if ticket.over:
                self._known.pop(ticket.number, None)
        for one in lent:
            held = self._known.get(one.number)
            if held is None:
                held = self._known[one.number] = _Held(one.number)
                self._change(held)
                self._hand(held)
            if not held.over:
                held.allowed, held.limit = max(held.allowed, one.allowed), one.limit
                if held.waiter is not None and held.begun < held.allowed:
                    held.waiter.set()

    def _hand(self, ticket: _Held) -> None:
        """Give a ticket to the user that has waited longest, of those who had none before first."""
        line = self._new or self._spare
        if not line:
            self._unowned.append(ticket)
            return
        user, waiter = line.popleft()
        self._own(user, ticket)
        waiter.set()

    @property
    def is_busy(self) -> bool:
        """Whether there is something to say soon."""
        return bool(self._changed or self.waiting)


Pocket = SharedPocket | TicketPocket
