"""The global cap on requests: the master lends it, each process spends its lease.

Law: a local run borrows from itself, over the same two messages. Anyone who hears nothing from the master falls silent
when its lease has run out, and speaks again with the next one.

::

    worker --ask: when, what it holds, what it would use-->  master --lease: number, quota-->  worker     each second
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Annotated, Any, ClassVar

import gevent
from gevent.event import Event
from locust.exception import RPCError
from pydantic import Field

from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import MOST_COUNT, Count, Message, Moment, Name, Number, UnfitError
from locust_ext.safety.admission import Admission
from locust_ext.safety.leases import LONGEST_WINDOW, REFRESH, SLACK, TTL, Cap, Grant, HeldLease, Lender

logger = logging.getLogger(__name__)

BORROWING = Work("the borrowing of leases", Stake.SAFETY)

ASK = "locust_ext.ask"
LEASE = "locust_ext.lease"


class Ask(Message):
    """A process's request for its next lease."""

    type: ClassVar[str] = ASK

    run: Name
    asked: Moment
    """On its own clock."""
    holds: Count
    """The number of the lease that it has; 0: none."""
    demand: Annotated[float, Field(ge=0, le=MOST_COUNT)]
    """What it would use in a window."""


class Lease(Message):
    """What a process may send in any window."""

    type: ClassVar[str] = LEASE

    run: Name
    number: Number
    quota: Count
    asked: Moment
    window: Annotated[float, Field(gt=0, le=LONGEST_WINDOW * (1 + SLACK))]


class Lending:
    """The master's part."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._lender: Lender | None = None
        self._run = ""

    def start(self, rate: float | None, run: str) -> None:
        """Lend ``rate`` requests a second for the length of a run; None lends nothing."""
        self._run = run
        self._lender = Lender(Cap.of(rate)) if rate is not None else None
        if self._lender is not None:
            self._lender.enrol(list(getattr(self._runner, "clients", {})), monotonic())

    def answer(self, worker: str, ask: Ask) -> None:
        """Answer a worker's ask; one of another run is not answered."""
        lender = self._lender
        if lender is None or ask.run != self._run:
            return
        if ask.holds > lender.number:
            raise UnfitError("holds: nobody lent so many leases")
        grant = lender.ask(worker, ask.asked, ask.holds, ask.demand, monotonic())
        lease = Lease(
            run=self._run, number=grant.number, quota=grant.quota, asked=grant.asked, window=lender.cap.window
        )
        lease.send(self._runner, worker)


class Borrowing:
    """A process's part: it asks each second, and at once when it has been given less."""

    def __init__(self, runner: Any, admission: Admission) -> None:
        self._runner, self._admission = runner, admission
        self._again = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._run, self._tenure = "", HeldLease()

    def start(self, run: str) -> None:
        """Begin to ask; until there is an answer nothing passes."""
        self.stop()
        self._run, self._tenure = run, HeldLease()
        self._admission.cap()
        self._greenlet = BORROWING.start(self._ask_for_ever)

    def stop(self) -> None:
        """Ask no more; what is held runs out by itself."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _ask_for_ever(self) -> None:
        silent = False
        while True:
            self._again.clear()
            now = monotonic()
            ask = Ask(run=self._run, asked=now, holds=self._tenure.number, demand=self._admission.demand)
            try:
                ask.send(self._runner)
            except RPCError as error:
                logger.warning("cannot ask the master for a lease: %s", error)
            self._again.wait(REFRESH)
            expired = self._tenure.number > 0 and monotonic() >= self._tenure.until
            if expired and not silent:
                logger.warning("no lease from the master for %g s: nothing is sent until it answers again", TTL)
            silent = expired

    def take(self, lease: Lease) -> None:
        """Take a lease of this run that is newer than the one that is held."""
        held = self._tenure.quota
        if lease.run != self._run:
            return
        if lease.asked > monotonic():
            raise UnfitError("asked: it was asked for in the future")
        if not self._tenure.accept(Grant(lease.number, lease.quota, lease.asked)):
            return
        self._admission.lend(self._tenure.quota, lease.window, self._tenure.until)
        if self._tenure.quota < held:
            self._again.set()  # the sooner the master knows, the sooner another may have it
