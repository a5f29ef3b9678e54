"""The charts of what is not told over time: how durations are distributed, and the herd after a storm.

Law: pure; figures as data. What is drawn beside the earlier runs leaves out the same phases as they do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.figures import Snapshot, select
from locust_ext.measure.catalogue import DURATIONS
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind, TimelineSink
from locust_ext.measure.spectrum import Spectrum, spectrum_of
from locust_ext.reports.endpoints import Endpoint, endpoints_of, whole_of
from locust_ext.reports.figure import AMBER, BLUE, MUTED, RED, TEAL, WINE, Chart, finite, label, layout_of, shorten
from locust_ext.reports.result import RunResult
from locust_ext.storms.herd import SLOT, SLOTS_A_SECOND, peak
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

WHOLE = "all requests"
MOST_CURVES = 30
"""Endpoints that can be chosen."""

TICKS = {1: "0 %", 10: "90 %", 100: "99 %", 1000: "99.9 %", 10**4: "99.99 %", 10**5: "99.999 %"}
"""Where a percentile stands: at 1 / (1 - p), so that each nine more takes as much room."""

HERDS = (BLUE, AMBER, TEAL, WINE, RED)
MOST_SLOTS = 3000
"""Slots that are drawn: the first five minutes after the drop."""

NEARLY_ALL = 0.99
"""Share of the attempts that the herd's chart shows at first."""

SHAPE = "shape"
"""The choice of an endpoint for the distribution."""


@dataclass(frozen=True)
class Curve:
    """The distribution of one selection, in this run and before; either may be empty."""

    name: str
    now: Spectrum
    before: Spectrum = ()

    @property
    def says(self) -> str:
        """Its p99 (or as far as it goes), now and before."""
        here, there = _at(99, self.now), _at(99, self.before)
        if here is None:
            return "p99 takes 100 samples; there were fewer." if self.now else "No durations were measured."
        before = " It was not compared." if there is None else f" In the earlier runs it was {there:,.1f} ms."
        return f"p99 is {here:,.1f} ms.{before}"


def curves_of(result: RunResult) -> list[Curve]:
    """Return all requests, the endpoints, and what else was compared; nothing when no durations were measured."""
    comparison, run = result.comparison or Comparison(), result.snapshot
    left = {
        selector: Curve(str(selector), _now(selector, run, comparison.excluded), before)
        for selector, before in comparison.spectra.items()
    }
    curves = [_curve(one, left) for one in [whole_of(result), *endpoints_of(result)[:MOST_CURVES]]]
    curves += left.values()
    return [curve for curve in curves if curve.now or curve.before][: MOST_CURVES + 1]


def spectrum_chart(curves: list[Curve]) -> Chart:
    """Return this run against the earlier runs, on an axis that is logarithmic in 1 / (1 - p)."""
    first = favourite(curves)
    data = []
    for number, curve in enumerate(curves):
        for name, points, color, dash in (
            ("earlier runs", curve.before, MUTED, "dash"),
            ("this run", curve.now, WINE, "solid"),
        ):
            if points:
                seen = {"meta": number, "visible": number == first}
                data.append({**_line(points, color, dash), "name": name, **seen})
    layout = layout_of("ms", hovermode="x")
    nines = {"type": "log", "tickvals": list(TICKS), "ticktext": list(TICKS.values()), "showgrid": True, "tickangle": 0}
    end = max((place for line in data for place in line["x"]), default=10)
    layout["xaxis"] = {**layout["xaxis"], **nines, "range": [0, round(math.log10(end) + 0.1, 3)]}
    says = tuple(curve.says for curve in curves)
    return Chart("spectrum", "Response times by percentile", says, tuple(data), layout, SHAPE)


def favourite(curves: list[Curve]) -> int:
    """Return the curve that is shown first: the first that was compared, or else the first."""
    return next((number for number, curve in enumerate(curves) if curve.before), 0)


