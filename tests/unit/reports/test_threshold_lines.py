"""Thresholds in the charts over time: each where that is drawn which it is about, and across the time that it is about."""

from dataclasses import replace

import pytest
from examples import FEED, limited, outcome, requests_a_second

from locust_ext.gates.outcomes import Status
from locust_ext.load.schedule import Phase
from locust_ext.measure.timeline import Track
from locust_ext.reports.charts import charts_over_time, limits_in, open_chart
from locust_ext.reports.figure import AMBER, RED, SLATE, moment
from locust_ext.reports.threshold_lines import across, first_option, limits_of, of_option, told

TRACKS = tuple(Track(name) for name in ("", "/a", "/b", "__other__"))


def measured(*rows):
    """Return series: a metric, a name, and what else a person calls it by."""
    return [("http_req_duration", {"name": name, "method": method, "phase": "surge"}) for name, method in rows]


SERIES = measured(("/a", "GET"), ("/a", "POST"), ("/b", "GET"), ("/c", "GET"))
PLACES = [
    ("about all", "http_req_duration", SERIES, (0,), True),
    ("about a phase of all", "http_req_duration{phase:surge}", SERIES, (0,), True),
    ("about an endpoint", "http_req_duration{name:/a}", SERIES, (1,), True),
    ("about one method of an endpoint", "http_req_duration{name:/a,method:GET}", SERIES, (1,), False),
    ("about an endpoint by its method", "http_req_duration{method:POST}", SERIES, (1,), False),
    ("about some endpoints", "http_req_duration{method:GET}", SERIES, (0,), False),
    ("about names that begin alike", "http_req_duration{name:/*}", SERIES, (0,), True),
    ("about an endpoint that has no line of its own", "http_req_duration{name:/c}", SERIES, (), False),
    ("about what was not measured", "http_req_duration{name:/d}", SERIES, (), False),
    ("about another metric", "iteration_duration", SERIES, (), False),
]


