"""Open loads and scenarios of one environment, made where a run has one.

Law: most runs have users and nothing else, and load nothing of arrivals. What is made stays for the runs after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locust_ext.measure.recorder import Recorder
from locust_ext.process.message_types import PRESENCE, SHARE
from locust_ext.process.part import Listener, Part, Registered
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.wire import Inbox, Message

if TYPE_CHECKING:
    from locust_ext.load.agent import ArrivalsAgent
    from locust_ext.load.coordinator import ArrivalsCoordinator
    from locust_ext.load.iteration_queue import IterationQueue
    from locust_ext.load.messages import ArrivalsTold
    from locust_ext.load.scenario import Scenario


class ArrivalsOnDemand(Part[None, "ArrivalsTold"]):
    """The arrivals of one environment: on the process that judges who makes which, on the others making them."""

    name = "arrivals"

    def __init__(self, environment: Any, recorder: Recorder, tasks: TaskSeam) -> None:
        self._environment, self._recorder, self._tasks = environment, recorder, tasks
        self._coordinator: ArrivalsCoordinator | None = None
        self._traffic: ArrivalsAgent | None = None
        self.is_done: Callable[[str], bool] = lambda _: False
        """Tells of a scenario that ends with its iterations whether all of them have ended."""

    @property
    def coordinator(self) -> ArrivalsCoordinator:
        """Who divides the arrivals; it is made when it is first asked for."""
        if self._coordinator is None:
            from locust_ext.load.coordinator import ArrivalsCoordinator  # noqa: PLC0415 the only place that loads it

            self._coordinator = ArrivalsCoordinator(self._environment.runner)
            self._coordinator.is_done = self.is_done
        return self._coordinator

    @property
    def traffic(self) -> ArrivalsAgent:
        """Who makes this process's arrivals; it is made when it is first asked for."""
        if self._traffic is None:
            from locust_ext.load.agent import ArrivalsAgent  # noqa: PLC0415 the only place that loads it

            self._traffic = ArrivalsAgent(self._environment, self._recorder, self._tasks)
        return self._traffic

    def listeners(self) -> list[Listener]:
        """Hear when a worker's users begin: what listeners did before is none of the run."""
        return [("test_start", lambda **_: self.begin())]

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what Locust's ``register_message`` needs to hand on what processes say of arrivals."""
        return [inbox.loads(PRESENCE, self._presence), inbox.loads(SHARE, self._share)]

    def _presence(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.messages import Presence  # noqa: PLC0415 only where somebody says it

        return Presence, self.coordinator.receive

    def _share(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.messages import ShareTold  # noqa: PLC0415 only where somebody says it

        return ShareTold, lambda _, told: self.traffic.on_share(told)

    def prepare(self, scenarios: Sequence[Scenario], classes: Sequence[type[Any]]) -> None:
        """Get ready for a run of these scenarios, or of none, with the locustfile's ``classes``."""
        if scenarios or self._coordinator:
            self.coordinator.prepare(scenarios, classes)

    @property
    def is_asked(self) -> bool:
        """Whether the run has loads of its own."""
        return bool(self._coordinator and self._coordinator.told)

    @property
    def is_one_open(self) -> bool:
        """Whether all users of the run are those of one load, and that is open."""
        told = self._coordinator.told if self._coordinator else ()
        return len(told) == 1 and bool(told[0]["open"])

    @property
    def classes(self) -> dict[str, list[str]]:
        """The user classes of each load of the run."""
        return {one["name"]: one["users"] for one in self._coordinator.told} if self._coordinator else {}

    @property
    def queues(self) -> Mapping[type[Any], IterationQueue]:
        """This process's queues of arrivals, by their user classes."""
        return self._traffic.queues if self._traffic else {}

    def reads(self) -> type[ArrivalsTold]:
        """Return the model of what processes are told."""
        from locust_ext.load.messages import ArrivalsTold  # noqa: PLC0415 only a run with arrivals

        return ArrivalsTold

    def orders(self, intent: None) -> ArrivalsTold | None:  # noqa: ARG002 it was prepared
        """Return the loads of the run, if it has any."""
        return self.reads().of({"scenarios": self.coordinator.told}) if self.is_asked else None

    def started(self, intent: None, run: str) -> None:  # noqa: ARG002
        """Begin to divide, as soon as the pools are ready."""
        if self._coordinator:
            self._coordinator.start(run)

    def follow(self, told: ArrivalsTold | None, run: str) -> None:
        """Take the scenarios of a run, before its first user is made."""
        if told or self._traffic:
            self.traffic.follow(told.told() if told else {}, run)

    def begin(self) -> None:
        """Measure from now on."""
        if self._traffic:
            self._traffic.begin()

    def leave(self) -> None:
        """Divide no more, and take part no more."""
        if self._coordinator:
            self._coordinator.stop()
        if self._traffic:
            self._traffic.leave()
