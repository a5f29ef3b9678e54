"""From Locust's request event into the store: everything is counted, nothing is raised."""

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import gevent
import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure import recorder as module
from locust_ext.measure.iteration_context import IterationContext, begin
from locust_ext.measure.open_requests import Sample
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Selector, Store, tags_of
from locust_ext.measure.sinks import Kind


def taken(recorder):
    """Return what the recorder has measured, as the master would see it."""
    store = Store()
    store.merge(recorder.take())
    return store


def leaves(recorder):
    """Return {metric: [tags]} of what was measured."""
    found = {}
    for metric, tags, _ in taken(recorder):
        found.setdefault(metric, []).append(dict(tags))
    return found


@pytest.fixture
def clock(monkeypatch):
    """Two clocks under the test's control: ``now`` for both."""
    state = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "perf_counter", lambda: state.now)
    monkeypatch.setattr(module._CLOCK, "now", lambda: state.now)
    return state


FAMILIES = [
    ("GET", "http_req_duration", "method"),
    ("post", "http_req_duration", "method"),
    ("PATCH", "http_req_duration", "method"),
    ("WS", "req_duration", "type"),
    ("grpc", "req_duration", "type"),
    ("Async Group", "req_duration", "type"),
]


@pytest.mark.parametrize("request_type, metric, tag", FAMILIES, ids=[row[0] for row in FAMILIES])
def test_two_families(request_type, metric, tag):
    """HTTP methods go to http_*, everything else to the others, under its type, and never into both."""
    recorder = Recorder()
    recorder.on_request(request_type=request_type, name="/a", response_time=5.0)
    prefix = "http_" if metric.startswith("http") else ""
    expected = {"name": "/a", tag: request_type}
    assert leaves(recorder) == {f"{prefix}{name}": [expected] for name in ("req_duration", "req_failed", "reqs")}


def test_tags():
    """A series carries name, method, status, phase and the tags of the request's context; ours win."""
    recorder = Recorder()
    recorder.enter_phase("surge")
    recorder.on_request(
        request_type="GET",
        name="/a",
        response_time=0.0,
        response=SimpleNamespace(status_code=503),
        context={"tags": {"team": "feed", "name": "mine"}, "user": "not a tag"},
    )
    tags = {"name": "/a", "method": "GET", "status": "503", "phase": "surge", "team": "feed"}
    assert leaves(recorder)["http_reqs"] == [tags]


def test_a_request_belongs_to_the_phase_in_which_it_began(clock):
    """A slow request that ends in the recovery is one of the surge."""
    recorder = Recorder()
    for name, at in (("surge", 1000.0), ("recovery", 1010.0)):
        clock.now = at
        recorder.enter_phase(name)
    clock.now = 1011.0
    recorder.on_request("GET", "slow", 5000.0)
    recorder.on_request("GET", "fast", 500.0)
    found = {tags["name"]: tags["phase"] for tags in leaves(recorder)["http_reqs"]}
    assert found == {"slow": "surge", "fast": "recovery"}


@pytest.mark.parametrize("looked", [False, True], ids=["nobody looked", "a report was taken meanwhile"])
def test_a_report_in_the_middle_of_a_phase_changes_nothing(clock, looked):
    """How long the phase has lasted is known then, and requests that took longer still belong to the one before."""
    recorder = Recorder()
    recorder.enter_phase("warmup")
    clock.now = 1010.0
    recorder.enter_phase("surge")
    clock.now = 1015.0
    if looked:
        recorder.take()
    clock.now = 1016.0
    for name, seconds in (("began in it", 4), ("just after it began", 5.9), ("before", 6.1)):
        recorder.on_request("GET", name, seconds * 1000.0)
    found = {tags["name"]: tags["phase"] for tags in leaves(recorder)["http_reqs"]}
    assert found == {"began in it": "surge", "just after it began": "surge", "before": "warmup"}


