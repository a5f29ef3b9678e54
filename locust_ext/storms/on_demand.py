"""Storms and stampedes of one environment, made where a configuration, a user class or a person asks for them.

Law: most runs have neither, and load nothing of one. A user class can only storm when its module has imported what it
storms with, so that what is loaded tells who may ask.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from locust_ext.measure.recorder import Recorder
from locust_ext.process.message_types import RELEASE, STORM_COUNT, STORM_COUNTED, STORM_DROP
from locust_ext.process.part import Part, Registered
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.wire import Inbox, Message
from locust_ext.storms.intents import StampedeIntent, StormIntent

if TYPE_CHECKING:
    from locust_ext.storms.agent import StormAgent
    from locust_ext.storms.coordinator import StormCoordinator
    from locust_ext.storms.link import Links
    from locust_ext.storms.messages import StormsTold
    from locust_ext.storms.stampede import StampedeAgent, StampedeCoordinator

ASKING = ("locust_ext.storms.reconnect", "locust_ext.storms.retry", "locust_ext.clients.websocket_user")
"""The modules whose user classes look for ``environment.locust_ext_storms``."""

WAITING = "locust_ext.storms.stampede"
"""That whose user classes look for ``environment.locust_ext_stampede``."""

Handler = tuple[type[Message], Callable[[str, Any], object]]


class PhaseAnnouncer(Protocol):
    """Where phases are announced, and what did not come is said: the controller."""

    def cover(self, phase: str) -> None:
        """Enter a phase that covers those of the schedule."""

    def uncover(self) -> None:
        """Return to the phase of the schedule."""

    def mention(self, sentence: str) -> None:
        """Note what failed, and changes nothing of the verdict."""

    def elapsed(self) -> float:
        """Return the seconds of the run."""


class StormsOnDemand(Part[StormIntent, "StormsTold"]):
    """Storms of one environment, from the moment on at which somebody asks for them."""

    name = "storms"

    def __init__(
        self, environment: Any, recorder: Recorder, tasks: TaskSeam, stage: PhaseAnnouncer, links: Callable[[], Links]
    ) -> None:
        self._environment, self._recorder, self._tasks, self._stage = environment, recorder, tasks, stage
        self._links = links
        self._agent: StormAgent | None = None
        self._coordinator: StormCoordinator | None = None
        self._run: StormIntent | None = None
        environment.locust_ext_storms = self._made() if self._is_asked() else None

    @property
    def agent(self) -> StormAgent:
        """This process's part; it is made when it is first asked for."""
        return self._agent or self._made()

    @property
    def coordinator(self) -> StormCoordinator:
        """Who says when a storm begins; it is made when it is first asked for, also in the midst of a run."""
        if self._coordinator is None:
            from locust_ext.storms.coordinator import StormCoordinator  # noqa: PLC0415 the only place that loads it

            self._coordinator = StormCoordinator(self._environment, self._stage)
            self._coordinator.on_missed = self._stage.mention
            if self._run is not None:
                self._coordinator.start(self._run, self._stage.elapsed)
        return self._coordinator

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what Locust's ``register_message`` needs to hand on what processes say of storms."""
        return [
            inbox.loads(STORM_COUNT, self._count),
            inbox.loads(STORM_COUNTED, self._counted),
            inbox.loads(STORM_DROP, self._drop),
        ]

    def _count(self) -> Handler:
        from locust_ext.storms.messages import StormCount  # noqa: PLC0415 only where somebody says it

        return StormCount, lambda _, order: self.agent.on_count(order)

    def _counted(self) -> Handler:
        from locust_ext.storms.messages import StormCounted  # noqa: PLC0415 only where somebody says it

        return StormCounted, self.coordinator.receive

    def _drop(self) -> Handler:
        from locust_ext.storms.messages import StormDrop  # noqa: PLC0415 only where somebody says it

        return StormDrop, lambda _, order: self.agent.on_drop(order)

    def reads(self) -> type[StormsTold]:
        """Return the model of what processes are told."""
        from locust_ext.storms.messages import StormsTold  # noqa: PLC0415 only a run with storms

        return StormsTold

    def orders(self, intent: StormIntent) -> StormsTold | None:
        """Return how users come back and try again, where the configuration says it."""
        if not (intent.options or intent.retry):
            return None
        storm, retry = intent.options, intent.retry
        return self.reads()(storm=storm.model_dump() if storm else None, retry=retry.model_dump() if retry else None)

    def started(self, intent: StormIntent, run: str) -> None:  # noqa: ARG002 it has one run at a time
        """Wait for the storms of a run, or for anyone who asks for one."""
        self._run = None
        if self._coordinator or intent.options:
            self.coordinator.start(intent, self._stage.elapsed)
        self._run = intent  # for one that is made in the midst of the run

    def strike_now(self, drop: float, cause: str) -> str:
        """Start a storm that a person asked for, and return what to tell that person."""
        return self.coordinator.strike_now(drop, cause)

    def follow(self, told: StormsTold | None, run: str) -> None:
        """Take the options of a run, before its first user is made."""
        if self._agent or self._is_asked() or told is not None:
            self.agent.follow(told, run)

    def leave(self) -> None:
        """Start no more storms, and drop nobody any more: an order belongs to its run."""
        self._run = None
        if self._coordinator:
            self._coordinator.stop()
        if self._agent:
            self._agent.forget()

    @staticmethod
    def _is_asked() -> bool:
        return any(name in sys.modules for name in ASKING)

    def _made(self) -> StormAgent:
        from locust_ext.storms.agent import StormAgent  # noqa: PLC0415 the only place that loads storms

        self._agent = StormAgent(self._environment, self._recorder, self._tasks, self._links())
        self._environment.locust_ext_storms = self._agent
        return self._agent