def herd_chart_of(result: RunResult) -> Chart | None:
    """Return the attempts by 100 ms after each storm; None when there was none."""
    herds = [
        (row.tags, {slot: count for slot, count in row.sink.slots.items() if count})
        for row in result.series
        if row.metric == "reconnect_herd" and isinstance(row.sink, TimelineSink)
    ]
    herds = [(tags, slots) for tags, slots in herds if slots][: len(HERDS)]
    if not herds:
        return None
    says = ". ".join(
        f"{shorten(_herd_name(tags))}: {plural(sum(slots.values()), 'attempt')}, at most"
        f" {peak(slots):,} in 100 ms and {peak(slots, SLOTS_A_SECOND):,} in a second"
        for tags, slots in herds
    )
    end = SLOT * (1 + max(_nearly_all(slots) for _, slots in herds))
    named = [(_herd_name(tags), slots) for tags, slots in herds]
    return herd_chart("Attempts to reconnect", says[:1].upper() + says[1:] + ".", named, end)


def herd_chart(title: str, says: str, herds: Sequence[tuple[str, Mapping[int, int]]], seconds: float) -> Chart:
    """Return the attempts by 100 ms of several herds, in front of each other: the first ``seconds`` are shown."""
    data = [_bars(name, slots, HERDS[n % len(HERDS)]) for n, (name, slots) in enumerate(herds)]
    for bars in data[1:]:
        bars["opacity"] = 0.6
    layout = layout_of("attempts per 100 ms", barmode="overlay", bargap=0, hovermode="x", showlegend=len(data) > 1)
    under = {"text": "seconds after the drop", "font": {"size": 12, "color": MUTED}}
    layout["xaxis"] = {**layout["xaxis"], "range": [0, round(seconds, 1)], "title": under}
    return Chart("herd", title, (says,), tuple(data), layout)


def _curve(endpoint: Endpoint, compared: dict[Selector, Curve]) -> Curve:
    """Return the curve of an endpoint: the one that was compared, which is taken out, if there is one."""
    name = endpoint.label or WHOLE
    for selector in compared:
        tags = dict(selector.tags)
        its = (tags.pop("name", ""), tags.pop("method", tags.pop("type", "")))
        if selector.metric in DURATIONS and its == (endpoint.name, endpoint.method) and not tags:
            return replace(compared.pop(selector), name=name)
    return Curve(name, spectrum_of(endpoint.durations))


def _now(selector: Selector, run: Snapshot, excluded: tuple[str, ...]) -> Spectrum:
    durations = select(selector, Kind.TREND, run, excluded)
    return spectrum_of(durations) if isinstance(durations, Histogram) else ()


def _line(points: Iterable[tuple[float, float]], color: str, dash: str) -> dict[str, Any]:
    """Return the curve; its last point, the maximum, is a dot."""
    inside = [(percent, value) for percent, value in points if 0 <= percent < 100]  # noqa: PLR2004 percent
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "line": {"color": color, "width": 2, "dash": dash},
        "marker": {"color": color, "size": [*(0 for _ in inside[1:]), 7], "opacity": 1, "line": {"width": 0}},
        "x": [round(100 / (100 - percent), 4) for percent, _ in inside],
        "y": [finite(value) for _, value in inside],
        "customdata": [*(f"{percent:g} %" for percent, _ in inside[:-1]), "all"],
        "hovertemplate": "%{customdata} within %{y:,.4~g} ms",
    }


def _at(percent: float, spectrum: Spectrum) -> float | None:
    return next((value for place, value in spectrum if place == percent), None)


def _bars(name: str, slots: Mapping[int, int], color: str) -> dict[str, Any]:
    drawn = sorted(slot for slot in slots if slot < MOST_SLOTS)
    return {
        "type": "bar",
        "name": label(name),
        "x": [round((slot + 0.5) * SLOT, 2) for slot in drawn],
        "y": [slots[slot] for slot in drawn],
        "width": SLOT,
        "marker": {"color": color, "line": {"width": 0}},
        "customdata": [f"{slot * SLOT:.1f} s to {(slot + 1) * SLOT:.1f} s" for slot in drawn],
        "hovertemplate": "attempts from %{customdata}: %{y:,}",
    }


def _herd_name(tags: Mapping[str, str]) -> str:
    return "storm " + ", ".join(value for key, value in sorted(tags.items()) if key != "phase")


def _nearly_all(slots: Mapping[int, int]) -> int:
    """Return the slot by which nearly all attempts were made."""
    left = sum(slots.values()) * NEARLY_ALL
    for slot in sorted(slots):
        left -= slots[slot]
        if left <= 0:
            break
    return min(slot, MOST_SLOTS)
