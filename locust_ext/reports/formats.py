"""How the values of the page are written, and in which order its rows stand.

Law: pure; a value that is missing is a dash, and sorts behind all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.gates.outcomes import Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.values import MISSING
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.timeline_builder import LAG, highest
from locust_ext.reports.connections import opened_of
from locust_ext.reports.endpoints import Endpoint, endpoints_of, whole_of
from locust_ext.reports.result import RunResult
from locust_ext.reports.totals import totals_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.units import format_duration

ORDER = {Status.FAILED: 0, Status.INCONCLUSIVE: 1, Status.PASSED: 2}
BUSY = 90.0
"""Percent of a core from which on a generator process has no room left."""


MOST_ROWS = 500
"""Endpoints in the page's table: those with the most requests; the others stand in summary.json."""

SORTED = 6
"""Digits that a table is sorted by."""


@dataclass(frozen=True)
class Cell:
    """One value of the table of endpoints: as text, and the number that it is sorted by; ``""`` where there is none."""

    text: str
    number: str


def percentile(percent: float) -> Callable[[Endpoint, float], float | None]:
    """Return what reads a percentile off an endpoint."""
    return lambda endpoint, _: endpoint.durations.percentile(percent)


def failed_share(endpoint: Endpoint, _: float) -> float | None:
    """Return the share of its requests that failed."""
    return endpoint.failures.hits / endpoint.failures.total if endpoint.failures.total else None


COLUMNS: Mapping[str, tuple[Callable[[Endpoint, float], float | None], str]] = {
    "requests": (lambda endpoint, _: endpoint.failures.total, "{:,.0f}"),
    "requests/s": (lambda endpoint, seconds: endpoint.rate(seconds), "{:,.1f}"),
    "failed": (failed_share, "{:.2%}"),
    "p50 ms": (percentile(50), "{:,.1f}"),
    "p90 ms": (percentile(90), "{:,.1f}"),
    "p95 ms": (percentile(95), "{:,.1f}"),
    "p99 ms": (percentile(99), "{:,.1f}"),
    "max ms": (lambda endpoint, _: endpoint.durations.maximum, "{:,.1f}"),
}
"""The columns of the table of endpoints: what each reads, and how it is written."""


def endpoint_rows(result: RunResult) -> list[tuple[str, list[Cell]]]:
    """Return the endpoints with their cells, those with the most requests first, and all requests last."""
    endpoints = endpoints_of(result)[:MOST_ROWS]
    return [
        (endpoint.label, [_cell(read(endpoint, result.counted), spelling) for read, spelling in COLUMNS.values()])
        for endpoint in ([*endpoints, whole_of(result)] if endpoints else [])
    ]


def _cell(value: float | None, spelling: str) -> Cell:
    known = value is not None and math.isfinite(value)
    return Cell(spelling.format(value), f"{value:.{SORTED}g}") if known else Cell(MISSING, "")


def ranked(comparison: Comparison) -> list[Compared]:
    """Return the figures that were compared: the worst regressions first, then what is unclear."""
    rest = sorted((row for row in comparison.rows if row.status is not Status.FAILED), key=lambda r: ORDER[r.status])
    return [*comparison.regressions, *rest]


def spell(value: float | None, row: Compared) -> str:
    """Return a value of a figure in its unit."""
    return MISSING if value is None else row.spell(value)


def before(row: Compared) -> str:
    """Return the median of the earlier runs, also where there are too few samples to judge by it."""
    return spell(median(row.before) if row.median is None and row.before else row.median, row)


def times(ratio: float | None) -> str:
    """Return a ratio: ``1.56``."""
    if ratio is None or math.isnan(ratio):
        return MISSING
    return "∞" if math.isinf(ratio) else f"{ratio:.2f}"


def interval(row: Compared) -> str:
    """Return the interval of a figure; a bound that is not known is a question mark."""
    if row.low is None and row.high is None:
        return MISSING
    bounds = ("?" if bound is None else spell(bound, row) for bound in (row.low, row.high))
    return " to ".join(bounds)


def moment(text: str) -> str:
    """Return an ISO time as people write it, to the second; what is none as it is."""
    try:
        read = datetime.fromisoformat(text)
        read = read.astimezone(UTC) if read.tzinfo else read
    except (ValueError, OverflowError):
        return text
    return read.strftime("%Y-%m-%d %H:%M:%S") + (" UTC" if read.tzinfo else "")


def clock(seconds: float) -> str:
    """Return a time since the start as people write it."""
    return format_duration(round(seconds, 3)) if math.isfinite(seconds) else MISSING


def health(result: RunResult) -> str:
    """Return the sentences on the load generator: whether it kept up, how busy it was, and what it opened."""
    totals = totals_of(result)
    lag, opened = totals.get(LAG), opened_of(totals)
    late = lag.percentile(99) if isinstance(lag, Histogram) else None
    busiest = highest(result.timeline.cpu)
    if late is None:
        said = "Whether the load generator kept up was not measured."
    elif late > LAG_LIMIT:
        said = f"The load generator could not keep up: it woke {late:,.1f} ms late at p99 (limit {LAG_LIMIT:.0f} ms)."
    else:
        said = f"The load generator kept up: it woke {late:,.1f} ms late at p99 (limit {LAG_LIMIT:.0f} ms)."
    if busiest is not None:
        room = "; it had no room left" if busiest >= BUSY else ""
        said += f" Its busiest process used {busiest:,.0f} % of a core at the most{room}."
    return f"{said} {opened}".rstrip()
