"""The features, in one table: who is in which process, and what it must know of a run.

Law: a new feature is one row. Rows are followed downwards and left upwards: safety is there before anything that makes
load, and the verdict comes when all that made it has left.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from locust_ext.clients.answers import Answers
from locust_ext.clients.begun import RequestsBegun
from locust_ext.clients.chosen import ChosenClient
from locust_ext.clients.doors import DOORS
from locust_ext.clients.keep_alive import KeepAlive
from locust_ext.clients.leaving import Leaving
from locust_ext.clients.tracing import TraceIntent, Tracing
from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan
from locust_ext.config.quotas import quotas_of
from locust_ext.exports.options import ExportOptions
from locust_ext.feeders.on_demand import FeedersOnDemand, is_asked
from locust_ext.load.quota_plan import QuotaPlan
from locust_ext.load.stall import SpawnedAtOnce
from locust_ext.measure.iterations import ITERATION_METRICS, IterationClock
from locust_ext.measure.user_code import UserCode
from locust_ext.measure.watching import LagWatch, UserCount
from locust_ext.probes.prober import ProbesIntent
from locust_ext.process.part_table import WHERE_JUDGED, WITH_USERS, WORKER, Row
from locust_ext.run.beginning import Beginning
from locust_ext.run.descriptors import DescriptorCheck
from locust_ext.run.judging import Judging
from locust_ext.run.live_watch import LiveWatch
from locust_ext.run.participation import Clients, Participation
from locust_ext.run.planned_end import end_as_planned
from locust_ext.run.stock_stats import StockStats
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.master_heartbeat import MasterHeartbeat
from locust_ext.storms.intents import StampedeIntent, StormIntent
from locust_ext.storms.on_demand import StampedesOnDemand
from locust_ext.web import add_to

if TYPE_CHECKING:
    from locust_ext.feeders.coordinator import FeedersIntent
    from locust_ext.storms.link import Links


def _links() -> Links:
    from locust_ext.clients.links import UserLinks  # noqa: PLC0415 only a run with storms

    return UserLinks()


CLIENTS = Clients(DOORS, _links, Answers())
"""What safety and storms are handed of the clients of users."""


def table(process: Participation) -> tuple[Row, ...]:
    """Return the parts of a process."""
    environment, recorder, tasks, stage = process.environment, process.recorder, process.tasks, process.controller
    runner = environment.runner
    done = process.permits.done = partial(end_as_planned, stage)
    feeders = FeedersOnDemand(environment, recorder, stage, done)
    process.permits.starving = lambda: feeders.starving
    return (
        Row(SpawnedAtOnce(), (WORKER,)),
        Row(RequestsBegun(recorder)),
        Row(KeepAlive(recorder, process.safety.is_users)),
        Row(Leaving(), WITH_USERS),
        Row(DescriptorCheck(environment, stage), intent=lambda run: run.plan.most_users),
        Row(ChosenClient(environment, stage.mention), intent=_client),
        Row(LagWatch(recorder)),
        Row(UserCount(runner, recorder), WITH_USERS),
        Row(process.graceful, intent=_graceful),
        Row(process.safety),
        Row(Tracing(environment, recorder, process.safety.goes_home), intent=_trace),
        Row(process.coordinator, WHERE_JUDGED, _safety),
        Row(StockStats(environment), WHERE_JUDGED),
        Row(process.journal, WHERE_JUDGED, _report_dir),
        Row(Judging(stage, process.inbox), WHERE_JUDGED),
        Row(LiveWatch(environment, stage), WHERE_JUDGED),
        Row(process.exporting, WHERE_JUDGED, _export),
        Row(process.prober, WHERE_JUDGED, _probes),
        Row(process.reports, (WORKER,)),
        Row(MasterHeartbeat(runner), (WORKER,)),
        Row(IterationClock(recorder, tasks), intent=_iterations),
        Row(process.storms, intent=_storms),
        Row(StampedesOnDemand(environment, recorder, stage), intent=_stampedes),
        Row(process.arrivals),
        Row(process.permits, intent=_permits),
        Row(feeders, intent=_feeders),
    )


def _client(run: Beginning) -> str:
    return run.plan.config.client


def _export(run: Beginning) -> ExportOptions:
    return run.plan.config.export


def _report_dir(run: Beginning) -> str:
    return run.plan.report_dir


def _graceful(run: Beginning) -> float | None:
    return None if run.stops_by_itself else run.plan.config.graceful_stop


def _safety(run: Beginning) -> SafetyIntent:
    return run.safety


def _trace(run: Beginning) -> TraceIntent:
    config = run.plan.config
    return TraceIntent(config.trace, config.safety.origins)


def _probes(run: Beginning) -> ProbesIntent:
    plan = run.plan
    selectors = [threshold.selector for threshold in plan.thresholds]
    selectors += [rule.selector for rule in plan.drift if rule.is_written]
    return ProbesIntent(plan.config.probes, run.hosts, plan.time_scale, tuple(selectors), plan.config.safety)


def _iterations(run: Beginning) -> bool:
    return run.plan.wants(ITERATION_METRICS) or run.has_arrivals or bool(_permits(run))


def _permits(run: Beginning) -> tuple[QuotaPlan, ...]:
    return quotas_of(run.plan)


def _storms(run: Beginning) -> StormIntent:
    config = run.plan.config
    return StormIntent(config.storm, run.plan.schedule, run.plan.time_scale, config.retry)


def _stampedes(run: Beginning) -> StampedeIntent:
    return StampedeIntent(run.plan.config.stampede, run.plan.time_scale, run.plan.tenant)


def _feeders(run: Beginning) -> FeedersIntent | None:
    if not is_asked():
        return None
    from locust_ext.feeders.coordinator import FeedersIntent  # noqa: PLC0415 only a run with feeders
    from locust_ext.run.feeding import feeders_in  # noqa: PLC0415

    there = max((scenario.there for scenario in run.plan.scenarios), default=0.0)
    return FeedersIntent(feeders_in(run.plan), run.is_one_open, there if len(run.plan.scenarios) > 1 else 0.0)


def take_part(
    environment: Any, plan: Plan, command_line: CommandLine, user_code: UserCode | None = None, web_ui: Any = None
) -> Participation:
    """Have this process take part in the runs of an environment."""
    process = Participation(environment, plan, command_line, table, CLIENTS, user_code)
    if web_ui and not process.is_worker:
        parts = (process.controller, process.storms, process.safety, process.preparation)
        add_to(web_ui, *parts, process.exporting.text)
    return process
