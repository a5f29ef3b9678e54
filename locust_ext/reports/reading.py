"""A run read back from its summary.json.

Law: what ``summary`` wrote is read as the same run, its histograms apart; what is no summary of ours, or of a version
to come, is refused with a sentence, and no exception but NoSummaryError leaves this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.regression import Compared
from locust_ext.gates.rules import Rule
from locust_ext.gates.thresholds import Threshold, parse_assertion
from locust_ext.gates.verdict import Outcome, Status, Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, Kind, RateSink, TimelineSink
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.reports.result import Finding, RunResult, SeriesRow
from locust_ext.reports.schema import (
    SCHEMA,
    ComparedEntry,
    ComparisonEntry,
    OutcomeEntry,
    SeriesEntry,
    Summary,
    TimelineEntry,
)


class NoSummaryError(ValueError):
    """What was read is no summary that this version knows; the sentence says why."""


def read_summary(text: str) -> RunResult:
    """Return the run in the text of a ``summary.json``; its trends have no histograms yet. Raises NoSummaryError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NoSummaryError("it is no JSON, or it was cut off") from None
    version = document.get("schema") if isinstance(document, dict) else None
    if isinstance(version, bool) or not isinstance(version, int):
        raise NoSummaryError("it is no summary of locust_ext: it has no schema")
    if version > SCHEMA:
        raise NoSummaryError(f"its schema is {version}, and this version reads up to {SCHEMA}: update locust_ext")
    try:
        return _result(Summary.model_validate(document))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise NoSummaryError(f"it is no summary of locust_ext: {place}: {first['msg'].lower()}") from None
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise NoSummaryError(f"it is no summary of locust_ext: {error}") from None


def _result(read: Summary) -> RunResult:
    return RunResult(
        name=read.name,
        verdict=Verdict(read.verdict, read.exit_code, read.reason),
        started_at=read.started_at,
        duration=read.duration_s,
        workers=read.workers,
        complete=read.complete,
        tags=read.tags,
        phases=tuple(Phase(entry.name, entry.start_s, entry.end_s) for entry in read.phases),
        outcomes=tuple(map(_read_outcome, read.outcomes)),
        series=tuple(map(_read_series, read.series)),
        findings=tuple(Finding(e.kind, e.text, dict(e.model_extra or {})) for e in read.findings),
        warnings=tuple(read.warnings),
        id=read.id,
        fingerprint=read.fingerprint,
        software=read.software,
        timeline=_read_timeline(read.timeline),
        comparison=_read_comparison(read.comparison) if read.comparison else None,
    )


def _selector(entry: OutcomeEntry | ComparedEntry) -> Selector:
    return Selector(entry.metric, tuple(sorted(entry.selector_tags.items())))


def _read_outcome(entry: OutcomeEntry) -> Outcome:
    threshold = Threshold(
        _selector(entry),
        parse_assertion(entry.threshold),
        Kind(entry.kind),
        window=entry.window_s,
        optional=entry.optional,
        corrected=entry.corrected or None,
    )
    return Outcome(threshold, Status(entry.status), entry.value, entry.count, entry.reason or "")


def _read_gauge(_: int, figures: Mapping[str, Any]) -> AnySink:
    stamp = figures.get("at")
    return GaugeSink(float("-inf") if stamp is None else stamp, figures["value"], figures["min"], figures["max"])


_READ: Mapping[str, Callable[[int, Mapping[str, Any]], AnySink]] = {
    Kind.RATE: lambda count, figures: RateSink(round((figures["value"] or 0) * count), count),
    Kind.COUNTER: lambda count, figures: CounterSink(figures["value"], count, seen=True),
    Kind.GAUGE: _read_gauge,
    Kind.TIMELINE: lambda _, figures: TimelineSink.from_row(figures["slots"]),
}
"""How the counts of a series are read off its figures; a trend's stand in its histogram."""


def _read_series(entry: SeriesEntry) -> SeriesRow:
    extra: Mapping[str, Any] = entry.model_extra or {}
    figures = {name: value for name, value in extra.items() if name != "slots"}
    read = _READ.get(entry.kind)
    return SeriesRow(entry.metric, entry.tags, entry.count, figures, read(entry.count, extra) if read else None)


def _read_timeline(entry: TimelineEntry) -> Timeline:
    columns = ("requests", "failed", "p50", "p95", "p99")
    tracks = [Track(t.name, *(tuple(getattr(t, name)) for name in columns)) for t in entry.tracks]
    return Timeline(entry.width_s, tuple(entry.users), tuple(entry.lag), tuple(entry.cpu), tuple(tracks))


def _read_comparison(entry: ComparisonEntry) -> Comparison:
    spectra = {Selector(e.metric, tuple(sorted(e.selector_tags.items()))): tuple(e.points) for e in entry.spectra}
    rows = tuple(map(_read_compared, entry.rows))
    return Comparison(
        tuple(entry.runs),
        rows,
        entry.repeats,
        spectra,
        tuple(entry.excluded_phases),
        tuple(entry.gaps),
        tuple(entry.notes),
    )


def _read_compared(entry: ComparedEntry) -> Compared:
    rule = Rule(
        _selector(entry),
        Kind(entry.kind),
        entry.method,
        entry.max_regression,
        entry.floor,
        rising=entry.rising,
        required=entry.required,
    )
    return Compared(
        rule,
        Status(entry.status),
        entry.value,
        entry.count,
        entry.low,
        entry.high,
        tuple(entry.before),
        entry.median,
        entry.ratio,
        entry.limit,
        entry.detectable,
        entry.suspect,
        entry.reason or "",
    )
