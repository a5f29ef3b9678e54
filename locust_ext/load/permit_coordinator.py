"""The master's part in loads that end with their iterations: it lends permits, and knows when all are made.

Law: what is lent is never lent twice. A load whose iterations have all ended is over; one whose longest time is over
ends as it is told. A process that is lost keeps what it had, and the others make the rest.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import gevent

from locust_ext.load.permit_messages import PermitsAsked, PermitsLent, PocketAsked, PocketLent
from locust_ext.load.permits import Lender, SharedLender, TicketLender
from locust_ext.load.quota_plan import QuotaPlan
from locust_ext.load.quota_state import QuotaState
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import UnfitError

logger = logging.getLogger(__name__)

LENDING = Work("the watch over the iterations", Stake.LOAD)

LOOK = 0.1
"""Seconds from one look at the iterations to the next."""

STUCK = 10.0
"""Seconds after which iterations that nobody is left to make are waited for no longer."""

UNHEARD = 100
"""Looks after which a process that says nothing that can be read is lost, as one that is gone."""

NEAR = 0.05
"""Seconds by which a longest time may be over early: clocks of processes and shapes begin a little apart."""

LOCAL = "local"
"""What the only process is called."""


class _Load:
    """How a load stands."""

    def __init__(self, plan: QuotaPlan, users: int) -> None:
        self.plan, quota = plan, plan.quota
        self.lender: Lender = (
            SharedLender(quota.shared)
            if quota.shared is not None
            else TicketLender(quota.per_user or 1, users if plan.users is None else plan.users)
        )
        self.idle: dict[str, int] = {}
        self.interrupted: dict[str, int] = {}
        self.over_at = math.inf
        """When all had ended, in seconds of the run."""
        self.moved = monotonic()
        self._last = (0, 0)

    @property
    def until(self) -> float:
        """When its longest time is over, in seconds of the run."""
        longest = self.plan.quota.max_duration
        return math.inf if longest is None else self.plan.start + longest

    def look(self, now: float, elapsed: float) -> None:
        """Note whether anything has moved, and whether all have ended."""
        self.over_at = min(self.over_at, elapsed) if self.lender.is_over else math.inf
        counts = (self.lender.begun, self.lender.done)
        if counts != self._last:
            self._last, self.moved = counts, now

    def state(self, elapsed: float) -> QuotaState:
        """Return how it stands ``elapsed`` seconds into the run."""
        lender, timed_out = self.lender, min(elapsed, self.over_at) >= self.until - NEAR
        return QuotaState(
            self.plan.tag,
            lender.total,
            lender.begun,
            lender.done,
            lender.open,
            lender.unknown,
            self.plan.quota.max_duration if timed_out else None,
            sum(self.interrupted.values()),
        )


class PermitsCoordinator:
    """Lends the permits of a run; ``elapsed`` are its seconds.

    ``done`` ends it as planned, and ``give_up`` for a reason that puts it in doubt.
    """

    def __init__(
        self,
        runner: Any,
        elapsed: Callable[[], float],
        done: Callable[[str], object],
        give_up: Callable[[str], object],
    ) -> None:
        self._runner, self._elapsed, self._done, self._give_up = runner, elapsed, done, give_up
        self._loads: dict[str, _Load] = {}
        self._numbers: dict[str, int] = {}
        self._looks, self._heard = 0, dict[str, int]()
        """How often it was looked, and how often when each process was last heard: no pause of this one counts."""
        self._run, self._lends, self._ended_at = "", False, math.nan
        self._greenlet: gevent.Greenlet | None = None
        self.starving: Callable[[], int] = lambda: 0
        """Returns how many users wait in an iteration for what only others give back."""
        self._has_ended = False
        """Whether the run was ended from here."""

    def begin(self, plans: Iterable[QuotaPlan], run: str) -> None:
        """Lend the permits of a run that begins."""
        self.stop()
        self._run, self._lends, self._ended_at, self._has_ended = run, True, math.nan, False
        self._numbers, self._looks, self._heard = {}, 0, {}
        users = int(self._runner.target_user_count)
        self._loads = {plan.scenario: _Load(plan, users) for plan in plans}

    def start(self) -> None:
        """Begin to look when all are made."""
        if self._loads:
            self._greenlet = LENDING.start(self._watch)

    def stop(self) -> None:
        """Lend no more; what processes still say is heard."""
        if self._lends:
            self._ended_at = self._elapsed()
        self._lends = False
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def receive(self, worker: str, told: PermitsAsked) -> None:
        """Hear how the iterations of a process stand, and lend it what it may begin next."""
        if told.run != self._run or not self._run or told.number <= self._numbers.get(worker, 0):
            return
        now = monotonic()
        known = [(load, self._loads[load.name]) for load in told.loads if load.name in self._loads]
        lent = [self._answer(worker, load, mine, now) for load, mine in known]
        self._numbers[worker], self._heard[worker] = told.number, self._looks
        if self._lends:
            PermitsLent(run=self._run, heard=told.number, loads=tuple(lent)).send(self._runner, worker)

    def _answer(self, worker: str, load: PocketAsked, mine: _Load, now: float) -> PocketLent:
        lender, asked = mine.lender, load.asked
        mine.idle[worker] = load.idle
        mine.interrupted[worker] = max(load.interrupted, mine.interrupted.get(worker, 0))
        try:
            lender.hear(worker, asked, now)
        except ValueError as error:
            raise UnfitError(str(error)) from None
        ended = not self._lends or self._elapsed() >= mine.until
        accounts = [] if ended else lender.lend(worker, asked, now)
        return PocketLent(
            name=load.name, tail=lender.tail, left=lender.left > 0 and not ended, accounts=tuple(accounts)
        )

    def is_done(self, scenario: str) -> bool:
        """Tell whether all iterations of a scenario have ended."""
        load = self._loads.get(scenario)
        return load is not None and load.lender.is_over

    def states(self) -> tuple[QuotaState, ...]:
        """Return how the loads stand, or stood when the run ended."""
        at = self._elapsed() if self._lends else self._ended_at
        return tuple(load.state(at) for load in self._loads.values())

    def _watch(self) -> None:
        while True:
            gevent.sleep(LOOK)
            now, self._looks = monotonic(), self._looks + 1
            self._lose(now)
            for load in self._loads.values():
                load.look(now, self._elapsed())
            if (whole := self._loads.get("")) is not None and not self._has_ended:
                self._look_at(whole, now)

    def _look_at(self, load: _Load, now: float) -> None:
        """End the run where its iterations are made, their time is over, or nobody is left to make them."""
        if isinstance(load.lender, TicketLender) and load.plan.users is None:
            load.lender.grow(int(self._runner.target_user_count))
        if load.lender.is_over or self._elapsed() >= load.until:
            self._has_ended = True
            self._done("no iterations are left to make" if load.lender.is_over else "max_duration is over")
        elif why := self._stuck(load, now):
            self._has_ended = True
            self._give_up(why)

    def _stuck(self, load: _Load, now: float) -> str:
        """Return why nothing goes on, if so: users are missing that nobody starts again, or all wait for the others."""
        runner, starving, live = self._runner, self.starving(), self._live()
        count, idle = sum(live.values()), sum(load.idle.get(worker, 0) for worker in live)
        ready = runner.state == "running" and runner.environment.shape_class is None
        missing = count < int(runner.target_user_count) or starving
        if not ready or load.lender.under_way > starving or not missing or idle + starving < count:
            load.moved = now
        if now - load.moved < STUCK:
            return ""
        if starving:
            return f"nobody could go on: {starving:,} users waited for rows that the others kept"
        return "nobody was left to make the iterations that are missing: too many users have ended, or are not heard"

    def _lose(self, now: float) -> None:
        """Note which processes are gone."""
        for worker in self._numbers.keys() - self._live().keys():
            for load in self._loads.values():
                load.lender.lose(worker, now)

    def _live(self) -> dict[str, int]:
        """Return the processes that are there and are heard, and how many users each has."""
        clients = getattr(self._runner, "clients", None)
        there = (
            {LOCAL: int(self._runner.user_count)}
            if clients is None
            else {one.id: int(one.user_count) for one in clients.values() if one.state != "missing"}
        )
        return {worker: users for worker, users in there.items() if self._looks - self._heard.get(worker, 0) < UNHEARD}
