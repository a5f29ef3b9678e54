"""Loads of one environment that end with their iterations, made where a run has one.

Law: most runs end by their time, and load nothing of permits; nothing stands around their tasks. What is made stays
for the runs after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.measure.open_requests import OpenRequests
from locust_ext.process.message_types import PERMITS_ASKED, PERMITS_LENT
from locust_ext.process.part import Part, Registered
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.wire import Inbox, Message

if TYPE_CHECKING:
    from locust_ext.load.permit_agent import PermitsAgent
    from locust_ext.load.permit_coordinator import PermitsCoordinator
    from locust_ext.load.permit_messages import PermitsTold
    from locust_ext.load.quota_plan import QuotaPlan
    from locust_ext.load.quota_state import QuotaState


class PermitsOnDemand(Part["Sequence[QuotaPlan]", "PermitsTold"]):
    """The iterations of one environment; the intent is which loads of a run end with them."""

    name = "permits"

    def __init__(self, environment: Any, register: OpenRequests, tasks: TaskSeam, arrivals: ArrivalsOnDemand) -> None:
        self._environment, self._register, self._tasks, self._arrivals = environment, register, tasks, arrivals
        self._coordinator: PermitsCoordinator | None = None
        self._agent: PermitsAgent | None = None
        self.elapsed: Callable[[], float] = lambda: 0.0
        """Returns the seconds of the run."""
        self.done: Callable[[str], object] = lambda _: None
        """Ends the run as planned."""
        self.give_up: Callable[[str], object] = lambda _: None
        """Ends the run for a reason that puts it in doubt."""
        self.starving: Callable[[], int] = lambda: 0
        """Returns how many users wait for what only others give back."""
        arrivals.is_done = self.is_done

    @property
    def coordinator(self) -> PermitsCoordinator:
        """Who lends the permits; it is made when it is first asked for."""
        if self._coordinator is None:
            from locust_ext.load.permit_coordinator import PermitsCoordinator  # noqa: PLC0415 the only place that loads it

            self._coordinator = PermitsCoordinator(self._environment.runner, self.elapsed, self.done, self.give_up)
            self._coordinator.starving = self.starving
        return self._coordinator

    @property
    def agent(self) -> PermitsAgent:
        """Who holds this process's permits; it is made when it is first asked for."""
        if self._agent is None:
            from locust_ext.load.permit_agent import PermitsAgent  # noqa: PLC0415 the only place that loads it

            self._agent = PermitsAgent(self._environment, self._register, self._tasks)
        return self._agent

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what Locust's ``register_message`` needs to hand on what processes say of permits."""
        return [inbox.loads(PERMITS_ASKED, self._asked), inbox.loads(PERMITS_LENT, self._lent)]

    def _asked(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.permit_messages import PermitsAsked  # noqa: PLC0415 only where somebody says it

        return PermitsAsked, self.coordinator.receive

    def _lent(self) -> tuple[type[Message], Callable[[str, Any], object]]:
        from locust_ext.load.permit_messages import PermitsLent  # noqa: PLC0415 only where somebody says it

        return PermitsLent, lambda _, told: self.agent.take(told)

    def reads(self) -> type[PermitsTold]:
        """Return the model of what processes are told."""
        from locust_ext.load.permit_messages import PermitsTold  # noqa: PLC0415 only a run with iterations

        return PermitsTold

    def orders(self, intent: Sequence[QuotaPlan]) -> PermitsTold | None:
        """Return the loads of the run that end with their iterations, if there are any."""
        if not intent:
            return None
        classes = self._arrivals.classes
        loads = [
            {
                "name": one.scenario,
                "per_user": one.quota.per_user is not None,
                "users": list(classes.get(one.scenario, ())) if one.scenario else [],
            }
            for one in intent
        ]
        return self.reads().of({"loads": loads})

    def begins(self, intent: Sequence[QuotaPlan], run: str) -> None:
        """Lend from now on: a worker that has followed may ask at once."""
        if intent or self._coordinator:
            self.coordinator.begin(intent, run)

    def started(self, intent: Sequence[QuotaPlan], run: str) -> None:  # noqa: ARG002 it has begun
        """Look when all are made."""
        if intent:
            self.coordinator.start()

    def follow(self, told: PermitsTold | None, run: str) -> None:
        """Take the loads of a run, before its first user is made."""
        if told or self._agent:
            self.agent.follow(told, run, self._arrivals.queues)

    def close(self) -> None:
        """Say the last word of this process, if it has iterations: no user begins one any more."""
        if self._agent:
            self._agent.close()

    def leave(self) -> None:
        """Take part no more, and lend no more."""
        if self._agent:
            self._agent.leave()
        self.stop()

    def stop(self) -> None:
        """Lend no more: the run ends."""
        if self._coordinator:
            self._coordinator.stop()

    def is_done(self, scenario: str) -> bool:
        """Tell whether all iterations of a scenario have ended."""
        return self._coordinator is not None and self._coordinator.is_done(scenario)

    def states(self) -> tuple[QuotaState, ...]:
        """Return how the loads stand that end with their iterations."""
        return self._coordinator.states() if self._coordinator else ()
