"""Counts by slot of time: they merge, they travel, and what a storm did is told from them."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import SINKS, CounterSink, Kind, TimelineSink, kind_of, merge_into
from locust_ext.reports.storm import storms_of
from locust_ext.storms.herd import peaks_of

TIMELINES = st.dictionaries(st.integers(0, 36_000), st.integers(1, 10**6), max_size=12).map(TimelineSink)


def merged(*sinks):
    """Return the sinks merged into a new one."""
    total = TimelineSink()
    for sink in sinks:
        merge_into(total, sink)
    return total


@given(TIMELINES, TIMELINES, TIMELINES)
def test_laws_of_merging(one, two, three):
    """Merging is associative and commutative, the empty timeline is its identity, and no count is lost."""
    assert merged(merged(one, two), three).slots == merged(one, merged(two, three)).slots
    assert merged(one, two).slots == merged(two, one).slots
    assert merged(one, TimelineSink()).slots == merged(TimelineSink(), one).slots == one.slots
    total = sum(sum(sink.slots.values()) for sink in (one, two, three))
    assert sum(merged(one, two, three).slots.values()) == total


@given(TIMELINES, TIMELINES)
def test_merging_leaves_the_other(one, two):
    """What is merged into another one stays as it was."""
    before = dict(two.slots)
    one.merge(two)
    one.add(0)
    assert two.slots == before


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(0, 40))
def test_counts(slots, cut):
    """One by one, or in two parts merged: each slot has as many as fell into it."""
    whole, left, right = TimelineSink(), TimelineSink(), TimelineSink()
    for n, slot in enumerate(slots):
        whole.add(slot)
        (left if n < cut else right).add(slot)
    assert whole.slots == {slot: slots.count(slot) for slot in set(slots)}
    assert merged(left, right).slots == whole.slots


@given(TIMELINES)
def test_wire(sink):
    """Through msgpack a timeline arrives as it was, in the order of its slots."""
    row = msgpack.loads(msgpack.dumps(sink.to_row()), raw=False)
    assert TimelineSink.from_row(row).slots == sink.slots
    assert [slot for slot, _ in row] == sorted(sink.slots)


def test_its_kind():
    """A timeline is a kind of its own, and no other kind can be merged into it."""
    assert SINKS[Kind.TIMELINE] is TimelineSink
    assert kind_of(TimelineSink()) is Kind.TIMELINE
    with pytest.raises(TypeError, match="cannot be a timeline here and a counter there"):
        merge_into(TimelineSink(), CounterSink())


def test_what_it_was_made_from_stays():
    """A timeline keeps no hold of the counts that it was made from."""
    slots = {1: 2}
    TimelineSink(slots).add(1)
    assert slots == {1: 2}


def herd(store, storm, slots):
    """Record the attempts of one storm."""
    leaf = store.leaf("reconnect_herd", tags_of({"storm": storm, "phase": "storm"}), Kind.TIMELINE)
    leaf.merge(TimelineSink(slots))


def came_back(store, milliseconds, attempts, *, failed=0, phase="storm"):
    """Record users that came back after so many milliseconds and attempts, and some that did not."""
    tags = tags_of({"phase": phase})
    store.leaf("reconnect_drops", tags, Kind.COUNTER).add(len(milliseconds) + failed)
    for value, count in zip(milliseconds, attempts, strict=True):
        store.leaf("reconnect_time", tags, Kind.TREND).record(value)
        store.leaf("reconnect_attempts", tags, Kind.TREND).record(count)
        store.leaf("reconnects_failed", tags, Kind.RATE).merge(SINKS[Kind.RATE](0, 1))
    for _ in range(failed):
        store.leaf("reconnect_time", tags, Kind.TREND).record(1e12)
        store.leaf("reconnects_failed", tags, Kind.RATE).merge(SINKS[Kind.RATE](1, 1))


def test_no_storm_no_finding():
    """Without a drop there is nothing to tell, also when users lost a connection of themselves."""
    store = Store()
    assert storms_of(store) == []
    assert peaks_of(store) is None
    came_back(store, [100.0], [1], phase="peak")
    assert storms_of(store) == []


def test_a_storm_that_all_came_back_from():
    """Who dropped, who came back, how fast, after how many attempts, and how many came at once."""
    store = Store()
    came_back(store, [100.0, 200.0, 300.0, 400.0], [1, 1, 2, 4])
    herd(store, 1, {1: 3, 2: 1, 14: 4})
    (finding,) = storms_of(store)
    assert finding.kind == "storm"
    assert finding.figures == {
        "dropped": 4,
        "returned": 4,
        "never_back": 0,
        "amplification": pytest.approx(2.0),
        "peak_100ms": 4,
        "peak_1s": 4,
    }
    assert finding.text.startswith("4 users dropped, 4 came back (p50 200 ms, p99 400 ms), 2.00 attempts each")
    assert finding.text.endswith("at most 4 attempts in 100 ms and 4 in a second")


def test_who_never_came_back_counts():
    """With users that stay away no percentile flatters: the sentence tells how many came back instead."""
    store = Store()
    came_back(store, [100.0, 200.0], [1, 1], failed=3)
    (finding,) = storms_of(store)
    assert (finding.figures["dropped"], finding.figures["returned"], finding.figures["never_back"]) == (5, 2, 3)
    assert finding.text.startswith("5 users dropped, 2 came back, ")
    assert "p50" not in finding.text


def test_one_user():
    """One user is told as one; nobody tried, nobody stampeded."""
    store = Store()
    came_back(store, [], [], failed=1)
    (finding,) = storms_of(store)
    assert finding.text == "1 user dropped, 0 came back; at most 0 attempts in 100 ms and 0 in a second"
    assert finding.figures["amplification"] is None
    herd(store, 1, {1: 1})
    assert storms_of(store)[0].text.endswith("at most 1 attempt in 100 ms and 1 in a second")


def test_storms_do_not_pile_up():
    """The peak is of the worst single storm: two storms of a run are not laid over one another."""
    store = Store()
    herd(store, 1, {0: 5, 9: 5, 10: 7})
    herd(store, 2, {0: 6, 9: 5, 10: 1})
    assert peaks_of(store) == (7, 12)


def test_workers_do_pile_up():
    """Rows of two workers on one storm are one herd."""
    master = Store()
    for _ in range(2):
        worker = Store()
        herd(worker, 1, {3: 10})
        came_back(worker, [100.0], [1])
        master.merge(msgpack.loads(msgpack.dumps(worker.take()), raw=False))
    assert peaks_of(master) == (20, 20)
    assert storms_of(master)[0].figures["dropped"] == 2


def test_who_asks_for_the_peaks_looks_through_no_other_series():
    """It is asked each second of a run, also where there is no storm and a thousand series."""
    calm, stormy = Store(), Store()
    came_back(calm, [100.0], [1])
    herd(stormy, 1, {3: 10})
    calm.series, stormy.series = Unread(calm.series), Unread(stormy.series)
    assert (peaks_of(calm), peaks_of(stormy)) == (None, (10, 10))


class Unread(dict):
    """Series that nobody may look through as a whole."""

    def __iter__(self):
        raise AssertionError("all series were looked through")

    items = keys = values = __iter__