def test_events_of_one_kind_are_told_apart_by_their_tags():
    """Whatever those of the event before were, and although it is one dictionary that is changed between them."""
    recorder, tags = Recorder(), {}
    for plan in ("free", "pro", "free", None, "free"):
        tags.clear()
        tags.update({"plan": plan} if plan else {})
        recorder.on_request("GET", "/a", 5.0, context={"tags": tags})
    recorder.on_request("GET", "/a", 5.0)
    store = Store()
    store.merge(recorder.take())
    counts = {
        dict(tags).get("plan"): sink.value for (metric, tags), sink in store.series.items() if metric == "http_reqs"
    }
    assert counts == {"free": 3, "pro": 1, None: 2}


COUNTS = [
    ("a success", 5.0, None, (1, 0, 1, 0)),
    ("a failure keeps its time", 5.0, ValueError(), (1, 1, 1, 0)),
    ("without a duration it is counted, not recorded as zero", None, None, (0, 0, 1, 1)),
    ("a negative duration", -1.0, None, (0, 0, 1, 1)),
    ("not a number", math.nan, None, (0, 0, 1, 1)),
    ("zero is a duration", 0.0, None, (1, 0, 1, 0)),
]


@pytest.mark.parametrize("duration, exception, counts", [row[1:] for row in COUNTS], ids=[row[0] for row in COUNTS])
def test_counts(duration, exception, counts):
    """Every request is counted and judged as failed or not, whatever its duration."""
    recorder = Recorder()
    recorder.on_request("GET", "/a", duration, exception=exception)
    store = taken(recorder)
    times = store.select(Selector("http_req_duration"), Kind.TREND)
    fails = store.select(Selector("http_req_failed"), Kind.RATE)
    count = store.select(Selector("http_reqs"), Kind.COUNTER)
    assert counts == (times.count, fails.hits, count.value, times.invalid)
    assert fails.total == count.steps == 1


class Raising:
    """A response whose status cannot be read, and an exception whose truth cannot be told."""

    @property
    def status_code(self):
        raise RuntimeError("gone")

    def __bool__(self):
        raise RuntimeError("neither")


OK, NO_TAGS = {"name": "/a", "method": "GET"}, {"method": "GET"}
ODD = [
    # what is odd, the event, its tags, its duration, whether it failed, whether a part could not be read
    ("a duration of text", {"response_time": "fast"}, OK, None, False, True),
    ("a duration that is a Decimal", {"response_time": Decimal("12.5")}, OK, 12.5, False, False),
    ("a duration that is a fraction", {"response_time": Fraction(25, 2)}, OK, 12.5, False, False),
    ("a duration that is a numpy number", {"response_time": np.float32(12.5)}, OK, 12.5, False, False),
    ("a duration that is infinite", {"response_time": math.inf}, OK, 1e9, False, False),
    ("tags that are a list", {"context": {"tags": ["checkout", "critical"]}}, OK, 1.0, False, True),
    ("tags that are a text", {"context": {"tags": "checkout"}}, OK, 1.0, False, True),
    ("tags that are a number", {"context": {"tags": 5}}, OK, 1.0, False, True),
    ("a tag that is a list", {"context": {"tags": {"a": []}}}, {**OK, "a": "[]"}, 1.0, False, False),
    ("a context that is a number", {"context": 5}, OK, 1.0, False, True),
    ("a name that is a list", {"name": []}, {**OK, "name": "[]"}, 1.0, False, False),
    ("a name that is None", {"name": None}, NO_TAGS, 1.0, False, True),
    ("a name of bytes", {"name": b"/a"}, OK, 1.0, False, False),
    ("a name that cannot be printed", {"name": "/a\ud800\n"}, {**OK, "name": "/a\ufffd\ufffd"}, 1.0, False, False),
    ("a status that raises", {"response": Raising()}, OK, 1.0, False, True),
    ("an exception that is False", {"exception": False}, OK, 1.0, False, False),
    ("an exception that is an empty text", {"exception": ""}, OK, 1.0, False, False),
    ("an exception that is 0", {"exception": 0}, OK, 1.0, False, False),
    ("an exception that is a text", {"exception": "timed out"}, OK, 1.0, True, False),
    ("an exception whose truth cannot be told", {"exception": Raising()}, OK, 1.0, True, True),
    ("all at once", {"name": None, "response": Raising(), "context": 5, "exception": 1}, NO_TAGS, 1.0, True, True),
]  # fmt: skip