class StampedesOnDemand(Part[StampedeIntent, Any]):
    """Stampedes of one environment, from the moment on at which somebody asks for them."""

    def __init__(self, environment: Any, recorder: Recorder, stage: PhaseAnnouncer) -> None:
        self._environment, self._recorder, self._stage = environment, recorder, stage
        self._agent: StampedeAgent | None = None
        self._coordinator: StampedeCoordinator | None = None
        environment.locust_ext_stampede = self.agent if WAITING in sys.modules else None

    @property
    def agent(self) -> StampedeAgent:
        """Where the users of this process wait; it is made when it is first asked for."""
        if self._agent is None:
            from locust_ext.storms.stampede import StampedeAgent  # noqa: PLC0415 the only place that loads it

            self._agent = self._environment.locust_ext_stampede = StampedeAgent(self._recorder)
        return self._agent

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what Locust's ``register_message`` needs to hand on a release."""
        return [inbox.loads(RELEASE, self._release)]

    def _release(self) -> Handler:
        from locust_ext.storms.messages import Release  # noqa: PLC0415 only where somebody says it

        return Release, lambda _, order: self.agent.on_release(order)

    def follow(self, told: None, run: str) -> None:  # noqa: ARG002 it is told nothing
        """Have users wait here, where one of them can."""
        if WAITING in sys.modules:
            self._environment.locust_ext_stampede = self.agent

    def started(self, intent: StampedeIntent, run: str) -> None:
        """Play the rounds of a run, if it has any."""
        if intent.options and self._coordinator is None:
            from locust_ext.storms.stampede import StampedeCoordinator  # noqa: PLC0415 the only place that loads it

            self._coordinator = StampedeCoordinator(self._environment, self._stage, self._recorder)
            self._coordinator.on_missed = self._stage.mention
        if self._coordinator:
            self._coordinator.start(intent, self._stage.elapsed, run)

    def leave(self) -> None:
        """Play no more rounds, and release nobody any more: an order belongs to its run."""
        if self._coordinator:
            self._coordinator.stop()
        if self._agent:
            self._agent.forget()
