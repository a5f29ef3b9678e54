"""The master's part in storms: the moment, the quotas, the phases.

Law: the quotas add up to exactly the share that was asked of all users; workers learn the instant ahead of time.

::

    count -> counted by every worker -> quotas -> drop, said three times -> storm -> recovery -> as before
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import gevent
from gevent.event import AsyncResult

from locust_ext.load.schedule import Schedule
from locust_ext.process.supervised import Work
from locust_ext.storms.cohort import quotas
from locust_ext.storms.intents import StormIntent
from locust_ext.storms.kinds import Kind, is_a
from locust_ext.storms.messages import RECOVERY, STORM, StormCount, StormCounted, StormDrop
from locust_ext.storms.moments import LEAD, moments
from locust_ext.storms.on_demand import PhaseAnnouncer
from locust_ext.storms.options import StormOptions
from locust_ext.text.spelling import plural

logger = logging.getLogger(__name__)

FOLLOWING = Work("the storms of the configuration", again=False)
DROPPING = Work("a storm that somebody asked for", again=False)

COUNTED = 0.4
"""Seconds that it waits for the answers."""

PATIENCE = 2.0
"""Seconds in which anyone who asks for a storm is told who could drop, however busy this machine is."""

RUNNING = frozenset({"spawning", "running"})
REPEATS = (0.0, 0.2, 0.4)
LOCAL = "local"


class StormCoordinator:
    """Storms of one environment, one after the other."""

    def __init__(self, environment: Any, stage: PhaseAnnouncer) -> None:
        self._environment, self._stage = environment, stage
        self._counted: dict[str, int] = {}
        self._number = 0
        self._greenlets: list[gevent.Greenlet] = []
        self._intent: StormIntent | None = None
        self._striking = False
        self._left = 0
        """How many storms of the configuration are still to come."""
        self.on_missed: Callable[[str], None] = lambda _: None
        """Is told which storms did not come."""

    def start(self, intent: StormIntent, elapsed: Callable[[], float]) -> None:
        """Wait for the moments of a run; ``elapsed`` tells its seconds."""
        self._intent, self._number, self._left = intent, 0, 0
        options = intent.options
        if options is None:
            return
        schedule = intent.schedule or getattr(getattr(self._environment, "shape_class", None), "schedule", None)
        phases = schedule.phases if isinstance(schedule, Schedule) else ()
        at = moments(options, phases, intent.scale)
        if at:
            self._left = len(at)
            self._greenlets = [FOLLOWING.start(self._follow, at, elapsed)]

    def stop(self) -> None:
        """Start no more storms."""
        if self._left:
            self.on_missed(f"{plural(self._left, 'storm')} did not come: the run was over before")
            self._left = 0
        for greenlet in self._greenlets:
            greenlet.kill(block=False)
        self._greenlets = []

    def _follow(self, at: list[float], elapsed: Callable[[], float]) -> None:
        for moment in at:
            while (rest := moment - LEAD - elapsed()) > 0:
                gevent.sleep(rest)
            self._left -= 1
            self.drop_users()

    def strike_now(self, drop: float, cause: str) -> str:
        """Start a storm that a person asked for, and return what to tell that person."""
        if self._environment.runner.state not in RUNNING or self._intent is None:
            return "No test is running."
        if self._striking:
            return "A storm is under way; the next one can begin when its recovery is over."
        counted: AsyncResult[tuple[int, int]] = AsyncResult()
        self._greenlets.append(DROPPING.start(self.drop_users, drop, cause, counted.set))
        with suppress(gevent.Timeout):  # when the run ends meanwhile, nobody counts
            live, silent = counted.get(timeout=PATIENCE)
            if not live:
                return self._nobody(silent)
        return f"A storm drops {drop:.0%} of the users in {LEAD:g} s ({cause})."

    def _nobody(self, silent: int) -> str:
        """Return why nobody can drop."""
        classes = self._environment.user_classes
        if silent:
            return f"There is no storm: {plural(silent, 'worker')} did not say in time who could drop. Press again."
        if any(is_a(user, Kind.RECONNECTS) for user in classes):
            return "There is no storm: no user is connected now that could drop."
        first = classes[0].__name__ if classes else "FeedUser"
        return (
            "There is no storm: no user class of this test is a storm user. Name those that drop in the configuration, "
            f"such as storm: {{users: [{first}]}}, or have them be ReconnectStormUsers."
        )

    def drop_users(
        self, drop: float | None = None, cause: str = "", tell: Callable[[tuple[int, int]], object] = lambda _: None
    ) -> None:
        """Drop in a second, with another share or cause than configured if so asked; returns after the recovery.

        ``tell`` is called with how many users could drop, and how many workers did not say so.
        """
        assert self._intent is not None
        if self._striking:
            logger.warning("a storm was to strike while another one was under way: it was left out")
            return
        self._striking = True
        try:
            self._drop(self._intent.options or StormOptions(), drop, cause, tell)
        finally:
            self._striking = False

    def _drop(
        self, options: StormOptions, drop: float | None, cause: str, tell: Callable[[tuple[int, int]], object]
    ) -> None:
        runner = self._environment.runner
        at, self._number, self._counted = monotonic() + LEAD, self._number + 1, {}
        number = self._number
        StormCount(storm=number).send(runner)
        wanted = {client.id for client in getattr(runner, "clients", {}).values() if client.state != "missing"}
        deadline = monotonic() + COUNTED
        while not (wanted or {LOCAL}) <= set(self._counted) and monotonic() < deadline:
            gevent.sleep(0.01)
        for silent in wanted - set(self._counted):
            logger.warning("storm %d: worker %s did not answer, its users stay connected", number, silent)
        live = sum(self._counted.values())
        tell((live, len(wanted - set(self._counted))))
        if not live:
            none = f"storm {number}: nobody is there who could drop, so there is none"
            logger.warning("%s", none)
            self.on_missed(none)
            return
        given = quotas(self._counted, options.drop if drop is None else drop)
        for repeat in REPEATS:
            while (rest := at - (LEAD - COUNTED) + repeat - monotonic()) > 0 and repeat:
                gevent.sleep(rest)
            for worker, quota in given.items():
                due = max(0.0, at - monotonic())
                order = StormDrop(storm=number, quota=quota, cause=cause or options.cause, seed=worker, due=due)
                order.send(runner, worker)
        gevent.sleep(max(0.0, at - monotonic()))
        dropped = sum(given.values())
        logger.warning("storm %d: %d of %d users drop (%s)", number, dropped, live, cause or options.cause)
        self._stage.cover(STORM)
        gevent.sleep(options.lasts)
        self._stage.cover(RECOVERY)
        gevent.sleep(options.recovery)
        self._stage.uncover()

    def receive(self, worker: str, answer: StormCounted) -> None:
        """Take a worker's answer to the count."""
        if answer.storm == self._number:
            self._counted[worker] = answer.live
