"""The charts of a run that is watched: those of the report, and empty; what is measured is filled in as it comes.

Law: pure; figures as data. A trace says in ``fills`` which figure of a slice its values are; what is the same for all
charts over time, the clock and the phases, is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import format_limit
from locust_ext.load.schedule import Phase
from locust_ext.measure.catalogue import CORRECTED, DURATIONS
from locust_ext.reports.charts import PERCENTILES
from locust_ext.reports.figure import (
    AMBER,
    AREA,
    BLUE,
    DARK,
    LEAF,
    MOSS,
    NAVY,
    OLIVE,
    PINK,
    RED,
    SIENNA,
    SLATE,
    STEEL,
    TEAL,
    TEXT,
    VIOLET,
    WINE,
    Chart,
    finite,
    label,
    layout_of,
    line,
    over_time,
)

PALETTE = (BLUE, AMBER, TEAL, WINE, VIOLET, LEAF, SIENNA, NAVY, OLIVE, PINK, STEEL, MOSS)
"""Of endpoints: as many as are shown at first."""

MOST_LIMITS = 100
"""Lines of thresholds; those that failed first."""

JUDGED = {**{name: name for name in DURATIONS}, **{CORRECTED[name]: name for name in DURATIONS}}
"""Metrics whose thresholds are lines in the chart of durations."""

_DASHED = {"dash": "dash", "width": 1.5}


def drawable(chart: Chart) -> dict[str, Any]:
    """Return a chart as the page's script takes it."""
    return {"id": chart.id, "title": chart.title, "says": chart.says, "data": chart.data, "layout": chart.layout}


def live_charts() -> dict[str, Any]:
    """Return what the page's script needs before any run: the colours, and the charts over time without values."""
    return {
        "dark": DARK,
        "palette": PALETTE,
        "whole": TEXT,
        "limit": RED,
        "dashes": {name: dash for name, _, dash in PERCENTILES},
        "charts": {name: drawable(chart) for name, chart in empty_charts().items()},
    }


def empty_charts() -> dict[str, Chart]:
    """Return the charts over time without values, by name."""
    return {chart.id: chart for chart in (_load(), _users(), _latency(), _arrivals(), _lag(), _cpu())}


def frame_of(seconds: float, phases: Sequence[Phase]) -> dict[str, Any]:
    """Return what all charts over time share: the clock of so many seconds, and the phases, shaded and named."""
    layout = over_time(layout_of(""), seconds, phases)
    return {key: layout[key] for key in ("xaxis", "shapes", "annotations")}


def limits_of(outcomes: Iterable[Outcome], phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """Return the thresholds on durations as lines: their bounds in ms, and of what; those that failed first.

    ``spans`` are the stretches of the phase that a threshold is about, in seconds; none: all of the run.
    """
    found: list[dict[str, Any]] = []
    for outcome in sorted(outcomes, key=lambda one: one.status is not Status.FAILED):
        threshold, assertion = outcome.threshold, outcome.threshold.assertion
        if threshold.selector.metric not in JUDGED or assertion.method == "count" or len(found) == MOST_LIMITS:
            continue
        tags = dict(threshold.selector.tags)
        about = {key: value for key, value in tags.items() if key not in ("name", "phase")}
        where = [tags[key] for key in ("name", "phase") if key in tags] + [f"{k}:{v}" for k, v in about.items()]
        due = ", from when it was due" if threshold.judged.metric in CORRECTED.values() else ""
        rule = escape(f"{assertion.aggregate} {format_limit(threshold)}{due}", quote=False)
        found.append(
            {
                "text": " ".join([rule, *map(label, where)]),
                "bound": finite(assertion.bound),
                "percent": {"med": 50.0}.get(assertion.method, assertion.percent),
                "name": tags.get("name", ""),
                "failed": outcome.status is Status.FAILED,
                "spans": [[one.start, one.end] for one in phases if one.name == threshold.phase],
            }
        )
    return found


def _load() -> Chart:
    rate = {**line("requests/s", [], BLUE, "/s"), "fills": "rate", "connectgaps": True}
    failed = _bars("failed/s", RED, "failed")
    return _over_time("load", "Throughput and failures", "requests/s", [failed, rate], bargap=0.1)


def _users() -> Chart:
    stairs = {"line": {"width": 1, "shape": "hvh"}, "fill": "tozeroy", "fillcolor": AREA, "connectgaps": True}
    users = {**line("users", [], SLATE, "users", **stairs), "fills": "users"}
    planned = {**line("planned", [], BLUE, "users", line=_DASHED), "fills": "planned"}
    return _over_time("users", "Users, and those that were planned", "users", [users, planned])


def _latency() -> Chart:
    return _over_time("latency", "Response times of the endpoints", "ms", [], showlegend=False)


def _arrivals() -> Chart:
    due = {**line("due/s", [], SLATE, "/s", line=_DASHED), "fills": "due"}
    begun = {**line("begun/s", [], BLUE, "/s"), "fills": "begun", "connectgaps": True}
    late = {
        **line("late, p99", [], AMBER, "ms", line={"dash": "dot"}),
        "fills": "late",
        "connectgaps": True,
        "yaxis": "y2",
    }
    right = {**layout_of("ms late")["yaxis"], "side": "right", "overlaying": "y", "showgrid": False}
    data = [_bars("dropped/s", RED, "dropped"), due, begun, late]
    return _over_time("arrivals", "Arrivals: due, begun, late, dropped", "/s", data, yaxis2=right, bargap=0.1)


def _lag() -> Chart:
    lag = {**line("lag p99", [], BLUE, "ms"), "fills": "lag", "connectgaps": True}
    limit = {**line(f"limit {LAG_LIMIT:.0f} ms", [], RED, "ms", line=_DASHED), "fills": "across", "at": LAG_LIMIT}
    return _over_time("lag", "How late the generator wakes", "ms", [lag, {**limit, "hoverinfo": "skip"}])


def _cpu() -> Chart:
    cpu = {**line("CPU", [], TEAL, "%"), "fills": "cpu", "connectgaps": True}
    return _over_time("cpu", "How busy the generator is", "% of a core", [cpu], showlegend=False)


def _bars(name: str, color: str, fills: str) -> dict[str, Any]:
    marker = {"color": color, "line": {"width": 0}}
    return {"type": "bar", "name": name, "y": [], "marker": marker, "hovertemplate": "%{y:,.4~g} /s", "fills": fills}


def _over_time(name: str, title: str, y: str, data: list[dict[str, Any]], **more: Any) -> Chart:
    return Chart(name, title, ("Nothing was measured yet.",), tuple(data), over_time(layout_of(y, **more), 60.0, ()))
