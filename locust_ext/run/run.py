"""One run, from its start to its result.

Law: every time is handed in, in seconds of one monotonic clock; a run knows no runner, no greenlet and no file.
"""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from locust_ext.config.plan import Plan
from locust_ext.feeders.account import FeederAccount
from locust_ext.gates.judge import Judge
from locust_ext.gates.lag import pauses_in
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_value
from locust_ext.load.schedule import Phase, Schedule
from locust_ext.load.stress import Stress
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.censored import together
from locust_ext.measure.error_kinds import ErrorKind, ErrorKinds
from locust_ext.measure.errors_told import ErrorTold
from locust_ext.measure.report import MOST_REFUSED, Report
from locust_ext.measure.report_ledger import WORKER_PERIOD, ReportLedger
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.measure.timeline_builder import TimelineBuilder
from locust_ext.measure.traced_requests import TracedRequests
from locust_ext.measure.traces_told import TracedTold
from locust_ext.process.wire import UnfitError
from locust_ext.run.context import RunContext
from locust_ext.run.drifting import Drifting
from locust_ext.run.resets import Resets
from locust_ext.safety.abort import Watch, usual_p99
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift
    from locust_ext.load.quota_state import QuotaState
    from locust_ext.load.search import Search
    from locust_ext.load.user_time import Planned
    from locust_ext.measure.live_timeline import LiveTimeline
    from locust_ext.measure.recorder import Recorder
    from locust_ext.reports.result import RunResult
    from locust_ext.run.conclusion import Ending

LATE = "users went on after the end of the run: what they did then is in no figure"


