"""One run, from its start to its result.

Law: every time is handed in, in seconds of one monotonic clock; a run knows no runner, no greenlet and no file.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from locust_ext.archive.provenance import software
from locust_ext.config.plan import Plan
from locust_ext.gates.circumstances import Circumstances, doubts
from locust_ext.gates.coverage import uncovered
from locust_ext.gates.judge import Judge
from locust_ext.gates.lag import pauses_in
from locust_ext.gates.user_time import Planned, other_users, whole
from locust_ext.gates.verdict import Outcome, Status, conclude, temper
from locust_ext.load.schedule import Phase, Schedule
from locust_ext.load.stress import Stress
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.censored import together
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.report import MOST_REFUSED, Report
from locust_ext.measure.roll import WORKER_PERIOD, Roll
from locust_ext.measure.rows import Measured, Rows, read_rows
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import CounterSink, Kind
from locust_ext.measure.timeline import Course
from locust_ext.process.wire import UnfitError
from locust_ext.reports.compared import beside
from locust_ext.reports.open_load import arrivals_of
from locust_ext.reports.open_requests import OpenRequests, open_requests_of
from locust_ext.reports.redacted import redacted
from locust_ext.reports.restraint import restraints_of
from locust_ext.reports.result import Finding, RunResult, rows_of, warnings_of
from locust_ext.reports.storm import storms_of
from locust_ext.run.context import Ending, Surroundings
from locust_ext.safety.abort import Watch, usual_p99
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age

if TYPE_CHECKING:
    from locust_ext.gates.cliff import Cliff
    from locust_ext.load.search import Search

LATE = "users went on after the end of the run: what they did then is in no figure"


@dataclass
class Run:
    """A run that is under way; ``began`` and all other times are of one monotonic clock, in seconds."""

    plan: Plan
    tags: Mapping[str, str]
    started_at: str
    began: float
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    surroundings: Surroundings = field(default_factory=Surroundings)
    ended: float | None = None
    abort: str = ""
    """Why it was ended by a threshold, if it was."""
    planned: Planned | None = None
    """The users that it was to have, where its load is one of users."""
    unmade: int = 0
    """Arrivals that were due and that no process began, or dropped."""
    late: bool = False
    """Whether users of this process went on after the end."""
    cut_short: str = ""
    """Why it ended before its planned end, if nobody told it to."""
    locks: bool = False
    """Whether a cap, a kill switch, a tenant's mark or the guard of production has to stand on each process."""
    halted: str = ""
    """Why it was ended for safety, if it was: by the kill switch, the guard or an abort rule."""
    blemishes: list[str] = field(default_factory=list)
    """What failed and changes nothing of the verdict, each in a sentence."""
    troubles: dict[str, str] = field(default_factory=dict)
    """What could not be read of other processes, and what of our own failed, by what each sentence is about."""

    def __post_init__(self) -> None:
        hide = self.surroundings.redaction  # as processes hide what they hold before they send it
        told = (replace(threshold, selector=hide.judged(threshold.selector)) for threshold in self.plan.thresholds)
        self.plan = replace(self.plan, thresholds=tuple(told))
        self.tags = {hide.known(key): hide.known(value) for key, value in self.tags.items()}
        self.judge = Judge(self.plan.thresholds, self.tags)
        self.roll = Roll(self.id)
        self._lag = self.judge.store.watch(Selector("generator_lag"), Kind.TREND)
        self._storm_lag = self.judge.store.watch(Selector("reconnect_lag"), Kind.TREND)
        self._phases: list[tuple[str, float]] = []
        self._counted = 0.0
        self.course = Course()
        profile = self.plan.profile
        self._search = _search(profile, self.plan.time_scale) if isinstance(profile, Stress) else None
        self._broken: dict[str, Outcome] = {}
        """By level of a stress run: what broke it."""
        self._pauses: Counter[str] = Counter()
        """By process: how often its generator paused."""
        rules = self.surroundings.abort
        self._watch = Watch(rules, usual_p99(self.surroundings.before)) if rules else None

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
            self.roll.note_mute(worker)
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
        if self.roll.is_late(worker):
            if report.rows.series:
                self.roll.note_late(worker)
            return False
        if why := self.judge.store.refusal(report.rows):
            raise UnfitError(why)
        if not self.roll.accept(worker, report.run, report.sequence, report.fingerprint):
            return False
        self.take(report.rows, now, WORKER_PERIOD, worker)
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

    def take(self, rows: Rows | Measured, now: float, period: float, source: str = "") -> None:
        """Take what the process ``source`` measured in the last ``period`` seconds: read once, and handed on."""
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
        self._pauses[source] += pauses_in(measured)
        self.course.add(at, measured, period)
        if self._watch is not None:
            self._watch.take(measured, at, source)

    def look(self, users: int, cpu: float | None, now: float) -> None:
        """Note how many users there are, and how busy the busiest generator process is, in percent, if known."""
        self.course.look(self.at(now), users, cpu)

    def count_until(self, seconds: float) -> None:
        """Note that a worker has counted for so long: it may have gone on while the run was over here."""
        self._counted = max(self._counted, seconds)

    def counted(self, now: float) -> float:
        """Return over how many seconds was counted: what a rate divides by."""
        return max(self.at(now), self._counted)

    def outcomes(self, now: float) -> list[Outcome]:
        """Return how the thresholds stand."""
        seconds_in: dict[str, float] = {}
        for phase in self.phases(now):
            seconds_in[phase.name] = seconds_in.get(phase.name, 0.0) + phase.end - phase.start
        if self.phase:
            seconds_in[self.phase] += self.counted(now) - self.at(now)
        seconds_in[""] = self.counted(now)
        return self.judge.outcomes(self.at(now), seconds_in)

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
                return f"{threshold} was {outcome.value:g}, and it aborts on failure"
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
            if level.phase in self._broken or seconds < LEVEL_SETTLES * self._hold:
                continue
            outcomes = judge_level(self.plan.thresholds, self.judge.store, level.phase, seconds, self.judge.censored)
            failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
            if failed and self._search is not None:
                self._broken[level.phase] = failed[0]
                self._search = self._search.broke(level.phase, at, str(failed[0].threshold))
        return self._search.schedule if self._search is not None and self._search is not before else None

    @property
    def _hold(self) -> float:
        """The seconds that a level of a stress run has to hold."""
        return self.plan.profile.step * self.plan.time_scale if isinstance(self.plan.profile, Stress) else 0.0

    def result(self, now: float, ending: Ending) -> RunResult:
        """Return the run as it stands at ``now``, judged."""
        store, at = self.judge.store, self.at(now)
        found = self._circumstances(now, ending)
        outcomes = temper(self.judge.explain(self.outcomes(now)), doubts(found))
        findings = [*storms_of(store), *arrivals_of(store)]
        if isinstance(self.plan.profile, Stress) and self.plan.thresholds and self._phases:
            from locust_ext.gates.cliff import find_cliff  # noqa: PLC0415

            cliff = find_cliff(
                self.plan.thresholds, store, self.phases(now), at, self._hold, self._broken, self.judge.censored
            )
            findings.append(_finding(cliff))
            outcomes = _with_cliff(outcomes, cliff)
        elif self.abort:
            findings.append(Finding("aborted", self.abort))
        if self.halted:
            findings.append(Finding("stopped", self.halted))
        around = self.surroundings
        series = rows_of(around.redaction.store(store))
        verdict = conclude(outcomes, found)
        workers = max(1, len(self.roll.workers))
        result = RunResult(
            name=self.plan.name,
            verdict=verdict,
            started_at=self.started_at,
            duration=round(self.counted(now), 3),
            workers=workers,
            complete=not (found.incomplete or found.no_run),
            tags=dict(self.tags),
            phases=tuple(Phase(p.name, round(p.start, 3), round(p.end, 3)) for p in self.phases(now)),
            outcomes=tuple(outcomes),
            series=series,
            findings=tuple(findings),
            warnings=(
                *around.warnings,
                *ending.warnings,
                *self.blemishes,
                *doubts(found),
                *(str(one) for one in found.uncovered if outcomes and str(one) not in verdict.reason),
                *restraints_of(store),
                *warnings_of(store, series),
            ),
            id=self.id,
            fingerprint={**around.fingerprint, "workers": str(workers)},
            software=software(),  # not before the run: it stays what it is, and takes its time
            timeline=self.course.timeline(),
            censored=self.judge.censored,
            open_requests=self._open_requests,
        )
        return redacted(self._compared(redacted(result, around.redaction), found), around.redaction)

    @property
    def _open_requests(self) -> OpenRequests:
        """The requests that did not come back, by their tags; each family has tags of its own."""
        leaves = self.judge.censored.leaves
        return open_requests_of({tags: ages for (metric, tags), ages in leaves.items() if metric in DURATIONS})

    def _circumstances(self, now: float, ending: Ending) -> Circumstances:
        store = self.judge.store
        assert isinstance(self._lag, Histogram)
        assert isinstance(self._storm_lag, Histogram)
        return Circumstances(
            safety_stop=self.halted,
            cut_short="" if self.cut_short in self.troubles.values() else self.cut_short,
            other_users=tuple(self._other_users(now)),
            unmade_iterations=self.unmade,
            user_errors=ending.user_errors,
            unseen_errors=ending.unseen_errors,
            first_error=ending.first_error,
            ended_by=ending.ended_by,
            no_run=ending.no_run,
            incomplete=tuple(self._problems(self.ended if self.ended is not None else now)),
            lag=self._lag.percentile(99),
            lag_samples=max(self._pauses.values(), default=0),
            duration=self.at(now),
            storm_lag=self._storm_lag.percentile(99),
            arrival_lateness=store.trend("arrival_lateness").percentile(99),
            iterations=store.counted("iterations"),
            dropped_iterations=store.counted("dropped_iterations"),
            signal=ending.signal,
            failed_requests=ending.failed_requests,
            uncovered=uncovered(self.plan.thresholds, store, ending.failed_requests),
            unreadable=store.counted("unreadable_events"),
            stock_exit_code=ending.stock_exit_code,
            theirs=ending.theirs,
            theirs_by=ending.theirs_by,
        )

    @property
    def is_incomplete(self) -> bool:
        """Whether measurements of the run, which is over, are missing."""
        return self.ended is not None and bool(self._problems(self.ended))

    def _problems(self, ended: float) -> list[str]:
        return [*self.roll.problems(ended), *[LATE] * self.late, *self.troubles.values()]

    def _other_users(self, now: float) -> list[str]:
        """Return for each phase whose users were not those that were planned that it is so."""
        if self.planned is None:
            return []
        at, there = self.at(now), Counter[str]()
        for metric, tags, sink in self.judge.store:
            if metric == "user_seconds" and isinstance(sink, CounterSink):
                there[dict(tags).get("phase", "")] += sink.value  # type: ignore[assignment]
        return other_users(self.planned, whole(self.phases(now), at), there, self.counted(now) - at)

    def made(self, scenario: str = "") -> float:
        """Return how many arrivals were begun, dropped or cut off, of one scenario or of all."""
        store, tags = self.judge.store, {"scenario": scenario} if scenario else {}
        counts = [store.counted(metric, **tags) for metric in ("dropped_iterations", "cut_off_iterations")]
        return store.trend("arrival_lateness", **tags).count + sum(counts)

    def _compared(self, result: RunResult, found: Circumstances) -> RunResult:
        """Return the result beside the runs before; a run that was cut short is compared with none."""
        if not self.plan.baseline or found.signal or found.safety_stop:
            return result
        from locust_ext.gates.baseline import compare  # noqa: PLC0415 only a run with a baseline

        around = self.surroundings
        policy = self.plan.policy.renamed(around.redaction.selector)
        comparison = compare([result.snapshot], around.before, policy, around.unreadable)
        return beside(result, comparison, found)


def _search(profile: Stress, scale: float) -> Search | None:
    from locust_ext.load.search import Search  # noqa: PLC0415 only a search for the cliff

    return Search.of(profile, scale)


def _finding(cliff: Cliff) -> Finding:
    return Finding("cliff", str(cliff), cliff.figures)


def _with_cliff(outcomes: Sequence[Outcome], cliff: Cliff) -> list[Outcome]:
    """Return the outcomes, the threshold that broke a level failed with what it was there."""
    broke = cliff.broke
    if broke is None:
        return list(outcomes)
    at_level = replace(broke, reason=f"at {cliff.first_bad}")
    selector = broke.threshold.selector
    return [
        replace(at_level, threshold=outcome.threshold)
        if outcome.threshold.assertion == broke.threshold.assertion
        and outcome.threshold.selector.narrowed(phase=cliff.first_bad) == selector
        else outcome
        for outcome in outcomes
    ]
