"""One instance in a run: what is recorded, what is said once and counted, and what is in doubt."""

from __future__ import annotations

import logging

import pytest

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.probes.instance import ABSENT, MISSED, MOST_TROUBLES, Instance
from locust_ext.probes.instance import Reading as How
from locust_ext.probes.readings import MIXED, Read, Reading
from locust_ext.probes.source import UnreadError

FDS, START = "process_open_fds", "process_start_time_seconds"


class Script:
    """A source that says one thing after the other, the last one for ever."""

    def __init__(self, *says):
        self.says = list(says)

    def read(self, timeout):
        """Say the next."""
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(says, Exception):
            raise says
        return says


class Doubts(dict):
    """What is in doubt."""

    def doubt(self, metric, tags, why, *, whole=False):
        """Note it."""
        self[tags.get("series", "*")] = (why, whole)

    def trust(self, metric, tags):
        """Take it back."""
        self.pop(tags["series"], None)


def play(*says, times=None, asked=(FDS,), clock=None):
    """Have an instance read so often; return it, what it recorded, and what is in doubt."""
    recorder, doubts, at = Recorder(), Doubts(), iter(range(0, 100_000, 5))
    how = How("api", Script(*says), 5.0, 2.0, asked)
    one = Instance(how, recorder, doubts, clock or (lambda: float(next(at))))
    for _ in range(times or len(says)):
        one.read()
    store = Store()
    store.merge(recorder.take())
    return one, store, doubts


def values(store):
    """The gauges, by series."""
    return {dict(tags)["series"]: sink.value for _, tags, sink in store if sink and _ == "probe"}


def fds(value, **more):
    """A read of descriptors."""
    return Read({FDS: Reading(value), **more}, size=100)


def test_what_is_recorded():
    """Its series as gauges, how long each read took, how many brought nothing, and how many bytes those were."""
    one, store, doubts = play(fds(5.0), UnreadError("it answered 500"), fds(7.0))
    assert values(store) == {FDS: 7.0}
    assert store.trend("probe_duration", instance="api").count == 3
    assert store.counted("probe_bytes", instance="api") == 200
    failed = next(sink for metric, _, sink in store if metric == "probe_failed")
    assert (failed.hits, failed.total) == (1, 3)
    assert one.history(FDS).points == ((0.0, 5.0), (10.0, 7.0))
    assert doubts == {}


def test_no_request_is_counted():
    """Nothing but its own metrics."""
    _, store, _ = play(fds(5.0), UnreadError("x"))
    assert {metric for metric, *_ in store} == {"probe", "probe_duration", "probe_failed", "probe_bytes"}


def test_what_tells_of_restarts_and_limits_is_a_series_only_where_it_is_named():
    """It is read in any case."""
    read = fds(1.0, **{START: Reading(9), "process_max_fds": Reading(64)})
    assert set(values(play(read)[1])) == {FDS}
    assert set(values(play(read, asked=(FDS, START))[1])) == {FDS, START}


TROUBLES = [
    ("unread", [UnreadError("it answered 401")] * 4, "probe api, of 4 reads: it answered 401 (4 times)"),
    ("two kinds", [UnreadError("a"), UnreadError("b"), UnreadError("a"), fds(1)], "probe api, of 4 reads: a (2 times); b (1 time)"),
    ("a series is nonsense", [Read({}, {FDS: "is NaN"})] * 2, "probe api, of 2 reads: process_open_fds is NaN (2 times)"),
    ("a series was never there", [Read({})] * 5, "probe api, of 5 reads: there is no process_open_fds (3 times)"),
    ("it comes with the first request", [Read({})] * 2 + [fds(1)], ""),
    ("a restart", [fds(1, **{START: Reading(1)}), fds(1, **{START: Reading(50)})], "probe api, of 2 reads: its process began again (1 time)"),
    ("sums", [Read({FDS: Reading(3, parts=2)})] * 3, "probe api, of 3 reads: process_open_fds is the sum of several label sets"),
    ("nothing", [fds(1)] * 3, ""),
]  # fmt: skip


@pytest.mark.parametrize("says, sentence", [row[1:] for row in TROUBLES], ids=[row[0] for row in TROUBLES])
def test_troubles_are_counted(says, sentence):
    """In one sentence at the end."""
    assert play(*says)[0].account() == sentence


def test_troubles_are_said_once(caplog):
    """However often they come."""
    with caplog.at_level(logging.WARNING):
        play(UnreadError("it answered 401"), times=50)
    assert [record.getMessage() for record in caplog.records] == ["probe api: it answered 401"]


def test_troubles_are_bounded():
    """A target that fails in another way each time fills nothing."""
    one, *_ = play(*(UnreadError(f"trouble {n}") for n in range(200)))
    assert len(one.troubles) == MOST_TROUBLES
    assert one.account().count(";") == 5


LOST = [
    ("one miss is none", [fds(1), Read({})], {}),
    ("gone for good", [fds(1), *[Read({})] * MISSED], {FDS: (f"the probe api does not read it any more: {ABSENT}", False)}),
    ("now and then is not gone", [fds(1), Read({}), Read({}), fds(2), Read({}), Read({})], {}),
    ("it is back", [fds(1), *[Read({})] * MISSED, fds(2)], {}),
    ("the endpoint is gone", [fds(1), *[UnreadError("it answered 503")] * MISSED], {FDS: ("the probe api does not read it any more: it answered 503", False)}),
    ("never there", [Read({})], {FDS: (f"the probe api has not read it: {ABSENT}", False)}),
    ("never there, and why", [Read({}, {FDS: "is NaN"})], {FDS: ("the probe api has not read it: it is NaN", False)}),
    ("never reached", [UnreadError("it answered 401")], {FDS: ("the probe api has not read it: it answered 401", False)}),
    ("several processes", [fds(1, **{START: Reading(s)}) for s in (10, 20, 10)], {"*": (f"the probe api: {MIXED}", True)}),
]  # fmt: skip


@pytest.mark.parametrize("says, doubts", [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_is_in_doubt(says, doubts):
    """A series whose last value says nothing of now, and readings of now this, now that process."""
    assert play(*says)[2] == doubts


HISTORIES = [
    ("points", [fds(1)], ((0.0, 1.0),), ""),
    ("never there", [Read({})], (), f"the probe api has not read it: {ABSENT}"),
    ("never reached", [UnreadError("it answered 401")], (), "the probe api has not read it: it answered 401"),
    ("several processes", [fds(1, **{START: Reading(s)}) for s in (10, 20, 10)], (), MIXED),
]


@pytest.mark.parametrize("says, points, missing", [row[1:] for row in HISTORIES], ids=[row[0] for row in HISTORIES])
def test_histories_say_why_they_are_empty(says, points, missing):
    """Rules on drift read them."""
    history = play(*says)[0].history(FDS)
    assert (history.points, history.missing, history.interval) == (points, missing, 5.0)


def test_before_the_first_read():
    """Nothing is known yet."""
    one = Instance(How("api", Script(fds(1)), 5.0, 2.0, (FDS,)), Recorder(), Doubts(), lambda: 0.0)
    assert one.history(FDS).missing == "the probe api has not read it: it was not asked"
    assert one.account() == ""