@dataclass
class Run:
    """A run that is under way; ``began`` and all other times are of one monotonic clock, in seconds."""

    plan: Plan
    tags: Mapping[str, str]
    started_at: str
    began: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    context: RunContext = field(default_factory=RunContext)
    ended: float | None = None
    abort: str = ""
    """Why it was ended by a threshold, if it was."""
    planned: Planned | None = None
    """The users that it was to have, where its load is one of users."""
    arrivals: Planned | None = None
    """The arrivals that it was to have, where its load has some."""
    unmade: int = 0
    """Arrivals that were due and that no process began, or dropped."""
    quotas: tuple[QuotaState, ...] = ()
    """How its loads ended that end with their iterations; empty before."""
    late: bool = False
    """Whether users of this process went on after the end."""
    cut_short: str = ""
    """Why it ended before its planned end, if nobody told it to."""
    locks: bool = False
    """Whether a cap, a kill switch, a tenant's mark or the guard of production has to stand on each process."""
    came: int = 0
    """Users that have come, those that went again among them; looked at each second."""
    most: int = 0
    """The most users that there were at once."""
    halted: str = ""
    """Why it was ended for safety, if it was: by the kill switch, the guard or an abort rule."""
    blemishes: list[str] = field(default_factory=list)
    """What failed and changes nothing of the verdict, each in a sentence."""
    done: str = ""
    """Why it ended as planned before its time, if it did."""
    dwindles: float = math.inf
    """The seconds after which users leave it by themselves, as planned."""
    feeders: Callable[[], tuple[FeederAccount, ...]] = tuple
    """What became of the rows of its feeders."""
    trend: str = ""
    """The worst trend so far, where it is watched for drift."""
    raised_before: int = 0
    """Exceptions that Locust had met when its statistics were reset, and has forgotten."""
    failed_before: int = 0
    """Failed requests that it had counted then."""
    drifts: tuple[Drift, ...] = ()
    """How its trends stood when they were last looked at."""
    watched: LiveTimeline | None = None
    """What people watch of it, where there is a page to watch it on."""
    troubles: dict[str, str] = field(default_factory=dict)
    """What could not be read of other processes, and what of our own failed, by what each sentence is about."""

    def __post_init__(self) -> None:
        hide = self.context.redaction  # as processes hide what they hold before they send it
        told = (replace(threshold, selector=hide.judged(threshold.selector)) for threshold in self.plan.thresholds)
        self.plan = replace(self.plan, thresholds=tuple(told))
        self.tags = {hide.known(key): hide.known(value) for key, value in self.tags.items()}
        self.judge = Judge(self.plan.thresholds, self.tags)
        self.resets = Resets(self.judge)
        drift = tuple(replace(rule, selector=hide.judged(rule.selector)) for rule in self.plan.drift)
        self.plan = replace(self.plan, drift=drift)
        self.drifting = Drifting(drift, self.tags)
        self.ledger = ReportLedger(self.id)
        self.lag = self.judge.store.watch(Selector("generator_lag"), Kind.TREND)
        self.storm_lag = self.judge.store.watch(Selector("reconnect_lag"), Kind.TREND)
        self._phases: list[tuple[str, float]] = []
        self._counted = 0.0
        self._users = 0
        self.course = TimelineBuilder()
        profile = self.plan.profile
        self._search = _search(profile, self.plan.time_scale) if isinstance(profile, Stress) else None
        self.broken: dict[str, Outcome] = {}
        """By level of a stress run: what broke it."""
        self._errors = ErrorKinds(self._hide)
        self.traced = TracedRequests(self._hide)
        self.pauses: Counter[str] = Counter()
        """By process: how often its generator paused."""
        rules = self.context.abort
        self._watch = Watch(rules, usual_p99(self.context.before)) if rules else None

    def _hide(self, text: str) -> str:
        return self.context.redaction.text(text)

    def at(self, now: float) -> float:
        """Return how many seconds of the run have passed."""
        return max(0.0, (self.ended if self.ended is not None else now) - self.began)

    def enter_phase(self, name: str, now: float) -> None:
        """Begin a phase of the schedule."""
        self._phases.append((name, self.at(now)))

    def phases(self, now: float) -> tuple[Phase, ...]:
        """Return the phases that have begun, the last one as long as it has lasted."""
        ends = [*(start for _, start in self._phases), self.at(now)][1:]
        return tuple(Phase(name, start, end) for (name, start), end in zip(self._phases, ends, strict=True))

    @property
    def phase(self) -> str:
        """The phase that it is in."""
        return self._phases[-1][0] if self._phases else ""

    def receive(self, worker: str, payload: Report | Mapping[str, Any] | None, now: float) -> bool:
        """Take a worker's report; one that was here before, or is of another run, changes nothing. Tell if it did.

        None: it sent none. What cannot be taken as a whole is refused as a whole, and puts the run in doubt.
        """
        if payload is None:
            self.ledger.note_mute(worker)
            return False
        try:
            report = payload if isinstance(payload, Report) else Report.of(payload)
            return report.run == self.id and self._take_report(worker, report, now)
        except UnfitError as error:
            self.doubt(f"a report of worker {worker} was refused: {error}")
            return False

    def _take_report(self, worker: str, report: Report, now: float) -> bool:
        for refused in report.refused:
            self.doubt(f"worker {worker}: {refused}")
        if self.ledger.is_late(worker):
            if report.rows.series and not self.ledger.knows(worker, report.sequence, report.fingerprint):
                self.ledger.note_late(worker)
            return False
        if why := self.judge.store.refusal(report.rows):
            raise UnfitError(why)
        if not self.ledger.accept(worker, report.run, report.sequence, report.fingerprint):
            return False
        self.take(report.rows, now, WORKER_PERIOD, worker, report.resets)
        self.take_errors(report.errors, now)
        self.traced.add(report.traces, now - self.began)
        return True

    def doubt(self, why: str) -> bool:
        """Note what makes the run incomplete, such as a message that cannot be read."""
        return self.blame(why, why)

    def blame(self, about: str, why: str) -> bool:
        """Note what makes the run incomplete, of several sentences about the same the last one; tell if it is new."""
        new = self.troubles.get(about) != why and (about in self.troubles or len(self.troubles) < MOST_REFUSED)
        if new:
            self.troubles[about] = why
        return new

    def take(
        self, rows: Rows | Measured, now: float, period: float, source: str = "", heard: int | None = None
    ) -> None:
        """Take what the process ``source`` measured in the last ``period`` seconds: read once, and handed on.

        ``heard``: of so many resets it knew then; None: of all.
        """
        try:
            measured = read_rows(rows)
            why = self.judge.store.refusal(measured)
        except UnfitError as error:
            measured, why = Measured(), str(error)
        if why:
            self.doubt(f"what {source or 'this process'} measured could not be taken: {why}")
            return
        at = self.at(now)
        self.judge.merge(measured, at, source)
        self.resets.merge(measured, at, source, heard)
        self.pauses[source] += pauses_in(measured)
        self.course.add(at, measured, period)
        if self.watched is not None:
            self.watched.add(at, measured, period, source)
        self.drifting.add(at, measured, period)
        if self._watch is not None:
            self._watch.take(measured, at, source)

    def take_errors(self, told: Iterable[ErrorTold | Mapping[str, Any]], now: float) -> None:
        """Take the errors that a process tells of."""
        try:
            read = [one if isinstance(one, ErrorTold) else ErrorTold.of(one) for one in told]
        except UnfitError as error:
            self.doubt(f"the errors of this process could not be taken: {error}")
            return
        self._errors.add(read, now - self.began)

    def take_notes(self, recorder: Recorder, now: float, *, ends: bool) -> None:
        """Take what this process itself noted of single requests: its errors, and the slowest that carry a trace."""
        self.take_errors(recorder.take_errors(ends=ends), now)
        try:
            self.traced.add(map(TracedTold.of, recorder.take_traces()), now - self.began)
        except UnfitError as error:
            self.doubt(f"the traces of this process could not be taken: {error}")

    def errors(self) -> tuple[ErrorKind, ...]:
        """Return the errors of the run so far by kind, most first, without secrets; it costs nothing to ask again."""
        return self._errors.all()

    def look(self, users: int, cpu: float | None, now: float) -> None:
        """Note how many users there are, and how busy the busiest generator process is, in percent, if known."""
        self.came += max(0, users - self._users)
        self._users, self.most = users, max(users, self.most)
        self.course.look(self.at(now), users, cpu, self.judge.censored.count_open(DURATIONS))
        if self.watched is not None:
            self.watched.look(self.at(now), users, cpu)

    def count_until(self, seconds: float) -> None:
        """Note that a worker has counted for so long: it may have gone on while the run was over here."""
        self._counted = max(self._counted, seconds)

    def counted(self, now: float) -> float:
        """Return over how many seconds was counted: what a rate divides by."""
        return max(self.at(now), self._counted)

    def reset(self, now: float) -> None:
        """Begin the figures again; what was measured before stays what the run as a whole is judged by."""
        self.resets.again(self.at(now))

    def remember(self, raised: int, failed: int) -> None:
        """Note the exceptions and failed requests that Locust is about to forget, also once the run is over."""
        self.raised_before += raised
        self.failed_before += failed

    def outcomes(self, now: float) -> list[Outcome]:
        """Return how the thresholds stand."""
        return self.resets.outcomes(self.at(now), lambda start: self._seconds_in(now, start))

    def _seconds_in(self, now: float, start: float) -> dict[str, float]:
        """Return for how long each phase has lasted since ``start``, and under ``""`` the run."""
        found: dict[str, float] = {}
        for phase in self.phases(now):
            found[phase.name] = found.get(phase.name, 0.0) + max(0.0, phase.end - max(start, phase.start))
        if self.phase:
            found[self.phase] += self.counted(now) - self.at(now)
        found[""] = self.counted(now) - start
        return found

    def overdue(self) -> str:
        """Return what has been open for longer than any threshold allows a request to take; ``""`` when nothing has."""
        censored = together(self.judge.censored.select(Selector(metric), lost=False) for metric in DURATIONS)
        bounds = [
            threshold.assertion.bound
            for threshold in self.plan.thresholds
            if threshold.selector.metric in DURATIONS and threshold.assertion.method != "count"
        ]
        if not bounds or censored.oldest <= max(bounds):
            return ""
        late = censored.ages.count_from(max(bounds))
        return f"{plural(late, 'request')} open, the longest for {format_age(censored.oldest)}"

    @property
    def note(self) -> str:
        """What there is to know of it now, beside its thresholds."""
        return self.overdue() or self.trend

    @property
    def searches(self) -> bool:
        """Whether its schedule is found while it lasts."""
        return self._search is not None

    def harm(self, now: float) -> str:
        """Return why the run must be ended now for safety, or ``""``."""
        return self._watch.harm(self.at(now)) if self._watch is not None else ""

    def breach(self, outcomes: Sequence[Outcome], now: float) -> str:
        """Return why the run must be ended now by a threshold, or ``""``."""
        at = self.at(now)
        for outcome in outcomes:
            threshold = outcome.threshold
            if outcome.status is Status.FAILED and threshold.abort_on_fail and at >= threshold.delay_abort:
                return f"{threshold} was {format_value(outcome)}, and it aborts on failure"
        return ""

    def seek(self, at: float, now: float) -> Schedule | None:
        """Return the schedule to follow from ``at`` seconds of it on, when a level of a stress run has just broken."""
        before = self._search
        if before is None:
            return None
        from locust_ext.gates.cliff import LEVEL_SETTLES, judge_level  # noqa: PLC0415 only a search for the cliff

        lasted = {phase.name: phase.end - phase.start for phase in self.phases(now)}
        for level in before.levels:
            seconds = lasted.get(level.phase, 0.0)
            if level.phase in self.broken or seconds < LEVEL_SETTLES * self.hold:
                continue
            outcomes = judge_level(self.plan.thresholds, self.judge.store, level.phase, seconds, self.judge.censored)
            failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
            if failed and self._search is not None:
                self.broken[level.phase] = failed[0]
                self._search = self._search.broke(level.phase, at, str(failed[0].threshold))
        return self._search.schedule if self._search is not None and self._search is not before else None

    @property
    def hold(self) -> float:
        """The seconds that a level of a stress run has to hold."""
        return self.plan.profile.step * self.plan.time_scale if isinstance(self.plan.profile, Stress) else 0.0

    def result(self, now: float, ending: Ending) -> RunResult:
        """Return the run as it stands at ``now``, judged."""
        from locust_ext.run.conclusion import result_of  # noqa: PLC0415 what a run needs at its end, it loads then

        return result_of(self, now, ending)

    @property
    def is_incomplete(self) -> bool:
        """Whether measurements of the run, which is over, are missing."""
        return self.ended is not None and bool(self.problems(self.ended))

    def problems(self, ended: float) -> list[str]:
        """Return what is missing of it, or in doubt."""
        return [
            *self.ledger.problems(ended),
            *self.resets.problems(),
            *[LATE] * self.late,
            *self.troubles.values(),
        ]

    def made(self, scenario: str = "") -> float:
        """Return how many arrivals were begun, dropped or cut off, of one scenario or of all."""
        store, tags = self.judge.store, {"scenario": scenario} if scenario else {}
        counts = [store.counted(metric, **tags) for metric in ("dropped_iterations", "cut_off_iterations")]
        return store.trend("arrival_lateness", **tags).count + sum(counts)


def _search(profile: Stress, scale: float) -> Search | None:
    from locust_ext.load.search import Search  # noqa: PLC0415 only a search for the cliff

    return Search.of(profile, scale)
