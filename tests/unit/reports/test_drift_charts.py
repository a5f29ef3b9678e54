"""The charts of drift and of probes: what is drawn is what was judged, and nothing that is drawn breaks a page."""

import json
import math
from dataclasses import replace

import plotly.graph_objects as go
import pytest
from examples import NASTY, drifting, watched_for
from hypothesis import given

from locust_ext.gates.outcomes import Status
from locust_ext.reports.drift_charts import MOST_CHARTS, drift_charts, restarts_of
from locust_ext.reports.figure import AMBER, AREA, RED, TEAL
from locust_ext.reports.probe_charts import LINES, MOST_ROWS, probed_of, unruled
from locust_ext.reports.series_chart import MOST_MARKS, marks, range_of
from locust_ext.reports.watched import Watched
from locust_ext.text.strict_json import strict_json

RUN = drifting()
LINE = tuple((60.0 * n, 100.0 + n) for n in range(100))


def drawn(result=RUN):
    """Return the charts of drift by what they are about."""
    return {chart.title: chart for chart in drift_charts(result)}


def one(**parts):
    """Return the chart of one verdict."""
    return drift_charts(replace(RUN, drifts=(watched_for("process_open_fds", **{"points": LINE, **parts}),)))[0]


def names(chart):
    """Return the names in a chart's legend."""
    return [trace["name"] for trace in chart.data]


def test_charts_are_what_plotly_takes():
    """Plotly refuses wrong keys and values; it takes all of ours."""
    found = [*drift_charts(RUN), *probed_of(RUN).charts]
    assert len(found) == 7
    for chart in found:
        figure = go.Figure(data=list(chart.data), layout=dict(chart.layout))
        assert [trace.name for trace in figure.data] == names(chart)


def test_the_worst_stand_first():
    """With their outcome; what was not seen has no chart."""
    assert [title.split("series:")[-1] for title in drawn()] == [
        "process_open_fds}",
        "✗ http_req_duration{name:/communities/:id/posts}: p(99)",
        "process_resident_memory_bytes}",
        "cache_bytes}",
        "process_threads}",
    ]


LEGENDS = [
    ("a leak", 0, ["seen", "what was judged", "+38 an hour", "at least +31.4 an hour"]),
    ("latency", 1, ["seen", "what was judged", "+30.4 ms an hour", "at least +27 ms an hour"]),
    ("teeth", 2, ["seen", "lowest points of 9 teeth", "+200 kB an hour", "would have been seen: +18 MB an hour"]),
]


@pytest.mark.parametrize("number, legend", [row[1:] for row in LEGENDS], ids=[row[0] for row in LEGENDS])
def test_legends(number, legend):
    """What was seen, what was judged of it, the rate, and its bound or what would have been seen."""
    assert names(drift_charts(RUN)[number]) == legend


COLORS = [(Status.FAILED, RED), (Status.PASSED, TEAL), (Status.INCONCLUSIVE, AMBER)]


@pytest.mark.parametrize("status, color", COLORS)
def test_the_line_has_the_colour_of_the_verdict(status, color):
    """And the rate of the verdict, through what was judged."""
    trace = one(status=status, judged=LINE[10:90], rate=60.0).data[2]
    assert trace["line"]["color"] == color
    assert trace["y"] == [110.0, 189.0]
    assert (trace["x"][0][11:16], trace["x"][-1][11:16]) == ("00:10", "01:29")


def test_a_step_and_a_restart_break_the_line():
    """What was judged stands where it was seen, and the line rises with the step."""
    chart = drawn()["✓ probe{instance:api,series:process_threads}"]
    assert chart.data[2]["y"].count(None) == 2
    before, after = [value for value in chart.data[2]["y"] if value is not None][1:3]
    assert after - before == pytest.approx(12, abs=0.01)
    assert {40, 52} == {round(value / 4) * 4 for value in chart.data[1]["y"] if value is not None}
    texts = [(shape["label"]["text"], shape["x0"]) for shape in chart.layout["shapes"] if "label" in shape]
    assert texts == [("restart", 4_800_000.0), ("step +12", 2_400_000.0)]


def test_the_start_is_shaded():
    """From the beginning of its phase to where it settled."""
    shapes = drawn()["✓ probe{instance:api,series:cache_bytes}"].layout["shapes"]
    shade = shapes[-1]
    assert (shade["x0"], shade["x1"], shade["fillcolor"]) == (300_000.0, 2_900_000.0, AREA)
    assert shade["label"]["text"] == "start, not judged"


LIMITS = [("within sight", 240.0, True), ("far above", 1024.0, False), ("none", None, False), ("odd", math.nan, False)]


