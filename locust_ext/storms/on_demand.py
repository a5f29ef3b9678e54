"""A process's part in storms, made where a configuration or a user class asks for it.

Law: most runs have no storm, and load nothing of one. A user class can only storm when its module has imported what it
storms with, so that what is loaded tells who may ask.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam

if TYPE_CHECKING:
    from locust_ext.storms.agent import Storms

ASKING = ("locust_ext.storms.reconnect", "locust_ext.storms.retry", "locust_ext.storms.websocket")
"""The modules whose user classes look for ``environment.locust_ext_storms``."""


class StormsOnDemand:
    """Storms of one environment, from the moment on at which somebody asks for them."""

    def __init__(self, environment: Any, recorder: Recorder, tasks: TaskSeam) -> None:
        self._environment, self._recorder, self._tasks = environment, recorder, tasks
        self._agent: Storms | None = None
        environment.locust_ext_storms = self._made() if self._is_asked() else None

    @property
    def agent(self) -> Storms:
        """This process's part; it is made when it is first asked for."""
        return self._agent or self._made()

    def follow(self, told: Mapping[str, Any], run: str) -> None:
        """Take the options of a run, before its first user is made."""
        if self._agent or self._is_asked() or told.get("storm") or told.get("retry"):
            self.agent.follow(told, run)

    def forget(self) -> None:
        """Strike no more: an order belongs to its run."""
        if self._agent:
            self._agent.forget()

    @staticmethod
    def _is_asked() -> bool:
        return any(name in sys.modules for name in ASKING)

    def _made(self) -> Storms:
        from locust_ext.storms.agent import Storms  # noqa: PLC0415 the only place that loads storms

        self._agent = self._environment.locust_ext_storms = Storms(self._environment, self._recorder, self._tasks)
        return self._agent
