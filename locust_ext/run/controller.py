"""The controller: where a run is gathered and judged, on the master or in a local process.

Law: a local run is a master whose only worker lives in the same process; nothing here asks which it is. Waits are
short and can be interrupted, and whatever fails, the exit code is set before anything is written.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import gevent

from locust_ext.archive.publish import save, show, tell
from locust_ext.config.plan import Plan
from locust_ext.gates.outcomes import Outcome
from locust_ext.load.after_the_stop import end_ramp, stay_stopped
from locust_ext.load.partition import LEAD
from locust_ext.load.shapes import ScheduleShape
from locust_ext.measure.catalogue import REQUESTS
from locust_ext.measure.farewell import Farewell
from locust_ext.measure.metrics import DECLARED
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import Cleared, Final, Report, Told
from locust_ext.measure.reporting import Kill
from locust_ext.measure.sinks import Kind
from locust_ext.measure.user_code import UserCode
from locust_ext.process.supervised import Stake, Work
from locust_ext.run.context import RunContext
from locust_ext.run.exit_code import ExitCode
from locust_ext.run.load_account import LoadAccount
from locust_ext.run.own_environment import is_attached
from locust_ext.run.phase_follower import PHASES, PhaseFollower
from locust_ext.run.progress import Progress
from locust_ext.run.readiness import LOADING, load
from locust_ext.run.resets import failed_in, raised_in, tell_of_resets
from locust_ext.run.run import Run
from locust_ext.run.signals import Interruption, end_shape, is_time_up
from locust_ext.run.trends import TRENDS, follow_trends
from locust_ext.safety.outlet import OUTLET
from locust_ext.storms.herd import peaks_of

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult
    from locust_ext.run.conclusion import Ending

logger = logging.getLogger(__name__)

JUDGING = Work("the judging of each second", Stake.SAFETY)
"""Samples, abort rules and ``abort_on_fail``; nothing that writes is done there."""
LOOKING = Work("the watch over workers that do not answer", Stake.SAFETY)
SHOWING = Work("the progress line", Stake.LOOKS)
SEEKING = Work("the search for the limit")
ENDING = Work("the end of the run", Stake.SAFETY)

EVALUATE_EVERY = 1.0
UNDECIDED, SAFETY_STOP = 111, 108
"""The exit codes of a run that proves nothing, and of one that was stopped for safety."""

MOST_MENTIONED = 20
"""Sentences about what failed and changed nothing, in one run."""


class RunController:
    """Starts, follows, ends and judges the runs of one environment, one after the other."""

    def __init__(
        self, environment: Any, recorder: Recorder, interruption: Interruption, user_code: UserCode | None = None
    ) -> None:
        self._environment, self._recorder, self._interruption = environment, recorder, interruption
        self._user_code = user_code or UserCode()
        self.exit_code = ExitCode(environment, self._user_code)
        self._no_run = ""
        self._greenlets: list[gevent.Greenlet] = []
        self._progress = Progress()
        self._troubles: dict[str, str] = {}
        """What of our own failed before the first run."""
        self._is_last = False
        """Whether the last word was said: the process has its exit code."""
        self.run: Run | None = None
        self.result: RunResult | None = None
        self.outcomes: Sequence[Outcome] = ()
        """How the thresholds stood when they were last looked at."""
        self._printed: RunResult | None = None
        self.phases = PhaseFollower(environment, recorder)
        self.cover, self.uncover = self.phases.cover, self.phases.uncover
        self.farewell = Farewell(environment)
        self.account = LoadAccount(environment)
        self.on_second: Callable[[], None] = lambda: None
        """Called each second of a run."""
        self.on_over: Callable[[], None] = lambda: None
        """Called when no user of the run may start any more."""
        self.on_judged: Callable[[RunResult, Plan], None] = lambda *_: None
        """Called with a run that was judged, once more where it is judged again."""
        self._signal = ""
        """The signal that ended the run; one that comes later, to end the web UI, is none of it."""

    @property
    def _runner(self) -> Any:
        return self._environment.runner

    @property
    def halted(self) -> str:
        """Why the last run was ended for safety, if it was."""
        return self.run.halted if self.run else ""

    @property
    def is_broken_off(self) -> bool:
        """Whether the run was ended for safety, or by a threshold: nothing is waited for."""
        return self.run is not None and bool(self.run.halted or self.run.abort)

    @property
    def _workers(self) -> Iterator[Any]:
        """The workers that are connected; of a local runner none, it has reported when its users have stopped."""
        yield from getattr(self._runner, "clients", {}).values()

    def _live(self) -> list[str]:
        return [worker.id for worker in self._workers if worker.state != "missing"]

    def start(self, plan: Plan, tags: dict[str, str], context: RunContext) -> Run:
        """Begin a run, clean of everything before it."""
        self.exit_code.begin(again=self.run is not None)
        self.result, self.outcomes = None, ()
        began = datetime.now(UTC).isoformat(timespec="seconds")
        run = self.run = Run(plan, tags, began, time.monotonic(), context=context)
        self.phases.begin(run)
        run.ledger.enrol(self._live())
        run.troubles, self._troubles, self._is_last = self._troubles, {}, False
        self.account = self.account.again()
        self._recorder.forget()
        DECLARED.measure_zeros(self._recorder)
        self._greenlets = [
            JUDGING.start(self._judge_every_second, run),
            LOOKING.start(self._each_second, run, self.on_second),
            SHOWING.start(self._each_second, run, lambda: self._show_progress(run, self.outcomes)),
            SEEKING.start(self._seek_every_second, run),
            PHASES.start(self.phases.follow, run),
            LOADING.start(load),
            TRENDS.start(follow_trends, run),
        ]
        return run

    def reset(self, *, forgets: bool = True) -> None:
        """Begin the figures of a run under way again, as Locust does, which ``forgets`` what went wrong at any time."""
        run = self.run
        if run is None:
            return
        if run.ended is None:
            self._collect()
            run.reset(time.monotonic())
            DECLARED.measure_zeros(self._recorder)
            tell_of_resets(run, self._runner, self._live())
        if forgets:
            run.remember(raised_in(self._runner), failed_in(self._runner))

    def doubt(self, why: str, about: str = "") -> None:
        """Put the run in doubt, if one is under way, or was judged: it can fail, it can never pass.

        Of several sentences ``about`` the same part of ours the last one stays; one before any run is of the first.
        """
        run = self.run
        if run is not None and run.blame(about or why, why) and self.result is not None:
            self.conclude(last=self._is_last)
        elif run is None and about:
            self._troubles[about] = why

    def mention(self, sentence: str) -> None:
        """Note what failed, and changes nothing of the verdict."""
        if self.run and sentence not in self.run.blemishes and len(self.run.blemishes) < MOST_MENTIONED:
            self.run.blemishes.append(sentence)

    def enrol(self, worker: str) -> None:
        """Expect a worker that has just connected."""
        if self.run and self.run.ended is None:
            self.run.ledger.enrol([worker])

    def receive(self, worker: str, report: Report | None) -> None:
        """Take a worker's report; None: it sent none."""
        if self.run:
            before = self.run.is_incomplete
            accepted = self.run.receive(worker, report, time.monotonic())
            if self.result is not None and self.run.is_incomplete != before:
                self.conclude()
            if accepted and report:
                self._user_code.receive(report.user_code, worker)
                if report.resets < self.run.resets.count and not isinstance(report, (Cleared, Final)):
                    tell_of_resets(self.run, self._runner, [worker])

    def receive_user_code(self, worker: str, told: Told) -> None:
        """Take what user code did on a worker after its last report."""
        if self.run and told.run == self.run.id:
            self._user_code.receive(told, worker)

    def receive_final(self, worker: str, report: Final) -> None:
        """Take a worker's last report."""
        if self.run and report.run == self.run.id:
            self.receive(worker, report)
            self.run.count_until(report.counted)
            self.run.ledger.finish(worker, time.monotonic())

    def _collect(self, *, ends: bool = False) -> None:
        assert self.run is not None
        self._recorder.add("vus", Kind.GAUGE, self._runner.user_count)
        peaks = peaks_of(self.run.judge.store)
        if peaks:
            for name, value in zip(("reconnect_peak_100ms", "reconnect_peak_1s"), peaks, strict=True):
                self._recorder.add(name, Kind.GAUGE, value)
        now = time.monotonic()
        self.run.take(self._recorder.take(ends=ends), now, EVALUATE_EVERY)
        self.run.take_notes(self._recorder, now, ends=ends)
        busy = [worker.cpu_usage for worker in self._workers] or [self._runner.current_cpu_usage]
        self.run.look(self._runner.user_count, max(busy) or None, now)  # 0: Locust has not looked yet

    def _judge_every_second(self, run: Run) -> None:
        """End a run that does harm, or breaks a threshold that aborts it."""
        while run.ended is None:
            gevent.sleep(EVALUATE_EVERY)
            now = time.monotonic()
            self._collect()
            if harm := run.harm(now):
                self.halt(harm)
            self.account.note(run.at(now))
            outcomes = run.outcomes(now)
            reason = run.breach(outcomes, now)
            if reason and not run.abort and not run.halted:
                run.abort = reason
                self.on_over()
                logger.warning("%s: ending the run", reason)
                self._end_run()
            self.outcomes = OUTLET.redaction.outcomes(outcomes)

    def _each_second(self, run: Run, step: Callable[[], object]) -> None:
        while run.ended is None:
            gevent.sleep(EVALUATE_EVERY)
            step()

    def _seek_every_second(self, run: Run) -> None:
        """Have a stress run go on at the level that its search chooses next."""
        shape = self._schedule_shape()
        while shape is not None and run.searches and run.ended is None:
            gevent.sleep(EVALUATE_EVERY)
            if schedule := run.seek(self.elapsed() + LEAD, time.monotonic()):
                shape.follow(schedule)

    def halt(self, reason: str) -> None:
        """End the run for safety: its verdict says why, whatever else becomes of it, and also while it ends already."""
        run = self.run
        if run is None or run.halted or self.result is not None:
            return
        reason = run.halted = OUTLET.text(reason)
        self.on_over()
        logger.warning("%s: ending the run", reason)
        Kill(run=run.id, reason=reason).send(self._runner)
        if run.ended is None:
            self._end_run()

    def put_out(self, worker: str, reason: str) -> None:
        """Let a process that does not follow the run have no users; ``""`` is this one. With locks, the run ends."""
        run = self.run
        if run is None:
            return
        if worker:
            run.ledger.put_out(worker, reason)
        if run.locks:
            self.halt(reason)
        elif worker:
            logger.error("it gets no users: %s", reason)
        else:
            self.give_up(reason)

    def give_up(self, reason: str) -> None:
        """End a run that can have no users."""
        run = self.run
        if run is not None and not run.halted and run.ended is None:
            run.cut_short = reason
            run.doubt(reason)  # also where nothing is judged: that nobody started is not an end of its own
            self.on_over()
            self._end_run()

    def _show_progress(self, run: Run, outcomes: Sequence[Outcome]) -> None:
        now, schedule = time.monotonic(), self._schedule_shape()
        total = schedule.current.duration if schedule else getattr(self._environment.parsed_options, "run_time", None)
        self._progress.show(run.phase, run.at(now), total, self._runner.user_count, outcomes, self.account.note_of(run))

    def _schedule_shape(self) -> ScheduleShape | None:
        return self.phases.shape

    def elapsed(self) -> float:
        """Return the seconds of the run, as its shape counts them where it has one."""
        shape = self._schedule_shape()
        if shape is not None:
            return float(shape.get_run_time())
        return self.run.at(time.monotonic()) if self.run else 0.0

    def _end_run(self) -> None:
        """End the test as Locust would: never from here, since quitting kills this greenlet too."""
        if not end_shape(self._environment):
            options, web_ui = self._environment.parsed_options, self._environment.web_ui
            ends = getattr(options, "headless", False) or (is_attached(self._environment) and web_ui is None)
            ENDING.start(self._runner.quit if ends else self._runner.stop)

    def stopping(self) -> None:
        """Note the moment at which the test began to stop: what workers do from now on is not a departure."""
        if self.run and self.run.ended is None:
            self.on_over()
            self.run.ended = time.monotonic()
            self._signal = self._interruption.signal
            self.account.close(self.run, told=self._told_to_end(), scheduled=self._schedule_shape() is not None)
            end_ramp(self._runner)

    def spawned(self) -> None:
        """Note that a ramp is over; one that outlived its run has not begun another. ``--reset-stats`` resets now."""
        if self.run and self.run.ended is not None:
            stay_stopped(self._runner)
        elif self._environment.reset_stats:
            self.reset(forgets=False)

    def _told_to_end(self) -> bool:
        """Tell whether a signal, a rule or the run's own time told this process to end the run."""
        run = self.run
        return bool(is_time_up() or self._signal or (run and (run.abort or run.halted or run.done)))

    def stop(self) -> None:
        """End the run: gather what is still under way, judge, report. Safe to call again."""
        run = self.run
        if run is None or self.result is not None:
            return
        self.stopping()
        for greenlet in self._greenlets:
            greenlet.kill(block=False)
        self.farewell.take(run.id, lambda: run.ledger.awaited(self._live()))
        self._collect()  # what this process made since the last second is not missing
        self.account.drop_unmade(run, self._recorder)
        self._collect(ends=True)
        self.conclude()

    def conclude(self, *, last: bool = False) -> None:
        """Judge what has been measured; set the exit code if this is the ``last`` word, then write the reports."""
        run = self.run
        if run is None:
            return
        run.context = replace(run.context, redaction=OUTLET.redaction)  # code may have taken in a secret
        self._is_last = self._is_last or last
        result = run.result(time.monotonic(), self._ending())
        if last or is_attached(self._environment):
            self.exit_code.give(result.verdict.exit_code)
        changed = self.result is None or result != self.result
        self.result, self.outcomes = result, result.outcomes
        if changed:
            save(result, run.plan)
            self.on_judged(result, run.plan)

    def fail_to_judge(self) -> None:
        """Set the exit code of a process whose run cannot be judged."""
        self.exit_code.give(SAFETY_STOP if self.halted else UNDECIDED)

    @property
    def is_judged(self) -> bool:
        """Whether the last word was said of the run, if there was one."""
        return self.run is None or self._is_last

    def _ending(self) -> Ending:
        from locust_ext.run.ended_by import ending_of  # noqa: PLC0415 what a run needs at its end, it loads then

        said = (self._signal, self._no_run, self.account.warnings, self.run)
        return ending_of(self._runner, self._user_code, self.exit_code, *said)

    def miss(self, why: str) -> None:
        """Note that no run began in a process that had to make one."""
        self._no_run = why

    def quitting(self) -> None:
        """End a run that is still going (Locust fires this first on a signal), and judge with all that is known."""
        if self.run is None:
            code, _ = self.exit_code.theirs("" if self._signal else self._no_run)
            if code is not None:
                self.exit_code.give(code)
            return
        if self.result is None:
            self.stopping()
            self._runner.stop()
            self.stop()
        elif any(row[0] in REQUESTS for row in self._recorder.take()):
            self.run.late = True
        self.conclude(last=True)

    def print_result(self) -> RunResult | None:
        """Print the verdict, at the very end of the process's output; return it, if it was not printed before."""
        if self.run is None or self.result is None:
            return None
        printed, self._printed = self._printed, self.result
        if printed is not None and (printed.id, printed.verdict) == (self.result.id, self.result.verdict):
            return None  # told already, when the test stopped, and nothing has changed it since
        show(self.result, self.run.plan, hints=not is_attached(self._environment))
        tell(self.result, self.run.plan)
        return self.result
