"""What stands around each task of a user: one chain, in one order.

Law: no matter who comes or goes first, the chain has the order of its ranks: an iteration waits for its arrival, then
for its connection, then for its permit, and only then does its clock start. Locust fires no event for a task, so this
is a seam; with nobody in the chain Locust's own function stands there.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from locust.user.task import DefaultTaskSet, TaskSet

from locust_ext.process.seam import Seam

Execute = Callable[..., Any]
"""``TaskSet.execute_task``, or what stands for it."""


class Rank(IntEnum):
    """Where a wrapper stands: the lowest is the outermost."""

    ARRIVAL = 10
    CONNECTION = 20
    PERMIT = 25
    CLOCK = 30


class TaskSeam:
    """The wrappers around tasks in this process; each rank has one, or none."""

    def __init__(self) -> None:
        self._wrappers: dict[Rank, Callable[[Execute], Execute]] = {}
        self._seams = tuple(Seam(owner, "execute_task", self._chain) for owner in (TaskSet, DefaultTaskSet))

    def put(self, rank: Rank, wrap: Callable[[Execute], Execute] | None) -> None:
        """Have ``wrap`` stand at ``rank``, in place of what stood there; None: have nothing stand there."""
        self._wrappers.pop(rank, None)
        if wrap is not None:
            self._wrappers[rank] = wrap
        self._renew()

    def let_go(self) -> None:
        """Have nothing stand around tasks."""
        self._wrappers.clear()
        self._renew()

    def _renew(self) -> None:
        for seam in self._seams:
            seam.close()
            if self._wrappers:
                seam.open()

    def _chain(self, execute: Execute) -> Execute:
        for rank in sorted(self._wrappers, reverse=True):
            execute = self._wrappers[rank](execute)
        return execute
