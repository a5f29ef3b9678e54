"""summary.json, field by field: the published schema of a run.

Law: schema 1; later versions add, never rename, so what is not known is ignored. Durations are in milliseconds unless
a name ends in ``_s``; there is no NaN and no infinity.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA = 1

Number = int | float
Numbers = list[Number | None]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Open(BaseModel):
    """A part with figures of its own beside the fields that all have."""

    model_config = ConfigDict(frozen=True, extra="allow")


class PhaseEntry(_Part):
    """A phase of the run; seconds since its start."""

    name: str
    start_s: Number
    end_s: Number


class OutcomeEntry(_Part):
    """One threshold, judged."""

    metric: str
    selector: str = Field(description="as it was written, for people")
    selector_tags: dict[str, str] = {}
    kind: str = "trend"
    threshold: str
    value: Number | None
    count: int
    status: Literal["passed", "failed", "inconclusive"]
    phase: str | None = None
    window_s: Number | None = None
    optional: bool = False
    corrected: bool = Field(default=False, description="whether durations count from when iterations were due")
    reason: str | None = None


class SeriesEntry(_Open):
    """One series: a trend has ``min``, ``p50`` ... ``max`` and ``mean``; others ``value``; a timeline its ``slots``."""

    metric: str
    kind: str = ""
    tags: dict[str, str] = {}
    count: int


class FindingEntry(_Open):
    """Something that was found beside the thresholds, and its figures."""

    kind: str
    text: str


class ComparedEntry(_Part):
    """One figure beside those of the runs before; ratios are of this run to their median."""

    metric: str
    selector: str
    selector_tags: dict[str, str] = {}
    kind: str
    method: str
    status: Literal["passed", "failed", "inconclusive"]
    required: bool = False
    suspect: bool = False
    value: Number | None = None
    count: int = 0
    low: Number | None = None
    high: Number | None = None
    before: list[Number] = []
    median: Number | None = None
    ratio: Number | None = None
    limit: Number | None = None
    detectable: Number | None = None
    max_regression: Number = 0.0
    floor: Number = 0.0
    rising: bool = True
    reason: str | None = None


class SpectrumEntry(_Part):
    """How durations were distributed in the runs before: pairs of percentile and milliseconds."""

    metric: str
    selector_tags: dict[str, str] = {}
    points: list[tuple[Number, Number]]


class ComparisonEntry(_Part):
    """This run against the runs before it."""

    status: Literal["passed", "failed", "inconclusive"]
    runs: list[str] = Field(description="when the runs before began")
    repeats: int = 1
    excluded_phases: list[str] = []
    rows: list[ComparedEntry] = []
    spectra: list[SpectrumEntry] = []
    gaps: list[str] = []
    notes: list[str] = []


class TrackEntry(_Part):
    """One endpoint over time, or all of them where ``name`` is empty; one value a slice."""

    name: str
    requests: list[int]
    failed: list[int]
    p50: Numbers
    p95: Numbers
    p99: Numbers


class TimelineEntry(_Part):
    """The run in slices of ``width_s`` seconds."""

    width_s: Number = 1.0
    users: Numbers = []
    lag: Numbers = []
    cpu: Numbers = []
    tracks: list[TrackEntry] = []


class Summary(_Part):
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
    complete: bool
    tags: dict[str, str] = Field(default={}, description="of the whole run, such as git_sha")
    fingerprint: dict[str, str] = Field(default={}, description="runs are compared only where all of it is the same")
    software: dict[str, str] = {}
    phases: list[PhaseEntry] = []
    outcomes: list[OutcomeEntry] = []
    comparison: ComparisonEntry | None = None
    series: list[SeriesEntry] = []
    timeline: TimelineEntry = TimelineEntry()
    findings: list[FindingEntry] = []
    warnings: list[str] = []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of summary.json (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "summary.json of locust_ext",
        **{key: value for key, value in Summary.model_json_schema(by_alias=True).items() if key != "title"},
    }
