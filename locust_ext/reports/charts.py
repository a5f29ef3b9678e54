"""The charts of a run over time: how much, how slow, how many failed, and how the generator fared.

Law: pure; figures as data. Option 0 is all requests, the others are the endpoints that were followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locust_ext.gates.lag import LAG_LIMIT
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.measure.timeline_builder import highest
from locust_ext.reports.figure import (
    AMBER,
    AREA,
    BLUE,
    RED,
    SLATE,
    TEAL,
    WINE,
    Chart,
    layout_of,
    line,
    moment,
    over_time,
)
from locust_ext.reports.result import RunResult
from locust_ext.reports.threshold_lines import (
    REACH,
    Limit,
    across,
    along,
    durations,
    failures,
    in_reach,
    limits_of,
    of_option,
    rates,
    told,
)
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

PERCENTILES = (("p50", TEAL, "dot"), ("p95", AMBER, "dash"), ("p99", WINE, "solid"))
"""The percentile, its colour, and its dashes: lines are told apart without colour too."""

SHORTEST = 0.25
"""Share of a slice that the last one must cover, or its requests a second would be made of too little."""

TIME = "time"
"""The choice of an endpoint for all charts over time."""


def charts_over_time(result: RunResult, limits: Sequence[Limit] | None = None) -> list[Chart]:
    """Return throughput and users, percentiles, and failures if there were any; nothing without a timeline."""
    timeline = result.timeline
    if not timeline.tracks:
        return []
    limits = limits_in(result) if limits is None else limits
    failed = [_failures(result, failures(limits))] if sum(timeline.tracks[0].failed) else []
    return [_load(result, rates(limits)), _latency(result, durations(limits)), *failed, *_arrivals(result)]


def limits_in(result: RunResult) -> list[Limit]:
    """Return the thresholds of a run that its charts over time can show."""
    series = ((row.metric, {**result.tags, **row.tags}) for row in result.series)
    return limits_of(result.outcomes, result.timeline.tracks, series)


def open_chart(result: RunResult) -> Chart | None:
    """Return how many requests were open over time; None where nobody looked, or there never were any."""
    still = result.timeline.open
    if not highest(still):
        return None
    says = f"At most {plural(highest(still) or 0, 'request')} had begun and had not ended."
    lines = [line("open requests", still, WINE, "open", **_steps(result.timeline))]
    return _chart(result, "open", "Open requests", "requests", says, lines, showlegend=False)


def charts_of_generator(result: RunResult) -> list[Chart]:
    """Return the generator's own lag beside its limit, and how busy it was, as far as they were measured."""
    charts = []
    if highest(result.timeline.lag) is not None:
        lag = line("lag p99", result.timeline.lag, BLUE, "ms", **_steps(result.timeline))
        edges = {
            "x": [moment(0), moment(seconds_of(result))],
            "mode": "lines",
            "hoverinfo": "skip",
            "hovertemplate": None,
        }
        dashes = {"dash": "dash", "width": 1.5}
        limit = line(f"limit {LAG_LIMIT:.0f} ms", [LAG_LIMIT, LAG_LIMIT], RED, "ms", line=dashes, **edges)
        says = f"At most {highest(result.timeline.lag):,.1f} ms at p99; the limit is {LAG_LIMIT:.0f} ms."
        charts.append(_chart(result, "lag", "How late the generator woke", "ms", says, [lag, limit]))
    if highest(result.timeline.cpu) is not None:
        cpu = line("CPU", result.timeline.cpu, TEAL, "%", **_steps(result.timeline))
        says = f"At most {highest(result.timeline.cpu):,.0f} % of a core, by the busiest process."
        charts.append(_chart(result, "cpu", "How busy the generator was", "% of a core", says, [cpu], showlegend=False))
    return charts


def _load(result: RunResult, limits: Sequence[Limit]) -> Chart:
    """Return requests a second of each option, in front of the users, and those that were planned."""
    timeline = result.timeline
    loads = [_a_second(track.requests, result) for track in timeline.tracks]
    stairs = {"line": {"width": 1, "shape": "hvh"}, "fill": "tozeroy", "fillcolor": AREA}
    users = line("users", timeline.users, SLATE, "users", **stairs, **_steps(timeline))
    dotted = {"line": {"width": 1.5, "dash": "dot", "shape": "hvh"}}
    most, aim = highest(timeline.users), highest(timeline.planned)
    planned = line("users planned", timeline.planned, SLATE, "planned", **dotted, **_steps(timeline))
    front = {"yaxis": "y2", **_steps(timeline)}
    lines = [line("requests/s", load, BLUE, "/s", **front, **_option(n)) for n, load in enumerate(loads)]
    beside = "" if most is None else f", with {plural(most, 'user')} at the most"
    beside += "" if aim is None or most is None else f" of {aim:,.0f} planned"
    says = []
    for number, load in enumerate(loads):
        near, far = _reached(of_option(limits, number), highest(load))
        for one in near:
            lines += across(one, result.phases, seconds_of(result), "/s", yaxis="y2")
        says.append(f"At most {highest(load) or 0:,.1f} requests a second{beside}.{told(near, far)}")
    axes = {
        "yaxis": {**layout_of("users")["yaxis"], "side": "right", "showgrid": False},
        "yaxis2": {
            **layout_of("requests/s")["yaxis"],
            "side": "left",
            "overlaying": "y",
            "tickmode": "auto",  # else its ticks stand where those of the users do
        },
    }
    traces = [users, *([planned] if aim is not None else []), *lines]
    return _chart(result, "load", "Throughput and users", "users", says, traces, **axes)


