"""A chart as data: what Plotly draws, made without Plotly.

Law: pure; names are untrusted, and Plotly reads markup in labels, so a name goes in through :func:`label` alone.
Colours are those of a light page; ``DARK`` has the one to put in the place of each on a dark page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from locust_ext.load.schedule import Phase
from locust_ext.reports.console import plain
from locust_ext.text.frozen import dataclass

MOST_LABEL = 60
"""Characters of a name in a chart."""

MOST_PHASES = 24
"""Phases that are named in a chart; all of them are shaded."""

MOST_PHASE = 18
"""Characters of the name of a phase in a chart: it may have to stand upright."""

STORMS = frozenset({"storm", "recovery", "stampede"})
"""Phases in which something is broken on purpose."""

PAPER, TEXT, MUTED, GRID = "#ffffff", "#1d2026", "#5f6670", "#e5e3dd"
BLUE, AMBER, WINE, RED, TEAL, SLATE = "#1f6fb2", "#a86200", "#a3245c", "#b3261e", "#0f766b", "#8b929c"
VIOLET, LEAF, SIENNA, NAVY, OLIVE, PINK, STEEL, MOSS = (
    "#6a4bbc",
    "#4f7a1c",
    "#8f4a2b",
    "#3a4a8c",
    "#77701a",
    "#b0418f",
    "#4a6a7c",
    "#2f6b4a",
)
AREA, CALM, CALM_TOO, STORM = (
    "rgba(139,146,156,0.14)",
    "rgba(90,100,115,0.03)",
    "rgba(90,100,115,0.08)",
    "rgba(214,120,0,0.17)",
)
DARK: Mapping[str, str] = {
    PAPER: "#1c2026",
    TEXT: "#e7e9ec",
    MUTED: "#a2aab5",
    GRID: "#323840",
    BLUE: "#71b5f3",
    AMBER: "#f0b14a",
    WINE: "#f284b0",
    RED: "#ff8f84",
    TEAL: "#55cdb9",
    SLATE: "#8a929d",
    VIOLET: "#b39cf5",
    LEAF: "#9fce5f",
    SIENNA: "#e09a72",
    NAVY: "#93a5ee",
    OLIVE: "#d3c957",
    PINK: "#ec8fd2",
    STEEL: "#9cbccd",
    MOSS: "#7cc79d",
    AREA: "rgba(150,160,172,0.16)",
    CALM: "rgba(200,210,225,0.03)",
    CALM_TOO: "rgba(200,210,225,0.09)",
    STORM: "rgba(240,165,50,0.22)",
}

CLOCK = [
    {"dtickrange": [None, 1000], "value": "%M:%S.%L"},
    {"dtickrange": [1000, None], "value": "%M:%S"},
]
ALIGNED = {"l": 60, "r": 60}
"""Margins of all charts over time, so that the same moment stands at the same place."""

HOUR, DAY = 3600.0, 86400.0

START = datetime(1970, 1, 1)  # noqa: DTZ001 where Plotly's axes begin, which know no zones

LAST = (datetime(9999, 1, 1) - START).total_seconds()  # noqa: DTZ001
"""The last second that has a date; whatever is later is drawn there."""


@dataclass(frozen=True)
class Chart:
    """One chart: its name, what it shows in a sentence, and Plotly's data and layout.

    Where ``choice`` names a group, its traces carry the number of their option as ``meta``, and ``says`` has a
    sentence for each option.
    """

    id: str
    title: str
    says: tuple[str, ...]
    data: tuple[dict[str, Any], ...]
    layout: Mapping[str, Any]
    choice: str = ""

    @property
    def timed(self) -> bool:
        """Whether it goes from left to right over the time of the run."""
        return bool(self.layout["xaxis"].get("type") == "date")


def shorten(text: str, most: int = MOST_LABEL) -> str:
    """Return a name that fits into a chart or a list: printable, and with at most so many characters."""
    shown = plain(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def label(text: str, most: int = MOST_LABEL) -> str:
    """Return a name as Plotly shows it as it is: short, and its markup is text."""
    return escape(shorten(text, most), quote=False)


def layout_of(y: str, **more: Any) -> dict[str, Any]:
    """Return the look that all charts share; ``y`` says what goes up."""
    axis = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True, "fixedrange": True}
    unit = {"text": y, "font": {"size": 12, "color": MUTED}, "standoff": 8}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": MUTED},
        "margin": {"l": 48, "r": 16, "t": 34, "b": 36},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": GRID, "font": {"color": TEXT}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": TEXT}},
        "showlegend": True,
        "xaxis": {**axis, "fixedrange": False, "showgrid": False, "ticks": "outside", "tickcolor": GRID},
        "yaxis": {**axis, "title": unit, "rangemode": "tozero"},
        **more,
    }


def over_time(layout: dict[str, Any], seconds: float, phases: Sequence[Phase]) -> dict[str, Any]:
    """Return the layout with the time of the run from left to right, and its phases shaded and named.

    The n-th annotation names the n-th shape; where they have no room, the page's script turns them upright.
    """
    clock = "%M:%S" if seconds < HOUR else "%H:%M:%S" if seconds < DAY else "day %-j %H:%M"
    axis = {
        **layout["xaxis"],
        "type": "date",
        "range": [0, seconds * 1000],
        "tickformat": clock,
        "hoverformat": clock,
        "tickformatstops": CLOCK if seconds < HOUR else [],
    }
    shapes, names = [], []
    for number, phase in enumerate(clipped(phases, seconds)):
        shade = STORM if phase.name in STORMS else (CALM, CALM_TOO)[number % 2]
        shapes.append(_shade(phase, shade))
        if number < MOST_PHASES:
            names.append(_name(phase))
    return {**layout, "xaxis": axis, "shapes": shapes, "annotations": names, "margin": {**layout["margin"], **ALIGNED}}


def moment(seconds: float) -> str:
    """Return a time of the run as a point of a chart has it: as text, since Plotly takes the number 2000 for a year.

    In a layout it takes numbers for milliseconds.
    """
    return (START + timedelta(seconds=min(seconds, LAST))).isoformat(" ", "milliseconds")


def clipped(phases: Iterable[Phase], seconds: float) -> list[Phase]:
    """Return the phases as far as they lie within the run."""
    return [
        Phase(phase.name, max(0.0, phase.start), min(phase.end, seconds))
        for phase in phases
        if max(0.0, phase.start) < min(phase.end, seconds)
    ]


def _shade(phase: Phase, color: str) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x0": phase.start * 1000, "x1": phase.end * 1000, "y0": 0, "y1": 1}
    return {"type": "rect", **place, "fillcolor": color, "line": {"width": 0}, "layer": "below"}


def _name(phase: Phase) -> dict[str, Any]:
    return {
        "text": label(phase.name, MOST_PHASE),
        "x": phase.start * 1000,
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 11, "color": MUTED},
    }


def line(name: str, values: Sequence[float | None], color: str, unit: str, **more: Any) -> dict[str, Any]:
    """Return a line that breaks where there is no value; a value that stands alone is a dot."""
    known = [finite(value) for value in values]
    pairs = zip([None, *known], known, [*known[1:], None], strict=False)
    alone = any(before is None and value is not None and after is None for before, value, after in pairs)
    return {
        "type": "scatter",
        "name": name,
        "y": known,
        "mode": "lines+markers" if alone else "lines",
        "marker": {"size": 5, "color": color},
        "hovertemplate": f"%{{y:,.4~g}} {unit}",
        "line": {"color": color, "width": 2, **more.pop("line", {})},
        **more,
    }


def finite(value: float | None) -> float | None:
    """Return the number to three decimals; None for what cannot be drawn."""
    return round(value, 3) if value is not None and math.isfinite(value) else None
