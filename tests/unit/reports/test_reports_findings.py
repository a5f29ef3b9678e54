"""What was found of a run beside its thresholds: open load, storms, and what was held back or dropped."""

import pytest

from locust_ext.measure.catalogue import CORRECTED
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.series import OTHER, Store, tags_of
from locust_ext.measure.sinks import CounterSink, GaugeSink, Kind, RateSink, TimelineSink
from locust_ext.reports.export import values_of
from locust_ext.reports.open_load import arrivals_of
from locust_ext.reports.restraint import restraints_of
from locust_ext.reports.result import figures_of, rows_of, warnings_of
from locust_ext.reports.storm import storms_of


def measured(trends=(), counters=(), rates=(), limit=100):
    """Return a store with these values by metric and tags."""
    store = Store(limit)
    for metric, tags, values in trends:
        store.leaf(metric, tags_of(tags), Kind.TREND).record_all(values)
    for metric, tags, value in counters:
        store.leaf(metric, tags_of(tags), Kind.COUNTER).add(value)
    for metric, tags, hits, total in rates:
        store.leaf(metric, tags_of(tags), Kind.RATE).merge(RateSink(hits, total))
    return store


def test_open_load():
    """What was due, begun and dropped, how late, and both durations of each family that was measured."""
    store = measured(
        [
            ("arrival_lateness", {}, [2.0] * 1500),
            ("http_req_duration", {}, [10.0] * 3),
            ("http_req_duration_corrected", {}, [12.0] * 3),
            ("req_duration", {}, [5.0]),
        ],
        [("dropped_iterations", {}, 20)],
    )
    (finding,) = arrivals_of(store)
    assert finding.text.startswith("1,520 iterations due, 1,500 begun, 20 dropped; they began 2.0 ms late at p99")
    assert {key: finding.figures[key] for key in ("due", "begun", "dropped", "lateness_p99")} == {
        "due": 1520,
        "begun": 1500,
        "dropped": 20,
        "lateness_p99": 2.0,
    }
    assert "; req_duration p(99)" not in finding.text
    assert arrivals_of(measured(counters=[("dropped_iterations", {}, 20)])) == []


STORM = {"phase": "storm"}


def storm(failed=0):
    """Return what a storm of three left."""
    store = measured(
        [("reconnect_time", STORM, [100.0, 200.0, 300.0]), ("reconnect_attempts", STORM, [1, 2, 3])],
        [("reconnect_drops", STORM, 3), ("reconnect_drops", {"phase": "steady"}, 50)],
        [("reconnects_failed", STORM, failed, 3)],
    )
    herd = store.leaf("reconnect_herd", tags_of({"storm": "1", **STORM}), Kind.TIMELINE)
    for slot in (0, 0, 1, 20):
        herd.add(slot)
    return store


def test_a_storm():
    """Who was dropped in it, came back, and with how many attempts."""
    (finding,) = storms_of(storm())
    assert finding.text == (
        "3 users dropped, 3 came back (p50 200 ms, p99 300 ms), 2.00 attempts each;"
        " at most 2 attempts in 100 ms and 3 in a second"
    )
    assert finding.figures == {
        "dropped": 3,
        "returned": 3,
        "never_back": 0,
        "amplification": 2.0,
        "peak_100ms": 2,
        "peak_1s": 3,
    }


def test_a_storm_from_which_one_never_came_back():
    """How long it took the others says little, and is left out."""
    (finding,) = storms_of(storm(failed=1))
    assert finding.text.startswith("3 users dropped, 2 came back, 2.00 attempts each")
    assert (finding.figures["returned"], finding.figures["never_back"]) == (2, 1)


def test_no_storm():
    """Neither without a drop nor by one outside of it."""
    assert storms_of(measured(counters=[("reconnect_drops", {"phase": "steady"}, 5)])) == []


@pytest.mark.parametrize("late, told", [(9.9, False), (10.0, True)])
def test_waiting_under_the_cap(late, told):
    """From ten milliseconds on it bears on the load."""
    found = list(restraints_of(measured([("cap_wait", {}, [late] * 3)])))
    assert bool(found) is told
    assert all(text.startswith("the cap held back 3 requests (each redirect") for text in found)
    assert all("for 10 ms at p50 and 10 ms at p99" in text for text in found)


DROPS = [("none", 0, 100, ""), ("a hundredth", 10, 990, "10 of 1,000 due"), ("more: that is a doubt", 11, 990, "")]


@pytest.mark.parametrize("dropped, begun, text", [row[1:] for row in DROPS], ids=[row[0] for row in DROPS])
def test_a_few_dropped_iterations(dropped, begun, text):
    """They are said where the run does not depend on them."""
    counters = [("dropped_iterations", {}, dropped), ("iterations", {}, begun)]
    found = list(restraints_of(measured(counters=counters)))
    assert len(found) == bool(text)
    assert all(one.startswith(text) for one in found)


