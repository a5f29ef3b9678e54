"""summary.json, field by field: the published schema of a run, what writes it, and what reads it back.

Law: schema 1; later versions add, never rename, so what is not known is ignored. Durations are in milliseconds unless
a name ends in ``_s``; there is no NaN and no infinity. Everything that a report shows is in it, but for the histograms
of trends, which stand in ``run.hlog``. A field is named here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import Field

from locust_ext.feeders.account import FeederAccount
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.thresholds import Threshold, parse_assertion
from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.sinks import AnySink, CounterSink, GaugeSink, Kind, RateSink, TimelineSink, kind_of
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.reports.compared_entry import ComparisonEntry, selector_of
from locust_ext.reports.drift_entry import DriftEntry, WatchedEntry
from locust_ext.reports.entry import Entry, Judged, Number, Numbers, OpenEntry
from locust_ext.reports.error_entry import ErrorEntry
from locust_ext.reports.open_requests import OpenRequests, OpenRow
from locust_ext.reports.result import Finding, RunResult, SeriesRow
from locust_ext.reports.running import Running
from locust_ext.reports.trace_entry import TraceEntry

SCHEMA = 1


class PhaseEntry(Entry):
    """A phase of the run; seconds since its start."""

    name: str
    start_s: Number
    end_s: Number

    @classmethod
    def of_phase(cls, phase: Phase) -> Self:
        """Return the entry of a phase."""
        return cls.of(phase, start_s=round(phase.start, 3), end_s=round(phase.end, 3))

    def phase(self) -> Phase:
        """Return the phase again, to the millisecond."""
        return self.to(Phase, start=self.start_s, end=self.end_s)


class OutcomeEntry(Entry):
    """One threshold, judged."""

    metric: str
    selector: str = Field(description="as it was written, for people")
    selector_tags: dict[str, str] = Field(default={})
    kind: str = "trend"
    threshold: str
    value: Number | None
    count: int
    status: Judged
    phase: str | None = None
    window_s: Number | None = None
    optional: bool = False
    corrected: bool = Field(default=False, description="whether durations count from when iterations were due")
    reason: str | None = None

    @classmethod
    def of_outcome(cls, outcome: Outcome) -> Self:
        """Return the entry of an outcome."""
        threshold = outcome.threshold
        return cls.of(
            outcome,
            metric=threshold.selector.metric,
            selector=str(threshold.selector),
            selector_tags=dict(threshold.selector.tags),
            kind=threshold.kind.value,
            threshold=str(threshold.assertion),
            status=outcome.status.value,
            phase=threshold.phase or None,
            window_s=threshold.window,
            optional=threshold.optional,
            corrected=threshold.judged != threshold.selector,
            reason=outcome.reason or None,
        )

    def outcome(self) -> Outcome:
        """Return the outcome again; raises ValueError for a threshold or a kind that is none."""
        threshold = self.to(
            Threshold,
            selector=selector_of(self.metric, self.selector_tags),
            assertion=parse_assertion(self.threshold),
            kind=Kind(self.kind),
            window=self.window_s,
            corrected=self.corrected or None,
        )
        return self.to(Outcome, threshold=threshold, status=Status(self.status), reason=self.reason or "")


def _gauge(_: int, figures: Mapping[str, Any]) -> AnySink:
    stamp = figures.get("at")
    return GaugeSink(float("-inf") if stamp is None else stamp, figures["value"], figures["min"], figures["max"])


_SINKS: Mapping[str, Callable[[int, Mapping[str, Any]], AnySink]] = {
    Kind.RATE: lambda count, figures: RateSink(round((figures["value"] or 0) * count), count),
    Kind.COUNTER: lambda count, figures: CounterSink(figures["value"], count, seen=True),
    Kind.GAUGE: _gauge,
    Kind.TIMELINE: lambda _, figures: TimelineSink.from_row(figures["slots"]),
}
"""How the counts of a series are read off its figures; a trend's stand in its histogram."""


class SeriesEntry(OpenEntry):
    """One series: a trend has ``min``, ``p50`` ... ``max`` and ``mean``; others ``value``; a timeline its ``slots``."""

    metric: str
    kind: str = ""
    tags: dict[str, str] = Field(default={})
    count: int

    @classmethod
    def of_row(cls, row: SeriesRow) -> Self:
        """Return the entry of a series; its kind is known where there is what its figures were read off."""
        kind = {"kind": kind_of(row.sink).value} if row.sink is not None else {}
        slots = {"slots": row.sink.to_row()} if isinstance(row.sink, TimelineSink) else {}
        fields = {"metric": row.metric, **kind, "tags": dict(row.tags), "count": row.count}
        return cls.having(fields, {**row.figures, **slots})

    def row(self) -> SeriesRow:
        """Return the series again, a trend's without its histogram."""
        figures = self.figures
        read = _SINKS.get(self.kind)
        sink = read(self.count, figures) if read else None
        return self.to(SeriesRow, figures={n: v for n, v in figures.items() if n != "slots"}, sink=sink)