def _latency(result: RunResult, limits: Sequence[Limit]) -> Chart:
    """Return three percentiles of each option, and its limits as far as they lie in reach."""
    tracks = result.timeline.tracks
    lines = [
        line(name, getattr(track, name), color, "ms", line={"dash": dash}, **_steps(result.timeline), **_option(n))
        for n, track in enumerate(tracks)
        for name, color, dash in PERCENTILES
    ]
    says = []
    for number, track in enumerate(tracks):
        near, far = _reached(of_option(limits, number), highest((*track.p50, *track.p95, *track.p99)))
        for one in near:
            lines += across(one, result.phases, seconds_of(result), "ms")
        says.append(_worst(track, result) + told(near, far))
    return _chart(result, "latency", "Response times", "ms", says, lines)


def _arrivals(result: RunResult) -> list[Chart]:
    """Return the arrivals that were due and those that were begun, where the load has some."""
    timeline = result.timeline
    if not any(timeline.begun):
        return []
    begun, due = (
        _a_second(timeline.begun, result),
        [None if one is None else one / timeline.width for one in timeline.due],
    )
    lines = [line("due", due, SLATE, "due/s", line={"dash": "dot"}, **_steps(timeline))] if due else []
    lines.append(line("begun", begun, BLUE, "begun/s", **_steps(timeline)))
    planned = f" of {sum(one or 0 for one in timeline.due):,.0f} that were due" if due else ""
    says = f"{sum(timeline.begun):,} iterations were begun{planned}."
    return [_chart(result, "arrivals", "Arrivals due and begun", "/s", says, lines)]


def _failures(result: RunResult, limits: Sequence[Limit]) -> Chart:
    """Return failed requests a second of each option, and how many of them its limits allow at that load."""
    tracks = result.timeline.tracks
    bars = [
        {
            "type": "bar",
            "name": "failed",
            "y": _a_second(track.failed, result),
            "marker": {"color": RED, "line": {"width": 0}},
            "customdata": [f"{failed:,} of {plural(max(failed, all_), 'request')}" for failed, all_ in _pairs(track)],
            "hovertemplate": "%{customdata} failed",
            **_steps(result.timeline),
            **_option(n),
        }
        for n, track in enumerate(tracks)
    ]
    says = []
    for number, track in enumerate(tracks):
        top, load = highest(_a_second(track.failed, result)) or 0.0, _a_second(track.requests, result)
        near, far = [], []
        for one in of_option(limits, number):
            allowed = [one.bound * (each or 0.0) for each in load]
            values = one.within(allowed, result.phases, result.timeline.width)
            if (highest(values) or 0.0) > REACH * top:
                far.append(one)
                continue
            near.append(one)
            bars += along(one, values, "/s", **_steps(result.timeline))
        failed = f"{sum(track.failed):,} of {plural(sum(track.requests), 'request')} failed."
        says.append(failed + told(near, far))
    return _chart(result, "failures", "Failures", "failed/s", says, bars, showlegend=False, bargap=0.15)


def _reached(limits: Sequence[Limit], highest_value: float | None) -> tuple[list[Limit], list[Limit]]:
    """Return the limits that can be drawn beside values that are so high at the most, and those far above."""
    near = [one for one in limits if in_reach(one, highest_value)]
    return near, [one for one in limits if one not in near]


def _chart(
    result: RunResult, name: str, title: str, y: str, says: str | Sequence[str], data: list[dict[str, Any]], **more: Any
) -> Chart:
    layout = over_time(layout_of(y, **more), seconds_of(result), result.phases)
    sentences = (says,) if isinstance(says, str) else tuple(says)
    return Chart(name, title, sentences, tuple(data), layout, TIME if any("meta" in trace for trace in data) else "")


def _worst(track: Track, result: RunResult) -> str:
    """Return the sentence on the slice with the highest p99."""
    seen = [(p99, number) for number, p99 in enumerate(track.p99) if p99 is not None]
    if not seen:
        return "No durations were measured."
    p99, number = max(seen)
    width = result.timeline.width
    return (
        f"p99 was {p99:,.1f} ms at its worst, in the {format_duration(width)} from {format_duration(number * width)}."
    )


def _a_second(counts: Sequence[int], result: RunResult) -> list[float | None]:
    """Return counts as rates; the last slice lasts as long as the run went on in it."""
    width = result.timeline.width
    left = result.duration - (len(counts) - 1) * width
    last = left if SHORTEST * width <= left < width else width
    rates = [round(count / width, 3) for count in counts[:-1]]
    return [*rates, *(round(count / last, 3) for count in counts[-1:])]


def seconds_of(result: RunResult) -> float:
    """Return the seconds that a chart over time spans: all slices of the run's timeline."""
    timeline = result.timeline
    slices = max(len(timeline.users), *(len(track.requests) for track in timeline.tracks[:1]), 1)
    return slices * timeline.width


def _steps(timeline: Timeline) -> dict[str, Any]:
    """Return where the slices lie: each stands at its middle; the steps are in milliseconds."""
    return {"x0": moment(timeline.width / 2), "dx": timeline.width * 1000}


def _option(number: int) -> dict[str, Any]:
    return {"meta": number, "visible": number == 0}


def _pairs(track: Track) -> list[tuple[int, int]]:
    return list(zip(track.failed, track.requests, strict=False))
