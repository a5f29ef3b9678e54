"""How the drifts of a run stand, and what that makes of its verdict.

Law: pure, and it changes nothing of the run. What never came back is in no figure of an interval, so it takes the pass
of a rule on durations; a rule by default can fail a run, and doubts none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from locust_ext.gates.drift import Drift, Stretch
from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Status
from locust_ext.gates.run_health import RunHealth, doubts
from locust_ext.gates.steady_load import steady_load
from locust_ext.gates.verdict import IN_DOUBT
from locust_ext.measure.sinks import Kind
from locust_ext.text.spelling import plural

if TYPE_CHECKING:
    from locust_ext.run.run import Run

UNSEEN = 0.01
"""Share of the samples of a trend that may have no duration, where no percentile says what share matters."""


def drifts_of(run: Run, now: float) -> tuple[Drift, ...]:
    """Return how each rule of a run stands."""
    if not run.plan.drift:
        return ()
    return tuple(_beside_what_is_open(drift, run) for drift in run.drifting.judged(stretch_of(run, now)))


def stretch_of(run: Run, now: float) -> Stretch:
    """Return which part of a run is judged for drift."""
    plan, phases = run.plan, run.phases(now)
    courses = [one.course for one in plan.scenarios] or ([plan.schedule] if plan.schedule else [])
    begins = phases[0].start if phases and courses else 0.0
    if not courses and run.planned is not None:
        courses, begins = [run.planned.schedule], run.planned.begins
    return steady_load(courses, begins, phases, run.at(now))


def with_drifts(found: RunHealth, drifts: Sequence[Drift]) -> RunHealth:
    """Return what else happened in a run, with its drifts."""
    by = {status: [drift for drift in drifts if drift.status is status] for status in Status}
    unclear = [drift for drift in by[Status.INCONCLUSIVE] if drift.rule.is_written]
    return replace(
        found,
        drifting=tuple(map(sentence, by[Status.FAILED])),
        undrifted=len(by[Status.PASSED]),
        unwatched=tuple(map(sentence, unclear)),
    )


def in_doubt(drifts: Sequence[Drift], found: RunHealth) -> tuple[Drift, ...]:
    """Return the drifts, without a pass where the whole run is in doubt."""
    if not doubts(found):
        return tuple(drifts)
    return tuple(
        replace(drift, status=Status.INCONCLUSIVE, reason=IN_DOUBT) if drift.status is Status.PASSED else drift
        for drift in drifts
    )


def _beside_what_is_open(drift: Drift, run: Run) -> Drift:
    """Return a drift of durations beside the requests that never came back: they are in no figure of an interval."""
    rule = drift.rule
    if rule.kind is not Kind.TREND or drift.status is not Status.PASSED:
        return drift
    selector = rule.selector
    lost, ended = run.judge.censored.select(selector).count, run.judge.store.select(selector, rule.kind)
    share = UNSEEN if rule.percent is None else min(UNSEEN, 1 - rule.percent / 100)
    if lost <= share * (lost + getattr(ended, "count", 0)):
        return drift
    reason = f"{plural(lost, 'request')} never came back, and no interval has their durations"
    return replace(drift, status=Status.INCONCLUSIVE, reason=reason)
