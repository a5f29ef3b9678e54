"""One process's part in the runs of one environment: it hears orders, follows them whole, and leaves.

Law: this file registers all listeners of an environment, each guarded; which parts there are is not its business. It
says in which order they begin and end, and measures, judges and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from locust.runners import WorkerRunner

from locust_ext.config.command_line import CommandLine
from locust_ext.config.plan import Plan
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.permits_on_demand import PermitsOnDemand
from locust_ext.measure.error_notes import Witness
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Drain, Kill, Reports
from locust_ext.measure.sinks import Kind
from locust_ext.measure.user_code import UserCode
from locust_ext.probes.prober import Prober
from locust_ext.process.hearing import Hearing
from locust_ext.process.last_message import send_out
from locust_ext.process.last_word import hear_first
from locust_ext.process.message_types import FOLLOWS, HELLO, ORDERS
from locust_ext.process.part import Listener, Registered
from locust_ext.process.part_table import LOCAL, MASTER, WORKER, PartTable, Row
from locust_ext.process.supervised import each
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.whereabouts import here
from locust_ext.process.whole_names import keep_names_whole
from locust_ext.process.wire import Inbox
from locust_ext.run.controller import RunController
from locust_ext.run.exits import Exits
from locust_ext.run.exporting import Exporting
from locust_ext.run.following import Following
from locust_ext.run.graceful import GracefulStop
from locust_ext.run.journalling import Journalling
from locust_ext.run.one_end import OneEnd
from locust_ext.run.ordering import Ordering
from locust_ext.run.own_environment import is_attached
from locust_ext.run.own_faults import FaultTold, OwnFaults
from locust_ext.run.preparation import Preparation
from locust_ext.run.resets import tell_of_resets
from locust_ext.run.signals import Interruption
from locust_ext.run.start import RunStart
from locust_ext.safety.agent import SafetyAgent
from locust_ext.safety.coordinator import SafetyCoordinator
from locust_ext.safety.interceptors import Door
from locust_ext.safety.outlet import OUTLET, veil_logs
from locust_ext.storms.on_demand import StormsOnDemand
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult
    from locust_ext.storms.link import Links


@dataclass(frozen=True)
class Clients:
    """What is known of the clients of users: through which doors they leave, and how they are connected."""

    doors: Sequence[Door]
    links: Callable[[], Links]
    """Called when storms are asked for."""
    witness: Witness | None = None
    """Knows their answers."""


class Participation:
    """Everything that belongs to one environment; ``rows`` are its parts, in order."""

    def __init__(
        self,
        environment: Any,
        plan: Plan,
        command_line: CommandLine,
        rows: Callable[[Participation], Iterable[Row]],
        clients: Clients,
        user_code: UserCode | None = None,
    ) -> None:
        self.environment, self.recorder, self.tasks = environment, Recorder(hide=OUTLET.label), TaskSeam()
        self.recorder.errors.witness = clients.witness
        user_code = self._user_code = user_code or UserCode()
        user_code.on_raised = self.recorder.add_raised
        self._heard = user_code.state
        self.is_worker = isinstance(environment.runner, WorkerRunner)
        self._interruption = Interruption(environment)
        self.controller = RunController(environment, self.recorder, self._interruption, user_code)
        halt = None if self.is_worker else self.controller.halt
        self.journal = Journalling(environment, self.controller)
        self.safety = SafetyAgent(environment, self.recorder, halt, clients.doors)
        self.safety.is_expected, self.safety.on_killed = lambda: self._is_expected, self._never_begin
        self.coordinator = SafetyCoordinator(self.safety, environment.runner, plan.name, self._is_running)
        self.graceful = GracefulStop(environment.runner, self.recorder.open, self._hurry)
        self.reports = Reports(environment.runner, self.recorder, user_code)
        self.arrivals = ArrivalsOnDemand(environment, self.recorder, self.tasks)
        self.permits = PermitsOnDemand(environment, self.recorder.open, self.tasks, self.arrivals)
        self.permits.elapsed, self.permits.give_up = self.controller.elapsed, self.controller.give_up
        self.controller.account.permits = self.permits
        self.prober = Prober(self.recorder, self.controller)
        self.prober.on_read = self.journal.note
        self.exporting = Exporting(environment, self.controller)
        self.inbox = (
            Inbox(self.reports.refuse, lambda _: "the master")
            if self.is_worker
            else Inbox(self.controller.doubt, lambda sender: f"worker {sender}")
        )
        self.storms = StormsOnDemand(environment, self.recorder, self.tasks, self.controller, clients.links)
        self.preparation = Preparation(environment, plan, command_line, self.arrivals)
        self._own_faults = OwnFaults(
            environment.runner, self.controller, self.safety.stop_now, is_worker=self.is_worker
        )
        self._following = Following(environment.runner, self._follow, self._was_killed, self.safety.stop_now)
        self._following.reads = lambda message: self.inbox.read(_words().Spawn, message)
        self._ordering = Ordering(environment.runner, self.controller.put_out)
        self._ordering.followed = lambda one: tell_of_resets(self.controller.run, environment.runner, [one])
        self._hearing = Hearing(environment.runner, self.inbox.refuse)
        self.controller.on_over, self.controller.on_second = self._close_gates, self._ordering.look
        environment.locust_ext_finishing = self.graceful.finishing
        self.controller.farewell.order = self.graceful.word
        role = WORKER if self.is_worker else MASTER if hasattr(environment.runner, "clients") else LOCAL
        self.parts = PartTable(rows(self), role)
        self.run_start = RunStart(self.controller, self.preparation, self.parts, self._following, self._ordering)
        self.run_start.on_begin, self.run_start.on_stopped = self.inbox.begin, self._stop_run
        self.run_start.killed = lambda: self.safety.killed
        self._own_faults.cannot_begin = self.run_start.refuse
        self._install()

    def _install(self) -> None:
        """Begin with the process: first it hears, then it is at the gates, then it says that it is there."""
        self._hearing.install()
        DECLARED.listen(self.recorder)
        self._listen()
        if not is_attached(self.environment):  # else signals are the script's
            self._interruption.install()
        self._following.install()
        self._ordering.install()
        self.parts.install()
        if self.is_worker:
            _words().Hello().send(self.environment.runner)
        else:
            OneEnd(self.environment.runner).install()
            self.preparation.prepare()
            self.exporting.prepare(self.preparation.plan.config.export)

    def _listen(self) -> None:
        """Register all of our listeners, each guarded; that of ``request`` guards itself: it costs nanoseconds."""
        veil_logs()
        keep_names_whole()
        guard, events, runner = self._own_faults.guard, self.environment.events, self.environment.runner
        hear_first(events.request, self.recorder.on_request)
        hear_first(events.test_start, guard("a run's begin", lambda **_: self._user_code.begin()))
        for event, listener in self.listeners():
            getattr(events, event).add_listener(guard(event, listener))
        for message, handler, concurrent in self.messages():
            runner.register_message(message, guard(message, handler), concurrent)

    def listeners(self) -> list[Listener]:
        """Return what is registered with Locust's events: the run's own first, then that of its parts."""
        own: list[Listener] = [("user_error", lambda exception, **_: self._on_user_error(exception))]
        if self.is_worker:
            last = ("test_stop", lambda **_: self._leave_run())
            own.append(("test_stopping", lambda **_: self._following.shut()))
        else:
            last = ("test_stop", lambda **_: self._stop_run())
            own.append(("test_start", lambda **_: self.run_start.begin()))
            own.append(("test_stopping", lambda **_: self._stopping()))
        return [*own, *self.parts.listeners(), ("test_start", lambda **_: self._own_faults.begin()), last]

    def messages(self) -> list[Registered]:
        """Return what is registered with Locust's messages."""
        takes = self.inbox.takes
        return [
            self.inbox.loads(HELLO, lambda: (_words().Hello, lambda sender, _: self._ordering.greet(sender))),
            (ORDERS, lambda msg, **_: self._hear_orders(msg), False),
            self.inbox.loads(FOLLOWS, lambda: (_words().Follows, self._ordering.answer)),
            takes(Drain, lambda _, order: self._drain(order), concurrent=True),
            takes(FaultTold, self._own_faults.receive),
            *self.parts.messages(self.inbox),
        ]

    def _on_user_error(self, error: BaseException) -> None:
        self.recorder.add("iteration_errors", Kind.COUNTER, 1)
        self._user_code.raised(error)

    def _close_gates(self) -> None:
        """Let no user of the run start any more, here or on a worker."""
        self._following.shut()
        self._ordering.close()

    def _hear_orders(self, message: Any) -> None:
        """Follow the orders of a master before it asks for users, and say so, or why not."""
        orders = self.inbox.read(_words().Orders, message)
        run = _words().run_named(message.data) if orders is None else orders.id
        why = "got orders that cannot be read" if orders is None else self._take_orders(orders.told())
        _words().Follows(run=run, refused=why, who=here()).send(self.environment.runner)

    def _take_orders(self, told: Mapping[str, Any]) -> str:
        """Follow the orders of a run; return why that could not be."""
        if self._following.run not in ("", told.get("id")):
            self.environment.runner.stop()  # of a run whose end did not come here
        run = self._following.run
        why = self._following.obey(told)
        if run != self._following.run:
            self.inbox.begin()
            self.reports.begin(self._following.run)
        return why

    def _follow(self, told: Mapping[str, Any]) -> None:
        """Do what the master and its workers do alike."""
        self.environment.host = told.get("host")
        self.parts.follow(told.get("parts") or {}, str(told.get("id", "")))

    @property
    def _is_expected(self) -> bool:
        """Whether a run that was asked for has not begun."""
        return not self.controller.run and (self.is_worker or self._wants_run)

    def _is_running(self) -> bool:
        """Tell whether a run is under way, up to its verdict, or is still to begin."""
        begun = self.controller.run is not None
        return self.controller.result is None if begun else self._is_expected

    def _was_killed(self) -> str:
        """Return that this process was killed before any run began, if it was."""
        return f"was killed: {self.safety.killed}" if self.safety.killed else ""

    def _never_begin(self) -> None:
        """End a process that was killed before its run began, or tell the master of it."""
        if self.is_worker:
            Kill(by=here(), reason=self.safety.killed).send(self.environment.runner)
        else:
            self._interruption.stop_waiting()

    def _hurry(self) -> float | None:
        """Return for how many seconds requests may go on at the most, if there is anything that limits it."""
        ends_now = bool(self.safety.switch.pulled) or self.controller.is_broken_off
        return 0.0 if ends_now else self._interruption.hurry

    def _drain(self, order: Drain) -> None:
        """Stop the users, as the master says."""
        self._following.shut(order.run)
        self.graceful.obey(order)
        self.permits.close()
        self.reports.drain(order.run)

    def _stopping(self) -> None:
        """Note that the run ends; what an open load has waited for is waited for no longer."""
        self.graceful.waits = not getattr(self.environment.shape_class, "has_waited", False)

    def _leave_run(self) -> None:
        """End with the run on a worker."""
        each("the end of a run", self._following.shut, self.parts.leave)

    def _stop_run(self) -> None:
        """End the run, and judge it."""
        self.parts.leave()
        if not getattr(self.environment.parsed_options, "headless", False):
            self._print_result()

    def _print_result(self) -> None:
        """Print the verdict of a run, and write it down."""
        if (result := self.controller.print_result()) is not None:
            self.coordinator.write_down(result)

    def quitting(self) -> None:
        """Have the verdict set the exit code; what raises on the way leaves no pass behind."""
        self._own_faults.finish(self._judge)

    @property
    def is_judged(self) -> bool:
        """Whether the verdict was given, where there had to be one."""
        return self.is_worker or self.is_a_script_s or self.controller.is_judged

    def _judge(self) -> None:
        """Have the verdict set the exit code; a worker's is always 0, its master speaks for it."""
        if self.is_worker:
            self.environment.process_exit_code = 0
            self.permits.close()
            self.reports.depart()
            return
        if self._wants_run and self.controller.run is None:
            self.run_start.begin_none()  # ended before it began: that too is a run, and no pass
        self.controller.quitting()
        self._heard = self._user_code.state

    @property
    def _wants_run(self) -> bool:
        """Whether this process was started to make a run, and not to wait for somebody who starts one."""
        options = self.environment.parsed_options
        asked = getattr(options, "headless", False) or getattr(options, "autostart", False)
        return bool(asked) or is_attached(self.environment)

    def verdict(self, code: int | None, how: str) -> int | None:
        """Say the last word in a process that ends with ``code`` without asking; return what it is to end with."""
        if self.is_worker:
            return code
        if code is not None:
            self.controller.exit_code.choose(code, how)
        self.quitting()
        self.close()
        return code if self.given is None else self.given

    @property
    def is_a_script_s(self) -> bool:
        """Whether a script runs the environment, and ends the process as it likes."""
        return is_attached(self.environment)

    @property
    def given(self) -> int | None:
        """The exit code that the process was given, by us or by its locustfile."""
        code: int | None = self.environment.process_exit_code
        return code

    def leave(self) -> bool:
        """Bring the process to its end, unless it ends by itself; tell whether it is ours to end."""
        if not self.is_a_script_s:
            self._interruption.leave(worker=self.is_worker)
        return not self.is_a_script_s

    def watched_by(self, exits: Exits) -> None:
        """Have ``exits`` give the verdict where Locust does not ask for one."""
        self._interruption.depart, self._interruption.force = lambda: exits.depart(None), exits.force

    def close(self) -> None:
        """Print the verdict and end the demo target."""
        if not self.is_worker and self._heard != self._user_code.state:
            self.controller.quitting()  # a listener of quit has just done what changes the verdict
        ends: list[Callable[[], object]] = [self._print_result, self.exporting.finish, self.coordinator.let_go]
        ends.append(self.preparation.end)
        if self.is_worker and not self.is_a_script_s:  # a script's process may go on, and have other runs
            ends.append(partial(send_out, self.environment.runner))
        each("the end of the process", *ends)

    @property
    def result(self) -> RunResult | None:
        """The last run, judged; None before it has ended."""
        return self.controller.result

    def let_go(self) -> None:
        """Leave the process as it was; another environment may come."""
        self.close()
        self.parts.let_go()
        for one in (self._ordering, self._hearing, self._own_faults, self.tasks):
            one.let_go()
        DECLARED.forget(self.recorder)


def _words() -> Any:
    """Return the models of what a master and its workers say before a run: a local run says nothing of it."""
    from locust_ext.process import orders  # noqa: PLC0415 only where there are workers

    return orders
