"""A run over time: slices, tracks, and a bound on both."""

import pytest

from locust_ext.measure.series import OTHER, Store, tags_of
from locust_ext.measure.sinks import Kind, RateSink
from locust_ext.measure.timeline import Timeline
from locust_ext.measure.timeline_builder import MOST_TRACKS, TimelineBuilder


def rows(*durations, name="/feed", failed=0, lag=(), metric="req"):
    """Return the rows of a store with these durations."""
    store = Store()
    tags = tags_of({"name": name, "method": "GET"})
    store.leaf(f"http_{metric}_duration", tags, Kind.TREND).record_all(durations)
    store.leaf(f"http_{metric}_failed", tags, Kind.RATE).merge(RateSink(failed, len(durations)))
    store.leaf("generator_lag", (), Kind.TREND).record_all(lag)
    return store.take()


def arrivals(count):
    """Return the rows of so many iterations that were begun as they were due."""
    store = Store()
    store.leaf("arrival_lateness", (), Kind.TREND).record_all([1.0] * count)
    return store.take()


def test_open_requests_and_arrivals():
    """The most open requests of each look, and how many iterations were begun; a load without arrivals has none."""
    course = TimelineBuilder()
    course.look(0.2, 5, 10, 4)
    course.look(0.8, 5, 10, 2)
    course.look(1.2, 5, 10)
    assert (course.timeline().open, course.timeline().begun) == ((4, None), ())
    course.add(1.5, arrivals(3))
    course.add(1.6, arrivals(2))
    assert course.timeline().begun == (0, 5)


def test_slices_hold_what_was_measured_in_them():
    """Requests, failures, percentiles, users and lag, second by second; a gap is not a measurement."""
    course = TimelineBuilder()
    course.add(0.5, rows(1, 2, 3, failed=1, lag=[1.0]))
    course.look(0.6, 5, 40)
    course.add(2.5, rows(1.5))
    line = course.timeline()
    everything, feed = line.tracks
    assert (line.width, line.users, line.lag, line.cpu) == (1.0, (5, None, None), (1.0, None, None), (40, None, None))
    assert (everything.name, feed.name) == ("", "/feed")
    assert (everything.requests, everything.failed, everything.p50) == ((3, 0, 1), (1, 0, 0), (2.0, None, 1.5))


def test_a_slice_merges_what_arrives_in_it():
    """Two reports in one second are one slice, its percentile that of all values; the most users count."""
    course = TimelineBuilder()
    course.add(0.1, rows(1, 1, 1))
    course.add(0.9, rows(2, name="/other"))
    course.look(0.2, 5, 10)
    course.look(0.8, 3, 30)
    line = course.timeline()
    assert [track.p99 for track in line.tracks] == [(2.0,), (1.0,), (2.0,)]
    assert (line.users, line.cpu) == ((5,), (30,))


@pytest.mark.parametrize("seconds", [9, 10, 11, 40, 100])
def test_slices_are_bounded(seconds):
    """When there are too many, each covers twice the time, and nothing is lost."""
    course = TimelineBuilder(most=10)
    for second in range(seconds):
        course.add(second + 0.5, rows(second + 1))
    line = course.timeline()
    assert len(line.users) <= 10
    assert line.width * 10 >= seconds
    assert sum(line.tracks[0].requests) == seconds
    assert line.tracks[0].p99[-1] == seconds


def test_a_late_beginner_is_put_in_its_place():
    """A first report that comes after a very long time does not need slices before the merging."""
    course = TimelineBuilder(most=10)
    course.add(0.5, rows(1))
    course.add(1000.0, rows(2))
    line = course.timeline()
    assert (len(line.users) <= 10, sum(line.tracks[0].requests)) == (True, 2)


def test_no_slice_is_shorter_than_a_report():
    """Reports of three seconds widen the slices to four, and stand where they were measured."""
    course = TimelineBuilder()
    course.add(1.0, rows(1), 1.0)
    course.add(2.0, rows(2), 1.0)
    course.add(6.0, rows(3), 3.0)
    line = course.timeline()
    assert (line.width, line.tracks[0].requests) == (4.0, (2, 1))