class FindingEntry(OpenEntry):
    """Something that was found beside the thresholds, and its figures."""

    kind: str
    text: str

    @classmethod
    def of_finding(cls, finding: Finding) -> Self:
        """Return the entry of a finding."""
        return cls.having({"kind": finding.kind, "text": finding.text}, finding.figures)

    def finding(self) -> Finding:
        """Return the finding again."""
        return self.to(Finding, figures=self.figures)


class TrackEntry(Entry):
    """One endpoint over time, or all of them where ``name`` is empty; one value a slice."""

    name: str
    requests: tuple[int, ...]
    failed: tuple[int, ...]
    p50: Numbers
    p95: Numbers
    p99: Numbers


class TimelineEntry(Entry):
    """The run in slices of ``width_s`` seconds."""

    width_s: Number = 1.0
    users: Numbers = ()
    lag: Numbers = ()
    cpu: Numbers = ()
    open: Numbers = Field(default=(), description="requests that had begun and had not ended, at their most")
    begun: tuple[int, ...] = Field(default=(), description="arrivals that were begun; none: the load has none")
    planned: Numbers = Field(default=(), description="the users that were planned, at their most")
    due: Numbers = Field(default=(), description="the arrivals that were planned")
    tracks: tuple[TrackEntry, ...] = ()

    @classmethod
    def of_timeline(cls, timeline: Timeline) -> Self:
        """Return the entry of a timeline."""
        return cls.of(timeline, width_s=timeline.width, tracks=tuple(map(TrackEntry.of, timeline.tracks)))

    def timeline(self) -> Timeline:
        """Return the timeline again."""
        return self.to(Timeline, width=self.width_s, tracks=tuple(entry.to(Track) for entry in self.tracks))


class OpenRowEntry(Entry):
    """The open requests of one endpoint."""

    name: str
    method: str = Field(default="", description="or the type, where it is not HTTP")
    count: int
    oldest_ms: Number | None = None

    @classmethod
    def of_row(cls, row: OpenRow) -> Self:
        """Return the entry of an endpoint."""
        return cls.of(row, oldest_ms=row.oldest)

    def row(self) -> OpenRow:
        """Return the endpoint again."""
        return self.to(OpenRow, oldest=self.oldest_ms)


class OpenRequestsEntry(Entry):
    """The requests that had begun and had not ended when the run was judged; the age of the oldest."""

    count: int = 0
    oldest_ms: Number | None = None
    by: tuple[OpenRowEntry, ...] = Field(default=(), description="by endpoint, most first; at most 100")

    @classmethod
    def of_requests(cls, found: OpenRequests) -> Self:
        """Return the entry of all open requests."""
        return cls.of(found, oldest_ms=found.oldest, by=tuple(map(OpenRowEntry.of_row, found.by)))

    def requests(self) -> OpenRequests:
        """Return the open requests again."""
        return self.to(OpenRequests, oldest=self.oldest_ms, by=tuple(entry.row() for entry in self.by))


class FeederEntry(Entry):
    """What became of the rows of one feeder."""

    name: str
    rows: int | None = Field(default=None, description="null: as many as code makes")
    order: str = "sequence"
    use: str = "cycle"
    on_empty: str = "wait"
    taken: int = Field(default=0, description="how often a user was handed one")
    used_up: int = Field(default=0, description="rows that were used once, and never come again")
    out: int = Field(default=0, description="rows that were still out at the end")
    waits: int = 0
    waited_s: Number = 0.0
    longest_wait_s: Number = 0.0
    exhausted: bool = Field(default=False, description="whether somebody wanted a row, and there was none")
    lost: int = Field(default=0, description="rows that are out with workers which are gone")
    lost_workers: int = 0
    ended: str = Field(default="", description="why the run ended, where it did because of this")

    def account(self) -> FeederAccount:
        """Return the account again."""
        return self.to(FeederAccount)


class RunningEntry(Entry):
    """The process that judges a run which has not ended; ``written`` again and again, in seconds since 1970."""

    pid: int
    born: Number
    machine: str
    written: Number
    loses_s: Number = Field(default=0.0, description="of the run, if it is cut off now; at most")

    @classmethod
    def of_running(cls, running: Running) -> Self:
        """Return the entry of a process."""
        return cls.of(running, loses_s=round(running.loses, 3))

    def running(self) -> Running:
        """Return the process again."""
        return self.to(Running, loses=self.loses_s)


