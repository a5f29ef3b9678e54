"""What a history keeps of a run: the figures of its endpoints and of all requests, its thresholds, drifts and storms.

Law: pure, and only evidence counts: a percentile of too few requests, and a threshold that is inconclusive, are not in
it. The same endpoint has the same name in each run, whatever else a run has seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from datetime import UTC, datetime

from locust_ext.exports.measures import (
    AMPLIFICATION,
    FAILED,
    GROWTH,
    NEVER_BACK,
    PEAK,
    PERCENTILES,
    THROUGHPUT,
    Measure,
    judged,
)
from locust_ext.gates.drift_units import is_number
from locust_ext.gates.intervals import count_interval, quantile_interval, share_interval
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.regression import CONFIDENCE_ERROR
from locust_ext.gates.since_reset import PART, part_of
from locust_ext.gates.thresholds import Assertion
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import OTHER, Selector, Store
from locust_ext.measure.sinks import AnySink, CounterSink, Kind, RateSink
from locust_ext.reports.endpoints import Endpoint, endpoints_of, whole_of
from locust_ext.reports.result import RunResult
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import format_duration

ALL, STORMS = "all requests", "reconnects"
THRESHOLD, DRIFT = "threshold ", "drift "
"""What the subject of a figure is, or begins with, that is not an endpoint's."""

NAMELESS = "requests without a name"

MOST_JUDGED = 100
"""Thresholds, and rules of drift, that are told of a run."""

BRANCH = ("branch", "git_branch")
"""Tags of a run that name its branch."""


@dataclass(frozen=True)
class Tracked:
    """One figure: of what, which one, its value, and its interval where there is one."""

    subject: str
    measure: Measure
    value: float
    low: float | None = None
    high: float | None = None
    count: int = 0


@dataclass(frozen=True)
class RunTracked:
    """One run of a history."""

    id: str
    test: str
    started: datetime
    verdict: str
    exit_code: int
    commit: str = ""
    branch: str = ""
    version: str = ""
    way: str = ""
    """Eight digits that are the same for runs that were made in the same way; nothing where that is not known."""
    notes: tuple[str, ...] = ()
    """What a reader must know of its figures, a sentence each."""
    figures: tuple[Tracked, ...] = field(default=(), repr=False)


def started_of(result: RunResult) -> datetime | None:
    """Return when a run began; None where that is not a time."""
    try:
        at = datetime.fromisoformat(result.started_at)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def requests_of(result: RunResult) -> dict[str, int]:
    """Return the requests of each endpoint, by the name that a history has for it."""
    return {_subject(one): one.failures.total for one in endpoints_of(result) if one.name != OTHER}


def tracked(result: RunResult, started: datetime, endpoints: Collection[str], notes: Sequence[str] = ()) -> RunTracked:
    """Return what is kept of a run: of all requests, and of these ``endpoints`` as :func:`requests_of` names them."""
    tags = result.tags
    found: dict[tuple[str, str], Tracked] = {}
    for one in _figures(result, endpoints):
        if all(is_number(value) for value in (one.value, one.low or 0.0, one.high or 0.0)):
            found.setdefault((one.subject, one.measure.slug), one)
    return RunTracked(
        result.id,
        result.name,
        started,
        result.verdict.word,
        result.verdict.exit_code,
        tags.get("git_sha", ""),
        next((tags[name] for name in BRANCH if tags.get(name)), ""),
        tags.get("version", ""),
        _way(result),
        (*notes, *_notes(result)),
        tuple(found.values()),
    )


def _way(result: RunResult) -> str:
    made = {key: value for key, value in result.fingerprint.items() if key != PART}
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:8] if made else ""


def _notes(result: RunResult) -> Iterator[str]:
    if result.reset_at is not None:
        yield f"its statistics were reset: its figures are those {part_of(result.reset_at)}"
    if result.open_requests.count:
        yield f"{result.open_requests.text}; its percentiles do not count them"
    for all_of, what in ((result.outcomes, "thresholds"), (result.drifts, "rules of drift")):
        if len(all_of) > MOST_JUDGED:
            yield f"of its {len(all_of):,} {what} the first {MOST_JUDGED} are told"


