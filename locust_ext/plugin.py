"""Where everything meets Locust: the only file that registers listeners.

Law: ``install()`` registers, importing does not. One Installation a process, as there is one ``locust.events``; one
Plugin an Environment. Whichever way and order we were installed, our ``request`` listener reads first, and the
verdict is the last word.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable, Mapping
from inspect import currentframe, getframeinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
from locust import events
from locust.argument_parser import parse_locustfile_paths
from locust.runners import MasterRunner, WorkerRunner

from locust_ext.choices import Choices
from locust_ext.clients import fasthttp, requests_client
from locust_ext.command_line import parser_seam
from locust_ext.conductor import SAFETY_STOP, UNDECIDED, Conductor
from locust_ext.confirm import confirm, wants_confirmation
from locust_ext.exits import Exits
from locust_ext.following import RUN_OPTION, Following, said
from locust_ext.forgiving import forgive
from locust_ext.graceful import GracefulStop
from locust_ext.hearing import Hearing
from locust_ext.interruption import Interruption
from locust_ext.last_word import hear_first, speak_last
from locust_ext.load.allotment import Allotment
from locust_ext.load.stall import stall_seam
from locust_ext.load.traffic import Presence, ShareTold, Traffic
from locust_ext.measure import hiccup, user_seconds
from locust_ext.measure.iterations import ITERATION_METRICS, iteration_seams
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import KEY, Final, Report, Told
from locust_ext.measure.reporting import Drain, Kill, Phase, Reports
from locust_ext.measure.sinks import Kind
from locust_ext.one_end import OneEnd
from locust_ext.options import add_options, choices_of, has_stop_timeout, other_name
from locust_ext.ordering import Ordering
from locust_ext.orders import Follows, Hello, Orders, ScenarioTold, Spawn, run_named
from locust_ext.own_environment import is_attached, planned, take_in
from locust_ext.own_faults import FaultTold, OwnFaults
from locust_ext.plan import Plan
from locust_ext.preflight import check_users, checked_plan, refuse, starts_anything
from locust_ext.preparation import Preparation
from locust_ext.problems import ConfigurationError
from locust_ext.provenance import run_tags
from locust_ext.reports.result import RunResult
from locust_ext.run import Run, Surroundings
from locust_ext.safety.deadman import DeadMan
from locust_ext.safety.guard import hosts_of
from locust_ext.safety.outlet import OUTLET, veil_logs
from locust_ext.safety.superintendent import Superintendent
from locust_ext.safety.warden import Warden
from locust_ext.spoken import speak_beside
from locust_ext.storms.agent import Census, Muster, Storms, Strike
from locust_ext.storms.director import Director
from locust_ext.storms.stampede import Barrier, Release, Rounds
from locust_ext.supervised import RAISES, Stake, each, guarded, report
from locust_ext.surroundings import survey
from locust_ext.user_code import UserCode
from locust_ext.web.pages import add_pages
from locust_ext.whereabouts import here
from locust_ext.wire import Inbox

AUTOLOAD = "locust_ext_autoload.py"

logger = logging.getLogger(__name__)


class Installation:
    """This process's listeners, and the plan that was made before Locust forked, bound or sent anything."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        """The configurations that files name in their call of install(), by that file."""
        self._checked = self._is_mains = False
        self._taken: list[str] = []
        self._plan = Plan("locust")
        self._choices = Choices()
        self._plugins: dict[int, Plugin] = {}
        self._user_code = UserCode()
        self._exits = Exits(self._user_code, self._plugins, self)

    def register(self) -> None:
        """Register with Locust."""
        forgive()
        veil_logs()
        parser_seam(self.add_options, self.on_options).open()
        events.init.add_listener(self.on_init)
        for hook, last in (
            (events.init, self._exits.after_init),
            (events.test_stopping, lambda **_: None),
            (events.test_stop, lambda **_: None),
            (events.quitting, self.on_quitting),
            (events.quit, self.on_quit),
        ):
            speak_last(hook, guarded("locust_ext's last word", last), self._exits.note).open()
        self._exits.open()

    def add_options(self, parser: Any) -> None:
        """Add our options to a parser of Locust's."""
        self._taken = add_options(parser, self._plan.shape_names, self._plan.shape)

    def on_options(self, options: Namespace) -> None:
        """Check the whole configuration, once: the process exits with 104 when it is wrong."""
        try:
            self._check(options)
        except ConfigurationError as error:
            refuse(error, self._choices)
        except RAISES as error:
            report("locust_ext's check of the configuration", error, Stake.LOCK)
            raise SystemExit(UNDECIDED) from None

    def _check(self, options: Namespace) -> None:
        self._is_mains = True
        speak_beside(bool(options.json))
        if self._checked or options.worker or not starts_anything(options):
            return
        self._checked = True
        given = [path.strip() for path in options.locustfile.split(",")]
        files = [
            file  # those of a directory in one order on every machine
            for path in given
            for file in sorted(parse_locustfile_paths([path]))
            if not file.endswith(AUTOLOAD)
        ]
        choices = self._choices = choices_of(options, files).with_named(self.named)
        self._plan = checked_plan(choices, final=bool(options.headless or options.autostart))
        check_users(options, self._plan, files)
        if wants_confirmation(self._plan, options):
            raise SystemExit(confirm(self._plan, options.exit_code_on_error))

    def on_init(self, environment: Any, web_ui: Any = None, **_: Any) -> None:
        """Take charge of an environment; a process in which that fails has no run."""
        try:
            self._take_charge(environment, web_ui)
        except RAISES as error:
            report("locust_ext's listener of init", error, Stake.LOCK)
            raise SystemExit(self._never_begin(environment)) from None

    def _never_begin(self, environment: Any) -> int:
        """Return what a process ends with that we cannot take charge of; its master, if it has one, ends too."""
        if isinstance(environment.runner, WorkerRunner):
            reason = "locust_ext could not take charge of a worker: its log says why"
            Kill(by=here(), reason=reason).send(environment.runner)
        return SAFETY_STOP if Superintendent.locks(self._plan, hosts_of(environment)) else UNDECIDED

    def _take_charge(self, environment: Any, web_ui: Any) -> None:
        # importing took its time, and timers such as --run-time count from when the loop last looked at the clock
        gevent.get_hub().loop.update_now()
        if environment.runner is None:  # run_single_user: one user to debug, nothing to judge
            DECLARED.listen(Recorder(hide=OUTLET.label))
            return
        if not self._is_mains:
            self._take_in(environment)
        for word in self._taken if not isinstance(environment.runner, WorkerRunner) else ():
            logger.warning("%s", other_name(word))
        plugin = Plugin(environment, self._plan, self._choices, web_ui, self._user_code)
        plugin.watched_by(self._exits)
        self._plugins[id(environment)] = plugin

    def _take_in(self, environment: Any) -> None:
        """Plan the runs of an environment that a script has made."""
        take_in(environment)
        self._choices = choices_of(environment.parsed_options, ()).with_named(self.named)
        self._plan = planned(self._choices)

    def on_quitting(self, environment: Any, **_: Any) -> None:
        """Judge, after every other listener."""
        plugin = self._plugins.get(id(environment))
        if plugin:
            self._exits.closing = True
            plugin.quitting()

    def on_quit(self, **_: Any) -> None:
        """Have the last word on the console."""
        for plugin in self._plugins.values():
            plugin.close()


