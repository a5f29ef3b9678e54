"""Runs of a history, and what reads them as Apache Otava does: by its documentation, a number in each cell of a metric."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml

from locust_ext.archive.report_dir import write_report_dir
from locust_ext.exports.history import RunTracked, requests_of, started_of, tracked
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import RunResult, rows_of

ONLY = ReportOptions(html=False, junit=False, markdown=False, gitlab=False, openmetrics=False)

BARE = RunResult(
    name="feed",
    verdict=Verdict("passed", 0, "3 thresholds passed"),
    started_at="2026-11-24T10:00:00+00:00",
    duration=60.0,
    workers=1,
    complete=True,
    id="0" * 32,
)
"""A run in which nothing was measured."""


def measured(durations, failed=0, **changes):
    """Return a run with these durations by endpoint, a pair of method and name; ``failed`` of each."""
    store = Store()
    for (method, name), took in durations.items():
        tags = tags_of({"method": method, "name": name})
        store.leaf("http_req_duration", tags, Kind.TREND).record_all(took)
        store.leaf("http_req_failed", tags, Kind.RATE).merge(RateSink(failed, len(took)))
    return replace(BARE, series=rows_of(store), **changes)


@lru_cache(maxsize=64)
def small(number: int = 0, slower: float = 1.0, names: tuple[str, ...] = ("/feed",)) -> RunResult:
    """Return a run of 200 requests an endpoint, of its own id and minute."""
    took = [slower * (10 + one % 40) for one in range(200)]
    changes = {"id": f"{number:032x}", "started_at": f"2026-11-24T10:{number % 60:02}:00+00:00"}
    return measured({("GET", name): took for name in names}, failed=2, **changes)


def put(result: RunResult, place: Path) -> Path:
    """Write a run's summary and its log."""
    assert write_report_dir(result, place, ONLY) == []
    return place


def kept(result: RunResult, *notes: str) -> RunTracked:
    """Return what a history keeps of a run with all of its endpoints."""
    started = started_of(result)
    assert started is not None
    return tracked(result, started, set(requests_of(result)), notes)


def read_as_otava(section: str, table: str) -> tuple[list[int], dict[str, list[float]], dict[str, list[str]]]:
    """Return times in seconds, the metrics and the attributes of the only test; raises ValueError where Otava would."""
    ((test),) = yaml.safe_load(section)["tests"].values()
    assert test["type"] == "csv"
    heads, *rows = csv.reader(io.StringIO(table))
    at = heads.index(test["time_column"])
    if "branch" in heads and len({row[heads.index("branch")] for row in rows}) > 1:
        raise ValueError("several branches")
    assert all(len(row) == len(heads) for row in rows)
    times = [int(datetime.fromisoformat(row[at]).timestamp()) for row in rows]
    metrics = {name: [float(row[heads.index(name)]) for row in rows] for name in test["metrics"]}
    return times, metrics, {name: [row[heads.index(name)] for row in rows] for name in test["attributes"]}
