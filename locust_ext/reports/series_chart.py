"""A series of points as a chart draws it: its line, the range that shows it, and marks at moments of the run.

Law: pure; only finite numbers within the run reach Plotly, and a line breaks where nothing was seen for a while.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from locust_ext.gates.drift_units import Scale
from locust_ext.measure.interval_history import Point
from locust_ext.measure.sinks import MOST_VALUE
from locust_ext.reports.figure import MUTED, line, moment
from locust_ext.reports.thinning import DIGITS, MOST_POINTS, thinned

GAP = 5.0
"""Usual distances between points beyond which a line breaks."""

PADDING = 0.08
"""Share of the range that is free above and below."""

NEAR_ZERO = 0.4
"""Share of the highest value below which the lowest is near enough to 0 to show it."""

MOST_MARKS = 40
"""Moments that are marked in a chart."""

NAMED = 4
"""Marks that have a name each; of more of them the first has one for all."""


def drawable(points: Iterable[Point], seconds: float) -> tuple[Point, ...]:
    """Return the points that a chart can draw: within the run, and of a size that can be reckoned with."""
    kept = [point for point in points if 0 <= point[0] <= seconds and abs(point[1]) < MOST_VALUE]
    return thinned(kept, MOST_POINTS)


def trace(
    name: str,
    points: Sequence[Point],
    scale: Scale,
    color: str,
    *,
    breaks: Sequence[float] = (),
    gaps: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Return a line through the points, in the scale's unit; it ends and begins again at ``gaps`` and ``breaks``."""
    broken = _broken(points, breaks, GAP if gaps else math.inf)
    drawn = line(name, [value for _, value in broken], color, scale.name, x=[moment(at) for at, _ in broken], **more)
    values = [None if value is None else _short(value / scale.size) for _, value in broken]
    return {"hovertemplate": f"%{{y:,.6~g}} {scale.name}".strip(), **drawn, "y": values}


def range_of(values: Sequence[float], least: float = 0.0) -> list[float] | None:
    """Return the range of an axis that shows all values, at least ``least`` high; None leaves it to Plotly.

    It begins at 0 where the lowest value is near to that, and never below where none is.
    """
    if not values:
        return None
    low, high = min(values), max(values)
    least = least if math.isfinite(least) else 0.0
    spare = max(0.0, least - (high - low)) / 2
    if 0 <= low < NEAR_ZERO * high:
        return [0.0, _short((high + spare) * (1 + PADDING)) or 1.0]
    padding = max((high - low) * PADDING + spare, abs(high) * 1e-3)
    bottom = low - padding
    return [_short(max(0.0, bottom) if low >= 0 else bottom), _short(high + padding or 1.0)]


def marks(moments: Iterable[float], seconds: float, text: str, color: str = MUTED) -> list[dict[str, Any]]:
    """Return dashed lines at moments of the run, named."""
    shown = sorted(at for at in moments if 0 <= at <= seconds)[:MOST_MARKS]
    edge = {"color": color, "width": 1.5, "dash": "dash"}
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "y domain",
            "x0": at * 1000,
            "x1": at * 1000,
            "y0": 0,
            "y1": 1,
            "line": edge,
            "layer": "below",
            "label": {
                "text": text if number == 0 or len(shown) <= NAMED else "",
                "textposition": "start",
                "textangle": 0,
                "xanchor": "left" if at < seconds * 0.8 else "right",
                "yanchor": "bottom",
                "font": {"size": 11, "color": color},
            },
        }
        for number, at in enumerate(shown)
    ]


def _broken(points: Sequence[Point], breaks: Sequence[float], gap: float) -> list[tuple[float, float | None]]:
    apart = [then - at for (at, _), (then, _) in pairwise(points)]
    far = gap * median(apart) if apart and gap < math.inf else math.inf
    found: list[tuple[float, float | None]] = []
    for number, (at, value) in enumerate(points):
        before = points[number - 1][0] if number else at
        if at - before > far > 0 or any(before < edge <= at for edge in breaks):
            found.append((before, None))
        found.append((at, value))
    return found


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
