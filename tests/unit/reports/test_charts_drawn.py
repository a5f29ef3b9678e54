"""How the charts over time look: what tells their lines apart, and what stands where."""

from dataclasses import replace

from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.reports.charts import charts_of_generator, charts_over_time
from locust_ext.reports.distributions import Curve, herd_chart, spectrum_chart
from locust_ext.reports.figure import (
    AMBER,
    BLUE,
    CALM,
    CLOCK,
    GRID,
    MUTED,
    PAPER,
    RED,
    TEXT,
    WINE,
    layout_of,
    line,
    over_time,
)
from locust_ext.reports.result import RunResult

PLAIN = RunResult("feed", Verdict("passed", 0, ""), "2026-11-24T10:00:00+00:00", 20.0, 1, complete=True)
ALL = Track("", (10, 50), (0, 1), (1.0, 2.0), (5.0, 6.0), (8.0, 9.5))
RUN = replace(PLAIN, timeline=Timeline(10.0, (1.0, 5.0), (0.5, 60.1), (12.0, 96.4), (ALL,)))


def drawn(result):
    """Return the charts over time and of the generator, by name."""
    return {chart.id: chart for chart in (*charts_over_time(result), *charts_of_generator(result))}


def test_how_the_lines_over_time_are_drawn():
    """Users as stairs behind the requests, which have their own axis; percentiles are told apart without colour."""
    charts = drawn(RUN)
    users, *rates = charts["load"].data
    assert (users["line"]["width"], users["line"]["shape"], users["fill"]) == (1, "hvh", "tozeroy")
    assert {trace["yaxis"] for trace in rates} == {"y2"}
    first, second = charts["load"].layout["yaxis"], charts["load"].layout["yaxis2"]
    assert (first["side"], first["showgrid"]) == ("right", False)
    assert (second["side"], second["overlaying"], second["tickmode"]) == ("left", "y", "auto")
    assert [trace["line"]["dash"] for trace in charts["latency"].data[:3]] == ["dot", "dash", "solid"]


def test_how_bars_and_limits_are_drawn():
    """Bars without an edge, near each other; the limit as a dashed line that answers no pointer, and no legend of one."""
    charts = drawn(RUN)
    bars = charts["failures"]
    assert (bars.data[0]["type"], bars.data[0]["marker"]["line"]) == ("bar", {"width": 0})
    assert (bars.layout["showlegend"], bars.layout["bargap"]) == (False, 0.15)
    lag, limit = charts["lag"].data
    assert (limit["mode"], limit["hoverinfo"], limit["line"]["dash"], limit["line"]["width"]) == (
        "lines",
        "skip",
        "dash",
        1.5,
    )
    assert "hoverinfo" not in lag
    assert charts["cpu"].layout["showlegend"] is False


AXIS = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True, "fixedrange": True}
NO_EDGE = {"width": 0}


def test_the_look_that_all_charts_share():
    """Transparent on the page's paper, quiet axes that begin at nothing, a legend above, and zooming in time alone."""
    assert layout_of("ms", bargap=0) == {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": MUTED},
        "margin": {"l": 48, "r": 16, "t": 34, "b": 36},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": GRID, "font": {"color": TEXT}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"color": TEXT}},
        "showlegend": True,
        "xaxis": {**AXIS, "fixedrange": False, "showgrid": False, "ticks": "outside", "tickcolor": GRID},
        "yaxis": {
            **AXIS,
            "title": {"text": "ms", "font": {"size": 12, "color": MUTED}, "standoff": 8},
            "rangemode": "tozero",
        },
        "bargap": 0,
    }


def test_how_a_phase_is_drawn():
    """A shade over the whole height, below the lines, and its name at its beginning, at the top."""
    layout = over_time(layout_of("ms"), 20.0, [Phase("steady", 5.0, 12.5)])
    assert layout["margin"] == {"l": 60, "r": 60, "t": 34, "b": 36}
    assert layout["shapes"] == [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": 5000.0,
            "x1": 12500.0,
            "y0": 0,
            "y1": 1,
            "fillcolor": CALM,
            "line": NO_EDGE,
            "layer": "below",
        }
    ]
    assert layout["annotations"] == [
        {
            "text": "steady",
            "x": 5000.0,
            "y": 1,
            "xref": "x",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": 11, "color": MUTED},
        }
    ]


def test_the_clock_below_an_hour():
    """Milliseconds are shown where the steps are shorter than a second."""
    assert CLOCK == [
        {"dtickrange": [None, 1000], "value": "%M:%S.%L"},
        {"dtickrange": [1000, None], "value": "%M:%S"},
    ]
    assert over_time(layout_of("ms"), 3599.0, ())["xaxis"]["tickformatstops"] == CLOCK
    assert over_time(layout_of("ms"), 3600.0, ())["xaxis"]["tickformatstops"] == []


def test_how_a_line_is_drawn():
    """Two pixels wide, with dots of five where a value stands alone; a caller may change how it is dashed."""
    assert line("p50", [1.0, 2.00049], RED, "ms", line={"dash": "dot"}, x0=5) == {
        "type": "scatter",
        "name": "p50",
        "y": [1.0, 2.0],
        "mode": "lines",
        "marker": {"size": 5, "color": RED},
        "hovertemplate": "%{y:,.4~g} ms",
        "line": {"color": RED, "width": 2, "dash": "dot"},
        "x0": 5,
    }


