"""Series put together again: all those of a metric, or those of each endpoint.

Law: pure; histograms and counts are merged, never averaged. A series without its counts adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from locust_ext.measure.sinks import SINKS, AnySink, kind_of, merge_into
from locust_ext.reports.result import RunResult, SeriesRow

K = TypeVar("K", bound=Hashable)


def merge_rows(rows: Iterable[SeriesRow], key_of: Callable[[SeriesRow], K]) -> dict[K, AnySink]:
    """Return what was measured under each key, in the order in which the keys come."""
    merged: dict[K, AnySink] = {}
    for row in rows:
        if row.sink is not None:
            merge_into(merged.setdefault(key_of(row), SINKS[kind_of(row.sink)]()), row.sink)
    return merged


def totals_of(result: RunResult) -> dict[str, AnySink]:
    """Return what was measured by metric, over all tags."""
    return merge_rows(result.series, lambda row: row.metric)
