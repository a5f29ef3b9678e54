"""The master's part in open loads and scenarios: who makes which arrivals, and how many users there are to make them.

Law: the run's clock begins when the pools are ready, so that no arrival waits for a user to be made. A pool grows by
the users that were missing, never beyond its maximum; arrivals are divided again when a process joins, goes or is lost.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import gevent

from locust_ext.load.messages import Presence, QueueState, ShareTold
from locust_ext.load.partition import LEAD, REFRESH, TTL, Partition
from locust_ext.load.placement import Mix, MixDispatcher, split
from locust_ext.load.scenario import Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.load.user_classes import told_of
from locust_ext.process.supervised import Stake, Work

logger = logging.getLogger(__name__)

DIVIDING = Work("the division of the arrivals", Stake.LOAD)

LONGEST_START = 15.0
"""Seconds that a run waits for its pools before it begins with what there is."""

LOOK = 0.1
"""Seconds from one look at the roster to the next."""

STEP, STEP_SHARE = 50, 0.25
"""What a pool grows by at the most in a second: users, or a share of it, whichever is more."""


@dataclass
class PoolState:
    """How a scenario stands: its pool, and what the processes last said of it."""

    scenario: Scenario
    told: Mapping[str, Any]
    weights: Mapping[str, float]
    size: int
    number: int = 0
    """Of its schedule: a higher one replaces it."""
    short: dict[str, int] = field(default_factory=dict)
    at_work: dict[str, tuple[float, int, int]] = field(default_factory=dict)
    """By process: when it was last heard, its idle users, and its iterations under way or waiting."""

    def hear(self, worker: str, queue: QueueState, now: float) -> None:
        """Take what a process says of its queue."""
        self.at_work[worker] = (now, queue.idle, queue.busy + queue.waiting)
        self.short[worker] = max(self.short.get(worker, 0), queue.short)

    def _fresh(self, now: float) -> Iterable[tuple[float, int, int]]:
        return [one for one in self.at_work.values() if now - one[0] < TTL]

    def idle(self, now: float) -> int:
        """Return how many users wait for an iteration."""
        return sum(one[1] for one in self._fresh(now))

    def under_way(self, now: float) -> int:
        """Return how many iterations are under way, or wait."""
        return sum(one[2] for one in self._fresh(now))

    def grow(self) -> None:
        """Let the pool have the users that were missing since it last grew, in steps that stall nobody."""
        pool = self.scenario.pool
        missing, self.short = sum(self.short.values()), {}
        if pool is not None and missing and self.size < pool.max_users:
            most = max(STEP, int(self.size * STEP_SHARE))
            self.size = min(pool.max_users, self.size + min(missing, most))


class ArrivalsCoordinator:
    """Divides the arrivals of a run among its processes, and sizes its pools."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._states: dict[str, PoolState] = {}
        self._fixed: dict[str, int] = {}
        self._partition, self._run = Partition(), ""
        self._began = math.nan
        self._greenlet: gevent.Greenlet | None = None
        self._mix: Mix = {}
        self.is_done: Callable[[str], bool] = lambda _: False
        """Tells of a scenario that ends with its iterations whether all of them have ended."""
        self.told: list[dict[str, Any]] = []
        """What the processes are told of the scenarios, in Locust's own spawn message."""

    def prepare(self, scenarios: Sequence[Scenario], classes: Sequence[type[Any]]) -> None:
        """Get ready for a run of these scenarios with the locustfile's ``classes``."""
        self.stop()
        weights = {user.__name__: float(user.weight) for user in classes if not user.fixed_count}
        whole = any(not scenario.users for scenario in scenarios)
        self._fixed = {user.__name__: user.fixed_count for user in classes if user.fixed_count} if whole else {}
        weights = weights or {user.__name__: 1.0 for user in classes}
        self.told = told_of(scenarios, list(weights))
        self._states = {
            scenario.name: PoolState(
                scenario,
                told,
                {name: weights.get(user, 1.0) for user, name in _users(told)},
                (scenario.pool.users or 0) if scenario.pool else 0,
            )
            for scenario, told in zip(scenarios, self.told, strict=True)
        }
        self._partition, self._began, self._mix = Partition(), math.nan, {}

    def start(self, run: str) -> None:
        """Begin to divide, as soon as the pools are ready."""
        self._run = run
        if self._states:
            self._greenlet = DIVIDING.start(self._watch)

    def stop(self) -> None:
        """Divide no more."""
        self._run = ""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios of the run; a search may have given them another schedule."""
        return [one.scenario for one in self._states.values()]

    @property
    def elapsed(self) -> float:
        """The seconds since the arrivals began; 0 before."""
        return max(0.0, self._age) if self._has_begun else 0.0

    @property
    def begins(self) -> bool:
        """Whether the arrivals have begun, or will so soon that their first phase must be known."""
        return self._has_begun and self._age > -LEAD

    @property
    def _age(self) -> float:
        """The seconds since the arrivals began; negative when that is still to come."""
        return perf_counter() - self._began

    @property
    def _has_begun(self) -> bool:
        return not math.isnan(self._began)

    @property
    def _open(self) -> list[PoolState]:
        return [one for one in self._states.values() if one.scenario.pool is not None]

    @property
    def is_open(self) -> bool:
        """Whether all of its loads are open: their iterations have a ``graceful_stop`` of their own."""
        return bool(self._states) and len(self._open) == len(self._states)

    def extend(self, schedule: Schedule) -> None:
        """Follow a schedule from now on that agrees with the one before so far: a search has chosen its next level."""
        for one in self._states.values():
            one.scenario = one.scenario.following(schedule)
            one.number += 1
        self._tell_all()

    def receive(self, worker: str, presence: Presence) -> None:
        """Answer a process that says how its queues stand."""
        if presence.run != self._run or not self._run:
            return
        now, able = perf_counter(), False
        for queue in presence.queues:
            if (state := self._states.get(queue.name)) is not None:
                state.hear(worker, queue, now)
                able = able or queue.idle + queue.busy > 0
        if able:
            self._partition.hear(worker, now)
        if self._has_begun:
            self._tell(worker, presence.asked, {queue.name: queue.schedule for queue in presence.queues})

    def _tell(self, worker: str, asked: float | None, old: Mapping[str, int]) -> None:
        share = self._partition.division.share(worker)
        schedules = tuple(
            (name, one.number, one.scenario.course)
            for name, one in self._states.items()
            if one.scenario.pool is not None and old.get(name, -1) < one.number
        )
        answer = ShareTold(
            run=self._run,
            asked=asked,
            elapsed=self._age if self._has_begun else None,
            share=(share.index, share.of, share.since) if share else None,
            schedules=schedules,
        )
        answer.send(self._runner, worker)

    def _tell_all(self) -> None:
        for worker in self._partition.division.members:
            self._tell(worker, None, {})

    def _watch(self) -> None:
        if not self._has_begun:
            self._begin()
        while True:
            if self._partition.divide(perf_counter(), self.elapsed):
                self._tell_all()
            gevent.sleep(LOOK)

    def _begin(self) -> None:
        """Wait for the pools, and begin the arrivals."""
        deadline = perf_counter() + LONGEST_START
        while not self._ready() and perf_counter() < deadline:
            gevent.sleep(LOOK / 5)
        if not self._ready():
            logger.warning(
                "not all users of the pools were ready after %g s: the arrivals begin without them", LONGEST_START
            )
        self._began = perf_counter() + 2 * REFRESH  # by then every process knows the clock and its share

    def _ready(self) -> bool:
        now = perf_counter()
        for one in self._open:
            pool = one.scenario.pool
            assert pool is not None
            wanted = pool.users if pool.users is not None else 1
            if one.idle(now) < wanted or (pool.users is None and self._runner.state != "running"):
                return False
        return True

    def mix(self) -> Mix:
        """Return the users that were wanted at the last :meth:`wanted`."""
        return self._mix

    def wanted(self, at: float) -> Mix:
        """Return how many users of which class there must be ``at`` seconds into the run."""
        mix: dict[str, int] = dict(self._fixed)
        now = perf_counter()
        for one in self._states.values():
            self._cut(one, at)
            one.grow()
            for name, amount in split(self._users_of(one, at, now), one.weights).items():
                mix[name] = mix.get(name, 0) + amount
        self._mix = mix
        return mix

    def _cut(self, one: PoolState, at: float) -> None:
        """Plan no users any more for a scenario whose iterations have all ended."""
        scenario = one.scenario
        if scenario.pool is None and at < scenario.end and self.is_done(scenario.name):
            one.scenario = scenario.following(scenario.schedule.until(max(0.0, at - scenario.start)))

    def _users_of(self, one: PoolState, at: float, now: float) -> int:
        scenario, pool = one.scenario, one.scenario.pool
        if self.is_done(scenario.name):
            return 0
        if pool is None:
            return int(scenario.course.level(at) + 0.5)
        over = at - scenario.end
        heard = over >= 2 * REFRESH  # what was said before the end knows nothing of the last arrivals
        return 0 if over >= pool.graceful_stop or (heard and not one.under_way(now)) else one.size

    def over(self, at: float) -> bool:
        """Tell whether every scenario has ended, and its iterations with it."""
        now = perf_counter()
        for one in self._states.values():
            self._cut(one, at)
        return all(
            self.is_done(one.scenario.name)
            or (at >= one.scenario.end and (one.scenario.pool is None or not self._users_of(one, at, now)))
            for one in self._states.values()
        )

    def dispatcher(self, worker_nodes: list[Any], user_classes: list[type[Any]]) -> MixDispatcher:
        """Return the dispatcher of this run's users, as Locust makes one."""
        return MixDispatcher(worker_nodes, user_classes, self.mix)


def _users(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the locustfile's name and the scenario's name of each user class."""
    return list(told["originals"].items()) or [(name, name) for name in told["users"]]