class Summary(Entry):
    """A run and its verdict."""

    schema_: Annotated[int, Field(alias="schema", ge=1, description="the version of this format")] = SCHEMA
    id: str = ""
    name: str
    verdict: str
    exit_code: int
    reason: str
    started_at: str = Field(description="ISO 8601, UTC")
    duration_s: Number
    workers: int
    clients: tuple[str, ...] = Field(default=(), description="with whose clients it was measured, such as HttpUser")
    complete: bool
    tags: dict[str, str] = Field(default={}, description="of the whole run, such as git_sha")
    fingerprint: dict[str, str] = Field(default={}, description="runs are compared only where all of it is the same")
    software: dict[str, str] = Field(default={})
    phases: tuple[PhaseEntry, ...] = ()
    outcomes: tuple[OutcomeEntry, ...] = ()
    drift: tuple[DriftEntry, ...] = ()
    comparison: ComparisonEntry | None = None
    series: tuple[SeriesEntry, ...] = ()
    open_requests: OpenRequestsEntry = OpenRequestsEntry()
    errors: tuple[ErrorEntry, ...] = Field(default=(), description="which occurred, by kind, most first; at most 51")
    traces: tuple[TraceEntry, ...] = Field(
        default=(), description="the slowest requests that carried a trace; at most 5 an endpoint, 50 in all"
    )
    trace_url: str = Field(default="", description="where a trace is looked up, with {trace_id} in it")
    timeline: TimelineEntry = TimelineEntry()
    probes: tuple[WatchedEntry, ...] = Field(default=(), description="what the probes of the target have read")
    feeders: tuple[FeederEntry, ...] = Field(default=(), description="what became of the rows of its feeders")
    findings: tuple[FindingEntry, ...] = ()
    warnings: tuple[str, ...] = ()
    running: RunningEntry | None = Field(default=None, description="null when the run has ended")
    reset_at: Number | None = Field(
        default=None,
        description="seconds after the start at which the statistics were reset: series and outcomes begin there",
    )

    @classmethod
    def of_result(cls, result: RunResult) -> Self:
        """Return the summary of a run."""
        return cls.of(
            result,
            schema_=SCHEMA,
            verdict=result.verdict.word,
            exit_code=result.verdict.exit_code,
            reason=result.verdict.reason,
            duration_s=round(result.duration, 3),
            tags=dict(result.tags),
            fingerprint=dict(result.fingerprint),
            software=dict(result.software),
            phases=tuple(map(PhaseEntry.of_phase, result.phases)),
            outcomes=tuple(map(OutcomeEntry.of_outcome, result.outcomes)),
            drift=tuple(map(DriftEntry.of_drift, result.drifts)),
            comparison=ComparisonEntry.of_comparison(result.comparison) if result.comparison else None,
            series=tuple(map(SeriesEntry.of_row, result.series)),
            open_requests=OpenRequestsEntry.of_requests(result.open_requests),
            errors=tuple(map(ErrorEntry.of_kind, result.errors)),
            traces=tuple(map(TraceEntry.of_request, result.traces)),
            timeline=TimelineEntry.of_timeline(result.timeline),
            probes=tuple(map(WatchedEntry.of_watched, result.watched)),
            feeders=tuple(map(FeederEntry.of, result.feeders)),
            findings=tuple(map(FindingEntry.of_finding, result.findings)),
            running=RunningEntry.of_running(result.running) if result.running else None,
        )

    def result(self) -> RunResult:
        """Return the run again, its trends without their histograms; raises ValueError for what makes no sense."""
        return self.to(
            RunResult,
            verdict=Verdict(self.verdict, self.exit_code, self.reason),
            duration=self.duration_s,
            phases=tuple(entry.phase() for entry in self.phases),
            outcomes=tuple(entry.outcome() for entry in self.outcomes),
            drifts=tuple(entry.drift() for entry in self.drift),
            comparison=self.comparison.comparison() if self.comparison else None,
            series=tuple(entry.row() for entry in self.series),
            open_requests=self.open_requests.requests(),
            errors=tuple(entry.kind() for entry in self.errors),
            traces=tuple(entry.request() for entry in self.traces),
            timeline=self.timeline.timeline(),
            watched=tuple(entry.watched() for entry in self.probes),
            feeders=tuple(entry.account() for entry in self.feeders),
            findings=tuple(entry.finding() for entry in self.findings),
            running=self.running.running() if self.running else None,
        )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of summary.json (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "summary.json of locust_ext",
        **{key: value for key, value in Summary.model_json_schema(by_alias=True).items() if key != "title"},
    }
