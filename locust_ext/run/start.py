"""How a run begins: planned, surveyed, followed here and on every worker, and only then under load.

Law: whatever raises on the way, no user starts: a run that cannot begin ends with its reason, and with its locks shut.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import gevent

from locust_ext.archive.provenance import run_tags
from locust_ext.config.options import has_stop_timeout
from locust_ext.config.plan import Plan
from locust_ext.process.part_table import PartTable
from locust_ext.process.whereabouts import here
from locust_ext.process.wire import Item
from locust_ext.run.beginning import Beginning
from locust_ext.run.context import RunContext
from locust_ext.run.controller import RunController
from locust_ext.run.following import RUN_OPTION, Following, said
from locust_ext.run.ordering import Ordering
from locust_ext.run.preparation import Preparation
from locust_ext.run.run import Run
from locust_ext.run.survey import survey
from locust_ext.safety.coordinator import SafetyCoordinator

logger = logging.getLogger(__name__)


class RunStart:
    """Begins the runs of one environment, on the process that judges them."""

    def __init__(
        self,
        controller: RunController,
        preparation: Preparation,
        parts: PartTable,
        following: Following,
        ordering: Ordering,
    ) -> None:
        self._controller, self._preparation, self._parts = controller, preparation, parts
        self._following, self._ordering = following, ordering
        self._environment = preparation.environment
        self.killed: Callable[[], str] = str
        """Returns why this process was killed before any run began, if it was."""
        self.on_begin: Callable[[], None] = lambda: None
        """Called when a run begins, before anybody follows it."""
        self.on_stopped: Callable[[], None] = lambda: None
        """Called when somebody pressed Stop before the workers had answered."""

    def begin(self) -> None:
        """Begin a run: its orders are followed here and on every worker before any user starts."""
        controller = self._controller
        before = controller.run
        try:
            self._begin()
        except gevent.GreenletExit:
            if gevent.getcurrent() not in self._environment.runner.greenlet and controller.run is not before:
                self.on_stopped()
            raise
        except Exception as error:
            logger.debug("the run did not begin", exc_info=True)
            self.refuse(f"{here()} cannot begin the run: {said(error)}")

    def refuse(self, reason: str) -> None:
        """End a run that must not begin, before its first user."""
        controller = self._controller
        if controller.run is None or controller.run.ended is not None:
            controller.start(self._preparation.plan, {}, RunContext()).locks = True
        controller.put_out("", reason)

    def begin_none(self) -> None:
        """Have a run to report on, although none began."""
        run = self._start(self._preparation.plan)
        run.halted = self.killed()
        self._controller.miss("no run began: the process ended before its first user")

    def _start(self, plan: Plan) -> Run:
        preparation = self._preparation
        demo = preparation.demo is not None
        context = survey(plan, self._environment, preparation.hosts, demo=demo, changes=preparation.changes)
        return self._controller.start(plan, run_tags(plan.config.tags, plan.source), context)

    def _begin(self) -> None:
        controller = self._controller
        plan = self._preparation.begin()
        run = self._start(plan)
        beginning = self._beginning(plan, run)
        run.locks = SafetyCoordinator.locks(beginning.safety)
        if killed := self.killed():
            controller.halt(killed)
            return
        told = self._parts.orders(beginning)
        orders = {"id": run.id, "host": self._environment.host}
        self.on_begin()
        setattr(self._environment.parsed_options, RUN_OPTION, {"id": run.id})
        if why := self._following.obey({**orders, "parts": told}):
            controller.put_out("", f"{here()} {why}")
            return
        self._parts.begins(beginning, run.id)
        if run.halted:
            return
        self._ordering.give(run.id, lambda: _orders(orders, told))
        if not self._ordering.has_followers:
            controller.give_up("no worker followed the run's orders")
        self._parts.started(beginning, run.id)

    def _beginning(self, plan: Plan, run: Run) -> Beginning:
        """Return what the intents of parts are made of."""
        preparation = self._preparation
        return Beginning(
            plan,
            tuple(preparation.hosts),
            tuple(preparation.named),
            run.tags.get("git_sha", ""),
            preparation.has_arrivals,
            preparation.is_one_open,
            has_stop_timeout(self._environment),
        )


def _orders(head: Mapping[str, Any], told: Mapping[str, Item]) -> dict[str, Any]:
    """Return the one message that begins a run."""
    from locust_ext.process.orders import Orders  # noqa: PLC0415 a run without workers sends none

    return Orders(**head, parts={name: part.told() for name, part in told.items()}).told()
