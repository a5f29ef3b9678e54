"""Tasks as k6's iterations: how many, and how long each took.

Law: a task that ran to its end counts, also when it ended in an exception; one that was killed does not. A nested
TaskSet is not a task, its tasks are. Locust fires no event for a task, so this is a seam.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import gevent
from locust import TaskSet
from locust.user.task import DefaultTaskSet

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.seam import Seam


def iteration_seams(recorder: Recorder) -> tuple[Seam, ...]:
    """Return the seams that count iterations into ``recorder``."""

    def timed(execute: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(execute)
        def execute_task(task_set: Any, task: Any) -> Any:
            if hasattr(task, "tasks"):
                return execute(task_set, task)
            began = time.perf_counter()
            try:
                result = execute(task_set, task)
            except gevent.GreenletExit:
                raise
            except BaseException:
                _count(recorder, began)
                raise
            _count(recorder, began)
            return result

        return execute_task

    return tuple(Seam(owner, "execute_task", timed) for owner in (TaskSet, DefaultTaskSet))


def _count(recorder: Recorder, began: float) -> None:
    recorder.add("iterations", Kind.COUNTER, 1)
    recorder.add("iteration_duration", Kind.TREND, (time.perf_counter() - began) * 1000)
