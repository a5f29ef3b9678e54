"""A window that slides: what is in it, what has left it, and what it was once."""

import pytest

from locust_ext.gates.judge import SlidingWindow
from locust_ext.gates.outcomes import Status
from locust_ext.gates.thresholds import Threshold, parse_assertion, parse_selector
from locust_ext.measure.censored import Censored
from locust_ext.measure.histogram import Histogram
from locust_ext.measure.sinks import Kind


def durations(*values):
    """Return a histogram of these."""
    found = Histogram()
    found.record_all(values)
    return found


def window(text="max<400"):
    """Return a window of ten seconds."""
    return SlidingWindow(Threshold(parse_selector("http_req_duration"), parse_assertion(text), Kind.TREND, window=10.0))


def lost(*ages):
    """Return requests that were lost at these ages."""
    return Censored(ages=durations(*ages), lost=len(ages))


SLIDES = [
    ("within it", 10.0, 500.0, Status.FAILED),
    ("the last moment in which it is", 14.9, 500.0, Status.FAILED),
    ("it has left", 15.0, 1.0, Status.PASSED),
]


@pytest.mark.parametrize("at, highest, status", [row[1:] for row in SLIDES], ids=[row[0] for row in SLIDES])
def test_it_holds_the_last_seconds(at, highest, status):
    """What arrived ten seconds ago is in it no more."""
    one = window()
    one.add(5.0, durations(500.0))
    one.add(at, durations(1.0))
    found = one.outcome(at, blind=False)
    assert (found.status, found.value) == (status, highest)


def test_it_is_not_judged_before_it_is_full():
    """A run that is shorter says so."""
    one = window()
    one.add(5.0, durations(500.0))
    found = one.outcome(9.9, blind=False)
    assert (found.status, found.reason) == (Status.INCONCLUSIVE, "the run is shorter than the window of 10 s")
    assert one.outcome(10.0, blind=False).status is Status.FAILED


def test_once_failed_it_has_failed():
    """Whatever comes later."""
    one = window()
    one.add(5.0, durations(500.0))
    assert one.outcome(10.0, blind=False).status is Status.FAILED
    one.add(30.0, durations(1.0))
    assert one.outcome(30.0, blind=False).value == 500.0


LOST = [
    ("in the window", 5.0, 12.0, Status.INCONCLUSIVE),
    ("the last moment in which it is", 5.0, 14.9, Status.INCONCLUSIVE),
    ("it has left", 5.0, 15.0, Status.PASSED),
]


@pytest.mark.parametrize("moment, at, status", [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_was_lost_belongs_to_the_windows_that_hold_its_moment(moment, at, status):
    """A maximum depends on what never ended."""
    one = window()
    one.lose(moment, lost(50.0))
    one.add(at, durations(1.0))
    assert one.outcome(at, blind=False).status is status


def test_a_window_that_depends_on_what_was_lost_is_a_doubt_for_good():
    """A pass later does not prove it; a failure does."""
    one = window()
    one.lose(5.0, lost(50.0))
    one.add(12.0, durations(1.0))
    assert one.outcome(12.0, blind=False).status is Status.INCONCLUSIVE
    one.add(30.0, durations(1.0))
    assert one.outcome(30.0, blind=False).status is Status.INCONCLUSIVE
    one.add(31.0, durations(500.0))
    assert one.outcome(31.0, blind=False).status is Status.FAILED


def test_nothing_was_lost():
    """Of no requests there is nothing to note."""
    one = window()
    one.lose(12.0, Censored())
    one.add(12.0, durations(1.0))
    assert one.outcome(12.0, blind=False).status is Status.PASSED


def test_what_is_open_is_judged_when_it_has_ended():
    """Until then a window that depends on it says so, and not for good."""
    one = window()
    one.add(12.0, durations(1.0))
    assert one.outcome(12.0, blind=False, still=Censored(ages=durations(50.0))).status is Status.INCONCLUSIVE
    assert one.outcome(12.0, blind=False).status is Status.PASSED
    assert one.outcome(12.0, blind=False, still=Censored(ages=durations(500.0))).status is Status.FAILED


def test_a_window_without_samples_does_not_take_back_one_that_had_some():
    """The latest full window that had an outcome counts."""
    one = window()
    one.add(12.0, durations(1.0))
    assert one.outcome(12.0, blind=False).status is Status.PASSED
    one.add(40.0, durations())
    found = one.outcome(40.0, blind=False)
    assert (found.status, found.value) == (Status.PASSED, 1.0)
