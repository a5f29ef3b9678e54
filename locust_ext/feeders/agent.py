"""A process's part in feeders: where its users get rows, and the greenlet that asks the master for them.

Law: a local run asks itself, over the same two messages. A user never waits for a message where a row lies ready.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

import gevent
from gevent.event import Event
from locust import User
from locust.exception import RPCError

from locust_ext.feeders.desk import Desk
from locust_ext.feeders.messages import Ask, FeedersTold, RowsLent
from locust_ext.feeders.whose import living
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.seam import Seam
from locust_ext.process.supervised import Stake, Work
from locust_ext.safety.outlet import OUTLET

logger = logging.getLogger(__name__)

ASKING = Work("the asking for rows", Stake.LOAD)

REFRESH, AGAIN, PAUSE = 1.0, 0.25, 0.005
"""Seconds from one ask to the next: where nothing is to be said, where an answer is still to come, and at the least."""

WAIT = "feeder_wait"


class FeederAgent:
    """The feeders of one process that has users."""

    def __init__(self, environment: Any, recorder: Recorder) -> None:
        self._environment, self._recorder = environment, recorder
        self._desks: dict[str, Desk] = {}
        self._asked: dict[str, float] = {}
        self._urgent: set[str] = set()
        self._wake = Event()
        self._run = ""
        self._greenlet: gevent.Greenlet | None = None
        self._life = Seam(User, "run", living(self._part))
        environment.locust_ext_feeders = self

    def desk(self, name: str) -> Desk | None:
        """Return where users get the rows of a feeder; None: the run that is under way has it not, or there is none."""
        return self._desks.get(name)

    @property
    def is_open(self) -> bool:
        """Whether a run is under way that has feeders."""
        return bool(self._desks)

    def follow(self, told: FeedersTold | None, run: str) -> None:
        """Take the feeders of a run, before its first user."""
        self.leave()
        if told is None or not told.feeders:
            return
        self._run = run
        self._desks = {one.name: self._made(one) for one in told.feeders}
        self._asked, self._urgent = dict.fromkeys(self._desks, float("-inf")), set(self._desks)
        self._life.open()
        self._greenlet = ASKING.start(self._ask_for_ever)

    def _made(self, told: Any) -> Desk:
        name, tags = told.name, {"feeder": OUTLET.label(told.name)}

        def urge() -> None:
            self._urgent.add(name)
            self._wake.set()

        def note_wait(seconds: float) -> None:
            self._recorder.add(WAIT, Kind.TREND, seconds * 1000, tags)

        return Desk(told, urge, note_wait)

    def _part(self, user: Any) -> None:
        for desk in self._desks.values():
            desk.part(user)

    def _ask_for_ever(self) -> None:
        while True:
            self._wake.clear()
            now, soonest = monotonic(), REFRESH
            for name, desk in self._desks.items():
                every = AGAIN if desk.waiting or desk.stock.has_back or desk.stock.is_low else REFRESH
                if name in self._urgent or now - self._asked[name] >= every:
                    self._urgent.discard(name)
                    self._asked[name] = now
                    self._ask(desk)
                soonest = min(soonest, every)
            self._wake.wait(soonest)
            gevent.sleep(PAUSE)

    def _ask(self, desk: Desk) -> None:
        try:
            self._say(desk, desk.stock.ask(monotonic(), desk.waiting))
        except RPCError as error:
            logger.warning("cannot ask the master for rows: %s", error)

    def _say(self, desk: Desk, said: dict[str, Any]) -> None:
        ask = Ask(
            run=self._run,
            feeder=desk.told.name,
            waits=desk.waits,
            waited=desk.waited,
            longest=desk.longest,
            users=self._environment.runner.user_count,
            **said,
        )
        ask.send(self._environment.runner)

    def on_rows(self, lent: RowsLent) -> None:
        """Take rows, or how things stand."""
        desk = self._desks.get(lent.feeder)
        if desk is None or lent.run != self._run:
            return
        self._hide(desk, lent)
        desk.hear(lent)
        if (desk.waiting and lent.ids) or (desk.stock.is_recalled and (desk.stock.idle or desk.stock.has_back)):
            self._urgent.add(lent.feeder)
            self._wake.set()

    @staticmethod
    def _hide(desk: Desk, lent: RowsLent) -> None:
        """Have the values of rows hidden in all that this process says, before a user has one of them."""
        told = desk.told
        hidden = told.hidden or [at for at, name in enumerate(lent.columns) if name not in told.public]
        OUTLET.hide_rows([row[at] for at in hidden for row in lent.rows if at < len(row)])

    def leave(self) -> None:
        """Give back all that nobody has, and ask no more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None
        for desk in self._desks.values():
            try:
                for said in desk.stock.farewell(monotonic()):
                    self._say(desk, said)
            except RPCError as error:
                logger.warning("cannot give rows back to the master: %s", error)
        self._life.close()
        self._desks, self._run = {}, ""
