"""Poisson arrivals, step by step: each is drawn from the last one, and a share begins where it holds."""

import pytest

from locust_ext.load.arrivals import Poisson, Share
from locust_ext.load.schedule import lines

TEN = lines(10, [("steady", 60, 10)])
"""Ten a second."""


def arrivals(schedule=TEN):
    """Return arrivals whose gaps are all as long as their mean: the draw gives what it is asked for."""
    return Poisson(schedule, lambda rate: 1 / rate)


def test_each_is_drawn_from_the_last():
    """One process alone makes all of them, the first one gap after the beginning."""
    one = arrivals()
    dues = []
    for _ in range(3):
        dues.append(one.due)
        one.advance()
    assert dues == pytest.approx([0.1, 0.2, 0.3])


def test_a_share_of_several_has_longer_gaps():
    """With three others it makes a quarter, from the instant on at which that holds."""
    one = arrivals()
    one.take(Share(1, 4, 2.0))
    dues = []
    for _ in range(2):
        dues.append(one.due)
        one.advance()
    assert dues == pytest.approx([2.4, 2.8])


def test_a_share_that_holds_from_the_beginning():
    """Nothing was made yet, so nothing is left out."""
    one = arrivals()
    one.take(Share(0, 1, 0.0))
    assert one.due == pytest.approx(0.1)
    assert (one.is_before(one.due), one.is_before(0.2)) == (False, True)


def test_a_share_that_was_told_late_repeats_nothing():
    """What was made is made: it goes on behind the last arrival."""
    one = arrivals()
    for _ in range(20):
        one.advance()
    one.take(Share(0, 1, 1.0))
    assert one.due == pytest.approx(2.1)


def test_a_longer_schedule_changes_when_and_not_what():
    """The next arrival is the same one; at twice the rate it is due in half the time."""
    one = arrivals()
    one.advance()
    assert one.due == pytest.approx(0.2)
    one.follow(lines(20, [("steady", 60, 20)]))
    assert one.due == pytest.approx(0.1)
    one.advance()
    assert one.due == pytest.approx(0.15)
