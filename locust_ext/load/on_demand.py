"""Open loads and scenarios of one environment, made where a run has one.

Law: most runs have users and nothing else, and load nothing of arrivals. What is made stays for the runs after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.wire import Inbox, Message

if TYPE_CHECKING:
    from locust_ext.load.allotment import Allotment
    from locust_ext.load.scenario import Scenario
    from locust_ext.load.traffic import Traffic

PRESENCE, SHARE = "locust_ext.presence", "locust_ext.share"


class ArrivalsOnDemand:
    """The arrivals of one environment: on the process that judges who makes which, on the others making them."""

    def __init__(self, environment: Any, recorder: Recorder, tasks: TaskSeam) -> None:
        self._environment, self._recorder, self._tasks = environment, recorder, tasks
        self._allotment: Allotment | None = None
        self._traffic: Traffic | None = None

    @property
    def allotment(self) -> Allotment:
        """Who divides the arrivals; it is made when it is first asked for."""
        if self._allotment is None:
            from locust_ext.load.allotment import Allotment  # noqa: PLC0415 the only place that loads it

            self._allotment = Allotment(self._environment.runner)
        return self._allotment

    @property
    def traffic(self) -> Traffic:
        """Who makes this process's arrivals; it is made when it is first asked for."""
        if self._traffic is None:
            from locust_ext.load.traffic import Traffic  # noqa: PLC0415 the only place that loads it

            self._traffic = Traffic(self._environment, self._recorder, self._tasks)
        return self._traffic

    def messages(self, inbox: Inbox) -> list[tuple[str, Callable[..., None], bool]]:
        """Return what Locust's ``register_message`` needs to hand on what processes say of arrivals."""
        return [inbox.loads(PRESENCE, self._presence), inbox.loads(SHARE, self._share)]

    def _presence(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.messages import Presence  # noqa: PLC0415 only where somebody says it

        return Presence, self.allotment.receive

    def _share(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.messages import ShareTold  # noqa: PLC0415 only where somebody says it

        return ShareTold, lambda _, told: self.traffic.on_share(told)

    def prepare(self, scenarios: Sequence[Scenario], classes: Sequence[type[Any]]) -> None:
        """Get ready for a run of these scenarios, or of none, with the locustfile's ``classes``."""
        if scenarios or self._allotment:
            self.allotment.prepare(scenarios, classes)

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the processes are told of the scenarios, before the first user."""
        return self._allotment.told if self._allotment else []

    def start(self, run: str) -> None:
        """Begin to divide, as soon as the pools are ready."""
        if self._allotment:
            self._allotment.start(run)

    def stop(self) -> None:
        """Divide no more."""
        if self._allotment:
            self._allotment.stop()

    def follow(self, told: Mapping[str, Any], run: str) -> None:
        """Take the scenarios of a run, before its first user is made."""
        if told.get("scenarios") or self._traffic:
            self.traffic.follow(told, run)

    def begin(self) -> None:
        """Measure from now on."""
        if self._traffic:
            self._traffic.begin()

    def leave(self) -> None:
        """Take part no more."""
        if self._traffic:
            self._traffic.leave()
