"""The one value that every report renders.

Law: frozen, complete and free of secrets; a report needs nothing else, and nothing but reports is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from locust_ext.feeders.account import FeederAccount
from locust_ext.gates.outcomes import Outcome
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.censored import CensoredStore
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.measure.timeline import Timeline
from locust_ext.measure.traced_requests import TracedRequest
from locust_ext.reports.open_requests import OpenRequests
from locust_ext.storms.herd import SLOTS_A_SECOND, peak
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.gates.baseline import Comparison
    from locust_ext.gates.drift import Drift
    from locust_ext.gates.figures import Snapshot
    from locust_ext.reports.running import Running
    from locust_ext.reports.watched import Watched

PERCENTILES: Mapping[str, float] = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}

ODD_VALUES: Mapping[str, str] = {
    "clamped": "above the range, counted as its end",
    "invalid": "not durations (None, negative or NaN), not in the percentiles",
}


@dataclass(frozen=True)
class SeriesRow:
    """One series: durations in milliseconds; ``value`` is a rate's share, a counter's sum, a gauge's reading."""

    metric: str
    tags: Mapping[str, str]
    count: int
    figures: Mapping[str, float | None]
    sink: AnySink | None = field(default=None, compare=False, repr=False)
    """What the figures were read off: a histogram, or counts."""


@dataclass(frozen=True)
class Finding:
    """Something that was found, beside the thresholds: what it is, in one sentence, and its figures."""

    kind: str
    text: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """A run and its verdict."""

    name: str
    verdict: Verdict
    started_at: str
    """ISO 8601, UTC; the only wall-clock time."""
    duration: float
    """Seconds, monotonic."""
    workers: int
    complete: bool
    tags: Mapping[str, str] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    series: tuple[SeriesRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    id: str = ""
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    """In what way it was made: runs are compared only where all of it is the same."""
    software: Mapping[str, str] = field(default_factory=dict)
    """The versions it was made with; they may differ between runs that are compared."""
    timeline: Timeline = field(default_factory=Timeline)
    censored: CensoredStore = field(default_factory=CensoredStore, compare=False, repr=False)
    """What of it did not come back; a run that was read back has but the number of its requests."""
    comparison: Comparison | None = None
    """How it compares with the earlier runs, where it was compared."""
    clients: tuple[str, ...] = ()
    """With whose clients it was measured, such as HttpUser; empty: a release that did not say."""
    open_requests: OpenRequests = field(default_factory=OpenRequests)
    """The requests that had begun and never came back."""
    drifts: tuple[Drift, ...] = ()
    """What was watched for drift, judged."""
    watched: tuple[Watched, ...] = ()
    """What the probes of the target have read, over time."""
    feeders: tuple[FeederAccount, ...] = ()
    """What became of the rows of its feeders."""
    errors: tuple[ErrorKind, ...] = ()
    """Which errors occurred, most first; kinds too many are one, which comes last."""
    traces: tuple[TracedRequest, ...] = ()
    """The slowest requests that carried a trace, those that never came back among them; the slowest first."""
    trace_url: str = ""
    """The address under which people look a trace up, with ``{trace_id}`` in it; empty: not known."""
    running: Running | None = None
    """The process that writes it, where it had not ended."""
    reset_at: float | None = None
    """Seconds after its start at which its statistics were reset: series and outcomes are of what came since."""

    @property
    def counted(self) -> float:
        """Over how many seconds its figures were counted: what a rate divides by."""
        return self.duration - (self.reset_at or 0.0)

    @property
    def snapshot(self) -> Snapshot:
        """What a comparison needs of it."""
        from locust_ext.gates.figures import Snapshot  # noqa: PLC0415 most runs are compared with none

        store = Store(limit=len(self.series) + 1, common=self.tags)
        for row in self.series:
            if row.sink is not None:
                store.put(row.metric, tags_of(row.tags), row.sink)
        run = Snapshot(self.id, self.started_at, self.fingerprint, self.counted, self.phases, store)
        return replace(run, censored=self.censored, open_requests=self.open_requests.count)


def rows_of(store: Store) -> tuple[SeriesRow, ...]:
    """Return every series of the store as figures, sorted."""
    return tuple(SeriesRow(metric, dict(tags), *figures_of(sink), sink) for metric, tags, sink in store)


def figures_of(sink: AnySink) -> tuple[int, Mapping[str, float | None]]:
    """Return how many samples there are, and what is said of them."""
    match sink:
        case Histogram():
            percentiles = sink.percentiles(PERCENTILES.values())
            figures = {
                "min": sink.minimum,
                **dict(zip(PERCENTILES, percentiles, strict=True)),
                "max": sink.maximum,
                "mean": sink.mean,
            }
            odd = {"clamped": float(sink.clamped), "invalid": float(sink.invalid)}
            return sink.count, {**figures, **{k: v for k, v in odd.items() if v}}
        case RateSink():
            return sink.total, {"value": sink.hits / sink.total if sink.total else None}
        case CounterSink():
            return sink.steps, {"value": sink.value}
        case GaugeSink():
            return 1, {"value": sink.value, "min": sink.low, "max": sink.high, "at": sink.stamp}
        case TimelineSink():
            return sum(sink.slots.values()), {
                "peak_100ms": peak(sink.slots),
                "peak_1s": peak(sink.slots, SLOTS_A_SECOND),
            }


def warnings_of(store: Store, series: Sequence[SeriesRow]) -> tuple[str, ...]:
    """Return what a reader of the figures must know: values out of range, odd values, series lumped together."""
    found: list[str] = []
    for odd, meaning in ODD_VALUES.items():
        found += [
            f"{Selector(row.metric, tuple(row.tags.items()))}: {row.figures[odd]:.0f} values are {meaning}"
            for row in series
            if row.figures.get(odd)
        ]
    found += [
        f"{metric}: more than {store.limit} different tag sets; {count} times a further one went to __other__;"
        " give requests a name= that leaves ids out"
        for metric, count in sorted(store.lumped.items())
    ]
    unreadable = sum(row.figures["value"] or 0 for row in series if row.metric == "unreadable_events")
    if unreadable:
        found.append(f"{unreadable:.0f} events or values could not be read as a whole: what could not is in no figure")
    return tuple(found)