@pytest.mark.parametrize(
    "event, tags, duration, failed, unreadable", [row[1:] for row in ODD], ids=[row[0] for row in ODD]
)
def test_what_can_be_read_of_an_event_is_read(event, tags, duration, failed, unreadable):
    """A request and its failure always count; only the part that cannot be read is left out, and that is told."""
    recorder = Recorder()
    recorder.on_request(**{"request_type": "GET", "name": "/a", "response_time": 1.0, **event})
    rows = recorder.take()
    msgpack.packb(rows)  # one odd event never loses a worker's report
    store = Store()
    store.merge(rows)
    times = store.trend("http_req_duration")
    assert [dict(found) for metric, found, _ in store if metric == "http_reqs"] == [tags]
    assert (times.maximum if times.count else None) == duration
    assert store.select(Selector("http_req_failed"), Kind.RATE).hits == failed
    assert (store.counted("unreadable_events") > 0) == unreadable


@given(
    st.dictionaries(
        st.sampled_from(["request_type", "name", "response_time", "response", "context"]),
        st.one_of(
            st.none(),
            st.text(max_size=3),
            st.integers(),
            st.floats(),
            st.lists(st.integers(), max_size=2),
            st.dictionaries(st.just("tags"), st.dictionaries(st.text(max_size=2), st.floats() | st.text(max_size=3))),
        ),
    )
)
def test_any_event_is_counted_once(event):
    """Whatever a client hands over, nothing is raised, and it is one request."""
    recorder = Recorder()
    recorder.on_request(**event)
    store = taken(recorder)
    assert sum(store.counted(name) for name in ("http_reqs", "reqs")) == 1


def test_take_begins_anew():
    """What was taken is gone, and the same requests are measured again."""
    recorder = Recorder()
    for _ in range(2):
        recorder.on_request("GET", "/a", 1.0)
        recorder.add("steps", Kind.COUNTER, 1)
        store = taken(recorder)
        assert store.select(Selector("http_reqs"), Kind.COUNTER).value == 1
        assert store.select(Selector("steps"), Kind.COUNTER).value == 1
    assert recorder.take() == []


def test_endless_names_take_no_endless_memory():
    """With ids in the names, leaves and slots stay within their limits, and the totals are whole."""
    recorder = Recorder(limit=10)
    for number in range(500):
        recorder.on_request("GET", f"/posts/{number}", 1.0)
    assert len(recorder._tallies) <= 20
    rows = recorder.take()
    assert len(rows) <= 3 * (10 + 1) + 3
    store = Store()
    store.merge(rows)
    assert store.select(Selector("http_reqs"), Kind.COUNTER).value == 500
    assert store.lumped["http_reqs"] > 0


ADDED = [
    (Kind.TREND, [1.0, 3.0], lambda sink: (sink.count, sink.maximum), (2, 3.0)),
    (Kind.RATE, [True, False, 5], lambda sink: (sink.hits, sink.total), (2, 3)),
    (Kind.COUNTER, [2, 0.5], lambda sink: (sink.value, sink.steps), (2.5, 2)),
    (Kind.GAUGE, [7, 5], lambda sink: (sink.value, sink.low, sink.high), (5, 5, 7)),
]


