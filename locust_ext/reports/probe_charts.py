"""The charts of what the probes of the target saw and no rule is about: one a series, its instances as lines.

Law: pure; at most 12 charts of six lines each, and what is not drawn stands in a table. Names of series and instances
are untrusted text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from locust_ext.gates.drift_units import PROBE, unit_of_series
from locust_ext.measure.interval_history import Point
from locust_ext.reports.charts import seconds_of
from locust_ext.reports.figure import (
    AMBER,
    BLUE,
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
from locust_ext.reports.thinning import thin_watched
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

if TYPE_CHECKING:
    from locust_ext.reports.result import RunResult
    from locust_ext.reports.watched import Watched

MOST_CHARTS = 12
MOST_ROWS = 200
"""Series in the table of those without a chart; all of them stand in summary.json."""

LINES = ((BLUE, "solid"), (AMBER, "dash"), (WINE, "dot"), (TEAL, "dashdot"), (SLATE, "longdash"), (RED, "longdashdot"))
"""Colours and dashes of the instances of a series: told apart without colour too."""


@dataclass(frozen=True)
class Probed:
    """What the probes saw beside the rules: charts, rows of what is not drawn, and how many of these there are."""

    charts: tuple[Chart, ...] = ()
    rows: tuple[tuple[str, str, str, str, str, str], ...] = ()
    """Series, instance, and the first, the last, the lowest and the highest value."""
    others: int = 0


def probed_of(result: RunResult) -> Probed:
    """Return the charts and the rows of all series that no rule is about."""
    charts: list[Chart] = []
    others: list[Watched] = []
    for name, some in _groups(result).items():
        seen = [one for one in some if drawable(one.points, seconds_of(result))]
        if not seen or len(charts) == MOST_CHARTS:
            others += some
            continue
        charts.append(_chart(result, len(charts), name, seen[: len(LINES)]))
        others += [one for one in some if one not in seen[: len(LINES)]]
    return Probed(tuple(charts), tuple(_row(one, seconds_of(result)) for one in others[:MOST_ROWS]), len(others))


def probe_charts(result: RunResult) -> Iterator[Chart]:
    """Yield the charts alone, each made when it is asked for."""
    place = 0
    for name, some in _groups(result).items():
        seen = [one for one in some if drawable(one.points, seconds_of(result))]
        if seen and place < MOST_CHARTS:
            yield _chart(result, place, name, seen[: len(LINES)])
            place += 1


def _groups(result: RunResult) -> dict[str, list[Watched]]:
    """Return the series that no rule is about, by what they are called, as they are read back."""
    groups: dict[str, list[Watched]] = {}
    for series in map(thin_watched, unruled(result)):
        groups.setdefault(series.series, []).append(series)
    return groups


def unruled(result: RunResult) -> list[Watched]:
    """Return the series of probes that no rule of drift selects."""
    selectors = [drift.rule.selector for drift in result.drifts if drift.rule.selector.metric == PROBE]
    return [
        one
        for one in result.watched
        if not any(each.matches({"series": one.series, "instance": one.instance}) for each in selectors)
    ]


def _chart(result: RunResult, place: int, name: str, group: Sequence[Watched]) -> Chart:
    seconds, unit = seconds_of(result), unit_of_series(name)
    drawn = [drawable(one.points, seconds) for one in group]
    values = [value for points in drawn for _, value in points]
    scale = unit.scale(max(map(abs, values)))
    traces, beside = [], []
    for one, points, (color, dash) in zip(group, drawn, LINES, strict=False):
        instance = label(one.instance) or "without a name"
        traces.append(trace(instance, points, scale, color, breaks=sorted(one.restarts), line={"dash": dash}))
        beside += marks(one.restarts, seconds, "restart", color)
    between = f"between {scale.spell(min(values))} and {scale.spell(max(values))}"
    if len(group) > 1:
        says = f"{plural(len(group), 'instance')}, {between}."
    else:
        first, last = drawn[0][0][1], drawn[0][-1][1]
        says = f"{shorten(group[0].instance)}: {between}; {scale.spell(first)} at first, {scale.spell(last)} at last."
    layout = layout_of(scale.name, showlegend=len(group) > 1)
    within = range_of([value / scale.size for value in values], 0.2 * max(map(abs, values)) / scale.size)
    layout["yaxis"] = {**layout["yaxis"], "rangemode": "normal", "range": within}
    layout = over_time(layout, seconds, result.phases)
    layout = {**layout, "shapes": [*layout["shapes"], *beside]}
    return Chart(f"probe-{place}", shorten(name), (says,), tuple(traces), layout)


def _row(one: Watched, seconds: float) -> tuple[str, str, str, str, str, str]:
    points: tuple[Point, ...] = drawable(one.points, seconds)
    if not points:
        return (one.series, one.instance, "", "", "", "")
    values = [value for _, value in points]
    spelled = [unit_of_series(one.series).spell(each) for each in (values[0], values[-1], min(values), max(values))]
    return (one.series, one.instance, spelled[0], spelled[1], spelled[2], spelled[3])
