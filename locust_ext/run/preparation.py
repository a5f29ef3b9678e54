"""What has to stand before the first user: the plan, its host, its shape, and the checklist.

Law: whatever is wrong is said before anything is sent; the web UI's form takes the same steps as a command line.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from locust.util.timespan import parse_timespan

from locust_ext.config.changes import Changes, changes_of
from locust_ext.config.command_line import CommandLine, parse_params
from locust_ext.config.edits import Edits
from locust_ext.config.horizon import Horizon, never, unsure
from locust_ext.config.plan import Plan
from locust_ext.config.schema import DEMO
from locust_ext.demo.process import DemoTarget, TargetNotStarted
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.rate import rates_of
from locust_ext.load.shapes import PlannedShape, ScheduleShape, TrafficShape
from locust_ext.load.user_classes import own_classes
from locust_ext.probes.prober import load
from locust_ext.process.quiet import quiet_ticks
from locust_ext.process.spoken import say
from locust_ext.run.claim import mark, take
from locust_ext.run.feeding import feeder_problems
from locust_ext.run.one_start import OneStart
from locust_ext.run.own_environment import is_attached
from locust_ext.run.preflight import (
    cannot_be_lean,
    cannot_reset,
    cannot_scale,
    checked_plan,
    forbidden_to_probes,
    horizon_of,
    hosts_configured,
    missing_hosts,
    refuse,
    unset_in_export,
    unset_in_probes,
)
from locust_ext.run.survey import redaction_for
from locust_ext.safety.checklist import Check, in_lines, problems_of, take_stock
from locust_ext.safety.destinations import named_in_code, strangers
from locust_ext.safety.entered import FIELD, hosts_entered, moved, problems_entered
from locust_ext.safety.guard import go_ahead_problems, host_of, hosts_of
from locust_ext.text.form_fields import blamed_on_form
from locust_ext.text.option_names import given
from locust_ext.text.problems import EXIT_CODE, ConfigurationError, Problem

logger = logging.getLogger(__name__)

BUSY = "stop the test that is under way, and start this one when it has ended"
BUSY_HEADING = "a test is under way; this one was not started"
NOT_READY = "the checklist before the run found what is wrong; no user was started"


class Preparation:
    """Prepares the runs of one environment, on the process that judges them."""

    def __init__(self, environment: Any, plan: Plan, command_line: CommandLine, arrivals: ArrivalsOnDemand) -> None:
        self._environment = self.environment = environment
        self.plan, self._command_line = plan, command_line
        self._first = plan
        self._arrivals = arrivals
        self._one_start = OneStart(environment.runner)
        self._one_start.install()
        self._own_shape, self._own_dispatcher = environment.shape_class, environment.dispatcher_class
        self._late_hosts: frozenset[str] = frozenset()
        """The hosts that were not known before Locust took its options to the user classes."""
        self._named = {getattr(environment.parsed_options, "host", None) or "", *named_in_code(environment)}
        self._is_entered = False
        self.changes = Changes()
        """What of the plan somebody has chosen in the web UI, beside the configuration."""
        self._usual_host = ""
        self._usual_run_time = getattr(environment.parsed_options, "run_time", None)
        self._end_quiet: Callable[[], None] = lambda: None
        self.demo: DemoTarget | None = None
        self.checks: list[Check] = []
        """The checklist of the run that is under way, or was the last."""

    @property
    def command_line(self) -> CommandLine:
        """What the command line asks for, which is what a form begins with."""
        return self._command_line

    @property
    def is_busy(self) -> bool:
        """Whether a test is under way, is being started, or has not ended as a whole."""
        return self._is_running or self._one_start.is_under_way or self._one_start.is_ending

    @property
    def usual_host(self) -> str:
        """The host that a test goes to where nobody enters another one; empty: those of the user classes."""
        return self._usual_host if self._is_entered else self._environment.host or ""

    @property
    def own_shape(self) -> str:
        """The name of the shape that the locustfile brings; empty: it brings none."""
        return type(self._own_shape).__name__ if self._own_shape else ""

    @property
    def hosts(self) -> list[str]:
        """The hosts under test."""
        return hosts_of(self._environment)

    @property
    def named(self) -> list[str]:
        """The hosts that configuration, command line and locustfile name, and none that was only entered somewhere."""
        return self._named_by(self.plan)

    def _named_by(self, plan: Plan) -> list[str]:
        code = [] if self._is_entered else self.hosts
        return [host for host in {plan.config.host, plan.host, *code, *self._named} if host not in ("", DEMO)]

    def _before_entering(self) -> None:
        """Remember the hosts that are there before somebody enters another one in the web UI."""
        self._named.update(self.named)
        self._usual_host, self._is_entered = self.usual_host, True

    def prepare(self) -> None:
        """Prepare the run that the command line asks for; the process ends with 104 when it must not start."""
        environment, options = self._environment, self._environment.parsed_options
        if not options.print_stats:
            options.only_summary = True
        host = environment.host
        late = [host] if host and host != options.host and not is_attached(environment) else []
        self._late_hosts = frozenset([*late, *map(str, hosts_configured(options).values())])
        if not environment.host and not any(user.host is not None for user in environment.user_classes):
            environment.host = self._find_host()
        self._adopt(self.plan)
        self._end_quiet = quiet_ticks(lambda: isinstance(environment.shape_class, ScheduleShape))
        horizon = self._horizon(self.plan, getattr(options, "run_time", None))
        if options.headless or getattr(options, "autostart", False) or is_attached(environment):
            try:
                take(self.plan.report_dir)
                self._check(self.plan, horizon)
                mark(self.plan)
            except ConfigurationError as error:
                self.end()
                refuse(error, replace(self._command_line, report_dir=self.plan.report_dir))
        else:  # the form may choose another load
            self._warn([*map(str, never(self.plan, horizon)), *unsure(self.plan, horizon)])

    def prepare_form(self, form: Mapping[str, str], edits: Edits | None = None) -> None:
        """Prepare the run that the web UI's form asks for; raises ConfigurationError when it must not start.

        ``edits`` are those of the live page, which starts a test and edits none that is under way.
        """
        self._before_entering()
        if self._is_running:
            if edits is not None:
                raise ConfigurationError([Problem("", BUSY)], BUSY_HEADING)
            self._stay(hosts_entered(form, self._environment))
            return
        with self._one_start.preparing():
            try:
                self._prepare_form(form, edits)
            except ConfigurationError as error:
                raise blamed_on_form(error) from None

    def preview(self, form: Mapping[str, str], edits: Edits) -> tuple[Plan, Horizon]:
        """Return the run that a form asks for, and how far it is known; nothing is asked, taken or begun.

        Raises ConfigurationError for all that is known to be wrong without asking anybody.
        """
        try:
            plan, _, run_time = self._asked(form, edits)
        except ConfigurationError as error:
            raise blamed_on_form(error) from None
        horizon = self._horizon(plan, run_time)
        if found := never(plan, horizon):
            raise ConfigurationError(found)
        return plan, horizon

    def configured(self) -> Plan:
        """Return the plan as it is without any form, read again; raises ConfigurationError."""
        return checked_plan(self._command_line).with_shape_in_code(self._own_shape)

    def _asked(self, form: Mapping[str, str], edits: Edits | None) -> tuple[Plan, list[str], float | None]:
        """Return the plan of the run that a form asks for, its hosts, and its length; raises ConfigurationError."""
        text = given(form, "shape_params")
        params = {**(parse_params(text) if text != self._command_line.shape_params else {})}
        if "file" in {**params, **(edits.params if edits else {})}:
            what = "name a file in the configuration or on the command line, not in the form"
            raise ConfigurationError([Problem("--shape-params file", what)])
        chosen = replace(
            self._command_line,
            client=given(form, "client", self._command_line.client),
            shape=given(form, "shape"),
            shape_params=text,
            time_scale=given(form, "time_scale") or "1.0",
            edits=edits or Edits(),
        )
        hosts = hosts_entered(form, self._environment)
        try:
            plan = checked_plan(chosen, final=True)
        except ConfigurationError as error:
            also = self._wrong_hosts(self._first, hosts) if edits is not None else []
            raise ConfigurationError([*error.problems, *also]) from None
        if problem := cannot_scale(plan, type(self._own_shape) if self._own_shape else None):
            raise ConfigurationError([problem])
        if problems := cannot_be_lean(plan, own_classes(self._environment.user_classes)):
            raise ConfigurationError(problems)
        if edits is not None and not hosts and (problems := self._without_host(plan)):
            raise ConfigurationError(problems)
        self._check_entered(plan, hosts)
        return plan, hosts, self._run_time(form, plan)

    def _prepare_form(self, form: Mapping[str, str], edits: Edits | None) -> None:
        plan, hosts, run_time = self._asked(form, edits)
        changes = self._changes(plan, hosts)
        take(plan.report_dir)
        self._check(plan, self._horizon(plan, run_time), hosts)
        mark(plan)
        self._adopt(plan)
        self.changes = changes
        self._environment.parsed_options.run_time = run_time  # that of an older form is none of this run

    def _without_host(self, plan: Plan) -> list[Problem]:
        """Return which users would have no host where the form names none."""
        options = Namespace(**{**vars(self._environment.parsed_options), "host": None})
        return missing_hosts(options, replace(plan, host=""), self._command_line.locustfiles)

    def _changes(self, plan: Plan, hosts: Sequence[str]) -> Changes:
        """Return in what the plan differs from what is configured."""
        named = self._named_by(plan)
        elsewhere = bool(named and strangers(hosts, named))
        try:
            usual = self.configured()
        except ConfigurationError:  # somebody has edited the file, and only the form makes a run of it
            usual = self._first
        return changes_of(usual, plan.with_shape_in_code(self._own_shape), elsewhere=elsewhere)

    def _horizon(self, plan: Plan, run_time: float | None) -> Horizon:
        return horizon_of(plan, self._own_shape, run_time)

    def _run_time(self, form: Mapping[str, str], plan: Plan) -> float | None:
        """Return for how long the run of a form lasts; plain users go on where it does not say."""
        try:
            return float(parse_timespan(form["run_time"]))
        except (KeyError, ValueError):  # Locust says what is wrong with it
            follows = plan.schedule is not None or self._own_shape is not None
            return self._usual_run_time if follows else None

    @staticmethod
    def _warn(sentences: Iterable[str]) -> None:
        for sentence in sentences:
            logger.warning("%s", sentence)

    def prepare_user(self, settings: Mapping[str, Any]) -> None:
        """Look at what the web UI sets a user class to; raises ConfigurationError for a host that it must not go to."""
        self._before_entering()
        known = self._environment.available_user_classes or {}
        host, user = str(settings.get(FIELD) or ""), known.get(str(settings.get("user_class_name")))
        if user is None or not host or host == host_of(user):
            return
        if self._is_running:
            self._stay([host])
        self._check_entered(checked_plan(self._command_line), [host])

    @property
    def _is_running(self) -> bool:
        return self._environment.runner.state not in ("ready", "stopped")

    def _stay(self, hosts: Iterable[str]) -> None:
        """Raise ConfigurationError where the run that is under way would go to other hosts."""
        if problems := [problem for host in hosts for problem in moved(host, self.hosts)]:
            raise ConfigurationError(problems)

    def _check_entered(self, plan: Plan, hosts: Sequence[str]) -> None:
        if problems := self._wrong_hosts(plan, hosts):
            raise ConfigurationError(problems)

    def _wrong_hosts(self, plan: Plan, hosts: Sequence[str]) -> list[Problem]:
        named = [*self._named_by(plan), *plan.config.safety.origins]
        return problems_entered(plan.safety, hosts, named, self._environment.user_classes, datetime.now(UTC))

    @property
    def has_arrivals(self) -> bool:
        """Whether the run has loads of its own: open ones, or several."""
        return self._arrivals.is_asked

    @property
    def is_one_open(self) -> bool:
        """Whether the run is one open load, and nothing beside it."""
        return self._arrivals.is_one_open

    def begin(self) -> Plan:
        """Return the plan of a run that begins now; its report directory tells of it alone.

        Anyone who starts a run in another way than the command line and the form is refused no more: it has no reports.
        """
        try:
            take(self.plan.report_dir)
            mark(self.plan)
        except ConfigurationError as error:
            logger.error(redaction_for(self.plan).text(str(error)))  # noqa: TRY400 no traceback for users
            return replace(self.plan, report_dir="")
        return self.plan

    def end(self) -> None:
        """End the demo target, if it was started, and let Locust's log say everything again."""
        self._end_quiet()
        if self.demo:
            self.demo.stop()

    def _check(self, plan: Plan, horizon: Horizon, hosts: list[str] | None = None) -> None:
        """Make and show the checklist; raises ConfigurationError when something on it is wrong."""
        if found := never(plan, horizon):
            raise ConfigurationError(found)
        self._warn(unsure(plan, horizon))
        if self._environment.reset_stats and (problem := cannot_reset(plan)):
            raise ConfigurationError([problem])
        hosts, now = self.hosts if hosts is None else hosts, datetime.now(UTC)
        redaction = redaction_for(plan, hosts)
        problems = go_ahead_problems(plan.safety, hosts, now)
        if problems and not go_ahead_problems(
            plan.safety, [host for host in hosts if host not in self._late_hosts], now
        ):
            return  # in whatever order the listeners came: the run is ended when it starts, before its first request
        if problems:
            raise ConfigurationError(problems)
        if problems := [*forbidden_to_probes(plan, hosts), *unset_in_probes(plan), *unset_in_export(plan)]:
            raise ConfigurationError(problems)
        if problems := feeder_problems(plan):
            raise ConfigurationError(problems)
        load(plan.config.probes)
        self.checks = take_stock(plan.safety, hosts, now)
        if self.checks:
            say(f"checklist\n{in_lines(self.checks, redaction)}")
        if problems := problems_of(self.checks, plan.source):
            raise ConfigurationError(problems, NOT_READY)

    def _find_host(self) -> str | None:
        if self.plan.host != DEMO:
            return self.plan.host or None
        self.demo = DemoTarget()
        try:
            self.demo.start()
        except TargetNotStarted as error:
            say(f"locust_ext: {error}", aloud=True)
            raise SystemExit(EXIT_CODE) from None
        say(f"no --host was given: started the demo target on {self.demo.url}")
        return self.demo.url

    def _adopt(self, plan: Plan) -> None:
        """Make ``plan`` the one that the next test follows."""
        shape, environment = self._own_shape, self._environment
        environment.dispatcher_class = self._own_dispatcher
        classes = own_classes(environment.user_classes)
        self._arrivals.prepare(plan.scenarios or rates_of(classes), classes)
        if plan.scenarios:
            shape = TrafficShape(lambda: plan.schedule, self._arrivals.coordinator)  # type: ignore[arg-type,return-value]
            shape.runner = environment.runner
            environment.dispatcher_class = self._arrivals.coordinator.dispatcher
        elif plan.profile:
            shape = PlannedShape(lambda: plan.schedule)  # type: ignore[arg-type,return-value]
            shape.runner = environment.runner
        self.plan, environment.shape_class = plan.with_shape_in_code(shape), shape