def test_tracks_are_bounded():
    """The endpoints that come first are followed one by one, the others together."""
    assert MOST_TRACKS == 12
    course = TimelineBuilder()
    for number in range(MOST_TRACKS + 5):
        course.add(0.5, rows(1, name=f"/{number:02}"))
    names = [track.name for track in course.timeline().tracks]
    assert (len(names), OTHER in names) == (MOST_TRACKS + 2, True)
    assert sum(course.timeline().tracks[0].requests) == MOST_TRACKS + 5


def test_what_is_no_request_is_left_out():
    """Other trends, counters and counts of lumped series make no track."""
    store = Store(limit=1)
    store.leaf("mine", tags_of({"name": "x"}), Kind.TREND).record(1.0)
    store.leaf("mine", tags_of({"name": "y"}), Kind.TREND).record(1.0)
    course = TimelineBuilder()
    course.add(0.5, store.take())
    assert course.timeline().tracks == ()


def test_before_the_start_is_the_first_slice():
    """A report that is dated before the start belongs to the beginning."""
    course = TimelineBuilder()
    course.add(-1.0, rows(1))
    assert course.timeline().tracks[0].requests == (1,)


def test_nothing():
    """A run without a report has an empty timeline."""
    assert TimelineBuilder().timeline() == Timeline()


def test_only_the_failures_of_requests_are_failures():
    """A rate of a locustfile's own is none, whatever its name says; nor is a trend that is no lag."""
    store = Store()
    store.leaf("checks", tags_of({"name": "/feed"}), Kind.RATE).merge(RateSink(3, 4))
    store.leaf("mine", (), Kind.TREND).record(7.0)
    store.leaf("steps", (), Kind.COUNTER).add(7.0)
    store.leaf("http_req_failed", tags_of({"name": "/feed"}), Kind.RATE).merge(RateSink(1, 4))
    course = TimelineBuilder()
    course.add(0.5, store.take())
    line = course.timeline()
    assert [(track.name, track.requests, track.failed) for track in line.tracks] == [
        ("", (0,), (1,)),
        ("/feed", (0,), (1,)),
    ]
    assert line.lag == (None,)


def test_neighbours_are_merged_with_all_they_hold():
    """Failures are added, the most users and the busiest moment count, and the lag is of both."""
    course = TimelineBuilder(width=1.0, most=2)
    course.add(0.5, rows(1, failed=1, lag=[5.0]))
    course.add(1.5, rows(2, 3, failed=2, lag=[9.0]))
    course.add(1.5, rows(2, name="/other", failed=1))
    course.look(0.5, 5, 40, 3)
    course.look(1.5, 7, 30, 2)
    course.add(1.5, arrivals(4))
    course.add(0.5, arrivals(3))
    course.add(2.5, rows(4))
    line = course.timeline()
    assert (line.open, line.begun) == ((3, None), (7, 0))
    assert (line.width, line.users, line.cpu, line.lag) == (2.0, (7, None), (40, None), (9.0, None))
    assert [(track.name, track.requests, track.failed) for track in line.tracks] == [
        ("", (4, 1), (4, 0)),
        ("/feed", (3, 1), (3, 0)),
        ("/other", (1, 0), (1, 0)),
    ]


def test_a_report_stands_at_the_middle_of_its_time():
    """One of a second that comes at two is of the second slice; one without a time stands where it came."""
    course = TimelineBuilder()
    course.add(2.0, rows(1), 1.0)
    course.add(2.0, rows(1), 0.0)
    assert course.timeline().tracks[0].requests == (0, 1, 1)


def test_slices_that_are_over_are_packed():
    """They tell the same, and what comes late is still added to them."""
    course = TimelineBuilder(most=50)
    for second in range(1, 401):
        course.add(second - 0.5, rows(second % 7 + 1))
        for _ in course.settled():
            pass
        is_open = [slot for slot in course._slices if any(one._open is not None for one in slot.durations.values())]
        assert len(is_open) <= 8
    course.add(0.5, rows(500))
    line = course.timeline()
    assert (sum(line.tracks[0].requests), line.tracks[0].p99[0], line.tracks[1].p50[0]) == (401, 500.0, 4.001)
