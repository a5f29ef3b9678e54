"""The global cap on requests: the master lends it, each process spends its lease.

Law: a local run borrows from itself, over the same two messages. Whoever hears nothing from the master falls silent
when its lease has run out, and speaks again with the next one.

::

    worker --ask: when, what it holds, what it would use-->  master --lease: number, quota-->  worker     each second
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from locust.exception import RPCError

from locust_ext.safety.leases import REFRESH, TTL, Cap, Grant, Lender, Tenure
from locust_ext.safety.passage import Passage

logger = logging.getLogger(__name__)

ASK = "locust_ext.ask"
LEASE = "locust_ext.lease"


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

    def answer(self, worker: str, asked: Mapping[str, Any]) -> None:
        """Answer a worker's ask; one of another run is not answered."""
        lender = self._lender
        if lender is None or asked["run"] != self._run:
            return
        grant = lender.ask(worker, asked["asked"], asked["holds"], asked["demand"], monotonic())
        lease = {
            "run": self._run,
            "number": grant.number,
            "quota": grant.quota,
            "asked": grant.asked,
            "window": lender.cap.window,
        }
        self._runner.send_message(LEASE, lease, client_id=worker)


class Borrowing:
    """A process's part: it asks each second, and at once when it has been given less."""

    def __init__(self, runner: Any, passage: Passage) -> None:
        self._runner, self._passage = runner, passage
        self._again = Event()
        self._greenlet: gevent.Greenlet | None = None
        self._run, self._tenure = "", Tenure()

    def start(self, run: str) -> None:
        """Begin to ask; until there is an answer nothing passes."""
        self.stop()
        self._run, self._tenure = run, Tenure()
        self._passage.cap()
        self._greenlet = gevent.spawn(self._ask_for_ever)

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
            ask = {"run": self._run, "asked": now, "holds": self._tenure.number, "demand": self._passage.demand}
            try:
                self._runner.send_message(ASK, ask)
            except RPCError as error:
                logger.warning("cannot ask the master for a lease: %s", error)
            self._again.wait(REFRESH)
            expired = self._tenure.number > 0 and monotonic() >= self._tenure.until
            if expired and not silent:
                logger.warning("no lease from the master for %g s: nothing is sent until it answers again", TTL)
            silent = expired

    def take(self, lease: Mapping[str, Any]) -> None:
        """Take a lease of this run that is newer than the one that is held."""
        held = self._tenure.quota
        if lease["run"] != self._run or not self._tenure.accept(Grant(lease["number"], lease["quota"], lease["asked"])):
            return
        self._passage.lend(self._tenure.quota, lease["window"], self._tenure.until)
        if self._tenure.quota < held:
            self._again.set()  # the sooner the master knows, the sooner another may have it