def test_blocked_requests():
    """By origin, over all phases; where it is no origin it is not clear where they lead."""
    origin = {"origin": "http://a:80"}
    counters = [
        ("blocked_requests", {**origin, "phase": "a"}, 2),
        ("blocked_requests", {**origin, "phase": "b"}, 1),
        ("blocked_requests", {"origin": "?"}, 1),
        ("blocked_requests", {"origin": "http://b:80"}, 0),
    ]
    assert sorted(restraints_of(measured(counters=counters))) == [
        "1 request did not leave: it is not clear where their addresses lead",
        "3 requests to http://a:80 did not leave: that origin was not declared",
    ]


def test_warnings():
    """Values out of range, values that are none, tags that are too many, and events that nobody could read."""
    store = measured(
        [("mine", {"name": "/a"}, [1e12, -1.0, -1.0])], [("unreadable_events", {"metric": "x"}, 2)], limit=1
    )
    store.leaf("mine", tags_of({"name": "/b"}), Kind.TREND)
    found = warnings_of(store, rows_of(store))
    assert len(found) == 4
    assert any(text.startswith("mine{name:/a}: 1 values are") for text in found)
    assert any(text.startswith("mine{name:/a}: 2 values are") for text in found)
    assert any(text.startswith("mine: more than 1 different tag sets; 1 times a further one") for text in found)
    assert found[-1].startswith("2 events or values could not be read")
    assert OTHER in {dict(tags).get("name") for _, tags, _ in store}


def gauge(*values):
    """Return a gauge that read these."""
    found = GaugeSink()
    for number, value in enumerate(values):
        found.set(float(number), value)
    return found


def trend(*values):
    """Return a trend of these."""
    found = Histogram()
    found.record_all(values)
    return found


FIGURES = [
    ("a rate", RateSink(1, 4), (4, {"value": 0.25}), {"value": 0.25, "passes": 1, "fails": 3}),
    ("a rate of nothing", RateSink(), (0, {"value": None}), {}),
    ("a counter", CounterSink(6.0, 2), (2, {"value": 6.0}), {"count": 6.0, "rate": 3.0}),
    (
        "a gauge",
        gauge(5.0, 1.0, 3.0),
        (1, {"value": 3.0, "min": 1.0, "max": 5.0, "at": 2.0}),
        {"value": 3.0, "min": 1.0, "max": 5.0},
    ),
    ("a timeline", TimelineSink({0: 2, 5: 1, 30: 2}), (5, {"peak_100ms": 2, "peak_1s": 3}), {}),
]


@pytest.mark.parametrize("sink, figures, exported", [row[1:] for row in FIGURES], ids=[row[0] for row in FIGURES])
def test_figures(sink, figures, exported):
    """How many samples, what is said of them, and what k6 would say."""
    assert figures_of(sink) == figures
    assert values_of(sink, 2.0) == exported


def test_figures_of_a_trend():
    """Odd values are told where there are some; k6's keys are to six decimals."""
    count, figures = figures_of(trend(1.0, 2.0, 3.0, -1.0))
    assert (count, figures["min"], figures["max"], figures["mean"], figures["invalid"]) == (3, 1.0, 3.0, 2.0, 1.0)
    assert "clamped" not in figures
    assert values_of(trend(1.0, 1.0, 2.0), 1.0) == {
        "avg": 1.333333,
        "min": 1.0,
        "max": 2.0,
        "med": 1.0,
        "p(90)": 2.0,
        "p(95)": 2.0,
        "p(99)": 2.0,
    }
    assert values_of(trend(), 1.0) == {}


def test_a_rate_over_no_time_is_none():
    """So that nothing is divided by it."""
    assert values_of(CounterSink(6.0, 2), 0.0) == {"count": 6.0, "rate": 0.0}


def test_how_late_arrivals_were_is_told_at_p99():
    """Neither their worst nor their mean: of a hundred the last but one."""
    store = Store()
    hundred = [float(number) for number in range(1, 101)]
    for metric, factor in (("arrival_lateness", 1), ("http_req_duration", 10), (CORRECTED["http_req_duration"], 20)):
        store.leaf(metric, (), Kind.TREND).record_all([factor * value for value in hundred])
    store.leaf("dropped_iterations", (), Kind.COUNTER).add(7)
    (finding,) = arrivals_of(store)
    assert finding.kind == "arrivals"
    assert finding.text.startswith("107 iterations due, 100 begun, 7 dropped; they began 99.0 ms late at p99; ")
    assert finding.figures["lateness_p99"] == pytest.approx(99, rel=1e-3)
    assert finding.figures["http_req_duration_p99"] == pytest.approx(990, rel=1e-3)
    assert finding.figures[f"{CORRECTED['http_req_duration']}_p99"] == pytest.approx(1980, rel=1e-3)
    assert (finding.figures["due"], finding.figures["begun"], finding.figures["dropped"]) == (107, 100, 7)
    assert "req_duration_p99" not in finding.figures


@pytest.mark.parametrize("metric", ["http_req_duration", CORRECTED["http_req_duration"]])
def test_one_of_two_durations_alone_is_not_told(metric):
    """There is nothing to compare it with."""
    store = measured([("arrival_lateness", {}, [2.0]), (metric, {}, [5.0])])
    (finding,) = arrivals_of(store)
    assert finding.text == "1 iterations due, 1 begun, 0 dropped; they began 2.0 ms late at p99"
    assert finding.figures.keys() == {"due", "begun", "dropped", "lateness_p99"}