@pytest.mark.parametrize(
    "selector, series, options, whole", [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_where_a_threshold_is_drawn(selector, series, options, whole):
    """In the chart of the endpoint that it is about, or of all of them."""
    found = limits_of([outcome(selector, "p(95)<400", "failed", 500.0)], TRACKS, series)
    assert [(one.options, one.whole) for one in found] == ([(options, whole)] if options else [])


def test_the_only_endpoint_is_all_requests():
    """A threshold about it is drawn in both."""
    (found,) = limits_of([outcome("http_req_duration{name:/a}", "p(95)<400", "failed", 500.0)], TRACKS[:2], SERIES[:2])
    assert found.options == (0, 1)


PHASES = (Phase("warmup", 0, 10), Phase("level-1", 10, 20), Phase("rest", 20, 30), Phase("level-2", 30, 45))
STRETCHES = [
    ("the whole run", "http_req_duration", [(0, 40)], "p(95) < 400 ms"),
    ("one phase", "http_req_duration{phase:level-1}", [(10, 20)], "level-1: p(95) < 400 ms"),
    ("several, to the end", "http_req_duration{phase:level*}", [(10, 20), (30, 40)], "level*: p(95) < 400 ms"),
    ("none that was", "http_req_duration{phase:peak}", [], "peak: p(95) < 400 ms"),
]


@pytest.mark.parametrize("selector, stretches, name", [row[1:] for row in STRETCHES], ids=[row[0] for row in STRETCHES])
def test_over_which_time(selector, stretches, name):
    """A threshold of a phase lies across that phase alone, and says which it is."""
    series = [("http_req_duration", {"name": "/a", "phase": phase.name}) for phase in (*PHASES, Phase("peak", 0, 0))]
    (limit,) = limits_of([outcome(selector, "p(95)<400", "passed", 5.0)], TRACKS, series)
    drawn = list(across(limit, PHASES, 40.0, "ms"))
    assert len(drawn) == bool(stretches)
    for one in drawn:
        pairs = [(x, y) for x, y in zip(one["x"], one["y"], strict=True) if y is not None]
        assert pairs == [(moment(at), 400.0) for stretch in stretches for at in stretch]
        assert one["y"].count(None) == len(stretches) - 1
        assert one["name"] == one["text"][0] == name.replace("<", "&lt;")


COLORS = [("failed", RED), ("inconclusive", AMBER), ("passed", SLATE)]


@pytest.mark.parametrize("status, color", COLORS)
def test_how_it_ended_is_seen(status, color):
    """By the colour of the line, and it is said in words; what failed lies on top."""
    rules = [outcome("http_req_duration", "p(95)<400", one, 5.0) for one in (status, "failed", "passed")]
    limits = limits_of(rules, TRACKS, SERIES)
    assert limits[-1].outcome.status is Status.FAILED
    (drawn,) = across(limits_of(rules[:1], TRACKS, SERIES)[0], PHASES, 40.0, "ms")
    assert drawn["line"]["color"] == drawn["textfont"]["color"] == color
    assert told(limits_of(rules[:1], TRACKS, SERIES)) == f" Limit: p(95) < 400 ms, {status}."


def test_many_are_counted():
    """Of very many the sentence tells a few; neighbours are named at different ends."""
    limits = of_option(limits_of([outcome("http_req_duration", "p(95)<400", "passed", 5.0)] * 8, TRACKS, SERIES), 0)
    assert told(limits).endswith("passed, and 3 more.")
    drawn = [next(across(one, PHASES, 40.0, "ms")) for one in limits]
    assert [one["text"].index(one["name"]) for one in drawn] == [0, 1] * 4


def lines(chart, option):
    """Return the lines of limits that an option of a chart shows."""
    return [trace for trace in chart.data if trace.get("meta") == option and trace.get("textposition")]


def test_limits_in_each_chart():
    """Durations among the response times, shares at what they allow of the load, rates beside the throughput."""
    charts = {chart.id: chart for chart in charts_over_time(limited())}
    names = {
        (name, option): [trace["name"] for trace in lines(charts[name], option)]
        for name in ("load", "latency", "failures")
        for option in range(3)
    }
    assert names == {
        ("load", 0): ["rate &gt; 80/s"],
        ("load", 1): [],
        ("load", 2): [],
        ("latency", 0): ["p(95) &lt; 60 ms"],
        ("latency", 1): ["p(99) &lt; 50 ms", "steady: p(99) &lt; 45 ms"],
        ("latency", 2): [],
        ("failures", 0): ["rate &lt; 1 %"],
        ("failures", 1): [],
        ("failures", 2): ["rate &lt; 0.1 %"],
    }
    (share,) = lines(charts["failures"], 2)
    assert set(share["y"]) == {0.05}, "a thousandth of 50 requests a second"
    assert lines(charts["load"], 0)[0]["yaxis"] == "y2"
    assert charts["latency"].says[0].endswith(" Limits: p(95) < 60 ms, passed; max < 30,000 ms, passed, far above.")


def test_a_share_of_a_phase_is_drawn_in_that_phase():
    """Elsewhere its line is not there."""
    share = replace(limited(), outcomes=(outcome("http_req_failed{phase:steady}", "rate<0.01", "passed", 0.002),))
    chart = next(chart for chart in charts_over_time(share) if chart.id == "failures")
    values = lines(chart, 0)[0]["y"]
    assert [number for number, value in enumerate(values) if value is not None] == list(range(5, 40))


FIRST = [
    ("all passed", [("http_req_duration{name:/b}", "passed")], 0),
    ("what failed is about an endpoint", [("http_req_duration{name:/b}", "failed")], 2),
    ("of several the first", [("http_req_duration{name:/b}", "failed"), ("http_req_duration{name:/a}", "failed")], 2),
    ("about all, too", [("http_req_duration{name:/b}", "failed"), ("http_req_duration", "failed")], 0),
    ("nothing to draw", [("iteration_duration", "failed")], 0),
]


@pytest.mark.parametrize("rules, option", [row[1:] for row in FIRST], ids=[row[0] for row in FIRST])
def test_what_is_shown_first(rules, option):
    """The endpoint whose limit failed, unless that of all requests did."""
    found = [outcome(selector, "p(95)<400", status, 500.0) for selector, status in rules]
    assert first_option(limits_of(found, TRACKS, SERIES)) == option


def test_planned_users_arrivals_and_open_requests():
    """Each is drawn beside what was there, and told in words."""
    charts = {chart.id: chart for chart in charts_over_time(limited())}
    named = {trace["name"]: trace["y"] for trace in charts["load"].data}
    assert (max(named["users"]), max(named["users planned"])) == (10, 12)
    assert "10 users at the most of 12 planned" in charts["load"].says[0]
    assert [trace["name"] for trace in charts["arrivals"].data] == ["due", "begun"]
    assert charts["arrivals"].says == ("2,970 iterations were begun of 3,000 that were due.",)
    still = open_chart(limited())
    assert still.says == ("At most 13 requests had begun and had not ended.",)
    assert list(still.data[0]["y"])[-1] == 13


def test_without_a_plan_nothing_is_planned():
    """A run that nobody planned has no line of it, no arrivals and no open requests."""
    plain = replace(limited().timeline, planned=(), due=(), begun=(), open=())
    run = replace(limited(), timeline=plain)
    charts = {chart.id: chart for chart in charts_over_time(run)}
    assert "arrivals" not in charts
    assert [trace["name"] for trace in charts["load"].data][:2] == ["users", "requests/s"]
    assert "planned" not in charts["load"].says[0]
    assert open_chart(run) is None
    assert open_chart(replace(run, timeline=replace(plain, open=(0.0, None)))) is None


def test_throughput_of_a_part_is_not_drawn_beside_the_whole():
    """That of one method of all would be compared with too much."""
    run = replace(limited(), outcomes=(requests_a_second(">5", "passed", 9.0, f"http_reqs{{name:{FEED},method:GET}}"),))
    assert [one.whole for one in limits_in(run)] == [True], "all of this endpoint's are GET"
    part = replace(
        run, series=(*run.series, replace(run.series[0], metric="http_reqs", tags={"name": FEED, "method": "PUT"}))
    )
    assert [one.whole for one in limits_in(part)] == [False]
    chart = next(chart for chart in charts_over_time(part) if chart.id == "load")
    assert lines(chart, 1) == []
