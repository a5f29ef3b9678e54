"""Tasks as k6's iterations: how many, and how long each took.

Law: a task that ran to its end counts, also when it ended in an exception; one that was killed does not, but where it
was killed in the middle of a request it took at least that long. A nested TaskSet is not a
task, its tasks are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any

import gevent

from locust_ext.measure.open_requests import LOSES
from locust_ext.measure.recorder import Recorder
from locust_ext.process.part import Part
from locust_ext.process.task_seam import Rank, TaskSeam
from locust_ext.process.wire import Item

ITERATION_METRICS = frozenset({"iterations", "iteration_duration"})
"""What it measures; it runs only in runs that judge one of these, since each task pays for them."""


def iteration_clock(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around a task so that ``recorder`` counts it."""

    def timed(execute: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(execute)
        def execute_task(task_set: Any, task: Any) -> Any:
            if isinstance(task, type):
                return execute(task_set, task)
            began = perf_counter()
            try:
                result = execute(task_set, task)
            except gevent.GreenletExit as exit_:
                if getattr(exit_, LOSES, False):
                    recorder.lose_iteration(began)
                raise
            except BaseException:
                recorder.on_iteration((perf_counter() - began) * 1000)
                raise
            recorder.on_iteration((perf_counter() - began) * 1000)
            return result

        return execute_task

    return timed


class IterationsTold(Item):
    """Whether a run judges iterations."""


class IterationClock(Part[bool, IterationsTold]):
    """Times the tasks of this process's users, in runs that judge it; the intent is whether this one does."""

    name = "iterations"

    def __init__(self, recorder: Recorder, tasks: TaskSeam) -> None:
        self._recorder, self._tasks = recorder, tasks

    def reads(self) -> type[IterationsTold]:
        """Return the model of what processes are told."""
        return IterationsTold

    def orders(self, intent: bool) -> IterationsTold | None:  # noqa: FBT001 it is the whole intent
        """Return that tasks are to be timed, if they are."""
        return IterationsTold() if intent else None

    def follow(self, told: IterationsTold | None, run: str) -> None:  # noqa: ARG002 it counts for whichever run there is
        """Time tasks, or do not."""
        self._tasks.put(Rank.CLOCK, iteration_clock(self._recorder) if told is not None else None)
