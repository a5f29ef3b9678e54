"""Durations from when the iteration was due: what a slow target would hide is measured all the same."""

import math
from time import perf_counter
from types import SimpleNamespace

import gevent
import pytest

from locust_ext.gates.thresholds import Assertion, Threshold
from locust_ext.measure.catalogue import BUILT_IN, CORRECTED
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.iteration_context import IterationContext, begin
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store
from locust_ext.measure.sinks import CounterSink, Kind
from locust_ext.measure.tally import BATCH, Tally

SOON = 5


def recorder_of(corrects=True, by_iteration=True):
    """Return a recorder of an open run."""
    recorder = Recorder()
    recorder.corrects, recorder.by_iteration = corrects, by_iteration
    return recorder


def taken(recorder):
    """Return what the recorder has measured."""
    store = Store()
    store.merge(recorder.take())
    return store


def during(iteration, function, *arguments):
    """Call a function in a user's greenlet."""

    def user():
        if iteration is not None:
            begin(iteration)
        function(*arguments)

    gevent.spawn(user).get(timeout=SOON)


def longest(store, metric, **tags):
    """Return the count and the longest of the durations of a metric."""
    found = store.select(Selector(metric, tuple(sorted(tags.items()))), Kind.TREND)
    return (found.count, round(found.maximum)) if found is not None and found.count else (0, 0)


FAMILIES = [
    ("HTTP", "GET", "http_req_duration"),
    ("others", "WS", "req_duration"),
]


@pytest.mark.parametrize("request_type, metric", [row[1:] for row in FAMILIES], ids=[row[0] for row in FAMILIES])
def test_requests_are_measured_twice(request_type, metric):
    """From when they were sent, and from when their iteration was due."""
    recorder = recorder_of()
    during(IterationContext(late=1000.0), recorder.on_request, request_type, "/a", 100.0)
    store = taken(recorder)
    assert longest(store, metric) == (1, 100)
    assert longest(store, f"{metric}_corrected") == (1, 1100)


def test_iterations_are_measured_twice():
    """A task, too."""
    recorder = recorder_of()
    during(IterationContext(late=1000.0), recorder.on_iteration, 100.0)
    store = taken(recorder)
    assert longest(store, "iteration_duration") == (1, 100)
    assert longest(store, "iteration_duration_corrected") == (1, 1100)


LATE = [
    ("in time", IterationContext(late=0.0), 100),
    ("a user that has no iteration is in time", None, 100),
    ("late", IterationContext(late=50.0), 150),
]


@pytest.mark.parametrize("iteration, corrected", [row[1:] for row in LATE], ids=[row[0] for row in LATE])
def test_corrected(iteration, corrected):
    """The corrected duration is never less than the plain one."""
    recorder = recorder_of()
    during(iteration, recorder.on_request, "GET", "/a", 100.0)
    assert longest(taken(recorder), "http_req_duration_corrected") == (1, corrected)


def test_a_closed_run_has_no_corrected_durations():
    """Nobody was due, so nothing is corrected, and nothing costs."""
    recorder = recorder_of(corrects=False)
    during(IterationContext({"scenario": "feed"}, late=50.0), recorder.on_request, "GET", "/a", 100.0)
    during(IterationContext({"scenario": "feed"}, late=50.0), recorder.on_iteration, 100.0)
    assert not {metric for metric, _, _ in taken(recorder)} & set(CORRECTED.values())


@pytest.mark.parametrize("amount", [1, BATCH - 1, BATCH, 3 * BATCH + 1])
def test_batches_lose_none(amount):
    """However many come before they are taken: both measures have all of them, once."""
    recorder = recorder_of()

    def many():
        for _ in range(amount):
            recorder.on_request("GET", "/a", 10.0)

    during(IterationContext(late=20.0), many)
    store = taken(recorder)
    assert longest(store, "http_req_duration") == (amount, 10)
    assert longest(store, "http_req_duration_corrected") == (amount, 30)
    assert longest(taken(recorder), "http_req_duration_corrected") == (0, 0)


