"""How a run begins: planned, surveyed, followed here and on every worker, and only then under load.

Law: whatever raises on the way, no user starts: a run that cannot begin ends with its reason, and with its locks shut.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent

from locust_ext.archive.provenance import run_tags
from locust_ext.config.options import has_stop_timeout
from locust_ext.config.plan import Plan
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.measure.iterations import ITERATION_METRICS
from locust_ext.process.orders import Orders, ScenarioTold
from locust_ext.process.whereabouts import here
from locust_ext.process.wire import Inbox
from locust_ext.run.context import Surroundings
from locust_ext.run.controller import Conductor
from locust_ext.run.following import RUN_OPTION, Following, said
from locust_ext.run.ordering import Ordering
from locust_ext.run.preparation import Preparation
from locust_ext.run.run import Run
from locust_ext.run.surroundings import survey
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.storms.intents import StampedeIntent, StormIntent
from locust_ext.storms.on_demand import StampedesOnDemand, StormsOnDemand

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judges:
    """Who judges a run, and who may stop it."""

    conductor: Conductor
    coordinator: SafetyCoordinator
    agent: SafetyAgent


@dataclass(frozen=True)
class Orderly:
    """How a run's orders reach this process and its workers."""

    following: Following
    ordering: Ordering
    inbox: Inbox


@dataclass(frozen=True)
class Loads:
    """What begins when all processes follow."""

    arrivals: ArrivalsOnDemand
    storms: StormsOnDemand
    stampedes: StampedesOnDemand


class RunStart:
    """Begins the runs of one environment, on the process that judges them."""

    def __init__(
        self, environment: Any, judges: Judges, preparation: Preparation, orderly: Orderly, loads: Loads
    ) -> None:
        self._environment, self._judges, self._preparation = environment, judges, preparation
        self._orderly, self._loads = orderly, loads
        self.on_stopped: Callable[[], None] = lambda: None
        """Called when somebody pressed Stop before the workers had answered."""

    def begin(self) -> None:
        """Begin a run: its orders are followed here and on every worker before any user starts."""
        conductor = self._judges.conductor
        before = conductor.run
        try:
            self._begin()
        except gevent.GreenletExit:
            if gevent.getcurrent() not in self._environment.runner.greenlet and conductor.run is not before:
                self.on_stopped()
            raise
        except Exception as error:
            logger.debug("the run did not begin", exc_info=True)
            self.refuse(f"{here()} cannot begin the run: {said(error)}")

    def refuse(self, reason: str) -> None:
        """End a run that must not begin, before its first user."""
        conductor = self._judges.conductor
        if conductor.run is None or conductor.run.ended is not None:
            conductor.start(self._preparation.plan, {}, Surroundings()).locks = True
        conductor.put_out("", reason)

    def begin_none(self) -> None:
        """Have a run to report on, although none began."""
        run = self._start(self._preparation.plan)
        run.halted = self._judges.agent.killed
        self._judges.conductor.miss("no run began: the process ended before its first user")

    def _start(self, plan: Plan) -> Run:
        preparation = self._preparation
        surroundings = survey(plan, self._environment, preparation.hosts, demo=preparation.demo is not None)
        return self._judges.conductor.start(plan, run_tags(plan.config.tags, plan.source), surroundings)

    def _begin(self) -> None:
        conductor, safety, hosts = self._judges.conductor, self._judges.coordinator, self._preparation.hosts
        plan = self._preparation.begin()
        run = self._start(plan)
        run.locks = safety.locks(plan.safety, hosts)
        if killed := self._judges.agent.killed:
            conductor.halt(killed)
            return
        told = self._orders(plan, run)
        self._orderly.inbox.begin()
        setattr(self._environment.parsed_options, RUN_OPTION, {"id": run.id})
        if why := self._orderly.following.obey(told):
            conductor.put_out("", f"{here()} {why}")
            return
        safety.start(plan.safety, hosts, run.id, run.tags.get("git_sha", ""))
        if run.halted:
            return
        self._orderly.ordering.give(told)
        if not self._orderly.ordering.has_followers:
            conductor.give_up("no worker followed the run's orders")
        storms = StormIntent(plan.config.storm, plan.schedule, plan.time_scale)
        stampedes = StampedeIntent(plan.config.stampede, plan.time_scale, plan.tenant)
        self._loads.arrivals.start(run.id)
        self._loads.storms.start(storms, conductor.elapsed)
        self._loads.stampedes.start(stampedes, conductor.elapsed, run.id)

    def _orders(self, plan: Plan, run: Run) -> dict[str, Any]:
        """Return what every process is told of the run, before its first user."""
        preparation, scenarios = self._preparation, self._loads.arrivals.told
        return Orders(
            id=run.id,
            host=self._environment.host,
            **self._judges.coordinator.orders(plan.safety, preparation.hosts),
            named=tuple(preparation.named),
            iterations=plan.wants(ITERATION_METRICS) or bool(scenarios),
            scenarios=tuple(ScenarioTold.model_validate(one) for one in scenarios),
            storm=plan.config.storm.model_dump() if plan.config.storm else None,
            retry=plan.config.retry.model_dump() if plan.config.retry else None,
            graceful=None if has_stop_timeout(self._environment) else plan.config.graceful_stop,
        ).told()
