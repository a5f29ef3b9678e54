"""Permits to begin iterations: lent by the master to processes, so that no more begin than there are.

Law: pure. What is lent is never lent again, unless the process that had it says that it has not begun it: so over any
interleaving of joins, losses and late, lost or doubled messages no more begin than there are. Counts only grow; what a
lost process had and did not tell of is unknown, and stays lent.

::

    process --begun, done, given back, wish-->  master  --may begin so many in all-->  process
    shared:    one account a process; the less is left, the less is lent at once (guided self-scheduling)
    per user:  one account for each holder of a ticket, which is lent whole, and its permits a few at a time

Guided self-scheduling as in Polychronopoulos and Kuck (1987).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

FIRST = 2
"""Permits of a ticket that come with it."""

GRACE = 3.0
"""Seconds after which a ticket that nobody new has taken goes to a user who is done with another."""

TAIL = 10
"""Permits for each process from which on it may hold some again for which nobody waits."""


class Entry(NamedTuple):
    """What a process says of an account."""

    number: int
    begun: int
    done: int
    back: int
    """Permits that it has given back."""
    over: bool
    """Whether nothing begins any more: its user is gone, or has begun all."""
    wish: int
    """How many it would have had in all, of a ticket; how many it would hold, of shared ones."""


class Asked(NamedTuple):
    """What a process asks for."""

    waiting: int = 0
    """Users that wait for a permit; of tickets: that never had one."""
    spare: int = 0
    """Users that are done with a ticket."""
    wish: int = 0
    """Shared permits that it would hold."""
    entries: tuple[Entry, ...] = ()


class Lent(NamedTuple):
    """What a process may begin on an account in all, and what that can grow to."""

    number: int
    allowed: int
    limit: int


@dataclass(eq=False)
class Ticket:
    """The iterations of one user."""

    spent: int = 0
    """On accounts that are closed, or lost."""
    since: float = -math.inf
    """When its last user was gone."""
    account: Account | None = field(default=None, repr=False)


@dataclass(eq=False)
class Account:
    """The permits of one process, or of one holder of a ticket."""

    number: int
    worker: str
    allowed: int = 0
    begun: int = 0
    done: int = 0
    back: int = 0
    over: bool = False
    lost: bool = False
    ticket: Ticket = field(default_factory=Ticket)

    @property
    def held(self) -> int:
        """How many are spent on it, or may be."""
        return self.begun if self.over else self.allowed - self.back

    @property
    def open(self) -> int:
        """How many may have been begun and were not told."""
        return self.held - self.begun

    @property
    def is_settled(self) -> bool:
        """Whether all that was lent on it was begun and has ended, or came back."""
        return not self.open and self.begun == self.done

    def check(self, entry: Entry) -> None:
        """Raise ValueError where its process says what cannot be."""
        if entry.begun + entry.back > self.allowed or entry.done > entry.begun:
            raise ValueError("accounts: more was begun than was lent")

    def hear(self, entry: Entry) -> None:
        """Take what its process says."""
        self.begun, self.back = max(self.begun, entry.begun), max(self.back, entry.back)
        self.over = self.over or entry.over
        self.done = self.begun if self.over else max(self.done, entry.done)


class SharedLender:
    """Lends ``total`` permits to processes."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._accounts: dict[str, Account] = {}
        self.tail = False
        """Whether so few are left that nobody holds one for which no user waits."""

    @property
    def left(self) -> int:
        """How many are not lent."""
        return self.total - sum(one.held for one in self._accounts.values())

    @property
    def begun(self) -> int:
        """How many were begun, as far as is known."""
        return sum(one.begun for one in self._accounts.values())

    @property
    def done(self) -> int:
        """How many have ended."""
        return sum(one.done for one in self._accounts.values())

    @property
    def unknown(self) -> int:
        """How many a lost process had of which nobody knows whether they were begun."""
        return sum(one.open for one in self._accounts.values() if one.lost)

    @property
    def open(self) -> int:
        """How many are lent of which it is not known whether they were begun, by any process."""
        return sum(one.open for one in self._accounts.values())

    @property
    def under_way(self) -> int:
        """How many are under way in processes that are there."""
        return sum(one.begun - one.done for one in self._accounts.values() if not one.lost)

    @property
    def is_over(self) -> bool:
        """Whether all have ended, but for those of lost processes."""
        return not self.left and all(one.lost or one.is_settled for one in self._accounts.values())

    def hear(self, worker: str, asked: Asked, now: float) -> None:  # noqa: ARG002 as of tickets
        """Take what a process says; raises ValueError for what cannot be."""
        account = self._accounts.setdefault(worker, Account(len(self._accounts) + 1, worker))
        for entry in asked.entries[:1]:
            if entry.number != account.number:
                raise ValueError("accounts: nobody opened that one")
            account.check(entry)
            account.hear(entry)
        account.lost = False

    def lend(self, worker: str, asked: Asked, now: float) -> list[Lent]:  # noqa: ARG002 as of tickets
        """Return what a process that was heard may begin: as much as it wishes, and not most of what is left."""
        account, left = self._accounts[worker], self.left
        live = sum(not one.lost for one in self._accounts.values())
        self.tail = left < TAIL * live if self.tail else not left
        share = left if live == 1 else math.ceil(left / (2 * live))
        wish = asked.waiting if self.tail else max(asked.wish, asked.waiting)
        account.allowed += max(0, min(wish - account.open, share))
        self.tail = self.tail or not self.left
        return [Lent(account.number, account.allowed, account.allowed)]

    def lose(self, worker: str, now: float) -> None:  # noqa: ARG002 as of tickets
        """Note that a process is gone; it may come back."""
        if worker in self._accounts:
            self._accounts[worker].lost = True


