"""From a run to its result: what was measured, what else happened, and the verdict on both.

Law: pure, and it changes nothing: a run can be concluded as often as something new of it comes. It is compared before
it is judged, judged once, and each part of it is redacted once.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.archive.provenance import software
from locust_ext.gates.coverage import uncovered
from locust_ext.gates.outcomes import Outcome
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.shortage import shortages_of
from locust_ext.gates.since_reset import PART, part_of
from locust_ext.gates.verdict import UNJUDGED, downgrade
from locust_ext.load.planned_course import with_plan
from locust_ext.load.schedule import Phase
from locust_ext.load.stress import Stress
from locust_ext.load.user_time import other_users, whole
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import CounterSink
from locust_ext.reports.compared import beside
from locust_ext.reports.connections import unkept_of
from locust_ext.reports.feeders import feeders_of, starved_of
from locust_ext.reports.iterations import iterations_of
from locust_ext.reports.open_load import arrivals_of
from locust_ext.reports.open_requests import OpenRequests, open_requests_of
from locust_ext.reports.probes import probes_of
from locust_ext.reports.redacted import redacted, redacted_comparison
from locust_ext.reports.restraint import restraints_of
from locust_ext.reports.result import Finding, RunResult, rows_of, warnings_of
from locust_ext.reports.storm import storms_of
from locust_ext.run.drift_verdict import drifts_of, in_doubt, with_drifts
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.baseline import Comparison
    from locust_ext.gates.cliff import Cliff
    from locust_ext.run.run import Run


@dataclass(frozen=True)
class Ending:
    """What ended the run from outside of it, and what happened besides."""

    signal: str = ""
    user_errors: int = 0
    unseen_errors: int = 0
    first_error: str = ""
    ended_by: str = ""
    no_run: str = ""
    failed_requests: int = 0
    stock_exit_code: int = 1
    theirs: int | None = None
    theirs_by: str = RunHealth.theirs_by
    warnings: Sequence[str] = ()


def result_of(run: Run, now: float, ending: Ending) -> RunResult:
    """Return the run as it stands at ``now``, judged."""
    store, at, shown = run.judge.store, run.at(now), run.resets.shown
    found = _health_of(run, now, ending)
    drifts = in_doubt(drifts_of(run, now), found)
    found = with_drifts(found, drifts)
    outcomes = downgrade(never_begun(shown.explain(run.outcomes(now)), run, now), doubts(found))
    probes = {name: one.interval(run.plan.time_scale) for name, one in run.plan.config.probes.items()}
    feeders = run.feeders()
    left_over = sum(one.left_over for one in run.quotas)
    findings = [
        *storms_of(store),
        *arrivals_of(store, left_over),
        *iterations_of(run.quotas),
        *probes_of(store, probes),
        *feeders_of(feeders),
    ]
    if isinstance(run.plan.profile, Stress) and run.plan.thresholds and run.phase:
        from locust_ext.gates.cliff import find_cliff  # noqa: PLC0415

        cliff = find_cliff(run.plan.thresholds, store, run.phases(now), at, run.hold, run.broken, run.judge.censored)
        findings.append(_finding(cliff))
        outcomes = _with_cliff(outcomes, cliff)
    elif run.abort:
        findings.append(Finding("aborted", run.abort))
    if run.halted:
        findings.append(Finding("stopped", run.halted))
    around, hide = run.context, run.context.redaction.text
    workers = max(1, len(run.ledger.workers))
    measured = RunResult(
        name=run.plan.name,
        verdict=UNJUDGED,
        started_at=run.started_at,
        duration=round(run.counted(now), 3),
        workers=workers,
        complete=not (found.incomplete or found.no_run),
        tags=dict(run.tags),
        phases=tuple(Phase(p.name, round(p.start, 3), round(p.end, 3)) for p in run.phases(now)),
        outcomes=tuple(outcomes),
        findings=tuple(findings),
        id=run.id,
        fingerprint={**around.fingerprint, "workers": str(workers), **_part_of(run)},
        clients=tuple(around.clients),
        software=software(),  # not before the run: it stays what it is, and takes its time
        timeline=with_plan(run.course.timeline(), run.planned, run.arrivals),
        censored=shown.censored,
        open_requests=open_requests_in(run),
        drifts=drifts,
        watched=run.drifting.watched(),
        feeders=feeders,
        errors=run.errors(),
        traces=run.traced.all(),
        trace_url=run.plan.config.trace.url if run.plan.config.trace else "",
        reset_at=round(run.resets.at, 3) if run.resets.count else None,
    )
    clean = replace(redacted(measured, around.redaction), series=rows_of(around.redaction.store(shown.store)))
    judged = beside(clean, _comparison(run, clean, found), found)
    passed = judged.verdict.word == "passed"
    reason = "; ".join(filter(None, (judged.verdict.reason, around.reservation if passed else "")))
    warnings = (
        *around.warnings,
        *_reset(clean),
        *ending.warnings,
        *run.blemishes,
        *doubts(found),
        *(str(one) for one in found.uncovered if outcomes and str(one) not in reason),
        *restraints_of(store, left_over),
        *unkept_of(store, run.came),
        *warnings_of(store, clean.series),
    )
    return replace(judged, verdict=replace(judged.verdict, reason=hide(reason)), warnings=tuple(map(hide, warnings)))


def _part_of(run: Run) -> dict[str, str]:
    """Return what a fingerprint says of figures that are those of a part of the run."""
    return {PART: part_of(run.resets.at)} if run.resets.count else {}


def _reset(result: RunResult) -> list[str]:
    """Return what is to be said of a run whose statistics were reset."""
    if result.reset_at is None:
        return []
    at, rest = (format_duration(round(seconds, 1)) for seconds in (result.reset_at, result.counted))
    sentence = (
        f"the statistics were reset {at} after the start: the figures of requests are those of the {rest} since then; "
        "thresholds are judged by these, and none passes that does not hold over the whole run"
    )
    return [sentence]


def open_requests_in(run: Run) -> OpenRequests:
    """Return the requests that did not come back, by their tags; each family has tags of its own."""
    leaves = run.judge.censored.leaves
    return open_requests_of({tags: ages for (metric, tags), ages in leaves.items() if metric in DURATIONS})


def _health_of(run: Run, now: float, ending: Ending) -> RunHealth:
    store = run.judge.store
    assert isinstance(run.lag, Histogram)
    assert isinstance(run.storm_lag, Histogram)
    return RunHealth(
        safety_stop=run.halted,
        cut_short="" if run.cut_short in run.troubles.values() else run.cut_short,
        other_users=tuple(_other_users(run, now)),
        unmade_iterations=run.unmade,
        missing_iterations=() if ending.signal else tuple(doubt for one in run.quotas for doubt in one.doubts),
        starved=() if ending.signal else tuple(starved_of(run.feeders(), run.most * run.at(now))),
        user_errors=ending.user_errors,
        unseen_errors=ending.unseen_errors,
        first_error=ending.first_error,
        ended_by=ending.ended_by,
        no_run=ending.no_run,
        incomplete=tuple(run.problems(run.ended if run.ended is not None else now)),
        lag=run.lag.percentile(99),
        lag_samples=max(run.pauses.values(), default=0),
        duration=run.at(now),
        storm_lag=run.storm_lag.percentile(99),
        arrival_lateness=store.trend("arrival_lateness").percentile(99),
        iterations=store.counted("iterations"),
        dropped_iterations=store.counted("dropped_iterations") - sum(one.left_over for one in run.quotas),
        signal=ending.signal,
        failed_requests=ending.failed_requests,
        uncovered=uncovered(run.plan.thresholds, store, ending.failed_requests),
        shortages=tuple(shortages_of(store, math.ceil(run.most / max(1, len(run.ledger.workers))))),
        unreadable=store.counted("unreadable_events"),
        stock_exit_code=ending.stock_exit_code,
        theirs=ending.theirs,
        theirs_by=ending.theirs_by,
    )


def _other_users(run: Run, now: float) -> list[str]:
    """Return for each phase whose users were not those that were planned that it is so."""
    if run.planned is None:
        return []
    at, there = run.at(now), Counter[str]()
    for metric, tags, sink in run.judge.store:
        if metric == "user_seconds" and isinstance(sink, CounterSink):
            there[dict(tags).get("phase", "")] += sink.value  # type: ignore[assignment]
    phases = whole(run.phases(now), at)
    leaving = {phase.name for phase in phases if phase.end > run.dwindles}
    phases = [phase for phase in phases if phase.name not in leaving]
    return other_users(run.planned, phases, there, 0.0 if leaving else run.counted(now) - at)


def _comparison(run: Run, clean: RunResult, found: RunHealth) -> Comparison | None:
    """Return how the run, free of secrets as those before it are, compares; one that was cut short is not compared."""
    if not run.plan.baseline or found.signal or found.safety_stop:
        return None
    from locust_ext.gates.baseline import compare  # noqa: PLC0415 only a run with a baseline

    around = run.context
    policy = run.plan.policy.renamed(around.redaction.selector)
    return redacted_comparison(compare([clean.snapshot], around.before, policy, around.unreadable), around.redaction)


def never_begun(outcomes: Sequence[Outcome], run: Run, now: float) -> list[Outcome]:
    """Return the outcomes, those of phases that a run did not need any more with that reason."""
    if not run.quotas:
        return list(outcomes)
    begun = {phase.name for phase in run.phases(now)}
    planned = {phase.name for phase in run.plan.schedule.phases} if run.plan.schedule else set()
    return [
        replace(outcome, reason=f"no samples: the iterations ended before the phase {outcome.threshold.phase} began")
        if outcome.value is None and outcome.threshold.phase in planned - begun
        else outcome
        for outcome in outcomes
    ]


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
