"""The lines of each interval: together they are what the run holds, however they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.series import Store, tags_of
from locust_ext.measure.sinks import Kind
from locust_ext.reports.hlog import end_of, head, read_hlog, read_tag, tag_of
from locust_ext.reports.interval_log import IntervalLog

STARTED = "2026-11-28T08:00:00+00:00"


def record(store, values, metric="http_req_duration", **tags):
    """Add values to a trend of the store."""
    store.leaf(metric, tags_of(tags or {"name": "/feed"}), Kind.TREND).record_all(values)


def tags(pairs):
    """Hide nothing."""
    return pairs


durations = st.lists(st.floats(0, 1e6), max_size=10)
interval = st.tuples(durations, durations, st.booleans(), st.booleans())


@given(st.lists(interval, min_size=1, max_size=8))
def test_the_lines_add_up_to_the_store(intervals):
    """Also where some intervals could not be written, or all of it was written anew."""
    store, log, text, at = Store(), IntervalLog(tags), head(STARTED), 0.0
    for one, other, fits, whole in [*intervals, ([1.0], [], True, False)]:
        record(store, one)
        record(store, other, name="/other;a=b")
        lines = list(log.lines(store, at, 10.0, whole=whole))
        at += 10.0
        if fits:
            log.written()
            text = (head(STARTED) if whole else text) + "".join(lines)
    found = read_hlog(text)
    held = {tag_of(metric, dict(tags)): sink.counts for metric, tags, sink in store if sink.counts}
    assert {tag: histogram.counts for tag, histogram in found.items()} == held


def test_an_interval_has_its_own_start_length_and_maximum():
    """What was slow before it is not its maximum, and a series in which nothing is new has no line."""
    store, log = Store(), IntervalLog(tags)
    record(store, [5000.0, 1.0])
    record(store, [2.0], name="/idle")
    assert len(list(log.lines(store, 0.0, 10.0))) == 2
    log.written()
    record(store, [7.0])
    (line,) = log.lines(store, 10.0, 2.5)
    assert line.startswith("Tag=http_req_duration;name=/feed,10.000,2.500,7.0")
    assert end_of(head(STARTED) + line) == 12.5


def test_what_is_not_a_trend_or_holds_nothing_has_no_line():
    """Counters stand in the summary."""
    store = Store()
    record(store, [])
    record(store, [-1.0], name="/odd")
    store.leaf("http_reqs", (), Kind.COUNTER).add(3)
    assert list(IntervalLog(tags).lines(store, 0.0, 1.0)) == []


def test_tags_are_hidden():
    """A series of which a secret is known has a tag without it; two that become alike are read as one."""
    store = Store()
    record(store, [1.0], name="/a?key=1")
    record(store, [2.0], name="/a?key=2")
    text = "".join(IntervalLog(lambda _: {"name": "***"}).lines(store, 0.0, 1.0))
    assert "key" not in text
    assert {tag: found.count for tag, found in read_hlog(head(STARTED) + text).items()} == {
        "http_req_duration;name=%2A%2A%2A".replace("%2A", "*"): 2
    }


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(text, st.dictionaries(text, text, max_size=4))
def test_a_tag_is_read_back(metric, tags):
    """Whatever signs metric, keys and values hold."""
    assert read_tag(tag_of(metric, tags)) == (metric, tags)


@pytest.mark.parametrize("line", ["Tag=a,1..2,3,4,HIST", "", "#", "Tag=a,1,2"])
def test_an_end_that_cannot_be_read_is_left_out(line):
    """Nothing raises for it; whether a line is damaged is said where it is decoded."""
    assert end_of(line) == 0.0
