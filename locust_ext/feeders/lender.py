"""Lends the rows of one feeder to processes: where it is judged.

Law: pure; times are of one monotonic clock. Over any interleaving of joins, deaths, standstills and of late, lost or
doubled messages no row is with two processes, and each is free, out with a known one, or used. What a process that is
gone has stays out, unless rows are to come back: then its session ends ``TTL`` after it was last heard, and the process
has ended it itself by then, since it counts from when it asked.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field

from locust_ext.feeders.messages import BATCH_BYTES, MOST_ROWS, Ask
from locust_ext.feeders.pool import Stocked
from locust_ext.feeders.records import Values
from locust_ext.text.frozen import dataclass

TTL = 10.0
"""Seconds after which rows of a process that is not heard any more are free again, where they are to come back."""

MARGIN = 1.0
"""Seconds by which the process itself ends its session earlier."""

HOPE = 3.0
"""Seconds that rows of a process which is not heard count as rows that may still come back."""

Read = Callable[[Sequence[int]], Sequence[Values]]


@dataclasses.dataclass(eq=False)
class Borrower:
    """One process."""

    order: int
    session: int = 1
    number: int = 0
    """Of the last batch that it was sent."""
    batch: tuple[Sequence[int], Sequence[Values]] | None = None
    """The last batch, until the next one is asked for."""
    chunk: int = 0
    out: set[int] = field(default_factory=set)
    pending: Ask | None = None
    """What it asked last, where it could be given more."""
    seen: float = -math.inf
    waits_since: float = math.inf
    idle: int = 0
    waiting: int = 0
    said: Ask | None = None
    """The last that it has said of itself."""
    has_left: bool = False
    expired: bool = False


@dataclass(frozen=True)
class Lent:
    """What is sent to one process."""

    worker: str
    ask: Ask
    number: int
    ids: Sequence[int] = ()
    rows: Sequence[Values] = ()
    chunk: int = 0
    recall: bool = False
    empty: bool = False
    expired: bool = False


class Lender:
    """Lends the rows of a pool; ``read`` returns what stands in them.

    ``returns``: rows of lost processes come back; ``shares``: several may have the same row.
    """

    def __init__(self, pool: Stocked, read: Read, *, returns: bool = False, shares: bool = False) -> None:
        self._pool, self._read, self._returns, self._shares = pool, read, returns, shares
        self.borrowers: dict[str, Borrower] = {}
        self._mean = 0.0
        self.is_over = False
        """Whether nothing is lent any more."""
        self.was_empty = False
        """Whether somebody ever waited, and there was no row."""
        self.again = 0
        """Rows that came back without a word from the process that had them, which may have used them."""

    def hear(self, worker: str, ask: Ask, now: float) -> list[Lent]:
        """Take what a process says; return what is to be sent, to it and to others."""
        one = self.borrowers.setdefault(worker, Borrower(len(self.borrowers)))
        self.expire(now)
        if ask.session < one.session or (one.said is not None and ask.asked < one.said.asked):
            return []  # it is late
        if ask.session > one.session:
            self._begin_again(one, ask.session)
        if one.expired:
            return [Lent(worker, ask, 0, expired=True)]
        one.seen, one.said = now, ask
        one.idle, one.waiting = ask.idle, ask.waiting
        one.waits_since = min(one.waits_since, now) if ask.waiting else math.inf
        self._take_back(one, ask)
        if ask.leaves:
            self._see_off(one, ask)
            return self.give(now)
        return self._answer(worker, one, ask, now)

    def _answer(self, worker: str, one: Borrower, ask: Ask, now: float) -> list[Lent]:
        """Return what is to be sent now that a process has asked, to it first of all that have nothing to wait for."""
        if ask.number == one.number and one.batch is not None:  # it did not come there
            one.pending = None
            ids, rows = one.batch
            return [*self.give(now), Lent(worker, ask, one.number, ids, rows, one.chunk)]
        if ask.number != one.number + 1:
            return []
        one.batch, one.pending = None, ask
        given = self.give(now)
        if any(lent.worker == worker for lent in given):
            return given
        recalled = self._recalled(one, now) if one.waiting else ()
        return [*given, *recalled, self._standing(worker, one, now)]

    def _see_off(self, one: Borrower, ask: Ask) -> None:
        """Let a process go; what did not come there in time, it will not take any more."""
        one.has_left, one.pending = True, None
        if one.batch is not None and ask.number == one.number:
            for row in one.batch[0]:
                if row in one.out:
                    one.out.discard(row)
                    self._pool.give_back(row, used=False)
        one.batch = None

    def _recalled(self, hungry: Borrower, now: float) -> Iterator[Lent]:
        """Yield that others are to give back what nobody has, where there is nothing left for one whose users wait."""
        if self._pool.free:
            return
        for name, one in self.borrowers.items():
            if one is not hungry and one.out and one.said is not None and not one.has_left and now - one.seen <= HOPE:
                yield Lent(name, one.said, one.number, chunk=one.chunk, recall=True)

    def _standing(self, worker: str, one: Borrower, now: float) -> Lent:
        """Return how things stand, for one that gets no rows."""
        assert one.said is not None
        hungry = any(other.waiting for other in self._live(now) if other is not one)
        empty = bool(one.waiting) and self._is_empty(now)
        self.was_empty = self.was_empty or empty
        recall = hungry and not self._pool.free
        return Lent(worker, one.said, one.number, chunk=one.chunk, recall=recall, empty=empty)

    def _is_empty(self, now: float) -> bool:
        """Tell whether nobody can be given a row, and none that nobody has may come back."""
        if not self._pool.is_exhausted:
            return False
        if any(one.idle or one.batch for one in self._live(now)):
            return False
        return not self._returns or not self.gone(now)[1]  # what is lost comes back

    def _live(self, now: float) -> Iterator[Borrower]:
        return (one for one in self.borrowers.values() if not one.has_left and now - one.seen <= HOPE)

    def waiting(self, now: float) -> int:
        """Return how many users wait for a row, as far as is known."""
        return sum(one.waiting for one in self._live(now))

    def _begin_again(self, one: Borrower, session: int) -> None:
        self._take_all(one)
        one.session, one.number, one.chunk, one.batch, one.pending, one.expired = session, 0, 0, None, None, False

    def _take_all(self, one: Borrower) -> None:
        self.again += len(one.out)
        for row in sorted(one.out):
            self._pool.give_back(row, used=False)
        one.out.clear()

    def _take_back(self, one: Borrower, ask: Ask) -> None:
        if ask.chunk != one.chunk + 1:
            return
        one.chunk = ask.chunk
        for rows, used in ((ask.used, True), (ask.unused, False)):
            for row in rows:
                if row in one.out:
                    one.out.discard(row)
                    self._pool.give_back(row, used=used)

    def expire(self, now: float) -> None:
        """End the sessions of processes that were not heard for too long, where their rows are to come back."""
        for one in self.borrowers.values() if self._returns else ():
            if not one.expired and not one.has_left and now - one.seen >= TTL and one.said is not None:
                self._take_all(one)
                one.expired, one.batch, one.pending, one.idle, one.waiting = True, None, None, 0, 0

    def give(self, now: float) -> list[Lent]:
        """Return the rows that can be sent now: first to those whose users wait, the longest waiting first."""
        if self.is_over:
            return []
        asking = {name: one for name, one in self.borrowers.items() if one.pending is not None and not one.has_left}
        hungry = [(name, one) for name, one in asking.items() if one.waiting and now - one.seen <= HOPE]
        hungry.sort(key=lambda item: (item[1].waits_since, item[1].order))
        shares = dict.fromkeys((name for name, _ in hungry), 0)
        free, left = self._pool.free, {name: one.waiting for name, one in hungry}
        while free > 0 and left:
            for name in list(left)[:free]:
                part = min(left[name], max(1, free // len(left)))
                shares[name], free = shares[name] + part, free - part
                left[name] -= part
                if not left[name]:
                    del left[name]
        few = max(1, sum(1 for _ in self._live(now)))
        for name, one in asking.items() if not left else ():  # the nearer the end, the less lies idle anywhere
            assert one.pending is not None
            more = min(one.pending.want - shares.get(name, 0), free // few)
            if more > 0:
                shares[name], free = shares.get(name, 0) + more, free - more
        return [lent for name, share in shares.items() if share and (lent := self._lend(name, share))]

    def _lend(self, worker: str, share: int) -> Lent | None:
        one, most = self.borrowers[worker], MOST_ROWS
        if self._mean:
            most = max(1, min(most, int(BATCH_BYTES / self._mean)))
        ids = [row for _ in range(min(share, most)) if (row := self._pool.take()) is not None]
        try:
            rows = self._read(ids)
        except BaseException:
            self._pool.put_back(ids)
            raise
        size, fits = 0, 0
        for values in rows:
            size += size_of(values)
            if fits and size > BATCH_BYTES:
                break
            fits += 1
        self._pool.put_back(ids[fits:])
        ids, rows = ids[:fits], rows[:fits]
        ask, one.pending = one.pending, None
        if not ids or ask is None:
            return None
        self._mean = max(1.0, 0.9 * self._mean + 0.1 * size / fits) if self._mean else size / fits
        one.number += 1
        one.batch = (ids, rows)
        if not self._shares:
            one.out.update(ids)
        one.idle += len(ids)
        one.waiting, one.waits_since = max(0, one.waiting - len(ids)), math.inf
        return Lent(worker, ask, one.number, ids, rows, one.chunk)

    def gone(self, now: float) -> tuple[int, int]:
        """Return how many processes have not said goodbye, and how many rows are out with them."""
        lost = [one for one in self.borrowers.values() if not one.has_left and now - one.seen >= HOPE]
        return len(lost), sum(len(one.out) for one in lost)

    @property
    def out(self) -> int:
        """How many rows are out."""
        return self._pool.out


def size_of(values: Values) -> int:
    """Return about how many bytes a row takes in a message."""
    return sum(
        len(repr(one) if isinstance(one, (list, tuple, dict)) else one) if _is_long(one) else 9 for one in values
    )


def _is_long(value: object) -> bool:
    return isinstance(value, (str, list, tuple, dict))