class Plugin:
    """Everything that belongs to one Environment."""

    def __init__(
        self, environment: Any, plan: Plan, choices: Choices, web_ui: Any, user_code: UserCode | None = None
    ) -> None:
        self._environment, self._recorder = environment, Recorder(hide=OUTLET.label)
        user_code = self._user_code = user_code or UserCode()
        self._heard = user_code.state
        self._is_worker = isinstance(environment.runner, WorkerRunner)
        self._allotment = Allotment(environment.runner)
        self._preparation = Preparation(environment, plan, choices, self._allotment)
        self._interruption = Interruption(environment)
        self._conductor = Conductor(environment, self._recorder, self._interruption, user_code)
        self._warden = Warden(environment, self._recorder, None if self._is_worker else self._conductor.halt)
        self._warden.is_expected, self._warden.on_killed = lambda: self._is_expected, self._never_begin
        self._following = Following(environment.runner, self._follow, self._was_killed)
        self._ordering = Ordering(environment.runner, self._conductor.put_out)
        self._conductor.on_over, self._conductor.on_second = self._close_gates, self._ordering.look
        self._own_faults = OwnFaults(
            environment.runner, self._conductor, self._warden.stop_now, is_worker=self._is_worker
        )
        self._own_faults.cannot_begin = self._cannot_begin
        self._superintendent = Superintendent(self._warden, self._conductor)
        self._graceful = GracefulStop(environment.runner, self._recorder.open, self._hurry)
        environment.locust_ext_finishing, self._conductor.farewell.order = (
            self._graceful.finishing,
            self._graceful.order,
        )
        self._dead_man = DeadMan(environment.runner)
        self._storms = environment.locust_ext_storms = Storms(environment, self._recorder)
        self._director = Director(environment, self._conductor)
        self._barrier = environment.locust_ext_stampede = Barrier(self._recorder)
        self._rounds = Rounds(environment, self._conductor, self._recorder)
        self._traffic = Traffic(environment, self._recorder)
        self._reports = Reports(environment.runner, self._recorder, user_code)
        self._inbox = (
            Inbox(self._reports.refuse, lambda _: "the master")
            if self._is_worker
            else Inbox(self._conductor.doubt, lambda sender: f"worker {sender}")
        )
        self._hearing = Hearing(environment.runner, self._inbox.refuse).install()
        self._following.reads = lambda message: self._inbox.read(Spawn, message)
        DECLARED.listen(self._recorder)
        self._iterations = iteration_seams(self._recorder)
        stall_seam().open()
        self._beginnings = (requests_client.begin_seam(self._recorder), fasthttp.begin_seam(self._recorder))
        for seam in self._beginnings:
            seam.open()
        self._listen(environment)
        self._watches = [hiccup.WATCHING.start(hiccup.watch, self._recorder)]
        if not isinstance(environment.runner, MasterRunner):  # its workers have the users
            self._watches.append(user_seconds.COUNTING.start(user_seconds.watch, self._recorder, environment.runner))
        if not is_attached(environment):  # else signals are the script's
            self._interruption.install()
        self._following.install()
        self._ordering.install()
        if self._is_worker:
            self._warden.install()
            self._dead_man.install()
            Hello().send(environment.runner)
            return
        OneEnd(environment.runner).install()
        self._superintendent.install(plan.name)
        self._preparation.prepare()
        if web_ui:
            add_pages(web_ui, self._conductor, self._director, self._warden, self._preparation)

    def _listen(self, environment: Any) -> None:
        """Register all of our listeners, each guarded; that of ``request`` guards itself: it costs nanoseconds."""
        guard = self._own_faults.guard
        hear_first(environment.events.request, self._recorder.on_request)
        hear_first(environment.events.test_start, guard("a run's begin", lambda **_: self._user_code.begin()))
        for event, listener in self._listeners():
            getattr(environment.events, event).add_listener(guard(event, listener))
        for message, handler, concurrent in self._messages():
            environment.runner.register_message(message, guard(message, handler), concurrent)

    def _listeners(self) -> list[tuple[str, Callable[..., None]]]:
        everywhere: list[tuple[str, Callable[..., None]]] = [
            ("user_error", lambda exception, **_: self._on_user_error(exception)),
        ]
        if self._is_worker:
            return [
                *everywhere,
                ("test_start", lambda **_: self._join_run()),
                ("test_start", lambda **_: self._own_faults.begin()),
                ("report_to_master", lambda data, **_: self._reports.attach(data)),
                ("test_stopping", lambda **_: self._leave_off()),
                ("test_stop", lambda **_: self._leave_run()),
                ("quitting", lambda **_: self._reports.drain()),  # reversed: before Locust tells the master goodbye
                ("heartbeat_received", lambda **_: self._dead_man.hear()),
            ]
        return [
            *everywhere,
            ("test_start", lambda **_: self._start_run()),
            ("test_start", lambda **_: self._own_faults.begin()),
            ("worker_connect", lambda client_id, **_: self._conductor.enrol(client_id)),
            ("worker_report", lambda client_id, data, **_: self._on_report(client_id, data)),
            ("test_stopping", lambda **_: self._stopping()),
            ("spawning_complete", lambda **_: self._conductor.spawned()),
            ("test_stop", lambda **_: self._stop_run()),
        ]

    def _messages(self) -> list[tuple[str, Callable[..., None], bool]]:
        takes = self._inbox.takes
        return [
            takes(Hello, lambda sender, _: self._ordering.greet(sender)),
            (Orders.type, lambda msg, **_: self._hear_orders(msg), False),
            takes(Follows, self._ordering.answer),
            takes(Phase, lambda _, told: self._recorder.enter_phase(told.name)),
            takes(Drain, lambda _, order: self._drain(order), concurrent=True),
            takes(Told, self._conductor.receive_user_code),
            takes(Final, self._conductor.receive_final),
            takes(Census, lambda _, census: self._storms.on_census(census)),
            takes(Muster, self._director.receive),
            takes(Strike, lambda _, order: self._storms.on_strike(order)),
            takes(Release, lambda _, order: self._barrier.on_release(order)),
            takes(Presence, self._allotment.receive),
            takes(ShareTold, lambda _, told: self._traffic.on_share(told)),
            takes(FaultTold, self._own_faults.receive),
            *self._warden.messages(self._inbox),
            *self._superintendent.messages(self._inbox, self._environment.runner),
        ]

    def _on_report(self, client_id: Any, data: Any) -> None:
        """Take our part of a worker's report to Locust, if it has one."""
        payload = data.get(KEY) if isinstance(data, dict) else None
        report = self._inbox.read(Report, SimpleNamespace(node_id=client_id, data=payload)) if payload else None
        if isinstance(client_id, str) and (report or not payload):
            self._conductor.receive(client_id, report)

    def _on_user_error(self, error: BaseException) -> None:
        self._recorder.add("iteration_errors", Kind.COUNTER, 1)
        self._user_code.raised(error)

    def _start_run(self) -> None:
        """Begin a run: its orders are followed here and on every worker before any user starts."""
        before = self._conductor.run
        try:
            self._begin_run()
        except gevent.GreenletExit:
            if gevent.getcurrent() not in self._environment.runner.greenlet and self._conductor.run is not before:
                self._stop_run()  # somebody pressed Stop before the workers had answered
            raise
        except Exception as error:
            logger.debug("the run did not begin", exc_info=True)
            self._cannot_begin(f"{here()} cannot begin the run: {said(error)}")

    def _cannot_begin(self, reason: str) -> None:
        """End a run that must not begin, before its first user."""
        run = self._conductor.run
        if run is None or run.ended is not None:
            self._conductor.start(self._preparation.plan, {}, Surroundings()).locks = True
        self._conductor.put_out("", reason)

    def _begin_run(self) -> None:
        preparation = self._preparation
        plan = preparation.begin()
        surroundings = survey(plan, self._environment, preparation.hosts, demo=preparation.demo is not None)
        run = self._conductor.start(plan, run_tags(plan.config.tags, plan.source), surroundings)
        run.locks = self._superintendent.locks(plan, preparation.hosts)
        if killed := self._warden.killed:
            self._conductor.halt(killed)
            return
        told = Orders(
            id=run.id,
            host=self._environment.host,
            **self._superintendent.orders(plan, preparation.hosts),
            named=tuple(preparation.named),
            iterations=plan.wants(ITERATION_METRICS) or bool(self._allotment.told),
            scenarios=tuple(ScenarioTold.model_validate(one) for one in self._allotment.told),
            storm=plan.config.storm.model_dump() if plan.config.storm else None,
            retry=plan.config.retry.model_dump() if plan.config.retry else None,
            graceful=None if has_stop_timeout(self._environment) else plan.config.graceful_stop,
        ).told()
        self._inbox.begin()
        setattr(self._environment.parsed_options, RUN_OPTION, {"id": run.id})
        if why := self._following.obey(told):
            self._conductor.put_out("", f"{here()} {why}")
            return
        self._superintendent.start(plan, preparation.hosts, run)
        if run.halted:
            return
        self._ordering.give(told)
        if not self._ordering.has_followers:
            self._conductor.give_up("no worker followed the run's orders")
        self._start_parts(plan, run)

    def _start_parts(self, plan: Plan, run: Run) -> None:
        self._allotment.start(run.id)
        self._director.start(plan, self._conductor.elapsed)
        self._rounds.start(plan, self._conductor.elapsed, run.id)

    def _start_no_run(self) -> None:
        """Have a run to report on, although none began."""
        preparation = self._preparation
        plan = preparation.plan
        surroundings = survey(plan, self._environment, preparation.hosts, demo=preparation.demo is not None)
        run = self._conductor.start(plan, run_tags(plan.config.tags, plan.source), surroundings)
        run.halted = self._warden.killed
        self._conductor.miss("no run began: the process ended before its first user")

    def _close_gates(self) -> None:
        """Let no user of the run start any more, here or on a worker."""
        self._following.shut()
        self._ordering.close()

    def _hear_orders(self, message: Any) -> None:
        """Follow the orders of a master before it asks for users, and say so, or why not."""
        orders = self._inbox.read(Orders, message)
        run = run_named(message.data) if orders is None else orders.id
        why = "got orders that cannot be read" if orders is None else self._take_orders(orders.told())
        Follows(run=run, refused=why, who=here()).send(self._environment.runner)

    def _take_orders(self, told: Mapping[str, Any]) -> str:
        """Follow the orders of a run; return why that could not be."""
        if self._following.run not in ("", told.get("id")):
            self._environment.runner.stop()  # of a run whose end did not come here
        run = self._following.run
        why = self._following.obey(told)
        if run != self._following.run:
            self._inbox.begin()
            self._reports.begin(self._following.run)
        return why

    def _join_run(self) -> None:
        """Measure what the users do, and not what listeners did before them."""
        self._recorder.forget()
        self._traffic.begin()

    @property
    def _is_expected(self) -> bool:
        """Whether a run that was asked for has not begun."""
        return not self._conductor.run and (self._is_worker or self._wants_run)

    def _was_killed(self) -> str:
        """Return that this process was killed before any run began, if it was."""
        return f"was killed: {self._warden.killed}" if self._warden.killed else ""

    def _never_begin(self) -> None:
        """End a process that was killed before its run began, or tell the master of it."""
        if self._is_worker:
            Kill(by=here(), reason=self._warden.killed).send(self._environment.runner)
        else:
            self._interruption.stop_waiting()

    def _hurry(self) -> float | None:
        """Return for how many seconds requests may go on at the most, if there is anything that limits it."""
        ends_now = bool(self._warden.switch.pulled) or self._conductor.is_broken_off
        return 0.0 if ends_now else self._interruption.hurry

    def _drain(self, order: Drain) -> None:
        """Stop the users, as the master says."""
        self._following.shut(order.run)
        self._graceful.obey(order)
        self._reports.drain(order.run)

    def _leave_off(self) -> None:
        """Start no more users; that long they were counted."""
        self._graceful.ends = True
        self._following.shut()
        self._reports.stopping()

    def _leave_run(self) -> None:
        """Send the last report; the next run begins in no phase."""
        each(
            "the end of a run",
            self._following.shut,
            self._traffic.leave,
            self._reports.finish,
            self._storms.forget,
            self._barrier.forget,
            lambda: self._recorder.enter_phase(""),
            self._warden.leave,
            self._graceful.leave,
        )

    def _follow(self, told: Mapping[str, Any]) -> None:
        """Do what the master and its workers do alike: keep to the safety rules, count iterations if that was asked."""
        if self._is_worker:
            self._environment.host = told.get("host")
        self._graceful.follow(told.get("graceful"))
        for seam in self._iterations:
            (seam.open if told.get("iterations") else seam.close)()
        self._storms.follow(told, str(told.get("id", "")))
        self._traffic.follow(told, str(told.get("id", "")))
        self._warden.follow(told)

    def _stopping(self) -> None:
        """Note that the run ends; what an open load has waited for is waited for no longer."""
        self._graceful.ends = True
        self._graceful.waits = not getattr(self._environment.shape_class, "has_waited", False)
        self._conductor.stopping()

    def _stop_run(self) -> None:
        each(
            "the end of a run",
            self._director.stop,
            self._rounds.stop,
            self._allotment.stop,
            self._traffic.leave,
            self._storms.forget,
            self._barrier.forget,
            self._conductor.stop,
            self._warden.leave,
            self._graceful.leave,
            lambda: self._recorder.enter_phase(""),
        )
        if not getattr(self._environment.parsed_options, "headless", False):
            self._superintendent.print_result()

    def quitting(self) -> None:
        """Have the verdict set the exit code; what raises on the way leaves no pass behind."""
        self._own_faults.finish(self._judge)

    @property
    def is_judged(self) -> bool:
        """Whether the verdict was given, where there had to be one."""
        return self._is_worker or self.is_a_script_s or self._conductor.is_judged

    def _judge(self) -> None:
        """Have the verdict set the exit code; a worker's is always 0, its master speaks for it."""
        if self._is_worker:
            self._environment.process_exit_code = 0
            self._reports.leave()
            return
        if self._wants_run and self._conductor.run is None:
            self._start_no_run()  # ended before it began: that too is a run, and no pass
        self._conductor.quitting()
        self._heard = self._user_code.state

    @property
    def _wants_run(self) -> bool:
        """Whether this process was started to make a run, and not to wait for somebody who starts one."""
        options = self._environment.parsed_options
        asked = getattr(options, "headless", False) or getattr(options, "autostart", False)
        return bool(asked) or is_attached(self._environment)

    def verdict(self, code: int | None, how: str) -> int | None:
        """Say the last word in a process that ends with ``code`` without asking; return what it is to end with."""
        if self._is_worker:
            return code
        if code is not None:
            self._conductor.choose(code, how)
        self.quitting()
        self.close()
        return code if self.given is None else self.given

    @property
    def is_a_script_s(self) -> bool:
        """Whether a script runs the environment, and ends the process as it likes."""
        return is_attached(self._environment)

    @property
    def given(self) -> int | None:
        """The exit code that the process was given, by us or by its locustfile."""
        code: int | None = self._environment.process_exit_code
        return code

    def leave(self) -> bool:
        """Bring the process to its end, unless it ends by itself; tell whether it is ours to end."""
        if not self.is_a_script_s:
            self._interruption.leave(worker=self._is_worker)
        return not self.is_a_script_s

    def watched_by(self, exits: Exits) -> None:
        """Have ``exits`` give the verdict where Locust does not ask for one."""
        self._interruption.depart, self._interruption.force = lambda: exits.depart(None), exits.force

    def close(self) -> None:
        """Print the verdict and end the demo target."""
        if not self._is_worker and self._heard != self._user_code.state:
            self._conductor.quitting()  # a listener of quit has just done what changes the verdict
        each(
            "the end of the process",
            self._superintendent.print_result,
            self._superintendent.leave,
            self._preparation.end,
        )

    @property
    def result(self) -> RunResult | None:
        """The last run, judged; None before it has ended."""
        return self._conductor.result

    def let_go(self) -> None:
        """Leave the process as it was; another environment may come."""
        self.close()
        self._warden.let_go()
        self._ordering.let_go()
        self._hearing.let_go()
        self._own_faults.let_go()
        gevent.killall(self._watches, block=False)
        for seam in reversed(self._beginnings):
            seam.close()


_installed: list[Installation] = []


def install(loadtest: str = "") -> None:
    """Measure, judge and mark every run of this process.

    Call it at the top of a locustfile, before the user classes. ``loadtest`` names the configuration; by default it
    is ``--loadtest``, else the YAML file beside the locustfile with the same stem. A second call does nothing but name
    the configuration of the locustfile that makes it. Those of several locustfiles are united.
    """
    if not _installed:
        installation = Installation()
        installation.register()
        _installed.append(installation)
    caller = getframeinfo(frame.f_back).filename if (frame := currentframe()) and frame.f_back else ""
    if loadtest:
        _installed[0].named.setdefault(str(Path(caller).absolute()), loadtest)
