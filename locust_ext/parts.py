"""The parts of one Environment, put together: who hears which event of Locust and which message, and who is told what.

Law: this file alone registers listeners of an Environment, each guarded. Nothing here measures, judges or decides: it
says who does, and in which order they begin and end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import gevent
from locust.runners import MasterRunner, WorkerRunner

from locust_ext.clients import fasthttp, requests_client
from locust_ext.config.choices import Choices
from locust_ext.config.plan import Plan
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.stall import stall_seam
from locust_ext.measure import hiccup, user_seconds
from locust_ext.measure.iterations import iteration_clock
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import KEY, Final, Report, Told
from locust_ext.measure.reporting import Drain, Kill, Phase, Reports
from locust_ext.measure.sinks import Kind
from locust_ext.process.hearing import Hearing
from locust_ext.process.last_word import hear_first
from locust_ext.process.orders import Follows, Hello, Orders, Spawn, run_named
from locust_ext.process.supervised import each
from locust_ext.process.task_seam import Rank, TaskSeam
from locust_ext.process.whereabouts import here
from locust_ext.process.whole_names import keep_names_whole
from locust_ext.process.wire import Inbox
from locust_ext.run.controller import Conductor
from locust_ext.run.exits import Exits
from locust_ext.run.following import Following
from locust_ext.run.graceful import GracefulStop
from locust_ext.run.one_end import OneEnd
from locust_ext.run.ordering import Ordering
from locust_ext.run.own_environment import is_attached
from locust_ext.run.own_faults import FaultTold, OwnFaults
from locust_ext.run.preparation import Preparation
from locust_ext.run.signals import Interruption
from locust_ext.run.start import Judges, Loads, Orderly, RunStart
from locust_ext.run.user_code import UserCode
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.deadman import DeadMan
from locust_ext.safety.outlet import OUTLET, veil_logs
from locust_ext.storms.on_demand import StampedesOnDemand, StormsOnDemand
from locust_ext.web import add_to

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult


class Parts:
    """Everything that belongs to one Environment."""

    def __init__(
        self, environment: Any, plan: Plan, choices: Choices, web_ui: Any, user_code: UserCode | None = None
    ) -> None:
        self._environment, self._recorder = environment, Recorder(hide=OUTLET.label)
        user_code = self._user_code = user_code or UserCode()
        self._heard = user_code.state
        self._is_worker = isinstance(environment.runner, WorkerRunner)
        tasks = self._tasks = TaskSeam()
        self._arrivals = ArrivalsOnDemand(environment, self._recorder, tasks)
        self._preparation = Preparation(environment, plan, choices, self._arrivals)
        self._interruption = Interruption(environment)
        self._conductor = Conductor(environment, self._recorder, self._interruption, user_code)
        self._safety = SafetyAgent(environment, self._recorder, None if self._is_worker else self._conductor.halt)
        self._safety.is_expected, self._safety.on_killed = lambda: self._is_expected, self._never_begin
        self._following = Following(environment.runner, self._follow, self._was_killed, self._safety.stop_now)
        self._ordering = Ordering(environment.runner, self._conductor.put_out)
        self._conductor.on_over, self._conductor.on_second = self._close_gates, self._ordering.look
        self._own_faults = OwnFaults(
            environment.runner, self._conductor, self._safety.stop_now, is_worker=self._is_worker
        )
        self._coordinator = SafetyCoordinator(self._safety, self._is_running)
        self._graceful = GracefulStop(environment.runner, self._recorder.open, self._hurry)
        environment.locust_ext_finishing, self._conductor.farewell.order = (
            self._graceful.finishing,
            self._graceful.order,
        )
        self._dead_man = DeadMan(environment.runner)
        self._storms = StormsOnDemand(environment, self._recorder, tasks, self._conductor)
        self._stampedes = StampedesOnDemand(environment, self._recorder, self._conductor)
        self._reports = Reports(environment.runner, self._recorder, user_code)
        self._inbox = (
            Inbox(self._reports.refuse, lambda _: "the master")
            if self._is_worker
            else Inbox(self._conductor.doubt, lambda sender: f"worker {sender}")
        )
        self._run_start = RunStart(
            environment,
            Judges(self._conductor, self._coordinator, self._safety),
            self._preparation,
            Orderly(self._following, self._ordering, self._inbox),
            Loads(self._arrivals, self._storms, self._stampedes),
        )
        self._own_faults.cannot_begin, self._run_start.on_stopped = self._run_start.refuse, self._stop_run
        self._hearing = Hearing(environment.runner, self._inbox.refuse).install()
        self._following.reads = lambda message: self._inbox.read(Spawn, message)
        DECLARED.listen(self._recorder)
        self._beginnings = (requests_client.begin_seam(self._recorder), fasthttp.begin_seam(self._recorder))
        for seam in (stall_seam(), *self._beginnings):
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
            self._safety.install()
            self._dead_man.install()
            Hello().send(environment.runner)
            return
        OneEnd(environment.runner).install()
        self._coordinator.install(plan.name)
        self._preparation.prepare()
        add_to(web_ui, self._conductor, self._storms, self._safety, self._preparation)

    def _listen(self, environment: Any) -> None:
        """Register all of our listeners, each guarded; that of ``request`` guards itself: it costs nanoseconds."""
        veil_logs()
        keep_names_whole()
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
            ("test_start", lambda **_: self._run_start.begin()),
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
            takes(FaultTold, self._own_faults.receive),
            *self._arrivals.messages(self._inbox),
            *self._storms.messages(self._inbox),
            *self._stampedes.messages(self._inbox),
            *self._safety.messages(self._inbox),
            *self._coordinator.messages(self._inbox, self._environment.runner),
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
        self._arrivals.begin()

    @property
    def _is_expected(self) -> bool:
        """Whether a run that was asked for has not begun."""
        return not self._conductor.run and (self._is_worker or self._wants_run)

    def _was_killed(self) -> str:
        """Return that this process was killed before any run began, if it was."""
        return f"was killed: {self._safety.killed}" if self._safety.killed else ""

    def _never_begin(self) -> None:
        """End a process that was killed before its run began, or tell the master of it."""
        if self._is_worker:
            Kill(by=here(), reason=self._safety.killed).send(self._environment.runner)
        else:
            self._interruption.stop_waiting()

    def _hurry(self) -> float | None:
        """Return for how many seconds requests may go on at the most, if there is anything that limits it."""
        ends_now = bool(self._safety.switch.pulled) or self._conductor.is_broken_off
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
            self._arrivals.leave,
            self._reports.finish,
            self._storms.forget,
            self._stampedes.forget,
            lambda: self._recorder.enter_phase(""),
            self._safety.leave,
            self._graceful.leave,
        )

    def _follow(self, told: Mapping[str, Any]) -> None:
        """Do what the master and its workers do alike: keep to the safety rules, count iterations if that was asked."""
        self._environment.host = told.get("host")
        run = str(told.get("id", ""))
        try:
            self._graceful.follow(told.get("graceful"))
            self._tasks.put(Rank.CLOCK, iteration_clock(self._recorder) if told.get("iterations") else None)
            self._storms.follow(told, run)
            self._stampedes.follow()
            self._arrivals.follow(told, run)
            self._safety.follow(told)
        except BaseException:  # else it would ask for its share of the arrivals, and have no user to make them
            each("a run that is not followed", self._arrivals.leave, self._storms.forget, self._graceful.leave)
            raise

    def _stopping(self) -> None:
        """Note that the run ends; what an open load has waited for is waited for no longer."""
        self._graceful.ends = True
        self._graceful.waits = not getattr(self._environment.shape_class, "has_waited", False)
        self._conductor.stopping()

    def _stop_run(self) -> None:
        each(
            "the end of a run",
            self._storms.stop,
            self._stampedes.stop,
            self._arrivals.stop,
            self._arrivals.leave,
            self._storms.forget,
            self._stampedes.forget,
            self._conductor.stop,
            self._safety.leave,
            self._graceful.leave,
            lambda: self._recorder.enter_phase(""),
        )
        if not getattr(self._environment.parsed_options, "headless", False):
            self._print_result()

    def _print_result(self) -> None:
        """Print the verdict of a run, and write it down."""
        if (result := self._conductor.print_result()) is not None:
            self._coordinator.write_down(result)

    def _is_running(self) -> bool:
        """Tell whether a run is under way, up to its verdict, or is still to begin."""
        begun = self._conductor.run is not None
        return self._conductor.result is None if begun else self._safety.is_expected()

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
            self._run_start.begin_none()  # ended before it began: that too is a run, and no pass
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
            self._conductor.exit_code.choose(code, how)
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
            self._print_result,
            self._coordinator.leave,
            self._preparation.end,
        )

    @property
    def result(self) -> RunResult | None:
        """The last run, judged; None before it has ended."""
        return self._conductor.result

    def let_go(self) -> None:
        """Leave the process as it was; another environment may come."""
        self.close()
        for part in (self._safety, self._ordering, self._hearing, self._own_faults, self._tasks):
            part.let_go()
        gevent.killall(self._watches, block=False)
        for seam in reversed(self._beginnings):
            seam.close()
