"""How the charts over time look: what tells their lines apart, and what stands where."""

from dataclasses import replace

from locust_ext.gates.verdict import Verdict
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.reports.charts import charts_of_generator, charts_over_time
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
