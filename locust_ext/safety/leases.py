"""A global cap, lent to workers in leases that run out by themselves.

Law: pure; over any interleaving of joins, leaves, losses and of late, lost or doubled messages, the leases that have
not run out never add up to more than the cap. A worker counts its lease from when it *asked*, the lender from when it
*granted*, each on its own monotonic clock: so the worker's always ends first, however slow the messages are.

::

    ask(holds, demand) -> grant(number, quota)          worker -> lender -> worker, each second
    shrink at once, grow when others have let go: they hold a newer grant, or their old one has run out

Leases as in Gray and Cheriton (1989), apportioned as in Google's Doorman.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import field

from locust_ext.text.frozen import dataclass

TTL = 3.0
"""Seconds after which a lease runs out."""

REFRESH = 1.0
"""Seconds from one ask of a worker to the next."""

MARGIN = 0.2
"""Seconds by which a worker ends its lease early: a request that leaves in time arrives in time."""

SLACK = 0.025
"""Share by which a sender stretches its window: 25 ms in a second, for what the way to the target takes or not."""

PATIENCE = 5.0
"""Seconds that a worker goes without any quota before another one must make way, where there is less than one each."""

LONGEST_WINDOW = 10
MOST_IN_A_WINDOW = 1000
CLOSE_ENOUGH = 0.99


@dataclass(frozen=True)
class Cap:
    """At most ``requests`` in any ``seconds``, wherever one begins to count; whole requests can be lent."""

    requests: int
    seconds: float

    @property
    def window(self) -> float:
        """The seconds that a sender keeps to: a little more, since requests may be nearer to each other on arrival."""
        return self.seconds * (1 + SLACK)

    @classmethod
    def of(cls, rate: float) -> Cap:
        """Return the cap that is as near to ``rate`` a second as whole requests get, and never above it."""
        parts = math.ceil(rate / MOST_IN_A_WINDOW)
        if parts > 1:
            return cls(math.floor(rate / parts), 1 / parts)
        fitting = [(math.floor(rate * seconds + 1e-9), seconds) for seconds in range(1, LONGEST_WINDOW + 1)]
        good = (pair for pair in fitting if pair[0] >= CLOSE_ENOUGH * rate * pair[1])
        requests, seconds = next(good, max(fitting, key=lambda pair: pair[0] / pair[1]))
        return cls(requests, float(seconds))


@dataclass(frozen=True)
class Grant:
    """What a worker may send in any window of the cap, until it runs out; a higher number replaces a lower one."""

    number: int
    quota: int
    asked: float
    """When it was asked for, on the worker's clock."""


class HeldLease:
    """What a worker holds; times are of its own monotonic clock."""

    def __init__(self) -> None:
        self.number, self.quota, self.until = 0, 0, -math.inf

    def accept(self, grant: Grant, ttl: float = TTL) -> bool:
        """Take a grant unless a newer one is held; tell whether it was taken."""
        if grant.number <= self.number:
            return False
        self.number, self.quota, self.until = grant.number, grant.quota, grant.asked + ttl - MARGIN
        return True


@dataclass
class _Borrower:
    order: int
    seen: float
    demand: float = math.inf
    """Unknown until it asks: it is left its fair share."""
    fed: float = field(default=0.0)
    """When it last had any quota."""
    grants: list[tuple[int, int, float]] = field(default_factory=list)
    """Number, quota and end of every grant that it may still hold."""

    def charge(self, now: float) -> int:
        """Return the most that it may be using."""
        self.grants = [grant for grant in self.grants if grant[2] > now]
        return max((quota for _, quota, _ in self.grants), default=0)


class Lender:
    """Lends one cap to workers; times are of the lender's monotonic clock."""

    def __init__(self, cap: Cap, ttl: float = TTL) -> None:
        self.cap, self._ttl = cap, ttl
        self._borrowers: dict[str, _Borrower] = {}
        self._numbers = 0

    @property
    def number(self) -> int:
        """The number of the latest grant; 0 before the first."""
        return self._numbers

    def enrol(self, workers: Iterable[str], now: float) -> None:
        """Expect these workers to ask: until they do, or prove gone, their fair share is kept for them."""
        for worker in workers:
            self._borrowers.setdefault(worker, _Borrower(len(self._borrowers), now, fed=now))

    def ask(self, worker: str, asked: float, holds: int, demand: float, now: float) -> Grant:
        """Return the next grant for ``worker``, which ``holds`` that number and would use ``demand`` in a window."""
        self.enrol([worker], now)
        borrower = self._borrowers[worker]
        borrower.seen = now
        if holds:  # before its first lease it had no reason to wait for one
            borrower.demand = max(0.0, demand)
        let_go = now + self.cap.window  # what it sent with its old grant is still in this window
        borrower.grants = [
            (number, quota, min(end, let_go) if number < holds else end) for number, quota, end in borrower.grants
        ]
        others = self.lent(now) - borrower.charge(now)
        quota = max(0, min(self._shares(now).get(worker, 0), self.cap.requests - others))
        self._numbers += 1
        borrower.grants.append((self._numbers, quota, now + self._ttl + self.cap.window))
        borrower.fed = now if quota else borrower.fed
        return Grant(self._numbers, quota, asked)

    def lent(self, now: float) -> int:
        """Return the most that all workers together may be using."""
        return sum(borrower.charge(now) for borrower in self._borrowers.values())

    def _shares(self, now: float) -> dict[str, int]:
        """Divide the cap by max-min fairness over what each would use; what is left over is spread evenly."""
        gone = now - self._ttl - self.cap.window
        for name in [name for name, one in self._borrowers.items() if one.seen <= gone and not one.charge(now)]:
            del self._borrowers[name]
        waiting = sorted(self._borrowers, key=lambda name: self._rank(name, now))
        shares = dict.fromkeys(waiting, 0)
        left = self.cap.requests
        for demands in ({name: self._borrowers[name].demand for name in waiting}, dict.fromkeys(waiting, math.inf)):
            while left and (open_ := [name for name in waiting if shares[name] < demands[name]]):
                fair = max(1, left // len(open_))
                for name in open_[:left] if fair == 1 else open_:
                    given = min(fair, math.ceil(demands[name] - shares[name])) if demands[name] < math.inf else fair
                    shares[name] += given
                    left -= given
        return shares

    def _rank(self, name: str, now: float) -> tuple[float, int, int]:
        """Return who comes first where there is less than one each: the longest hungry, then who has it now."""
        borrower = self._borrowers[name]
        hungry = borrower.demand > 0 and now - borrower.fed >= PATIENCE
        latest = borrower.grants[-1][1] if borrower.grants else 0
        return (borrower.fed if hungry else math.inf, -latest, borrower.order)