def _figures(result: RunResult, endpoints: Collection[str]) -> Iterator[Tracked]:
    seconds = result.counted
    yield from _of_requests(ALL, whole_of(result), seconds)
    for endpoint in endpoints_of(result):
        subject = _subject(endpoint)
        if subject in endpoints:
            yield from _of_requests(subject, endpoint, seconds)
    store = result.snapshot.store
    for outcome in result.outcomes[:MOST_JUDGED]:
        if outcome.status is not Status.INCONCLUSIVE and outcome.value is not None:
            yield _of_threshold(outcome, outcome.value, store)
    for drift in result.drifts[:MOST_JUDGED]:
        if drift.status is not Status.INCONCLUSIVE and drift.growth is not None:
            yield Tracked(
                f"{DRIFT}{drift.rule}", GROWTH, drift.growth, _low_growth(drift.growth, drift.rate, drift.low)
            )
    yield from _of_storms(result, store)


def _subject(endpoint: Endpoint) -> str:
    label = endpoint.label or NAMELESS
    is_ours = label in (ALL, STORMS) or label.startswith((THRESHOLD, DRIFT))
    return f"{label} (endpoint)" if is_ours else label


def _of_requests(subject: str, requests: Endpoint, seconds: float) -> Iterator[Tracked]:
    yield from _percentiles(subject, requests.durations)
    failures = requests.failures
    if failures.total:
        if seconds > 0:
            low, high = count_interval(failures.total, CONFIDENCE_ERROR)
            rate = failures.total / seconds
            yield Tracked(subject, THROUGHPUT, rate, low / seconds, high / seconds, failures.total)
        share = share_interval(failures.hits, failures.total, CONFIDENCE_ERROR)
        yield Tracked(subject, FAILED, failures.hits / failures.total, *share, failures.total)


def _percentiles(subject: str, durations: Histogram) -> Iterator[Tracked]:
    for percent, measure in PERCENTILES.items():
        value = durations.percentile(percent) if durations.count >= _needed(percent) else None
        if value is not None:
            low, high = quantile_interval(durations, percent, CONFIDENCE_ERROR)
            yield Tracked(subject, measure, value, low, high, durations.count)


def _needed(percent: float) -> int:
    """Return how many samples a percentile needs to mean anything, as a threshold on it does."""
    return Assertion("p", "<", 0.0, percent).least_samples


def _of_threshold(outcome: Outcome, value: float, store: Store) -> Tracked:
    threshold = outcome.threshold
    over = f" over {format_duration(threshold.window)}" if threshold.window else ""
    subject = f"{THRESHOLD}{threshold.judged} {threshold.assertion.aggregate}{over}"
    low, high = (None, None)
    if not over:
        low, high = _interval(threshold.assertion, value, store.select(threshold.judged, threshold.kind))
    return Tracked(subject, judged(threshold), value, low, high, outcome.count)


def _interval(assertion: Assertion, value: float, sink: AnySink) -> tuple[float | None, float | None]:
    """Return the interval of a threshold's value; none where it is another value than that of what was measured."""
    low: float | None = None
    high: float | None = None
    percent = 50.0 if assertion.method == "med" else assertion.percent
    match sink:
        case Histogram() if sink.count and percent is not None:
            low, high = quantile_interval(sink, percent, CONFIDENCE_ERROR)
        case RateSink() if sink.total:
            low, high = share_interval(sink.hits, sink.total, CONFIDENCE_ERROR)
        case CounterSink() if sink.value > 0:
            low, high = (end * value / sink.value for end in count_interval(sink.value, CONFIDENCE_ERROR))
    holds = (low is None or low <= value) and (high is None or value <= high)
    return (low, high) if holds else (None, None)


def _low_growth(growth: float, rate: float | None, low: float | None) -> float | None:
    """Return the lower bound of a growth over the load: that of its rate, to the same scale."""
    return min(growth, growth * low / rate) if rate and low is not None and is_number(low / rate) else None


def _of_storms(result: RunResult, store: Store) -> Iterator[Tracked]:
    """Yield what reconnect storms did: the finding's figures, and how long it took until all were back."""
    figures = next((one.figures for one in result.findings if one.kind == "storm"), None)
    if figures is None:
        return
    dropped, lost, back = (_count(figures.get(name)) for name in ("dropped", "never_back", "returned"))
    if lost + back:
        yield Tracked(
            STORMS, NEVER_BACK, lost / (lost + back), *share_interval(lost, lost + back, CONFIDENCE_ERROR), lost + back
        )
    for name, measure in (("amplification", AMPLIFICATION), ("peak_1s", PEAK)):
        value = figures.get(name)
        if isinstance(value, (int, float)) and dropped:
            yield Tracked(STORMS, measure, float(value), count=dropped)
    times = store.select(Selector("reconnect_time").narrowed(phase="storm"), Kind.TREND)
    if isinstance(times, Histogram) and not lost:
        yield from _percentiles(STORMS, times)


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
