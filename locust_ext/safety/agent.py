"""The safety of one process: everything that keeps a run from doing harm, put together.

Law: on every process the same parts follow the same words of the master; only the master ends runs. The doors are
closed until the rules of a run have been followed whole, and closed again when it is over: doubt is not permission.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, ClassVar

import gevent

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Kill
from locust_ext.measure.sinks import Kind
from locust_ext.process.clock import SteadyClock
from locust_ext.process.part import Part, Registered
from locust_ext.process.supervised import Stake, Work, guarded
from locust_ext.process.whereabouts import here
from locust_ext.process.wire import Inbox
from locust_ext.safety.acknowledgement import Acknowledgements
from locust_ext.safety.admission import Admission
from locust_ext.safety.cap import Ask, Borrowing, Lease, Lending
from locust_ext.safety.closed_interceptors import NO_RUN, ClosedInterceptors
from locust_ext.safety.destinations import named_in_code, refuse_strangers, strangers
from locust_ext.safety.flags import alarm_of, sources_of
from locust_ext.safety.guard import Guard, Targets, cure_for, hosts_of
from locust_ext.safety.interceptors import Door, Interceptors
from locust_ext.safety.killswitch import TIMEOUT, KillSwitch
from locust_ext.safety.messages import SafetyTold
from locust_ext.safety.options import AlarmOptions, SafetyOptions, TenantOptions
from locust_ext.safety.origin import origin_of
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.signals import is_caught
from locust_ext.safety.tenant import RENEWALS, TenantHeaders, key_of, mark_for, tenants_of

KILLED = "locust_ext.killed"
"""The answer to one who asked from outside."""

LONGEST_REASON = 300

MOST_HOSTS = 100
"""Hosts that a run marks at the most, where only its users know them."""

ALARM = Work("the look at the alarm", Stake.SAFETY)
WINDOW = Work("the watch over the window", Stake.SAFETY)
SIGNING = Work("the renewal of signatures", Stake.SAFETY)


class SafetyAgent(Part[None, SafetyTold]):
    """Follows the safety rules of runs, one after the other; ``halt`` ends a run where this process may do that."""

    name = "safety"
    _listening: ClassVar[int] = 0
    """How many handlers of ours are there, of this environment and of others in this process."""

    def __init__(
        self, environment: Any, recorder: Recorder, halt: Callable[[str], None] | None, doors: Sequence[Door]
    ) -> None:
        self._environment, self._recorder, self._halt = environment, recorder, halt
        self._runner = environment.runner
        self.admission = environment.locust_ext_admission = Admission(recorder)
        self._interceptors = Interceptors(environment, self.admission, doors)
        self._closed = ClosedInterceptors(environment, self.admission.begun, self._interceptors.user_greenlet, doors)
        self._borrowing = Borrowing(self._runner, self.admission)
        self._lending = Lending(self._runner)
        self.switch = KillSwitch(self.admission, self._tell)
        self._greenlets: list[gevent.Greenlet] = []
        self._listener: Any = None
        self._run = ""
        self._marked: list[str] = []
        """The hosts of the run that are marked: those that were known when it began, and those that users showed."""
        self.killed = ""
        """Why this process was killed before its run began, if it was: then that never begins."""
        self.is_expected: Callable[[], bool] = lambda: False
        """Whether this process was started to make a run that has not begun yet."""
        self.on_killed: Callable[[], None] = lambda: None
        """Called when that run will never begin."""
        self.admission.close(NO_RUN)
        self._closed.install()
        self._named = named_in_code(environment)

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Return what is to be registered: type, handler, and whether it runs beside the others."""
        return [
            inbox.takes(Ask, self._lending.answer),
            inbox.takes(Lease, lambda _, lease: self._borrowing.take(lease)),
            inbox.takes(Kill, self.on_kill),
        ]

    def reads(self) -> type[SafetyTold]:
        """Return the model of the rules."""
        return SafetyTold

    def install(self) -> None:
        """Listen to SIGUSR1 on a worker; where runs are judged it is written down what became of it."""
        if self._halt is None:
            self.listen()

    def listen(self, note: Callable[[str], None] = lambda _: None) -> bool:
        """Listen to SIGUSR1, and ``note`` what became of it; return False where the locustfile listens already.

        Only the main thread of a process can.
        """
        if not SafetyAgent._listening and is_caught(signal.SIGUSR1):
            return False
        if threading.current_thread() is threading.main_thread():
            SafetyAgent._listening += 1
            heard = guarded("SIGUSR1", self._on_signal, Stake.SAFETY)
            self._listener = gevent.signal_handler(signal.SIGUSR1, heard, note)
        return True

    def _listen_no_more(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            self._listener = None
            SafetyAgent._listening -= 1

    def _on_signal(self, note: Callable[[str], None]) -> None:
        note(self.stop_now(f"SIGUSR1 came to {here()}"))

    def lend(self, safety: SafetyOptions, run: str) -> None:
        """Begin to lend the cap of a run, on the master."""
        self._lending.start(safety.rate_cap, run)

    def watch(self, alarm: AlarmOptions | None, window: float) -> None:
        """Watch what ends a run from outside, on the master: an alarm, and the end of its window in seconds."""
        if alarm is not None:
            self._greenlets.append(ALARM.start(self._watch_alarm, alarm))
        if window:
            self._greenlets.append(WINDOW.start(self._watch_window, monotonic() + window))

    def _watch_window(self, until: float) -> None:
        while (rest := until - monotonic()) > 0:
            gevent.sleep(rest)
        self.stop_now("the guard: the window is over")

    def _watch_alarm(self, alarm: AlarmOptions) -> None:
        source = alarm_of(alarm)
        while True:
            began = monotonic()
            reading = source.read(TIMEOUT)
            if not reading.allowed:
                self.stop_now(f"abort rule: {reading.why}")
                return
            gevent.sleep(max(0.0, began + alarm.every - monotonic()))

    def follow(self, told: SafetyTold | None, run: str) -> None:
        """Follow the rules of a run, before its first user: the same on the master and on its workers.

        Raises what keeps this process from following them; then its doors stay closed.
        """
        self.leave()
        self.admission.reset()
        self._closed.open()
        self._run = run
        try:
            if told is None:
                raise ValueError("it was told no rules of safety")  # noqa: TRY301 as whatever else keeps it from following
            self._follow(told)
        except BaseException:
            self.leave()
            raise

    def _follow(self, told: SafetyTold) -> None:
        safety = SafetyOptions.model_validate(told.safety) if told.safety else SafetyOptions.model_construct()
        tenant = TenantOptions.model_validate(told.tenant) if told.tenant is not None else None
        hosts = hosts_of(self._environment)
        OUTLET.know(told.secret_variables, hosts)
        targets = Targets.of(hosts, safety)
        if told.signed and tenant is not None and key_of(tenant) is None:
            raise ValueError(f"it has no key in ${tenant.key_env}, and the master has one")
        self._marked = [*hosts, *safety.origins]
        named = [*told.named, *self._named, *safety.origins]
        refuse_strangers(tenants_of(self._environment.user_classes, tenant), hosts, named)
        clock = SteadyClock()
        mark = mark_for(tenant, self._marked, self._run, clock.now()) if tenant else None
        silent = strangers(safety.origins, hosts)
        looks = tenant is not None and told.acks
        acks = (
            Acknowledgements(tenant.ack_header, self._interceptors, self._recorder, silent)
            if tenant and looks
            else None
        )
        waits = safety.rate_cap is not None or safety.kill_switch is not None
        self._interceptors.open(mark=mark, guard=Guard(targets, self._count_blocked), acks=acks, waits=waits)
        if tenant is not None:
            self._interceptors.mark_too = lambda host: self._mark_too(host, tenant, clock)
            if key_of(tenant) is not None:
                self._greenlets.append(SIGNING.start(self._sign_again, tenant, clock))
        if safety.rate_cap is not None:
            self._borrowing.start(self._run)
        self.switch.start(sources_of(safety.kill_switch) if safety.kill_switch else ())
        unknown = [host for host in targets.production if host not in told.production]
        if unknown:  # only this process knows it
            self.stop_now(f"the guard: {_unknown(unknown[0], f'{unknown[0]} counts')}")

    def _mark_too(self, host: str, tenant: TenantOptions, clock: SteadyClock) -> TenantHeaders | None:
        """Return the mark for one more host; None where there are too many."""
        if len(self._marked) >= MOST_HOSTS:
            return None
        self._marked.append(host)
        return mark_for(tenant, self._marked, self._run, clock.now())

    def _sign_again(self, tenant: TenantOptions, clock: SteadyClock) -> None:
        while True:  # at once: it may have been started again, when the last one is old
            self._interceptors.mark = mark_for(tenant, self._marked, self._run, clock.now())
            gevent.sleep(tenant.lifetime / RENEWALS)

    def is_users(self) -> bool:
        """Tell whether the current greenlet is a user's, or was started by one."""
        return self._interceptors.is_users()

    def goes_home(self, url: str) -> bool:
        """Tell whether ``url`` goes to the host of the user that sends, of which only its code may know."""
        return bool(self._interceptors.home_of(url))

    def _count_blocked(self, origin: str) -> None:
        self._recorder.add("blocked_requests", Kind.COUNTER, 1, {"origin": origin})
        greenlet = self._interceptors.user_greenlet()
        user = greenlet.args[0] if greenlet is not None and greenlet.args else None
        host = getattr(user, "host", None)
        if isinstance(host, str) and origin_of(host) == origin_of(origin):  # only now anybody could know it
            who = type(user).__name__
            self.stop_now(f"the guard: {_unknown(origin, f'{who} goes to {origin}, which counts')}")

    def leave(self) -> None:
        """End with the run: its users send nothing any more."""
        self._run = ""
        for greenlet in self._greenlets:
            if greenlet is not gevent.getcurrent():
                greenlet.kill(block=False)
        self._greenlets = []
        self._borrowing.stop()
        self.switch.stop()
        self._close()

    def _close(self) -> None:
        """Let no user through, and end those who wait for their turn."""
        self._interceptors.close()
        self.admission.close(NO_RUN)
        self._interceptors.close()  # which an admission that closes sends for
        self._closed.close()

    def let_go(self) -> None:
        """Leave the process as it was."""
        self._listen_no_more()
        self.leave()
        self._closed.leave()

    def stop_now(self, reason: str) -> str:
        """Stop the run that is under way, for good; return what to tell the one who asked."""
        if told := self.never_begin(reason):
            return told
        if not self._run:
            return "No test is running."
        self.switch.pull(reason)
        return f"Stopped: {self.switch.pulled}"

    def never_begin(self, reason: str) -> str:
        """Keep a run that was asked for from beginning, unless it has; return the answer to the one who asked."""
        if self._run or not self.is_expected():
            return ""
        self.killed = self.killed or OUTLET.text(reason)
        self.on_killed()
        return f"Stopped: {self.killed}"

    def _tell(self, reason: str) -> None:
        """Carry the reason to the master, or end the run if that is here."""
        if self._halt is not None:
            self._halt(reason)
        else:
            Kill(run=self._run, reason=f"{reason} (on {here()})").send(self._runner)

    def on_kill(self, sender: str, kill: Kill) -> None:
        """Stop: the master says so to its workers, a worker to the master, a person to the master from outside."""
        reason = OUTLET.text(kill.reason or "it was killed")[:LONGEST_REASON]
        if not kill.run or kill.run == self._run:
            told = self.stop_now(reason)
            if not kill.run and not kill.by:  # else it is a worker that was killed before the run began
                self._runner.send_message(KILLED, {"told": told}, client_id=sender)


def _unknown(host: str, counts: str) -> str:
    """Return that only this process knows where it goes, what to do about it first; ``counts`` names who does."""
    return "; ".join(filter(None, (cure_for([host]), f"{counts} as production and has no go-ahead")))
