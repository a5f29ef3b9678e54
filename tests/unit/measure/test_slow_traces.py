"""The slowest requests that carry a trace: gathered on a process, told, and put together where a run is judged."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.error_kinds import ErrorKind, ErrorKinds
from locust_ext.measure.errors_told import ErrorTold
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import Report
from locust_ext.measure.slow_traces import MOST_ENDPOINTS, SlowTraces, losing, noting
from locust_ext.measure.traced_requests import (
    MOST_OF_AN_ENDPOINT,
    MOST_TRACED,
    TracedRequest,
    TracedRequests,
    slowest,
)
from locust_ext.measure.traces_told import MOST_TOLD, TracedTold
from locust_ext.process.wire import UnfitError


def an_id(number: int) -> str:
    return f"{number + 1:032x}"


class Carried:
    """Each request carries a trace of its own, but for those of some names."""

    def __init__(self, *without: str) -> None:
        self._numbers, self._without = itertools.count(), without

    def of_event(self, name, milliseconds):
        return "" if name in self._without else an_id(next(self._numbers))

    def of_failed(self, name, response, exception):
        return self.of_event(name, None)


def _slow(traces=None):
    found = SlowTraces(lambda: 100.0, lambda text: text.replace("secret", "***"))
    found.traces = traces or Carried()
    return found


def _told(slow):
    return [TracedTold.of(one) for one in slow.take(101.0)]


def test_off_a_list_is_a_list():
    """What is appended to it is looked at by nobody."""
    assert type(SlowTraces(lambda: 0.0).durations("GET", "/", 200, "")) is list
    assert type(Recorder().traces.durations("GET", "/", 200, "")) is list


def test_the_five_slowest_of_an_endpoint():
    """Each is told once; of what was told before only what is slower still comes after it."""
    slow = _slow()
    ok, failed = slow.durations("GET", "/a", 200, "steady"), slow.durations("GET", "/a", 503, "steady")
    for milliseconds in (10, 50, 20, 40, 30, 5, 15):
        ok.append(milliseconds)
    failed.append(45)
    assert [(one.duration, one.status) for one in _told(slow)] == [
        *((50, "200"), (45, "503"), (40, "200"), (30, "200"), (20, "200")),
    ]
    assert _told(slow) == []
    failed.append(19)
    failed.append(60)
    assert [one.duration for one in _told(slow)] == [60]
    assert ok == [10, 50, 20, 40, 30, 5, 15]


def test_what_is_told_of_one():
    """Where it was, when it began, and no secret."""
    slow = _slow()
    slow.durations("GET", "/secret/a", None, "surge").append(2000.0)
    (told,) = _told(slow)
    assert told == TracedTold(
        name="/***/a", method="GET", phase="surge", status="", duration=2000.0, age=3.0, trace_id=an_id(0)
    )


ODD = [None, "12", float("nan"), float("inf"), -1.0, object(), 10**400, 1e300]


@pytest.mark.parametrize("milliseconds", ODD, ids=repr)
def test_odd_durations(milliseconds):
    """They are kept in the list, and what is told fits a message."""
    slow = _slow()
    durations = slow.durations("GET", "/a", 200, "")
    durations.append(milliseconds)
    assert len(durations) == 1
    assert len(_told(slow)) <= 1


def test_who_finds_traces_may_raise():
    """A request is measured nevertheless."""

    def fail(name, milliseconds):
        raise ValueError("no")

    slow = _slow(SimpleNamespace(of_event=fail))
    durations = slow.durations("GET", "/a", 200, "")
    durations.append(1.0)
    assert durations == [1.0]


def test_endpoints_without_number():
    """Those that are too many share the room of one, and a report tells of fifty."""
    slow = _slow()
    for number in range(2 * MOST_ENDPOINTS):
        slow.durations("GET", f"/{number}", 200, "").append(1.0 + number)
    told = _told(slow)
    assert len(told) == MOST_TOLD
    assert len(slow._shared.kept) == MOST_OF_AN_ENDPOINT
    assert [one.duration for one in told[:2]] == [400.0, 399.0]


def test_another_run_begins():
    """What was before it is forgotten."""
    slow = _slow()
    slow.durations("GET", "/a", 200, "").append(1.0)
    slow.clear()
    assert _told(slow) == []


class Lost:
    """A request that never came back."""

    began, phase = 40.0, "surge"

    def __init__(self, name="/a"):
        self.name = name

    def age(self, at):
        return (at - self.began) * 1000

    def describe(self):
        if self.name is None:
            raise ValueError("code of a user's")
        return "GET", self.name, {}


def test_those_that_are_lost():
    """One whose name cannot be looked up is left out, and all are handed on."""
    slow, lost = _slow(), [(Lost(), 70.0), (Lost(None), 70.0), (Lost("/without"), 70.0)]
    take = losing(slow, lambda begun: "" if begun.name == "/without" else an_id(7))(lambda: (lost, ["sample"]))
    assert take() == (lost, ["sample"])
    (told,) = _told(slow)
    assert (told.name, told.duration, told.age, told.lost, told.trace_id) == ("/a", 30_000.0, 61.0, True, an_id(7))


def test_failures_keep_three():
    """The first of a kind; a response that raises is left out."""
    recorder = Recorder()
    traces = Carried("/b")
    note = noting(traces)(recorder.errors.note)
    for number in range(5):
        note("GET", "/a", 500, ValueError("oh"), None, float(number))
    note("GET", "/b", 500, ValueError("oh"), None, 9.0)
    first, second = (ErrorTold.of(one) for one in recorder.errors.take(10.0))
    assert (first.count, first.traces) == (5, (an_id(0), an_id(1), an_id(2)))
    assert (second.count, second.traces) == (1, ())


def _of(told, hide=str):
    kinds = ErrorKinds(hide)
    for one in told:
        kinds.add([one], 10.0)
    return kinds.all()


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_traces_of_a_kind_do_not_depend_on_the_order(processes, chance):
    """Nor on how often they are told."""
    told = [
        ErrorTold(metric="m", name="/a", method="GET", what="500", count=1, first=1.0, last=1.0, traces=tuple(ids))
        for ids in (map(an_id, numbers) for numbers in processes)
    ]
    (kind,) = _of(told)
    chance.shuffle(told)
    (other,) = _of([*told, *told])
    assert kind.traces == other.traces
    assert kind.traces == tuple(sorted({an_id(one) for numbers in processes for one in numbers}))[:3]


def test_kinds_that_are_too_many_keep_some_too():
    """Under the one that stands for them."""
    found = {kind.traces for kind in _of([_told_of(number) for number in range(60)]) if kind.is_rest}
    assert found == {tuple(sorted(map(an_id, range(50, 60)))[:3])}


def _told_of(number):
    return ErrorTold(
        metric="m", name=f"/{number}", method="GET", what="500", count=1, first=1.0, last=1.0, traces=(an_id(number),)
    )


def test_a_secret_that_looks_like_a_trace():
    """It is hidden as any other."""
    (kind,) = _of([_told_of(3)], lambda text: text.replace(an_id(3), "[hidden]"))
    assert kind.traces == ("[hidden]",)
    assert ErrorKind("m", "/", "GET", "500", 1, 0.0, 0.0).traces == ()


requests = st.builds(
    TracedRequest,
    name=st.sampled_from([f"/{number}" for number in range(14)]),
    method=st.sampled_from(["GET", "POST"]),
    phase=st.just("steady"),
    status=st.sampled_from(["200", ""]),
    duration=st.integers(0, 30).map(float),
    at=st.integers(0, 5).map(float),
    trace_id=st.integers(0, 10**9).map(an_id),
)


@given(st.lists(st.lists(requests, max_size=60), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_slowest_do_not_depend_on_the_order(processes, chance):
    """What processes tell piece by piece is what all of it at once says."""
    everything = slowest(one for told in processes for one in told)
    chance.shuffle(processes)
    kept = ()
    for told in processes:
        kept = slowest([*kept, *slowest(told)])
    assert kept == everything
    assert slowest([*kept, *kept]) == kept


def test_that_property_meets_both_bounds():
    """Fifty in all, and five of an endpoint."""
    many = [
        TracedRequest(f"/{number // 30}", "GET", "", "200", float(number), 0.0, an_id(number)) for number in range(400)
    ]
    found = slowest(many)
    assert len(found) == MOST_TRACED
    assert [one.duration for one in found] == sorted((one.duration for one in found), reverse=True)
    assert max(sum(one.name == f"/{number}" for one in found) for number in range(14)) == MOST_OF_AN_ENDPOINT


def test_taking_what_processes_tell():
    """Times become those of the run; secrets of the judging process are hidden, too."""
    traced = TracedRequests(lambda text: text.replace("token", "***"))
    told = TracedTold(name="/token", method="GET", duration=500.0, age=4.0, trace_id=an_id(1))
    traced.add([told], 10.0)
    traced.add([told.model_copy(update={"age": 99.0, "trace_id": an_id(2)})], 10.0)
    assert [(one.name, one.at) for one in traced.all()] == [("/***", 0.0), ("/***", 6.0)]


MESSAGE = {"run": "r", "sequence": 1, "rows": []}
FITS = {"name": "/a", "method": "GET", "duration": 1.0, "age": 1.0, "trace_id": an_id(1)}
UNFIT = [
    pytest.param([{**FITS, "trace_id": "abc"}], id="another id"),
    pytest.param([{**FITS, "trace_id": an_id(1) + "\n"}], id="a line feed"),
    pytest.param([{**FITS, "trace_id": "A" * 32}], id="capitals"),
    pytest.param([{**FITS, "duration": float("nan")}], id="not a number"),
    pytest.param([{**FITS, "age": -1.0}], id="of the future"),
    pytest.param([FITS] * (MOST_TOLD + 1), id="too many"),
    pytest.param([{**FITS, "name": "a\nb"}], id="a name with a line feed"),
    pytest.param("traces", id="not a list"),
]


def test_reports_of_other_releases():
    """An older one says nothing of traces."""
    assert Report.of(MESSAGE).traces == ()
    assert Report.of({**MESSAGE, "traces": [FITS]}).traces[0].trace_id == an_id(1)


@pytest.mark.parametrize("traces", UNFIT)
def test_reports_that_do_not_fit(traces):
    """They are refused as a whole."""
    with pytest.raises(UnfitError, match="traces"):
        Report.of({**MESSAGE, "traces": traces})