@pytest.mark.parametrize("kind, values, read, expected", ADDED, ids=[row[0].value for row in ADDED])
def test_add(clock, kind, values, read, expected):
    """A value of any kind is added under the present phase and its tags."""
    recorder = Recorder()
    recorder.enter_phase("surge")
    for value, tags in itertools.product(values, [None, {"a": "b"}]):
        clock.now += 1
        recorder.add("m", kind, value, tags)
    store = taken(recorder)
    assert expected == read(store.select(Selector("m", tags_of({"phase": "surge", "a": "b"})), kind))
    assert len(list(store)) == 2


def test_listening_is_zero_and_not_nothing():
    """A counter that is listened to is measured as 0 until it steps, and then as its steps."""
    recorder = Recorder()
    recorder.listen("steps")
    recorder.add("others", Kind.COUNTER, 1)
    sink = taken(recorder).select(Selector("steps"), Kind.COUNTER)
    assert (sink.value, sink.steps, sink.seen) == (0, 0, True)


@pytest.mark.parametrize("kind", [Kind.COUNTER, Kind.GAUGE])
@pytest.mark.parametrize("value", [math.nan, math.inf, "five", None])
def test_what_is_no_number_counts_as_one_unreadable_event(kind, value):
    """Of the metric that it was meant for, which itself stays as it was."""
    recorder = Recorder()
    recorder.add("mine", kind, value, {"queue": "a"})
    (row,) = taken(recorder)
    assert row[0] == "unreadable_events"
    assert dict(row[1])["metric"] == "mine"
    assert "queue" not in dict(row[1])
    assert row[2].value == 1


def test_a_task_that_was_lost(clock):
    """It lasted at least that long, in the phase of now."""
    recorder = Recorder()
    recorder.enter_phase("surge")
    recorder.lose_iteration(clock.now - 2.5)
    assert recorder.open.take_lost() == ([], [Sample("iteration_duration", {"phase": "surge"}, 2500.0)])


def test_what_belongs_to_no_arrival():
    """Outside of one there is no iteration."""
    recorder = Recorder()
    assert recorder.iteration_now() is None


def test_iterations_of_one_phase_are_one_series(clock):
    """And another phase is another one."""
    recorder = Recorder()
    for milliseconds in (1.0, 2.0):
        recorder.on_iteration(milliseconds)
    recorder.enter_phase("surge")
    recorder.on_iteration(3.0)
    store = taken(recorder)
    found = {dict(tags).get("phase", ""): sink.count for metric, tags, sink in store if metric == "iteration_duration"}
    assert list(found.values()) == [2, 1]
    assert found["surge"] == 1
    assert store.counted("iterations") == 3


def test_iterations_of_a_scenario_are_its_own():
    """Those of a user with tags carry them; those of others do not, before and after."""
    recorder = Recorder()
    recorder.by_iteration = True

    def user(tags):
        begin(IterationContext(tags))
        recorder.on_iteration(1.0)

    for tags in ({}, {"scenario": "feed"}, {}, {"scenario": "feed"}, {"scenario": "search"}):
        gevent.spawn(user, tags).get(timeout=5)
    found = {dict(tags).get("scenario", ""): sink.value for name, tags, sink in taken(recorder) if name == "iterations"}
    assert found == {"": 2, "feed": 2, "search": 1}


@pytest.mark.parametrize("milliseconds, phase", [(400.0, "surge"), (600.0, "steady"), (None, "surge")])
def test_an_odd_event_belongs_to_the_phase_in_which_it_began_too(clock, milliseconds, phase):
    """Half a second after the phase began, in milliseconds as all others."""
    recorder = Recorder()
    recorder.enter_phase("steady")
    clock.now += 10
    recorder.enter_phase("surge")
    clock.now += 0.5
    recorder.on_request(request_type="GET", name="/a", response_time=milliseconds, context={"tags": 5})
    found = [dict(tags) for metric, tags, _ in taken(recorder) if metric == "http_reqs"]
    assert found == [{"name": "/a", "method": "GET", "phase": phase}]