@pytest.mark.parametrize("limit, seen", [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_a_limit_within_sight(limit, seen):
    """Is a line, and the axis reaches up to it."""
    chart = one(limit=limit)
    assert ("limit 240" in names(chart)) == seen
    assert (chart.layout["yaxis"]["range"][1] > 240) == seen


RANGES = [
    ("what grows fills the axis", [180.0, 260.0], 0.0, [173.6, 266.4]),
    ("what stays the same looks flat", [99.0, 101.0], 20.0, [89.84, 110.16]),
    ("near enough to 0", [1.0, 10.0], 0.0, [0.0, 10.8]),
    ("never below 0 where nothing is", [100.0, 101.0], 1e9, [0.0, 5e8 + 101]),
    ("below 0", [-10.0, 10.0], 0.0, [-11.6, 11.6]),
    ("nothing but 0", [0.0, 0.0], 0.0, [0.0, 1.0]),
]


@pytest.mark.parametrize("values, least, found", [row[1:] for row in RANGES], ids=[row[0] for row in RANGES])
def test_the_range_of_an_axis(values, least, found):
    """All values are within, and a growth that does not matter does not look as if it did."""
    assert range_of(values, least) == pytest.approx(found, rel=1e-2)
    assert range_of([]) is None


def test_gaps_are_gaps():
    """Where nothing was seen for a while the line ends."""
    points = tuple(point for point in LINE if not 1200 < point[0] < 3000)
    values = one(points=points).data[0]["y"]
    assert [index for index, value in enumerate(values) if value is None] == [21]


def test_marks_are_bounded():
    """At most 40; of more than a few the first alone has a name, and what lies outside of the run is left out."""
    assert [mark["label"]["text"] for mark in marks([1.0, 2.0, 99.0, -1.0], 10.0, "restart")] == ["restart", "restart"]
    many = marks([float(n) for n in range(99)], 100.0, "restart")
    assert len(many) == MOST_MARKS
    assert [mark["label"]["text"] for mark in many].count("restart") == 1


def test_many_rules():
    """At most 12 charts; those that failed are among them."""
    drifts = tuple(watched_for(f"s{n}", status=Status.PASSED, points=LINE) for n in range(50))
    found = drift_charts(replace(RUN, drifts=(*drifts, watched_for("leak", status=Status.FAILED, points=LINE))))
    assert len(found) == MOST_CHARTS
    assert found[0].title == "✗ probe{instance:api,series:leak}"
    assert len({chart.id for chart in found}) == MOST_CHARTS


def test_what_the_probes_saw():
    """A chart a series, a line an instance; what a rule is about is not repeated."""
    found = probed_of(RUN)
    assert [chart.title for chart in found.charts] == ["app_requests_total", "go_goroutines"]
    assert names(found.charts[0]) == ["api-1", "api-2", "api-3"]
    assert found.charts[0].says[0].startswith("3 instances, between ")
    assert found.charts[0].says[0].endswith("/s.")
    assert found.charts[1].says[0].startswith("api: between ")
    assert found.rows == (("nothing_seen", "api", "", "", "", ""),)
    assert "process_threads" not in {one.series for one in unruled(RUN)}
    assert restarts_of(RUN.drifts[4], RUN) == (4800.0,)
    assert restarts_of(RUN.drifts[3], RUN) == ()


def test_many_series():
    """At most 12 charts of six lines; the rest are rows, and how many there are is known."""
    watched = tuple(Watched(f"s{n}_bytes", f"i{m}", ((0.0, 1e6), (60.0, 2e6))) for n in range(40) for m in range(8))
    found = probed_of(replace(RUN, watched=watched))
    assert len(found.charts) == MOST_CHARTS
    assert {len(chart.data) for chart in found.charts} == {len(LINES)}
    assert (len(found.rows), found.others) == (MOST_ROWS, 320 - 12 * 6)
    assert found.rows[0] == ("s0_bytes", "i6", "1 MB", "2 MB", "1 MB", "2 MB")


def test_names_are_text():
    """In a legend, in a title and at an axis."""
    watched = (Watched(NASTY, NASTY, LINE), Watched(NASTY, "<b>", LINE))
    drift = watched_for(NASTY, points=LINE)
    run = replace(RUN, drifts=(drift,), watched=watched)
    found = [*drift_charts(run), *probed_of(replace(run, drifts=())).charts]
    texts = [*(name for chart in found for name in names(chart)), *(c.layout["yaxis"]["title"]["text"] for c in found)]
    assert len(found) == 2
    assert not [text for text in texts if "<" in text or not text.isprintable()]
    assert all(len(chart.title) <= 130 and chart.title.isprintable() for chart in found)


def test_any_figures_can_be_drawn(results):
    """Whatever was measured: strict JSON, no time beyond the run, and no number that cannot be drawn."""
    counts = []

    @given(results)
    def property_(result):
        points = [(0.0, 1.0), (0.5, 1e299), (1.0, -3.0)]
        drifts = tuple(replace(drift, points=(*points, *drift.points)) for drift in result.drifts)
        found = [*drift_charts(replace(result, drifts=drifts)), *probed_of(result).charts]
        for chart in found:
            json.loads(strict_json(chart.data), parse_constant=pytest.fail)
            go.Figure(data=list(chart.data), layout=dict(chart.layout))
            bounds = chart.layout["yaxis"]["range"]
            assert bounds is None or bounds[0] < bounds[1]
        counts.append(len(found))

    property_()
    assert max(counts) >= 1
