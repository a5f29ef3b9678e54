"""Endpoints of a run: what people look up first, one row each.

Law: pure; an endpoint is a name and a method (or a type of request); phases, statuses and tags are merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from locust_ext.measure.catalogue import DURATIONS, FAILURES
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import RateSink
from locust_ext.reports.result import RunResult, SeriesRow


@dataclass
class Endpoint:
    """One endpoint; durations in milliseconds."""

    name: str
    method: str
    durations: Histogram = field(default_factory=Histogram)
    failures: RateSink = field(default_factory=RateSink)

    @property
    def label(self) -> str:
        """Its method and its name."""
        return f"{self.method} {self.name}".strip()

    def rate(self, seconds: float) -> float:
        """Return its requests a second."""
        return self.failures.total / seconds if seconds > 0 else 0.0


def endpoints_of(result: RunResult) -> list[Endpoint]:
    """Return all endpoints, those with the most requests first."""
    found: dict[tuple[str, str], Endpoint] = {}
    for row in result.series:
        endpoint = _endpoint(row.tags, found) if row.metric in DURATIONS + FAILURES else None
        if endpoint is not None:
            _add(row, endpoint)
    return sorted(found.values(), key=lambda one: (-one.failures.total, one.label))


def whole_of(result: RunResult) -> Endpoint:
    """Return all requests as one endpoint without a name."""
    whole = Endpoint("", "")
    for row in result.series:
        _add(row, whole)
    return whole


def _endpoint(tags: Mapping[str, str], found: dict[tuple[str, str], Endpoint]) -> Endpoint:
    name, method = tags.get("name", ""), tags.get("method", tags.get("type", ""))
    return found.setdefault((name, method), Endpoint(name, method))


def _add(row: SeriesRow, endpoint: Endpoint) -> None:
    if row.metric in DURATIONS and isinstance(row.sink, Histogram):
        endpoint.durations.merge(row.sink)
    elif row.metric in FAILURES and isinstance(row.sink, RateSink):
        endpoint.failures.merge(row.sink)
