"""Pictures that stand alone, each as a page: a schedule before it is run, and the herd of a client.

Law: one file that works offline, drawn as the report is; names of phases and clients are untrusted text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locust_ext.load.schedule import Schedule
from locust_ext.reports.distributions import herd_chart
from locust_ext.reports.drawing import drawn, templates
from locust_ext.reports.figure import AREA, BLUE, Chart, label, layout_of, line, moment, over_time, shorten
from locust_ext.storms.herd import peak, slot_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

POINTS = 1200
"""Places of a schedule that are drawn, beside the corners of its phases."""

EDGE = 1e-6
"""Seconds before the end of a phase at which its last level is."""


@dataclass(frozen=True)
class Herd:
    """The attempts of one client by slot of 100 ms."""

    name: str
    version: str
    slots: Mapping[int, int]

    @property
    def label(self) -> str:
        """Its name and its version."""
        return shorten(f"{self.name} {self.version}".strip())

    @property
    def says(self) -> str:
        """Its name, its version and its peak."""
        return f"{self.label}: at most {peak(self.slots):,} in 100 ms"


def herd_page(herds: Sequence[Herd], clients: int = 1000, seconds: float = 10.0) -> str:
    """Return the page: bars for the first ``seconds`` after ``clients`` dropped, several herds above each other."""
    dropped = f"{plural(clients, 'connection')} dropped at once"
    title = f"{herds[0].label}: attempts after {dropped}" if len(herds) == 1 else f"Attempts after {dropped}"
    last = slot_of(seconds)
    drawable = [(one.label, {slot: count for slot, count in one.slots.items() if slot < last}) for one in herds]
    return _page(herd_chart(title, ". ".join(one.says for one in herds) + ".", drawable, seconds))


def shape_page(name: str, schedule: Schedule, unit: str = "users") -> str:
    """Return the page; ``name`` is its title, ``unit`` what the levels are."""
    return _page(shape_chart(name, schedule, unit))


def shape_chart(name: str, schedule: Schedule, unit: str = "users", points: int = POINTS) -> Chart:
    """Return a schedule as a chart, drawn at so many ``points`` beside the corners of its phases."""
    says = f"{format_duration(schedule.duration)}, at most {schedule.peak:,.0f} {unit}."
    steps = [schedule.duration * i / points for i in range(points)]
    corners = [edge for phase in schedule.phases for edge in (phase.start, max(phase.start, phase.end - EDGE))]
    times = sorted({*steps, *corners})
    levels = line(
        unit,
        [schedule.level(t) for t in times],
        BLUE,
        unit,
        x=[moment(t) for t in times],
        fill="tozeroy",
        fillcolor=AREA,
        customdata=[label(schedule.phase(t)) for t in times],
        hovertemplate=f"%{{y:,.4~g}} {unit}, %{{customdata}}<extra></extra>",
    )
    layout = over_time(layout_of(unit, showlegend=False), schedule.duration, schedule.phases)
    return Chart("shape", shorten(name), (says,), (levels,), layout)


def _page(chart: Chart) -> str:
    return templates().get_template("chart.html.j2").render(chart=chart, data=drawn([chart]))
