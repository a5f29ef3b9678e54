"""A process's part in loads that end with their iterations: each task begins with a permit.

Law: a local run asks itself, over the same two messages. A permit is taken at the last moment, when the connection of
its user stands, so that what has it begins.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

import gevent
from gevent import GreenletExit
from gevent.event import Event
from locust.exception import RPCError
from locust.runners import MasterRunner

from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.permit_messages import PermitsAsked, PermitsLent, PermitsTold, PocketAsked
from locust_ext.load.pockets import Pocket, SharedPocket, TicketPocket
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.task_seam import Rank, TaskSeam

logger = logging.getLogger(__name__)

ASKING = Work("the report on iterations", Stake.LOAD)

REFRESH = 0.2
"""Seconds from one message to the next, while iterations are made."""

IDLE = 1.0
"""The same while nothing happens."""

SPACING = 0.02
"""Seconds between two messages at the least, however badly permits are needed."""


class PermitsAgent:
    """The permits of one process."""

    def __init__(self, environment: Any, register: OpenRequests, tasks: TaskSeam) -> None:
        self._environment, self._register, self._tasks = environment, register, tasks
        self._pockets: dict[str, Pocket] = {}
        self._by_class: dict[type[Any], Pocket] = {}
        self._queues: list[tuple[IterationQueue, SharedPocket]] = []
        self._run, self._number, self._heard = "", 0, 0
        self._again = Event()
        self._greenlet: gevent.Greenlet | None = None

    def follow(self, told: PermitsTold | None, run: str, queues: Mapping[type[Any], IterationQueue]) -> None:
        """Take the loads of a run, before its first user is made; ``queues`` are those of open user classes."""
        self.leave()
        self._run, self._number, self._heard = run, 0, 0
        if told is None or isinstance(self._environment.runner, MasterRunner):
            return  # its workers have the users
        for load in told.loads:
            pocket = (TicketPocket if load.per_user else SharedPocket)(self._ask)
            self._pockets[load.name] = pocket
            users = [one for one in self._environment.user_classes if not load.users or one.__name__ in load.users]
            self._by_class.update(dict.fromkeys(users, pocket))
            if isinstance(pocket, SharedPocket):
                self._join(pocket, {queues[user] for user in users if user in queues})
        self._tasks.put(Rank.PERMIT, self._permitted)
        self._greenlet = ASKING.start(self._ask_for_ever)

    def _join(self, pocket: SharedPocket, queues: Iterable[IterationQueue]) -> None:
        """Let arrivals of these queues bring their permits."""
        mine = list(queues)
        for queue in mine:
            queue.permits = pocket
            self._queues.append((queue, pocket))
        pocket.wanting = lambda: sum(len(queue.pending) for queue in mine)

    def _ask(self) -> None:
        if not self._again.is_set():
            self._again.set()

    def _ask_for_ever(self) -> None:
        told = -SPACING
        while True:
            gevent.sleep(max(0.0, told + SPACING - monotonic()))
            self._again.clear()
            told = monotonic()
            self.tell()
            self._again.wait(REFRESH if any(one.is_busy for one in self._pockets.values()) else IDLE)

    def tell(self) -> None:
        """Say how the iterations stand, and ask for what is needed next."""
        if not self._pockets:
            return
        self._number += 1
        asked = [(name, one, one.tell(self._number, monotonic())) for name, one in self._pockets.items()]
        loads = tuple(
            PocketAsked(
                name=name,
                waiting=it.waiting,
                spare=it.spare,
                wish=it.wish,
                idle=one.waiting,
                interrupted=one.interrupted,
                accounts=it.entries,
            )
            for name, one, it in asked
        )
        try:
            PermitsAsked(run=self._run, number=self._number, loads=loads).send(self._environment.runner)
        except RPCError as error:
            logger.warning("cannot ask the master for permits: %s", error)

    def take(self, told: PermitsLent) -> None:
        """Take what the master lends; what is older than what was taken changes nothing."""
        if told.run != self._run or not self._heard < told.heard <= self._number:
            return
        self._heard = told.heard
        left = {}
        for load in told.loads:
            if (pocket := self._pockets.get(load.name)) is not None:
                pocket.take(told.heard, list(load.accounts), tail=load.tail)  # type: ignore[arg-type]
                left[id(pocket)] = load.left
        for queue, pocket in self._queues:
            queue.offer_again(more=left.get(id(pocket), True))

    def close(self) -> None:
        """Say the last word: nothing begins any more, and what was not begun goes back."""
        for pocket in self._pockets.values():
            pocket.close()
        self.tell()

    def leave(self) -> None:
        """Take part no more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None
        self.close()
        self._tasks.put(Rank.PERMIT, None)
        for queue, _ in self._queues:
            queue.permits = None
        self._pockets, self._by_class, self._queues, self._run = {}, {}, [], ""

    def _permitted(self, execute: Callable[..., Any]) -> Callable[..., Any]:
        by_class, register = self._by_class, self._register
        leaving = register.leaving

        @functools.wraps(execute)
        def execute_task(task_set: Any, task: Any) -> Any:
            user = task_set.user
            pocket = by_class.get(type(user))
            if pocket is None or isinstance(task, type):
                return execute(task_set, task)
            if leaving:
                register.bar(user)  # an iteration that it began would be lost
            pocket.begin(user)
            try:
                return execute(task_set, task)
            except GreenletExit:  # its user was stopped, or stops since there is nothing for it to work with
                pocket.interrupted += 1
                raise
            finally:
                pocket.end(user)

        return execute_task
