"""What the charts of a report say and draw: by value, of runs that are small enough to be reckoned by hand."""

from dataclasses import replace

import pytest
from examples import compared

from locust_ext.gates.verdict import Verdict
from locust_ext.load.schedule import Phase
from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.measure.timeline import Timeline, Track
from locust_ext.reports.charts import charts_of_generator, charts_over_time
from locust_ext.reports.distributions import Curve, curves_of, favourite, herd_chart_of, spectrum_chart
from locust_ext.reports.endpoints import endpoints_of
from locust_ext.reports.figure import (
    MOST_LABEL,
    MOST_PHASES,
    STORM,
    clipped,
    finite,
    label,
    layout_of,
    line,
    over_time,
    shorten,
)
from locust_ext.reports.formats import COLUMNS, health, interval
from locust_ext.reports.result import RunResult, rows_of

PLAIN = RunResult("feed", Verdict("passed", 0, ""), "2026-11-24T10:00:00+00:00", 24.0, 1, complete=True)
ALL = Track("", (10, 50, 0, 8), (0, 1, 0, 2), (1.0, 2.0, None, 4.0), (5.0, 6.0, None, 7.0), (8.0, 9.5, None, 9.25))
FEED = Track("GET /feed", (10, 0, 0, 0), (0, 0, 0, 0), (None,) * 4, (None,) * 4, (None,) * 4)
TIMELINE = Timeline(10.0, (1.0, 5.0, None, 2.0), (0.5, 60.1256, None, 2.0), (12.0, None, None, 96.4), (ALL, FEED))
RUN = replace(PLAIN, duration=34.0, timeline=TIMELINE, phases=(Phase("steady", 0, 20), Phase("storm", 20, 60)))


def drawn(result):
    """Return the charts over time and of the generator, by name."""
    return {chart.id: chart for chart in (*charts_over_time(result), *charts_of_generator(result))}


SAYS = [
    ("load", 0, "At most 5.0 requests a second, with 5 users at the most."),
    ("load", 1, "At most 1.0 requests a second, with 5 users at the most."),
    ("latency", 0, "p99 was 9.5 ms at its worst, in the 10s from 10s."),
    ("latency", 1, "No durations were measured."),
    ("failures", 0, "3 of 68 requests failed."),
    ("failures", 1, "0 of 10 requests failed."),
    ("lag", 0, "At most 60.1 ms at p99; the limit is 100 ms."),
    ("cpu", 0, "At most 96 % of a core, by the busiest process."),
]


@pytest.mark.parametrize("name, option, says", SAYS)
def test_a_chart_says_what_it_shows(name, option, says):
    """Each option has its sentence, with the figures of its own line."""
    assert drawn(RUN)[name].says[option] == says


LINES = [
    ("load", "users", [1.0, 5.0, None, 2.0]),
    ("load", "requests/s", [1.0, 5.0, 0.0, 2.0]),  # the last slice lasted four seconds
    ("latency", "p50", [1.0, 2.0, None, 4.0]),
    ("latency", "p95", [5.0, 6.0, None, 7.0]),
    ("latency", "p99", [8.0, 9.5, None, 9.25]),
    ("failures", "failed", [0.0, 0.1, 0.0, 0.5]),
    ("lag", "lag p99", [0.5, 60.126, None, 2.0]),
    ("lag", "limit 100 ms", [100.0, 100.0]),
    ("cpu", "CPU", [12.0, None, None, 96.4]),
]


@pytest.mark.parametrize("name, trace, values", LINES)
def test_a_line_holds_its_values(name, trace, values):
    """A slice in which nothing was measured is a gap; the others stand there to three decimals."""
    chart = drawn(RUN)[name]
    assert list(next(one["y"] for one in chart.data if one["name"] == trace)) == values


def test_the_slices_lie_at_their_middles():
    """As text, since Plotly takes 5000 for a year; the axis, in milliseconds, ends with the last slice."""
    for chart in drawn(RUN).values():
        for trace in chart.data:
            assert "x" in trace or (trace["x0"], trace["dx"]) == ("1970-01-01 00:00:05.000", 10_000.0)
        assert chart.layout["xaxis"]["range"] == [0, 40_000.0]
        assert chart.timed
    assert drawn(RUN)["lag"].data[1]["x"] == ["1970-01-01 00:00:00.000", "1970-01-01 00:00:40.000"]


def test_the_first_option_is_shown():
    """Every trace of an endpoint carries its number, and only those of all requests are seen at first."""
    for name in ("load", "latency", "failures"):
        chart = drawn(RUN)[name]
        seen = {(trace["meta"], trace["visible"]) for trace in chart.data if "meta" in trace}
        assert seen == {(0, True), (1, False)}
        assert chart.choice == "time"
    assert {drawn(RUN)[name].choice for name in ("lag", "cpu")} == {""}


