"""Before the first request: whether each process may have a descriptor for each of its users.

Law: each process reads its own limit, and the one that judges says it, once a run, with the number that would do. It
is a note: whether connections could not be made is measured.
"""

from __future__ import annotations

import logging
import math
from typing import Any, ClassVar, Protocol

from locust.runners import MasterRunner, WorkerRunner

from locust_ext.clients.shortage import limit
from locust_ext.gates.shortage import too_few
from locust_ext.load.shapes import ScheduleShape, TrafficShape
from locust_ext.process.part import Part, Registered
from locust_ext.process.wire import Count, Inbox, Message, Name

logger = logging.getLogger(__name__)


class Descriptors(Message):
    """A worker tells how many descriptors it may have."""

    type: ClassVar[str] = "locust_ext.descriptors"

    run: Name
    limit: Count


class Notes(Protocol):
    """Where notes of a run are kept: the controller."""

    def mention(self, sentence: str) -> None:
        """Note what changes nothing of the verdict."""


class DescriptorCheck(Part[Any, Any]):
    """Compares users with descriptors; the intent is the most users that the plan has, if it says."""

    def __init__(self, environment: Any, stage: Notes) -> None:
        self._environment, self._stage = environment, stage
        self._run, self._most, self._is_said = "", 0, False
        self._limits: list[int] = []

    @property
    def _runner(self) -> Any:
        return self._environment.runner

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Hear of the limits of workers."""
        return [inbox.takes(Descriptors, lambda _, told: self._hear(told))]

    def follow(self, told: Any, run: str) -> None:  # noqa: ARG002 it is told nothing
        """Read the limit of a process that will have users."""
        most = limit()
        if most is None or isinstance(self._runner, MasterRunner):
            return
        here = Descriptors(run=run, limit=most)
        if isinstance(self._runner, WorkerRunner):
            here.send(self._runner)
        else:
            self._limits = [here.limit]

    def begins(self, intent: float | None, run: str) -> None:
        """Know how many users there will be at the most."""
        self._run, self._most, self._is_said = run, self._users(intent), False
        if isinstance(self._runner, MasterRunner):
            self._limits = []
        self._look()

    def started(self, intent: Any, run: str) -> None:  # noqa: ARG002 it began with them
        """Say what is too little, now that all who can have told their limits."""
        self._look()

    def leave(self) -> None:
        """Judge no limits any more."""
        self._run = ""

    def _users(self, planned: float | None) -> int:
        shape = self._environment.shape_class
        if planned is None and isinstance(shape, ScheduleShape) and not isinstance(shape, TrafficShape):
            planned = shape.schedule.peak
        users = planned or getattr(self._runner, "target_user_count", 0) or 0
        return math.ceil(users) if math.isfinite(users) else 0

    def _hear(self, told: Descriptors) -> None:
        if told.run == self._run:
            self._limits.append(told.limit)
            self._look()

    def _look(self) -> None:
        if not self._limits or self._is_said:
            return
        workers = getattr(self._runner, "worker_count", 1) if isinstance(self._runner, MasterRunner) else 1
        sentence = too_few(math.ceil(self._most / max(1, workers)), min(self._limits))
        if sentence:
            self._is_said = True
            logger.warning("%s", sentence)
            self._stage.mention(sentence)
