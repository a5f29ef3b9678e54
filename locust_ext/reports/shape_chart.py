"""A schedule as a picture: users over time, its phases shaded.

Law: one HTML file that works offline; names of phases are untrusted text.
"""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from locust_ext.load.schedule import Schedule
from locust_ext.text.units import format_duration

SHADES = ("rgba(99,110,250,.10)", "rgba(239,85,59,.10)", "rgba(0,204,150,.10)", "rgba(171,99,250,.10)")
POINTS = 1200
MOST_LABELS = 24


def shape_chart(name: str, schedule: Schedule, unit: str = "users") -> str:
    """Return the page; ``name`` is its title, ``unit`` what the levels are."""
    steps = [schedule.duration * i / POINTS for i in range(POINTS)]
    corners = [edge for phase in schedule.phases for edge in (phase.start, max(phase.start, phase.end - 1e-6))]
    times = sorted({*steps, *corners})
    figure = go.Figure(
        go.Scatter(
            x=times,
            y=[schedule.level(t) for t in times],
            mode="lines",
            fill="tozeroy",
            line={"width": 2},
            customdata=[f"{format_duration(round(t, 3))}, {escape(schedule.phase(t))}" for t in times],
            hovertemplate="%{customdata}<br>%{y:.0f} " + unit + "<extra></extra>",
        )
    )
    for index, phase in enumerate(schedule.phases):
        figure.add_vrect(
            x0=phase.start,
            x1=phase.end,
            fillcolor=SHADES[index % len(SHADES)],
            line_width=0,
            annotation_text=escape(phase.name) if index < MOST_LABELS else "",
            annotation_position="top left",
            annotation_textangle=-90 if phase.end - phase.start < schedule.duration / 12 else 0,
        )
    title = f"{escape(name)}: {format_duration(schedule.duration)}, at most {schedule.peak:,.0f} {unit}"
    figure.update_layout(title=title, xaxis_title="seconds", yaxis_title=unit, template="plotly_white")
    figure.update_yaxes(rangemode="tozero")
    return str(figure.to_html(include_plotlyjs=True, full_html=True))