def test_failures_say_how_many_of_how_many():
    """What is shown under the pointer, slice by slice."""
    assert drawn(RUN)["failures"].data[0]["customdata"] == [
        "0 of 10 requests",
        "1 of 50 requests",
        "0 of 0 requests",
        "2 of 8 requests",
    ]


LEFT = [
    ("a last slice that is nearly whole", 39.0, 8 / 9),
    ("a quarter of it", 32.5, 8 / 2.5),
    ("less than a quarter counts as a whole one", 32.4, 0.8),
    ("a whole one", 40.0, 0.8),
    ("more than it holds", 45.0, 0.8),
]


@pytest.mark.parametrize("duration, rate", [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_the_last_slice_lasts_as_long_as_the_run(duration, rate):
    """Its requests a second are of the time that the run went on in it."""
    chart = drawn(replace(RUN, duration=duration))["load"]
    assert chart.data[1]["y"][-1] == round(rate, 3)


ABSENT = [
    ("nothing measured", Timeline(), set()),
    ("no failures", replace(TIMELINE, tracks=(replace(ALL, failed=(0, 0, 0, 0)),)), {"load", "latency", "lag", "cpu"}),
    ("no lag", replace(TIMELINE, lag=(None, None)), {"load", "latency", "failures", "cpu"}),
    ("no CPU", replace(TIMELINE, cpu=()), {"load", "latency", "failures", "lag"}),
]


@pytest.mark.parametrize("timeline, names", [row[1:] for row in ABSENT], ids=[row[0] for row in ABSENT])
def test_what_was_not_measured_has_no_chart(timeline, names):
    """Each chart is there exactly where it has something to show."""
    assert set(drawn(replace(RUN, timeline=timeline))) == names


def test_users_that_were_not_seen_are_not_named():
    """A timeline without users says only the requests; one of no requests at all says none."""
    timeline = replace(TIMELINE, users=(), tracks=(replace(ALL, requests=()),))
    assert drawn(replace(RUN, timeline=timeline))["load"].says == ("At most 0.0 requests a second.",)


def test_the_phases_are_shaded_where_they_lie():
    """From their begin to their end, or to that of the run, in milliseconds; a storm's in its own colour."""
    layout = drawn(RUN)["load"].layout
    assert [(shape["x0"], shape["x1"]) for shape in layout["shapes"]] == [(0, 20_000), (20_000, 40_000.0)]
    assert [shape["fillcolor"] == STORM for shape in layout["shapes"]] == [False, True]
    assert [(note["text"], note["x"]) for note in layout["annotations"]] == [("steady", 0), ("storm", 20_000)]


def test_many_phases_are_shaded_and_some_are_named():
    """All are shaded, by turns lighter and darker; the first two dozen have their names."""
    layout = over_time(layout_of("ms"), 100.0, [Phase(f"level-{number}", number, number + 1) for number in range(30)])
    shades = [shape["fillcolor"] for shape in layout["shapes"]]
    assert len(shades) == 30
    assert len(set(shades[::2])) == len(set(shades[1::2])) == 1
    assert shades[0] != shades[1]
    assert [note["text"] for note in layout["annotations"]] == [f"level-{number}" for number in range(MOST_PHASES)]


CLIPPED = [
    ("inside", Phase("a", 1, 2), [Phase("a", 1, 2)]),
    ("over the end", Phase("a", 1, 20), [Phase("a", 1, 10)]),
    ("from before the begin", Phase("a", -3, 2), [Phase("a", 0, 2)]),
    ("after the end", Phase("a", 10, 20), []),
    ("of no time", Phase("a", 3, 3), []),
]


@pytest.mark.parametrize("phase, left", [row[1:] for row in CLIPPED], ids=[row[0] for row in CLIPPED])
def test_a_phase_is_clipped(phase, left):
    """A phase is drawn as far as it lies within the run."""
    assert clipped([phase], 10.0) == left


CLOCKS = [(3599.0, "%M:%S"), (3600.0, "%H:%M:%S"), (86_399.0, "%H:%M:%S"), (86_400.0, "day %-j %H:%M")]


@pytest.mark.parametrize("seconds, clock", CLOCKS)
def test_the_clock_fits_the_length(seconds, clock):
    """Minutes below an hour, hours below a day; then the day."""
    axis = over_time(layout_of("ms"), seconds, ())["xaxis"]
    assert (axis["tickformat"], axis["hoverformat"]) == (clock, clock)
    assert bool(axis["tickformatstops"]) is (seconds < 3600)


MODES = [
    ("neighbours", (1.0, 2.0, None), "lines"),
    ("alone in the middle", (None, 2.0, None), "lines+markers"),
    ("alone at the begin", (1.0, None, 2.0, 3.0), "lines+markers"),
    ("alone at the end", (1.0, 2.0, None, 3.0), "lines+markers"),
    ("two at the end", (None, 1.0, 2.0), "lines"),
    ("two at the begin", (1.0, 2.0, None), "lines"),
    ("two in the middle", (None, 1.0, 2.0, None, None), "lines"),
    ("the only one", (1.0,), "lines+markers"),
    ("nothing at all", (None, None), "lines"),
]


@pytest.mark.parametrize("values, mode", [row[1:] for row in MODES], ids=[row[0] for row in MODES])
def test_a_value_that_stands_alone_is_a_dot(values, mode):
    """A line would not show it."""
    assert line("x", values, "#000", "ms")["mode"] == mode


@pytest.mark.parametrize(
    "value, found", [(None, None), (float("nan"), None), (float("inf"), None), (1.23456, 1.235), (0.0, 0.0)]
)
def test_finite(value, found):
    """What cannot be drawn is a gap."""
    assert finite(value) == found


def test_a_name_is_shortened_by_its_end():
    """Up to sixty characters it stands as it is; a longer one ends in an ellipsis."""
    assert shorten("x" * MOST_LABEL) == "x" * MOST_LABEL
    assert shorten("x" * (MOST_LABEL + 1)) == "x" * (MOST_LABEL - 1) + "…"
    assert label("<b>") == "&lt;b&gt;"


CURVES = [
    (
        "both",
        Curve("all", ((0, 1), (99, 20.25), (100, 30)), ((99, 10.0),)),
        "p99 is 20.2 ms. In the earlier runs it was 10.0 ms.",
    ),
    ("not compared", Curve("all", ((0, 1), (99, 20.25), (100, 30))), "p99 is 20.2 ms. It was not compared."),
    ("too few samples", Curve("all", ((0, 1), (90, 5.0), (100, 30))), "p99 takes 100 samples; there were fewer."),
    ("nothing now", Curve("all", (), ((99, 10.0),)), "No durations were measured."),
]


@pytest.mark.parametrize("curve, says", [row[1:] for row in CURVES], ids=[row[0] for row in CURVES])
def test_a_curve_says_its_p99(curve, says):
    """The value at p99 and no other, now and before."""
    assert curve.says == says


def test_a_curve_is_drawn_by_its_nines():
    """A percentile stands at 1 / (1 - p), and the axis ends behind the last one."""
    before = Curve("old", ((0, 1.0), (50, 2.0), (99.9, 9.0), (100, 12.0)), ((0, 1.5), (90, 4.0)))
    chart = spectrum_chart([before, Curve("new", ((0, 3.0), (99, 8.0)))])
    dashed, solid, new = chart.data
    assert (dashed["x"], dashed["y"], dashed["name"]) == ([1.0, 10.0], [1.5, 4.0], "earlier runs")
    assert (solid["x"], solid["y"], solid["name"]) == ([1.0, 2.0, 1000.0], [1.0, 2.0, 9.0], "this run")
    assert solid["customdata"] == ["0 %", "50 %", "all"]
    assert solid["marker"]["size"] == [0, 0, 7]
    assert [(trace["meta"], trace["visible"]) for trace in (dashed, solid, new)] == [(0, True), (0, True), (1, False)]
    assert (dashed["line"]["dash"], solid["line"]["dash"]) == ("dash", "solid")
    assert chart.layout["xaxis"]["range"] == [0, 3.1]
    assert chart.choice == "shape"


def test_the_curve_that_was_compared_is_shown_first():
    """Else the first."""
    plain, old = Curve("a", ((99, 1.0),)), Curve("b", ((99, 1.0),), ((99, 1.0),))
    assert (favourite([plain, old]), favourite([plain, plain])) == (1, 0)


def test_a_run_that_was_not_compared_has_its_distribution():
    """All requests and each endpoint, none of them with a run before."""
    curves = curves_of(replace(compared(), comparison=None))
    assert [curve.name for curve in curves] == ["all requests", "GET /communities/:id/posts", "GET /hot/:key"]
    assert all(curve.now and not curve.before for curve in curves)


def herd(*slots, **tags):
    """Return the rows of a herd that attempted in these tenths of a second."""
    store = Store()
    leaf = store.leaf("reconnect_herd", tags_of({"storm": "1", "phase": "storm", **tags}), Kind.TIMELINE)
    for slot in slots:
        leaf.add(slot)
    return rows_of(store)


def test_the_herd_is_drawn_by_tenths_of_a_second():
    """Where each attempt lies, how many there were, and until when nearly all were made."""
    chart = herd_chart_of(replace(PLAIN, series=herd(0, 0, 3, 20)))
    (bars,) = chart.data
    assert (bars["x"], bars["y"], bars["width"]) == ([0.05, 0.35, 2.05], [2, 1, 1], 0.1)
    assert bars["customdata"] == ["0.0 s to 0.1 s", "0.3 s to 0.4 s", "2.0 s to 2.1 s"]
    assert chart.says == ("Storm 1: 4 attempts, at most 2 in 100 ms and 3 in a second.",)
    assert chart.layout["xaxis"]["range"] == [0, 2.1]
    assert chart.layout["showlegend"] is False


def test_the_last_hundredth_of_a_herd_lies_beyond():
    """At first the chart ends where 99 % of the attempts were made."""
    chart = herd_chart_of(replace(PLAIN, series=herd(*[1] * 99, 500)))
    assert chart.layout["xaxis"]["range"] == [0, 0.2]


def test_two_herds_stand_over_each_other():
    """The second lets the first shine through, and both have a legend."""
    chart = herd_chart_of(replace(PLAIN, series=(*herd(0), *herd(1, 1, storm="2"))))
    assert [bars.get("opacity") for bars in chart.data] == [None, 0.6]
    assert [bars["name"] for bars in chart.data] == ["storm 1", "storm 2"]
    assert chart.says[0].endswith("1 in a second. storm 2: 2 attempts, at most 2 in 100 ms and 2 in a second.")
    assert chart.layout["showlegend"] is True


def test_no_herd():
    """Neither without a storm nor in one in which nobody came back."""
    assert herd_chart_of(PLAIN) is None
    assert herd_chart_of(replace(PLAIN, series=herd())) is None


def lag(*milliseconds):
    """Return the rows of a generator that woke so late."""
    store = Store()
    store.leaf("generator_lag", tags_of({"phase": "steady"}), Kind.TREND).record_all(milliseconds)
    return rows_of(store)


UNKNOWN = "Whether the load generator kept up was not measured."
HEALTH = [
    ("not measured", (), (), "Whether the load generator kept up was not measured."),
    (
        "one late wake-up in a thousand is beyond p99",
        (*[1.0] * 1000, 500.0),
        (),
        "The load generator kept up: it woke 1.0 ms late at p99 (limit 100 ms).",
    ),
    (
        "too many late ones",
        (*[1.0] * 97, *[500.0] * 3),
        (),
        "The load generator could not keep up: it woke 500.0 ms late at p99 (limit 100 ms).",
    ),
    (
        "exactly the limit is kept",
        (100.0,),
        (),
        "The load generator kept up: it woke 100.0 ms late at p99 (limit 100 ms).",
    ),
    (
        "busy, with room",
        (),
        (None, 89.9, 3.0),
        f"{UNKNOWN} Its busiest process used 90 % of a core at the most.",
    ),
    (
        "without room",
        (),
        (90.0,),
        f"{UNKNOWN} Its busiest process used 90 % of a core at the most; it had no room left.",
    ),
]


@pytest.mark.parametrize("late, cpu, sentence", [row[1:] for row in HEALTH], ids=[row[0] for row in HEALTH])
def test_health(late, cpu, sentence):
    """Whether the generator kept up is told by its p99, as the verdict does, and its room by its busiest second."""
    assert health(replace(PLAIN, series=lag(*late) if late else (), timeline=Timeline(cpu=cpu))) == sentence


INTERVALS = [(None, None, "–"), (1.0, None, "1 ms to ?"), (None, 2.0, "? to 2 ms"), (1.0, 2.0, "1 ms to 2 ms")]


@pytest.mark.parametrize("low, high, text", INTERVALS)
def test_interval(low, high, text):
    """A figure without bounds has a dash, and one bound that is not known a question mark."""
    row = next(row for row in compared().comparison.rows if row.rule.method.startswith("p("))
    assert interval(replace(row, low=low, high=high)) == text


def test_the_columns_of_an_endpoint():
    """Each column is read off the figure that its heading names."""
    store = Store()
    tags = tags_of({"name": "/feed", "method": "GET"})
    store.leaf("http_req_duration", tags, Kind.TREND).record_all(range(1, 1001))
    failures = store.leaf("http_req_failed", tags, Kind.RATE)
    failures.merge(type(failures)(20, 1000))
    (one,) = endpoints_of(replace(PLAIN, series=rows_of(store)))
    expected = {"requests": 1000, "requests/s": 100, "failed": 0.02, "max ms": 1000}
    expected |= {f"p{percent} ms": 10 * percent for percent in (50, 90, 95, 99)}
    assert {heading: read(one, 10.0) for heading, (read, _) in COLUMNS.items()} == pytest.approx(expected, rel=0.005)