class TicketLender:
    """Lends ``tickets`` of ``each`` permits to the users of processes, one after the other."""

    def __init__(self, each: int, tickets: int) -> None:
        self.each, self.tickets = each, tickets
        self.tail = False
        """Tickets are held by users: there is no tail to share."""
        self._fresh = tickets
        self._orphans: deque[Ticket] = deque()
        self._accounts: dict[int, Account] = {}
        self._of: dict[str, dict[int, Account]] = {}
        self._unheard: dict[str, set[int]] = {}
        self._numbers = 0
        self.begun = self.done = 0
        """How many were begun, as far as is known, and how many have ended."""
        self._unsettled = 0
        """Accounts of processes that are there, on which something is still to come."""

    @property
    def total(self) -> int:
        """How many iterations there are."""
        return self.each * self.tickets

    def grow(self, tickets: int) -> None:
        """Have as many tickets as there are to be users, if those become more."""
        self._fresh += max(0, tickets - self.tickets)
        self.tickets = max(self.tickets, tickets)

    @property
    def _known(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    @property
    def unknown(self) -> int:
        """How many a lost process had of which nobody knows whether they were begun."""
        return sum(one.open for one in self._known if one.lost)

    @property
    def open(self) -> int:
        """How many are lent of which it is not known whether they were begun, by any process."""
        return sum(one.open for one in self._known)

    @property
    def left(self) -> int:
        """How many are not lent."""
        return self.total - self.begun - self.open

    @property
    def under_way(self) -> int:
        """How many are under way in processes that are there."""
        return sum(one.begun - one.done for one in self._known if not one.lost)

    @property
    def is_over(self) -> bool:
        """Whether all have ended, but for those of lost processes."""
        return not (self._fresh or self._orphans or self._unsettled)

    def _is_unsettled(self, account: Account | None) -> bool:
        if account is None or account.lost:
            return False
        return not account.over and (not account.is_settled or self._limit(account) > account.held)

    def hear(self, worker: str, asked: Asked, now: float) -> None:
        """Take what a process says; raises ValueError for what cannot be."""
        mine = self._of.setdefault(worker, {})
        self._unheard.setdefault(worker, set())
        for entry in asked.entries:
            if entry.number > self._numbers:
                raise ValueError("accounts: nobody opened that one")
            if entry.number in mine:  # else it was closed, and the answer to that is still on its way
                mine[entry.number].check(entry)
        for account in [one for one in mine.values() if one.lost]:
            self._find(account)
        for entry in asked.entries:
            if entry.number in mine:
                self._unheard[worker].discard(entry.number)
                self._hear(mine[entry.number], entry, now)

    def _hear(self, account: Account, entry: Entry, now: float) -> None:
        begun, done, held, was = account.begun, account.done, account.held, self._is_unsettled(account)
        account.hear(entry)
        self.begun += account.begun - begun
        self.done += account.done - done
        self._unsettled += self._is_unsettled(account) - was
        if account.over:
            self._close(account, held, now)

    def _close(self, account: Account, held: int, now: float) -> None:
        """Let a ticket go on with its next user, if anything is left of it; ``held`` was spent on the account."""
        ticket = account.ticket
        if ticket.account is account:
            ticket.spent, ticket.account = ticket.spent + account.held, None
        else:  # it was lost, and the ticket has gone on without what might have been begun on it
            was = self._is_unsettled(ticket.account)
            ticket.spent -= held - account.held
            self._unsettled += self._is_unsettled(ticket.account) - was
        self._leave(ticket, now)
        del self._of[account.worker][account.number], self._accounts[account.number]

    def _leave(self, ticket: Ticket, now: float) -> None:
        if ticket.account is None and ticket.spent < self.each and ticket not in self._orphans:
            ticket.since = now
            self._orphans.append(ticket)

    def lose(self, worker: str, now: float) -> None:
        """Note that a process is gone; it may come back."""
        for account in [one for one in self._of.get(worker, {}).values() if not one.lost]:
            self._unsettled -= self._is_unsettled(account)
            account.lost, ticket = True, account.ticket
            if ticket.account is account:
                ticket.spent, ticket.account = ticket.spent + account.held, None
                self._leave(ticket, now)

    def _find(self, account: Account) -> None:
        """Take an account up again that was lost: a ticket that nobody else has is its own again."""
        account.lost, ticket = False, account.ticket
        if ticket.account is None:
            if ticket in self._orphans:
                self._orphans.remove(ticket)
            ticket.spent, ticket.account = ticket.spent - account.held, account
        self._unsettled += self._is_unsettled(account)

    def lend(self, worker: str, asked: Asked, now: float) -> list[Lent]:
        """Return what a process that was heard may begin: tickets for new users, and more on those that it has."""
        mine, unheard = self._of[worker], self._unheard[worker]
        for entry in asked.entries:
            account = mine.get(entry.number)
            if account is not None:
                account.allowed = max(account.allowed, min(entry.wish, self._limit(account)))
        wanted = asked.waiting - len(unheard)
        for ticket in self._pick(wanted, asked.spare - max(0, -wanted), now):
            self._numbers += 1
            account = ticket.account = Account(self._numbers, worker, ticket=ticket)
            account.allowed = min(FIRST, self._limit(account))
            self._accounts[self._numbers] = mine[self._numbers] = account
            unheard.add(self._numbers)
            self._unsettled += 1
        told = {*unheard, *(entry.number for entry in asked.entries if entry.number in mine)}
        return [Lent(number, mine[number].allowed, self._limit(mine[number])) for number in sorted(told)]

    def _limit(self, account: Account) -> int:
        """Return what may be begun on an account at the most."""
        owns = account.ticket.account is account
        return self.each - account.ticket.spent if owns else account.allowed

    def _pick(self, new: int, spare: int, now: float) -> Iterator[Ticket]:
        """Yield tickets for users, those left behind first; one who had another gets only those, after a while."""
        for _ in range(max(0, new)):
            if self._orphans:
                yield self._orphans.popleft()
            elif self._fresh:
                self._fresh -= 1
                yield Ticket()
        for _ in range(max(0, spare)):
            if not self._orphans or now - self._orphans[0].since < GRACE:
                break
            yield self._orphans.popleft()


Lender = SharedLender | TicketLender
