"""The charts of what was watched for drift: what was seen, what was judged of it, and the line through that.

Law: pure; figures as data. What is drawn is what was judged: the line has the rate of the verdict, and breaks where
the judgement did, at restarts and steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any

from locust_ext.gates.drift_units import PROBE, Scale, is_number, unit_of
from locust_ext.gates.drift_words import an_hour, name_of, remark
from locust_ext.gates.outcomes import Status
from locust_ext.measure.interval_history import Point
from locust_ext.measure.sinks import MOST_VALUE
from locust_ext.reports.charts import seconds_of
from locust_ext.reports.console import MARK
from locust_ext.reports.drift_rows import ranked
from locust_ext.reports.figure import (
    AMBER,
    AREA,
    BLUE,
    MUTED,
    RED,
    SLATE,
    TEAL,
    WINE,
    Chart,
    label,
    layout_of,
    over_time,
    shorten,
)
from locust_ext.reports.series_chart import drawable, marks, range_of, trace
from locust_ext.reports.thinning import thin_drift

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift
    from locust_ext.reports.result import RunResult

MOST_CHARTS = 12
"""Charts of drift: those that failed first; all stand in the table."""

COLORS = {Status.FAILED: RED, Status.INCONCLUSIVE: AMBER, Status.PASSED: TEAL}
"""Of the line, by what was found."""

IN_SIGHT = 1.5
"""Times the highest value up to which a limit is drawn."""

FLAT = 4.0
"""Least growths that the axis spans at the least: what does not matter looks as if it did not."""

MOST_TITLE = 120
"""Characters of the name above a chart."""

HOUR, EDGE = 3600.0, 1e-3
"""Seconds; a line ends so short before a break."""

_SILENT: dict[str, Any] = {"hoverinfo": "skip", "hovertemplate": None}
"""What answers no pointer."""


def drift_charts(result: RunResult) -> list[Chart]:
    """Return a chart of each series that was seen more than once, at most 12."""
    return list(each_drift_chart(result))


def each_drift_chart(result: RunResult) -> Iterator[Chart]:
    """Yield the same, each made when it is asked for."""
    thin = map(thin_drift, ranked(result.drifts))  # as they are read back
    seen = (drift for drift in thin if len(drawable(drift.points, seconds_of(result))) > 1)
    for number, drift in enumerate(islice(seen, MOST_CHARTS)):
        yield _chart(result, number, drift)


def restarts_of(drift: Drift, result: RunResult) -> tuple[float, ...]:
    """Return when the process behind a series began again, as the probes have seen it."""
    selector = drift.rule.selector
    if selector.metric != PROBE:
        return ()
    series = [one for one in result.watched if selector.matches({"series": one.series, "instance": one.instance})]
    return tuple(sorted({at for one in series for at in one.restarts}))


def _chart(result: RunResult, number: int, drift: Drift) -> Chart:
    seconds, unit, restarts = seconds_of(result), unit_of(drift.rule), restarts_of(drift, result)
    points, judged = drawable(drift.points, seconds), drawable(drift.judged, seconds)
    highest = max(value for _, value in points)
    scale = unit.scale(max(abs(value) for _, value in points))
    limit = _limit_in_sight(drift, highest)
    traces = [trace("seen", points, scale, SLATE, breaks=restarts, line={"width": 1.5})]
    if judged:
        name = f"lowest points of {drift.teeth:,} teeth" if drift.teeth else "what was judged"
        dots: dict[str, Any] = {"mode": "markers", "marker": {"size": 7, "color": BLUE}}
        traces.append(trace(name, _with_steps(judged, drift, restarts), scale, BLUE, **dots))
        traces += _slopes(drift, judged, scale, restarts)
    if limit is not None:
        across = [(0.0, limit), (seconds, limit)]
        traces.append(trace(f"limit {unit.spell(limit)}", across, scale, WINE, **_dashed("longdash")))
    known = [value for _, value in (*points, *_with_steps(judged, drift, restarts))]
    values = [value / scale.size for value in (*known, *([] if limit is None else [limit]))]
    least = FLAT * drift.rule.min_growth * abs(drift.level) / scale.size if drift.level is not None else 0.0
    layout = layout_of(scale.name or label(_counted(drift)))
    layout["yaxis"] = {**layout["yaxis"], "rangemode": "normal", "range": range_of(values, least)}
    layout = over_time(layout, seconds, result.phases)
    beside = [*_transient(drift, result), *marks(restarts, seconds, "restart"), *_steps(drift, seconds)]
    says = remark(drift)
    return Chart(
        f"drift-{number}",
        f"{MARK[drift.status]} {shorten(name_of(drift.rule), MOST_TITLE)}",
        (f"{says[:1].upper()}{says[1:]}.",),
        tuple(traces),
        {**layout, "shapes": [*layout["shapes"], *beside]},
    )


def _slopes(drift: Drift, judged: Sequence[Point], scale: Scale, restarts: Sequence[float]) -> list[dict[str, Any]]:
    """Return the line of the verdict, and one beside it: the least that it rises by, or what would have been seen."""
    rule, color = drift.rule, COLORS[drift.status]
    if not is_number(drift.rate):
        return []
    traces = [_slope(an_hour(rule, drift.rate, signed=True), drift.rate, drift, judged, scale, restarts, color)]
    traces[0]["line"] = {**traces[0]["line"], "width": 3}
    failed = drift.status is Status.FAILED
    rate, before = (drift.low, "at least") if failed else (drift.visible, "would have been seen:")
    if is_number(rate) and rate > 0:
        name = f"{before} {an_hour(rule, rate, signed=True)}"
        beside = _slope(name, rate, drift, judged, scale, restarts, color)
        traces.append({**beside, "line": {**beside["line"], "width": 1.5, "dash": "dot"}, **_SILENT})
    return traces


def _slope(
    name: str,
    rate: float,
    drift: Drift,
    judged: Sequence[Point],
    scale: Scale,
    restarts: Sequence[float],
    color: str,
) -> dict[str, Any]:
    """Return lines of this rate, one a piece: each begins where the line of the verdict does."""
    slope, drawn = (drift.rate or 0.0) / HOUR, []
    breaks = sorted({*restarts, *(step.at for step in drift.steps)})
    for piece in _pieces(judged, restarts):
        start, end = piece[0][0], piece[-1][0]
        height = median(value - slope * (at - start) for at, value in piece)
        inner = [at for edge in breaks if start < edge <= end for at in (edge - EDGE, edge)]
        drawn += [(at, height + rate / HOUR * (at - start)) for at in sorted({start, *inner, end})]
    points = [point for point in _with_steps(drawn, drift, restarts) if abs(point[1]) < MOST_VALUE]
    return trace(name, points, scale, color, breaks=breaks, gaps=False)


def _pieces(points: Sequence[Point], restarts: Sequence[float]) -> list[list[Point]]:
    """Return the points in pieces between restarts."""
    edges = [*restarts, float("inf")]
    pieces: dict[int, list[Point]] = {}
    for at, value in points:
        pieces.setdefault(sum(edge <= at for edge in edges), []).append((at, value))
    return list(pieces.values())


def _with_steps(points: Sequence[Point], drift: Drift, restarts: Sequence[float]) -> list[Point]:
    """Return the points of a trend where they were seen: steps, which a trend is told apart from, are given back."""
    found = []
    for at, value in points:
        began = max((edge for edge in restarts if edge <= at), default=0.0)
        found.append((at, value + sum(step.by for step in drift.steps if began <= step.at <= at)))
    return found


def _limit_in_sight(drift: Drift, highest: float) -> float | None:
    limit = drift.limit
    return limit if is_number(limit) and 0 < limit <= IN_SIGHT * highest else None


def _transient(drift: Drift, result: RunResult) -> list[dict[str, Any]]:
    """Return the shade over the start-up, which is not judged: from the beginning of its phase."""
    settled, seconds = drift.settled, seconds_of(result)
    if settled is None or not 0 < settled <= seconds:
        return []
    begun = max((phase.start for phase in result.phases if 0 <= phase.start < settled), default=0.0)
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "y domain",
            "x0": begun * 1000,
            "x1": settled * 1000,
            "y0": 0,
            "y1": 1,
            "fillcolor": AREA,
            "line": {"width": 0},
            "layer": "below",
            "label": {"text": "start, not judged", "textposition": "bottom left", "font": {"size": 11, "color": MUTED}},
        }
    ]


def _steps(drift: Drift, seconds: float) -> list[dict[str, Any]]:
    """Return a mark for each step that was told apart."""
    unit = unit_of(drift.rule)
    found = []
    for step in drift.steps:
        text = f"step {unit.spell(step.by, change=True, signed=True)}" if is_number(step.by) else "step"
        found += marks([step.at], seconds, text, BLUE)
    return found


def _dashed(dash: str) -> dict[str, Any]:
    return {"line": {"dash": dash, "width": 1.5}, **_SILENT}


def _counted(drift: Drift) -> str:
    """Return what goes up where it has no unit: the series of a probe, or the metric."""
    selector = drift.rule.selector
    return (selector.metric == PROBE and dict(selector.tags).get("series")) or selector.metric
