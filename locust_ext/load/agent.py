"""A process's part in open loads and scenarios: its user classes, its queues, and its share of the arrivals.

Law: a local run asks itself, over the same two messages. Locust fires no event before a task, so a user waits for its
next iteration in a seam around the task; its own ``wait_time`` is for closed loads, and is not called.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from random import Random
from time import perf_counter
from typing import Any

import gevent
from locust import TaskSet
from locust.exception import RPCError, StopUser
from locust.runners import LocalRunner, MasterRunner
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.load.arrivals import Arrivals, Share, arrivals
from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.messages import Presence, QueueState, ShareTold
from locust_ext.load.partition import MARGIN, REFRESH, TTL, RunClock
from locust_ext.load.schedule import Schedule
from locust_ext.load.user_classes import adopt_classes
from locust_ext.measure.iteration_context import IterationContext, begin, current
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.seam import Seam
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.task_seam import Rank, TaskSeam
from locust_ext.process.wire import UnfitError

logger = logging.getLogger(__name__)

TELLING = Work("the report on arrivals", Stake.LOAD)

DROPPED = "dropped_iterations"
CUT_OFF = "cut_off_iterations"


class ArrivalsAgent:
    """The queues of one process."""

    def __init__(self, environment: Any, recorder: Recorder, tasks: TaskSeam) -> None:
        self._environment, self._recorder, self._tasks = environment, recorder, tasks
        self._queues: dict[str, IterationQueue] = {}
        self._by_class: dict[type[Any], IterationQueue] = {}
        self._spacing: dict[str, str] = {}
        self._clock, self._run = RunClock(), ""
        self._alone, self._until = False, float("-inf")
        self._waits = Seam(TaskSet, "wait", self._without_waiting)
        self._greenlet: gevent.Greenlet | None = None

    def follow(self, told: Mapping[str, Any], run: str) -> None:
        """Take the scenarios of a run, before its first user is made."""
        self.leave()
        scenarios = told.get("scenarios") or []
        self._run, self._clock, self._until = run, RunClock(), float("-inf")
        if isinstance(self._environment.runner, MasterRunner):
            return  # its workers have the users
        self._alone = isinstance(self._environment.runner, LocalRunner)
        adopt_classes(self._environment.user_classes, scenarios)
        named = {user.__name__: user for user in self._environment.user_classes}
        for scenario in scenarios:
            users = [named[name] for name in scenario["users"] if name in named]
            if scenario["open"]:
                weights = {user.__name__: float(user.weight) for user in users}
                queue = IterationQueue(scenario["name"], weights, scenario["patience"], scenario["tags"])
                self._queues[queue.name], self._spacing[queue.name] = queue, scenario["spacing"]
                self._by_class.update(dict.fromkeys(users, queue))
        self._recorder.corrects = bool(self._queues)
        self._recorder.by_iteration = bool(self._queues) or any(one["originals"] for one in scenarios)
        if self._queues:
            self.begin()
            self._tasks.put(Rank.ARRIVAL, self._in_time)
            self._waits.open()
            self._greenlet = TELLING.start(self._be_present)

    @property
    def queues(self) -> Mapping[type[Any], IterationQueue]:
        """The queues of open user classes."""
        return self._by_class

    def begin(self) -> None:
        """Measure from now on: that nothing was dropped is a measurement, also of each scenario."""
        for queue in self._queues.values():
            self._recorder.listen(DROPPED)
            if queue.tags:
                self._recorder.add(DROPPED, Kind.COUNTER, 0, queue.tags)

    def leave(self) -> None:
        """Take part no more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None
        self.flush()
        for queue in self._queues.values():
            queue.stop()
            if queue.waiting:
                self._recorder.add(CUT_OFF, Kind.COUNTER, queue.waiting, queue.tags or None)
        self._waits.close()
        self._tasks.put(Rank.ARRIVAL, None)
        self._queues, self._by_class = {}, {}

    def flush(self) -> list[QueueState]:
        """Record what the queues have gathered; return how they stand."""
        states = []
        for queue in self._queues.values():
            lateness, dropped, short = queue.read()
            for late in lateness:
                self._recorder.add("arrival_lateness", Kind.TREND, late, queue.tags or None)
            if dropped:
                self._recorder.add(DROPPED, Kind.COUNTER, dropped, queue.tags or None)
            states.append(
                QueueState(
                    name=queue.name,
                    idle=queue.idle,
                    busy=queue.busy,
                    waiting=queue.waiting,
                    short=short,
                    dropped=dropped,
                    schedule=queue.schedule_number,
                )
            )
        return states

    def _be_present(self) -> None:
        while True:
            presence = Presence(run=self._run, asked=perf_counter(), queues=tuple(self.flush()))
            try:
                presence.send(self._environment.runner)
            except RPCError as error:
                logger.warning("cannot tell the master how the arrivals stand: %s", error)
            gevent.sleep(REFRESH)

    def on_share(self, told: ShareTold) -> None:
        """Take a share of the arrivals."""
        received = perf_counter()
        if told.run != self._run:
            return
        if told.asked is not None and told.asked > received:
            raise UnfitError("asked: it was asked for in the future")
        for name, number, schedule in told.schedules:
            queue = self._queues.get(name)
            if queue is not None and number > queue.schedule_number:
                queue.follow(number, schedule, functools.partial(self._arrivals, name))
        if told.asked is not None and told.elapsed is not None:
            self._clock.hear(told.elapsed, told.asked, received)
        zero = self._clock.zero
        if zero != zero:  # noqa: PLR0124 NaN: it has not been told the time yet
            return
        share = told.share
        if told.asked is not None and share is not None:  # what it did not ask for is not a sign that it was heard
            self._until = max(self._until, float("inf") if self._alone else told.asked + TTL - MARGIN)
        for queue in self._queues.values():
            if share is not None:
                queue.hold(Share(*share), zero, self._until)

    def _arrivals(self, name: str, schedule: Schedule) -> Arrivals:
        worker = getattr(self._environment.runner, "worker_index", 0)
        return arrivals(schedule, self._spacing[name], Random(f"{self._run}:{worker}:{name}").expovariate)  # type: ignore[arg-type]  # noqa: S311

    def _in_time(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        by_class, register = self._by_class_of, self._recorder.open
        leaving = register.leaving

        @functools.wraps(execute)
        def execute_task(task_set: Any, task: Any) -> Any:
            user = task_set.user
            queue = by_class(type(user))
            if queue is None or isinstance(task, type):
                return execute(task_set, task)
            if leaving:
                register.bar(user)  # an iteration that it took would be lost
            user._state = LOCUST_STATE_WAITING  # noqa: SLF001 so that Locust may stop it at once
            late, permits = queue.take(type(user).__name__), queue.permits
            if permits is not None:
                permits.hand(user)
            try:
                user._state = LOCUST_STATE_RUNNING  # noqa: SLF001
                iteration = current()
                if iteration is None:
                    begin(IterationContext(late=late))
                else:
                    iteration.late = late
                return execute(task_set, task)
            finally:
                queue.give_back(type(user).__name__)
                if permits is not None:
                    permits.take_back(user)

        return execute_task

    def _by_class_of(self, user: type[Any]) -> IterationQueue | None:
        return self._by_class.get(user)

    def _without_waiting(self, wait: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(wait)
        def wait_for_nothing(task_set: Any) -> Any:
            if type(task_set.user) not in self._by_class:
                return wait(task_set)
            if task_set.user._state == LOCUST_STATE_STOPPING:  # noqa: SLF001
                raise StopUser
            return None

        return wait_for_nothing
