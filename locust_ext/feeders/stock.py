"""The rows of one feeder in one process: what it was lent, what its users have, and what goes back.

Law: pure; times are of its own monotonic clock. Its memory is bounded, whatever the file: it asks for about a second's
worth of rows, and never for more than ``STOCK_BYTES`` of them. Where rows of lost processes come back, a process that
was not answered for so long that it may count as lost has lost them all: nobody here may use one of them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from locust_ext.feeders.lender import MARGIN, TTL, size_of
from locust_ext.feeders.messages import MOST_BACK, MOST_ROWS, RowsLent
from locust_ext.feeders.records import Values

FIRST = 500
"""Rows that are asked for before anything is known."""

HORIZON = 1.0
"""Seconds for which rows are kept."""

MOST_STOCK = 5000
STOCK_BYTES = 4 << 20


@dataclass(slots=True, eq=False)
class Held:
    """A row that a user has: its number, its values, and since which session."""

    number: int
    values: Values
    session: int


class Stock:
    """What one process has of a feeder."""

    def __init__(self, *, shares: bool = False, returns: bool = False) -> None:
        self._shares, self._returns = shares, returns
        self.session = 1
        self.number = 0
        """Of the last batch that came."""
        self._idle: deque[tuple[int, Values]] = deque()
        self._used: list[int] = []
        self._unused: list[int] = []
        self._chunk = 0
        self._back: tuple[list[int], list[int]] | None = None
        """The chunk that goes back, until it is confirmed."""
        self._mean = 0.0
        self._pace = 0.0
        """Rows a second that users take: as of the last seconds."""
        self._paced_at, self._paced_taken = math.nan, 0
        self._answered = -math.inf
        """When that was asked which was answered last."""
        self.until = -math.inf
        """Until when its rows are its own, where they may become others'; before the first answer it has none."""
        self.taken = 0
        self.is_recalled = False
        self.is_empty = False

    @property
    def idle(self) -> int:
        """Rows that nobody has."""
        return len(self._idle)

    @property
    def has_back(self) -> bool:
        """Whether rows wait to go back, or to be confirmed."""
        return bool(self._back or self._used or self._unused)

    @property
    def target(self) -> int:
        """How many rows it would have."""
        most = MOST_STOCK if not self._mean else max(1, min(MOST_STOCK, int(STOCK_BYTES / self._mean)))
        return min(most, max(FIRST, int(2 * HORIZON * self._pace)))

    @property
    def is_low(self) -> bool:
        """Whether it is time to ask for more."""
        return not self.is_recalled and len(self._idle) * 2 < self.target

    def take(self, now: float) -> Held | None:
        """Return a row for a user; None where there is none."""
        if self._is_over(now):
            self.lapse()
        if not self._idle:
            return None
        number, values = self._idle.popleft()
        self.taken += 1
        return Held(number, values, self.session)

    def owns(self, held: Held, now: float) -> bool:
        """Tell whether a row that a user has is still its own."""
        return held.session == self.session and not self._is_over(now)

    def _is_over(self, now: float) -> bool:
        return self._returns and -math.inf < self.until <= now

    def give_back(self, held: Held, *, used: bool = True) -> None:
        """Take back what a user had; a row of a session that is over is not to be given back."""
        if self._shares or held.session != self.session:
            return
        (self._used if used else self._unused).append(held.number)

    def untake(self, held: Held) -> None:
        """Take back what nobody came to use."""
        self.taken -= 1
        if held.session == self.session:
            self._idle.appendleft((held.number, held.values))

    def lapse(self) -> None:
        """End the session: all rows are others' by now."""
        self.session += 1
        self.number = self._chunk = 0
        self._idle.clear()
        self._used, self._unused, self._back = [], [], None
        self.until = -math.inf
        self.is_recalled = self.is_empty = False

    def ask(self, now: float, waiting: int, *, leaves: bool = False) -> dict[str, Any]:
        """Return what is to be said to the master."""
        if self._is_over(now):
            self.lapse()
        if (self.is_recalled and not waiting) or leaves:
            self._unused += [number for number, _ in self._idle if not self._shares]
            self._idle.clear()
        if self._back is None and (self._used or self._unused):
            self._chunk += 1
            self._back = self._used[:MOST_BACK], self._unused[:MOST_BACK]
            self._used, self._unused = self._used[MOST_BACK:], self._unused[MOST_BACK:]
        self._learn_pace(now)
        room = max(0, self.target - len(self._idle))
        used, unused = self._back or ([], [])
        return {
            "asked": now,
            "session": self.session,
            "number": self.number + 1,
            "want": 0 if leaves else min(MOST_ROWS, max(waiting, 0 if self.is_recalled else room)),
            "waiting": 0 if leaves else waiting,
            "idle": len(self._idle),
            "chunk": self._chunk,
            "used": tuple(used),
            "unused": tuple(unused),
            "taken": self.taken,
            "leaves": leaves,
        }

    def farewell(self, now: float) -> Iterator[dict[str, Any]]:
        """Yield what is said when the run is over here: all that goes back, without waiting for an answer."""
        while True:
            yield self.ask(now, 0, leaves=True)
            self._back = None
            if not self.has_back:
                return

    def _learn_pace(self, now: float) -> None:
        passed = now - self._paced_at
        if math.isnan(passed):
            self._paced_at, self._paced_taken = now, self.taken
        elif passed >= HORIZON / 4:
            pace = (self.taken - self._paced_taken) / passed
            self._pace = max(pace, 0.7 * self._pace)  # what was needed just now may soon be again
            self._paced_at, self._paced_taken = now, self.taken

    def hear(self, lent: RowsLent, now: float) -> bool:
        """Take what the master says; tell whether it was news."""
        if lent.session != self.session or lent.asked > now:
            return False
        if self._is_over(now):
            self.lapse()
            return True
        if lent.expired:
            self.lapse()
            return True
        if self._back is not None and lent.chunk >= self._chunk:
            self._back = None
        if lent.asked >= self._answered:
            self._answered = lent.asked
            if self._returns:
                self.until = max(self.until, lent.asked + TTL - MARGIN)
            if not lent.ids:
                self.is_recalled, self.is_empty = lent.recall, lent.empty
        if not lent.ids or lent.number != self.number + 1:
            return not lent.ids
        self.number = lent.number
        size = sum(map(size_of, lent.rows)) / len(lent.rows)
        self._mean = 0.9 * self._mean + 0.1 * size if self._mean else size
        self._idle.extend(zip(lent.ids, lent.rows, strict=True))
        self.is_recalled = self.is_empty = False
        return True