@pytest.mark.parametrize(
    "first", [True, False], ids=["an open run, then a closed one", "a closed run, then an open one"]
)
def test_a_run_begins_in_the_middle_of_a_batch(first):
    """What was gathered before counts as it would have then, and what comes after as it does now."""
    recorder = recorder_of(corrects=first)
    during(IterationContext(late=50.0), recorder.on_request, "GET", "/a", 100.0)
    recorder.corrects = not first
    during(IterationContext(late=50.0), recorder.on_request, "GET", "/a", 10.0)
    store = taken(recorder)
    assert longest(store, "http_req_duration") == (2, 100)
    assert longest(store, "http_req_duration_corrected") == (1, 150 if first else 60)


ODD = [
    ("no duration", None, 0),
    ("a negative one", -1.0, 1),
    ("not a number", math.nan, 1),
]


@pytest.mark.parametrize("duration, unreadable", [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_what_is_no_duration_stays_none(duration, unreadable):
    """Nor does it spoil those of the same batch: each keeps its own lateness."""
    recorder = recorder_of()
    for one, late in ((10.0, 1000.0), (duration, 5000.0), (20.0, 2000.0)):
        during(IterationContext(late=late), recorder.on_request, "GET", "/a", one)
    store = taken(recorder)
    assert longest(store, "http_req_duration") == (2, 20)
    assert longest(store, "http_req_duration_corrected") == (2, 2020)
    assert store.select(Selector("unreadable_events"), Kind.COUNTER).value == unreadable


def test_tags_of_the_scenario():
    """They are on requests, iterations and the locustfile's own metrics; the request's own tags stay."""
    recorder = recorder_of()

    def work():
        recorder.on_request("GET", "/a", 1.0, context={"tags": {"beta": "yes"}})
        recorder.on_iteration(1.0)
        recorder.add("mine", Kind.COUNTER, 1)
        recorder.add("other", Kind.COUNTER, 1, {"beta": "no"})

    during(IterationContext({"scenario": "feed", "team": "a"}), work)
    found = {metric: dict(tags) for metric, tags, _ in taken(recorder)}
    scenario = {"scenario": "feed", "team": "a"}
    assert found["http_reqs"] == {**scenario, "beta": "yes", "name": "/a", "method": "GET"}
    assert found["http_req_duration_corrected"] == found["http_reqs"]
    assert found["iterations"] == found["mine"] == scenario
    assert found["other"] == {**scenario, "beta": "no"}


def test_scenarios_are_told_apart():
    """Each scenario's measurements are its own, and those of plain users carry no tag; all together are still the whole."""
    recorder = recorder_of()
    for name, late in (("feed", 0.0), ("chat", 1000.0), ("feed", 20.0)):
        during(IterationContext({"scenario": name}, late), recorder.on_iteration, 10.0)
    during(None, recorder.on_iteration, 10.0)
    store = taken(recorder)
    assert longest(store, "iteration_duration_corrected", scenario="feed") == (2, 30)
    assert longest(store, "iteration_duration_corrected", scenario="chat") == (1, 1010)
    assert longest(store, "iteration_duration_corrected")[0] == 4


def test_outside_of_such_runs_nobody_asks():
    """Without scenarios and arrivals, an iteration left behind by a run before changes nothing."""
    recorder = recorder_of(corrects=False, by_iteration=False)
    during(IterationContext({"scenario": "feed"}, late=50.0), recorder.on_request, "GET", "/a", 1.0)
    assert {metric: dict(tags) for metric, tags, _ in taken(recorder)}["http_reqs"] == {"name": "/a", "method": "GET"}


def test_every_corrected_metric_is_in_the_catalogue():
    """Each has the kind and the unit of the plain one, so that the same thresholds can be asked of both."""
    for plain, corrected in CORRECTED.items():
        assert (BUILT_IN[corrected].kind, BUILT_IN[corrected].unit) == (BUILT_IN[plain].kind, BUILT_IN[plain].unit)


JUDGED = [
    ("a duration, corrected", "http_req_duration", True, "http_req_duration_corrected"),
    ("of other requests", "req_duration", True, "req_duration_corrected"),
    ("of iterations", "iteration_duration", True, "iteration_duration_corrected"),
    ("a duration as it is", "http_req_duration", False, "http_req_duration"),
    ("what is corrected already", "http_req_duration_corrected", True, "http_req_duration_corrected"),
    ("what has no other measure", "http_req_failed", True, "http_req_failed"),
    ("one's own", "mine", True, "mine"),
]


@pytest.mark.parametrize("metric, corrected, judged", [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED])
def test_what_a_threshold_judges(metric, corrected, judged):
    """It is shown as written, or marked where it is the other of two; what it judges has the same tags."""
    selector = Selector(metric, (("scenario", "feed"),))
    threshold = Threshold(selector, Assertion("max", "<", 1.0), Kind.TREND, corrected=corrected)
    assert threshold.judged == Selector(judged, selector.tags)
    mark = " (uncorrected)" if metric == "http_req_duration" and not corrected else ""
    assert str(threshold) == f"{metric}{{scenario:feed}}: max<1{mark}"


def test_a_tag_of_the_request_does_not_take_the_scenarios_place():
    """A request that calls itself another scenario's is still one of its own."""
    recorder = recorder_of()
    context = {"tags": {"scenario": "other"}}
    during(
        IterationContext({"scenario": "feed"}),
        lambda: recorder.on_request("GET", "/a", 1.0, response=SimpleNamespace(status_code=200), context=context),
    )
    assert {dict(tags)["scenario"] for _, tags, _ in taken(recorder)} == {"feed"}


@pytest.mark.parametrize("duration", [None, -1.0])
def test_what_is_no_duration_is_none_when_corrected(duration):
    """A request without a duration is counted, not recorded, by either measure."""
    recorder = recorder_of()
    during(IterationContext(late=50.0), recorder.on_request, "GET", "/a", duration)
    store = taken(recorder)
    for metric in ("http_req_duration", "http_req_duration_corrected"):
        assert longest(store, metric) == (0, 0)
    assert store.select(Selector("http_reqs"), Kind.COUNTER).value == 1


LOST = [
    (
        "with its scenario's tags, and from when it was due",
        IterationContext({"scenario": "a"}, 70.0),
        True,
        ["a", "a"],
        70.0,
    ),
    ("of a run that is not open", IterationContext({"scenario": "a"}, 70.0), False, ["a"], None),
    ("of nobody's iteration", None, True, [None], None),
]


@pytest.mark.parametrize(
    "iteration, corrects, scenarios, late", [row[1:] for row in LOST], ids=[row[0] for row in LOST]
)
def test_an_iteration_that_is_lost(iteration, corrects, scenarios, late):
    """Is a sample of its own age, and where arrivals are due also of the age since then."""
    recorder, lost = recorder_of(corrects=corrects), []
    recorder.open.lose_sample = lost.append
    recorder.enter_phase("steady")
    during(iteration, recorder.lose_iteration, perf_counter() - 2.0)
    assert [sample.tags.get("scenario") for sample in lost] == scenarios
    assert {sample.tags["phase"] for sample in lost} == {"steady"}
    assert lost[0].metric == "iteration_duration"
    assert lost[0].age >= 2000.0
    assert late is None or lost[1].metric == CORRECTED["iteration_duration"]
    assert late is None or lost[1].age == pytest.approx(lost[0].age + late)


def test_a_duration_of_nothing_is_one():
    """Beside one that cannot be read it is still measured from when it was due."""
    durations, corrected = Histogram(), Histogram()
    tally = Tally(durations, CounterSink(), corrected=corrected)
    tally.values += [None, -1.0, 0.0, 5.0]
    tally.late += [70.0] * 4
    assert tally.fold() == 1
    assert (durations.count, round(durations.maximum)) == (2, 5)
    assert (corrected.count, round(corrected.minimum), round(corrected.maximum)) == (2, 70, 75)
    assert tally.fold() == 0
