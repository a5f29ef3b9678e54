"""What a permit costs an iteration: shared by all users, and of each user's own, where there is always one at hand.

An empty task is executed as Locust executes it, with the permit's wrapper around it and without, in turns.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from locust import TaskSet, User
from locust.env import Environment
from side_by_side import Row, added, in_turns

from locust_ext.load.permit_agent import PermitsAgent
from locust_ext.load.permit_messages import PermitsTold
from locust_ext.load.permits import Lent
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.process.task_seam import TaskSeam

ITERATIONS = 200
TURNS = 500
GOAL = 3.0
MANY = 10**9


class Visitor(User):
    """A user that does nothing."""


def _nothing(_: Any) -> None:
    """Do nothing."""


def _executed(task_set: TaskSet, execute: Any) -> float:
    """Return microseconds of processor time for one iteration."""
    began = time.thread_time()
    for _ in range(ITERATIONS):
        execute(task_set, _nothing)
    return (time.thread_time() - began) / ITERATIONS * 1e6


def _pairs(*, per_user: bool) -> Iterator[tuple[float, float]]:
    environment = Environment(user_classes=[Visitor])
    environment.runner = SimpleNamespace(send_message=lambda *_, **__: None)  # type: ignore[assignment]
    tasks = TaskSeam()
    agent = PermitsAgent(environment, OpenRequests(), tasks)
    stock = TaskSet.execute_task
    told = PermitsTold.of({"loads": [{"name": "", "per_user": per_user, "users": []}]})
    agent.follow(told, "run", {})
    ours = TaskSet.execute_task
    (pocket,) = agent._pockets.values()  # noqa: SLF001 filled without a master
    user = Visitor(environment)
    user._state = "running"  # noqa: SLF001 as a user that is at work
    turns = itertools.count(1)
    task_set = TaskSet(user)

    def with_permits() -> float:
        pocket.take(0, [Lent(1, next(turns) * ITERATIONS, MANY)], tail=False)
        return _executed(task_set, ours)

    try:
        yield from in_turns(lambda: _executed(task_set, stock), with_permits, TURNS)
    finally:
        agent.leave()


def measure_one(*, per_user: bool) -> tuple[float, float]:
    """Return microseconds that one iteration costs more with a permit, and those that it costs without."""
    return added(list(_pairs(per_user=per_user)))


def _row(what: str, cost: float, stock: float) -> Row:
    return Row(f"cost added to one iteration by its permit: {what}", f"<= {GOAL} us", f"+{cost:.2f} us",
               f"{stock:.2f} us", cost <= GOAL)  # fmt: skip


KINDS = {"shared": False, "of each user": True}


def measure() -> Row:
    """Return the row of the kind that costs most."""
    rows = (_row(what, *measure_one(per_user=per_user)) for what, per_user in KINDS.items())
    return max(rows, key=lambda row: float(row.ours.split()[0]))


if __name__ == "__main__":
    for name, kind in KINDS.items():
        print(_row(name, *measure_one(per_user=kind)))
