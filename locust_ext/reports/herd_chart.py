"""A herd as a picture: the attempts per 100 ms after many connections dropped at once.

Law: one HTML file that works offline; names of clients are untrusted text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from locust_ext.storms.herd import SLOT, curve, peak
from locust_ext.text.spelling import plural


@dataclass(frozen=True)
class Herd:
    """The attempts of one client by slot of 100 ms."""

    name: str
    version: str
    slots: Mapping[int, int]

    @property
    def label(self) -> str:
        """Its name, its version and its peak, as text that is safe in a page."""
        return escape(f"{self.name} {self.version}".strip()) + f": at most {peak(self.slots):,} in 100 ms"


def herd_chart(herds: Sequence[Herd], clients: int = 1000, seconds: float = 10.0) -> str:
    """Return the page: bars for the first ``seconds`` after ``clients`` dropped, several herds above each other."""
    figure = go.Figure()
    for herd in herds:
        counts = curve(herd.slots, seconds)
        figure.add_bar(
            x=[round((slot + 0.5) * SLOT, 2) for slot in range(len(counts))],
            y=counts,
            width=SLOT,
            name=herd.label,
            opacity=1.0 if len(herds) == 1 else 0.55,
            customdata=[f"{slot * SLOT:.1f} s to {(slot + 1) * SLOT:.1f} s" for slot in range(len(counts))],
            hovertemplate="%{customdata}<br>%{y:,} attempts<extra></extra>",
        )
    dropped = f"{plural(clients, 'connection')} dropped at once"
    title = f"{herds[0].label} ({dropped})" if len(herds) == 1 else f"Attempts after {dropped}"
    figure.update_layout(
        title=title,
        xaxis_title="seconds after the drop",
        yaxis_title="attempts per 100 ms",
        template="plotly_white",
        barmode="overlay",
        bargap=0,
        showlegend=len(herds) > 1,
        legend={"orientation": "h", "y": -0.2},
    )
    figure.update_xaxes(range=[0, seconds])
    figure.update_yaxes(rangemode="tozero")
    return str(figure.to_html(include_plotlyjs=True, full_html=True))
