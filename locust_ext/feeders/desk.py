"""Where the users of one process get the rows of one feeder, and wait for them.

Law: those who have waited longest are served first. A wait can be interrupted by whatever ends the user; what was meant
for it goes to the next one then. A row that lies ready costs a look into a deque, and no message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from gevent import GreenletExit, getcurrent
from gevent.event import Event
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING

from locust_ext.feeders.messages import FeederTold, RowsLent
from locust_ext.feeders.options import RETURN, STOP
from locust_ext.feeders.row import Row
from locust_ext.feeders.stock import Held, Stock

BACK_SOON = 100
"""Rows that go back together, where nobody waits for them."""


class NoRowLeft(GreenletExit):  # type: ignore[misc]
    """There is no row for this user, and it stops."""


class _Waiter:
    """A user that waits."""

    __slots__ = ("came", "held")

    def __init__(self) -> None:
        self.came = Event()
        self.held: Held | None = None


class Desk:
    """One feeder in one process; ``note_wait`` is told of each wait, in seconds."""

    def __init__(self, told: FeederTold, urge: Callable[[], object], note_wait: Callable[[float], object]) -> None:
        self.told, self._urge, self._note_wait = told, urge, note_wait
        self.stock = Stock(shares=told.shares, returns=told.lost == RETURN)
        self._watches = told.lost == RETURN
        self.columns = {name: at for at, name in enumerate(told.columns)}
        self._waiting: deque[_Waiter] = deque()
        self._kept: dict[Any, Row] = {}
        """The rows that users keep for their lives."""
        self._returned = 0
        self.waits, self.waited, self.longest = 0, 0.0, 0.0

    @property
    def waiting(self) -> int:
        """Users that wait now."""
        return len(self._waiting)

    def take(self, user: Any) -> Row:
        """Return a row for a user, which waits for it where none lies ready; raises NoRowLeft where there is none."""
        held = None if self._waiting else self.stock.take(monotonic() if self._watches else 0.0)
        if held is None:
            held = self._wait(user)
        if self.stock.is_low:
            self._urge()
        return Row(self.told.name, self.columns, held, self._owns)

    def _owns(self, held: Held) -> bool:
        return not self._watches or self.stock.owns(held, monotonic())

    def keep(self, user: Any) -> Row:
        """Return the row that a user has for its life."""
        row = self._kept.get(user)
        if row is None:
            row = self.take(user)
            if (other := self._kept.setdefault(user, row)) is not row:  # two greenlets of one user waited for it
                self.give_back(row, used=False)
                row = other
        return row

    def give_back(self, row: Row, *, used: bool = True) -> None:
        """Take back a row; a second time it does nothing."""
        held = row.let_go()
        if held is None:
            return
        self.stock.give_back(held, used=used)
        self._returned += 1
        if self._waiting or self.stock.is_recalled or self._returned >= BACK_SOON:
            self._returned = 0
            self._urge()

    def part(self, user: Any) -> None:
        """Take back what a user has kept, whose life is over."""
        if (row := self._kept.pop(user, None)) is not None:
            self.give_back(row)

    def _wait(self, user: Any) -> Held:
        one, began = _Waiter(), monotonic()
        self._waiting.append(one)
        self._urge()
        own = user is not None and getattr(user, "greenlet", None) is getcurrent()
        is_running = own and user._state == LOCUST_STATE_RUNNING  # noqa: SLF001
        if is_running:
            user._state = LOCUST_STATE_WAITING  # noqa: SLF001 so that Locust may stop it at once
        try:
            one.came.wait()
            held, one.held = one.held, None
        finally:
            if one in self._waiting:
                self._waiting.remove(one)
            if one.held is not None:  # it was ended just as its row came
                self.stock.untake(one.held)
                one.held = None
                self.serve()
            if is_running and user._state == LOCUST_STATE_WAITING:  # noqa: SLF001
                user._state = LOCUST_STATE_RUNNING  # noqa: SLF001
            took = monotonic() - began
            self.waits, self.waited, self.longest = self.waits + 1, self.waited + took, max(self.longest, took)
            self._note_wait(took)
        if held is None:
            if not own and (whole := getattr(user, "greenlet", None)) is not None:
                whole.kill(NoRowLeft, block=False)  # what has asked is only a part of its user
            raise NoRowLeft
        return held

    def hear(self, lent: RowsLent) -> bool:
        """Take rows, or how things stand, and serve those who wait; tell whether it was news."""
        if lent.columns and not self.columns:
            self.columns.update({name: at for at, name in enumerate(lent.columns)})
        news = self.stock.hear(lent, monotonic())
        self.serve()
        if news and self.stock.is_empty and self.told.on_empty == STOP:
            self.stock.is_empty = False
            while self._waiting:
                self._waiting.popleft().came.set()
        return news

    def serve(self) -> None:
        """Hand what lies ready to those who wait, in their order."""
        while self._waiting and (held := self.stock.take(monotonic())) is not None:
            one = self._waiting.popleft()
            one.held = held
            one.came.set()
