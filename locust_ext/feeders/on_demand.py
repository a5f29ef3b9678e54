"""The feeders of one environment, made where code has declared one.

Law: most runs have none, and load nothing of them. What is made stays for the runs after it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from locust_ext.measure.recorder import Recorder
from locust_ext.process.message_types import FEEDER_ASK, FEEDER_ROWS
from locust_ext.process.part import Part, Registered
from locust_ext.process.wire import Inbox, Message

if TYPE_CHECKING:
    from locust_ext.feeders.agent import FeederAgent
    from locust_ext.feeders.coordinator import FeederCoordinator, FeedersIntent, Stage
    from locust_ext.feeders.messages import FeedersTold

DECLARING = "locust_ext.feeders.feeder"
"""The module that code imports where it declares a feeder."""

Handler = tuple[type[Message], Callable[[str, Any], object]]


def is_asked() -> bool:
    """Tell whether code of this process can have declared a feeder."""
    return DECLARING in sys.modules


class FeedersOnDemand(Part["FeedersIntent | None", "FeedersTold"]):
    """Feeders: on the process that judges who gets which rows, on the others handing them to users."""

    name = "feeders"

    def __init__(
        self, environment: Any, recorder: Recorder, stage: Stage, end_as_planned: Callable[[str], object]
    ) -> None:
        self._environment, self._recorder, self._stage = environment, recorder, stage
        self._end_as_planned = end_as_planned
        self._agent: FeederAgent | None = None
        self._coordinator: FeederCoordinator | None = None

    @property
    def agent(self) -> FeederAgent:
        """Where this process's users get rows; it is made when it is first asked for."""
        if self._agent is None:
            from locust_ext.feeders.agent import FeederAgent  # noqa: PLC0415 the only place that loads it

            self._agent = FeederAgent(self._environment, self._recorder)
        return self._agent

    @property
    def coordinator(self) -> FeederCoordinator:
        """Who lends rows; it is made when it is first asked for."""
        if self._coordinator is None:
            from locust_ext.feeders.coordinator import FeederCoordinator  # noqa: PLC0415 the only place that loads it

            self._coordinator = FeederCoordinator(self._environment.runner, self._stage, self._end_as_planned)
        return self._coordinator

    @property
    def starving(self) -> int:
        """Users that wait for rows which come back from others alone."""
        return self._coordinator.starving if self._coordinator is not None else 0

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what Locust's ``register_message`` needs to hand on what processes say of rows."""
        return [inbox.loads(FEEDER_ASK, self._ask), inbox.loads(FEEDER_ROWS, self._rows)]

    def _ask(self) -> Handler:
        from locust_ext.feeders.messages import Ask  # noqa: PLC0415 only where somebody says it

        return Ask, self.coordinator.receive

    def _rows(self) -> Handler:
        from locust_ext.feeders.messages import RowsLent  # noqa: PLC0415 only where somebody says it

        return RowsLent, lambda _, lent: self.agent.on_rows(lent)

    def reads(self) -> type[FeedersTold]:
        """Return the model of what processes are told."""
        from locust_ext.feeders.messages import FeedersTold  # noqa: PLC0415 only a run with feeders

        return FeedersTold

    def orders(self, intent: FeedersIntent | None) -> FeedersTold | None:
        """Return the feeders of a run, if it has any."""
        if intent is None or not intent.feeders:
            return None
        return self.reads()(feeders=self.coordinator.told(intent))

    def follow(self, told: FeedersTold | None, run: str) -> None:
        """Have users get rows here, where the run has feeders; a master has no users."""
        if (told is not None or self._agent is not None) and not hasattr(self._environment.runner, "clients"):
            self.agent.follow(told, run)

    def begins(self, intent: FeedersIntent | None, run: str) -> None:
        """Begin to lend."""
        if intent is not None and (intent.feeders or self._coordinator is not None):
            self.coordinator.begin(intent, run)

    def leave(self) -> None:
        """Give back what nobody has, and lend no more."""
        if self._agent is not None:
            self._agent.leave()
        if self._coordinator is not None:
            self._coordinator.end()

    def let_go(self) -> None:
        """Leave the process as it was."""
        self.leave()
