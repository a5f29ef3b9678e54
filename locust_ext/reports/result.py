"""The one value that every report renders.

Law: frozen, complete and free of secrets; a report needs nothing else, and nothing but reports is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from locust_ext.gates.verdict import Outcome, Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, GaugeSink, RateSink, TimelineSink
from locust_ext.storms.herd import SLOTS_A_SECOND, peak

PERCENTILES: Mapping[str, float] = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}

ODD_VALUES: Mapping[str, str] = {
    "clamped": "above the range, counted as its end",
    "invalid": "no durations (None, negative or NaN), not in the percentiles",
}


@dataclass(frozen=True)
class SeriesRow:
    """One series: durations in milliseconds; ``value`` is a rate's share, a counter's sum, a gauge's reading."""

    metric: str
    tags: Mapping[str, str]
    count: int
    figures: Mapping[str, float | None]


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


def rows_of(store: Store) -> tuple[SeriesRow, ...]:
    """Return every series of the store as figures, sorted."""
    return tuple(_row(metric, dict(tags), sink) for metric, tags, sink in store)


def _row(metric: str, tags: Mapping[str, str], sink: object) -> SeriesRow:
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
            return SeriesRow(metric, tags, sink.count, {**figures, **{k: v for k, v in odd.items() if v}})
        case RateSink():
            return SeriesRow(metric, tags, sink.total, {"value": sink.hits / sink.total if sink.total else None})
        case CounterSink():
            return SeriesRow(metric, tags, sink.steps, {"value": sink.value})
        case GaugeSink():
            return SeriesRow(metric, tags, 1, {"value": sink.value, "min": sink.low, "max": sink.high})
        case TimelineSink():
            peaks: dict[str, float | None] = {
                "peak_100ms": peak(sink.slots),
                "peak_1s": peak(sink.slots, SLOTS_A_SECOND),
            }
            return SeriesRow(metric, tags, sum(sink.slots.values()), peaks)
        case _:
            raise TypeError(f"no series: {sink!r}")


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
        found.append(f"{unreadable:.0f} events or values made no sense and were not measured")
    return tuple(found)