def test_how_a_distribution_is_drawn():
    """Lines without dots but for the last one, on an axis of nines; only the first choice is seen."""
    before, now = ((0, 1.0), (90, 2.0), (99.5, 3.0)), ((0, 1.5), (90, 2.5))
    chart = spectrum_chart([Curve("all requests", now, before), Curve("/feed", now)])
    assert chart.data[0] == {
        "type": "scatter",
        "mode": "lines+markers",
        "line": {"color": MUTED, "width": 2, "dash": "dash"},
        "marker": {"color": MUTED, "size": [0, 0, 7], "opacity": 1, "line": NO_EDGE},
        "x": [1.0, 10.0, 200.0],
        "y": [1.0, 2.0, 3.0],
        "customdata": ["0 %", "90 %", "all"],
        "hovertemplate": "%{customdata} within %{y:,.4~g} ms",
        "name": "earlier runs",
        "meta": 0,
        "visible": True,
    }
    assert [(one["name"], one["line"]["color"], one["line"]["dash"]) for one in chart.data[1:]] == [
        ("this run", WINE, "solid"),
        ("this run", WINE, "solid"),
    ]
    assert [(one["meta"], one["visible"]) for one in chart.data] == [(0, True), (0, True), (1, False)]
    axis = chart.layout["xaxis"]
    assert (axis["type"], axis["showgrid"], axis["tickangle"]) == ("log", True, 0)
    assert axis["tickvals"] == [1, 10, 100, 1000, 10_000, 100_000]
    assert axis["ticktext"] == ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %"]
    assert axis["range"] == [0, 2.401]
    assert chart.layout["hovermode"] == "x"
    assert spectrum_chart([]).layout["xaxis"]["range"] == [0, 1.1]


def test_how_a_herd_is_drawn():
    """Bars of a tenth of a second without gaps; those of a second herd let the first shine through."""
    chart = herd_chart("Attempts", "Two came.", [("storm 1", {0: 2, 12: 1, 3000: 9}), ("storm 2", {2999: 4})], 1.34)
    first, second = chart.data
    assert first == {
        "type": "bar",
        "name": "storm 1",
        "x": [0.05, 1.25],
        "y": [2, 1],
        "width": 0.1,
        "marker": {"color": BLUE, "line": NO_EDGE},
        "customdata": ["0.0 s to 0.1 s", "1.2 s to 1.3 s"],
        "hovertemplate": "attempts from %{customdata}: %{y:,}",
    }
    assert (second["opacity"], second["marker"]["color"], second["y"]) == (0.6, AMBER, [4])
    layout = chart.layout
    assert (layout["barmode"], layout["bargap"], layout["hovermode"], layout["showlegend"]) == ("overlay", 0, "x", True)
    assert layout["xaxis"]["range"] == [0, 1.3]
    assert layout["xaxis"]["title"] == {"text": "seconds after the drop", "font": {"size": 12, "color": MUTED}}
    assert herd_chart("Attempts", "One came.", [("storm", {0: 1})], 1.0).layout["showlegend"] is False
    many = herd_chart("Attempts", "All came.", [(f"storm {number}", {0: 1}) for number in range(6)], 1.0)
    assert many.data[5]["marker"]["color"] == BLUE


def test_rates_are_rounded_to_thousandths():
    """Those of whole slices, and that of the last one."""
    track = replace(ALL, requests=(1, 2, 2), failed=(1, 2, 2), p50=(), p95=(), p99=())
    run = replace(RUN, timeline=replace(RUN.timeline, width=3.0, tracks=(track,)), duration=7.5)
    bars = drawn(run)["failures"]
    assert bars.data[0]["y"] == [0.333, 0.667, 1.333]
    assert bars.data[0]["customdata"] == ["1 of 1 request", "2 of 2 requests", "2 of 2 requests"]
    assert (bars.data[0]["x0"], bars.data[0]["dx"]) == ("1970-01-01 00:00:01.500", 3000.0)
    short = drawn(replace(run, duration=6.75))["failures"]
    assert short.data[0]["y"] == [0.333, 0.667, 2.667], "a quarter of a slice is enough"
    shorter = drawn(replace(run, duration=6.7))["failures"]
    assert shorter.data[0]["y"] == [0.333, 0.667, 0.667], "less than that is not"


def test_a_run_of_one_slice():
    """The axis ends with it, and so it does where nothing was measured."""
    track = Track("", (10,), (0,), (1.0,), (5.0,), (8.0,))
    run = replace(RUN, timeline=replace(RUN.timeline, users=(1.0,), lag=(0.5,), cpu=(), tracks=(track,)))
    assert {chart.layout["xaxis"]["range"][1] for chart in drawn(run).values()} == {10_000.0}
    lag_alone = replace(RUN, timeline=Timeline(10.0, (), (0.5,), (), ()))
    assert drawn(lag_alone)["lag"].layout["xaxis"]["range"] == [0, 10_000.0]
