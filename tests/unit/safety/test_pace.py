"""The pace of one process: at most so many in any window, evenly spread, and nothing lost to late timers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.pace import Pace


@given(
    st.integers(1, 60),
    st.sampled_from([0.2, 1.0, 2.0]),
    st.lists(st.floats(0, 0.3), min_size=1, max_size=300),
)
def test_no_window_holds_more_than_the_quota(quota, window, gaps):
    """Wherever one begins to count."""
    pace, now, sent = Pace(quota, window), 0.0, []
    for gap in gaps:
        now += gap
        while pace.take(now):
            sent.append(now)
    for first in sent:
        assert sum(first <= at < first + window - 1e-9 for at in sent) <= quota


@given(st.integers(1, 500), st.lists(st.floats(0, 0.004), min_size=400, max_size=400))
@pytest.mark.slow
def test_late_timers_lose_nothing_to_speak_of(quota, lateness):
    """A loop that wakes late by up to 4 ms still sends nine tenths of what it may."""
    pace, now, count = Pace(quota, 1.0), 0.0, 0
    for late in lateness:
        rest = pace.rest(now)
        now += rest + late
        count += pace.take(now)
    if now > 3:
        assert count >= 0.9 * quota * (now - 1)


STEPS = [
    ("the first goes at once", 5, [(0.0, True)]),
    ("one at a time: the second waits its interval", 5, [(0.0, True), (0.1, False), (0.2, True)]),
    ("after a pause nothing has been saved up", 5, [(0.0, True), (9.0, True), (9.01, False)]),
    ("without a quota nothing goes", 0, [(0.0, False), (99.0, False)]),
    ("one a second", 1, [(0.0, True), (0.99, False), (1.0, True)]),
]


@pytest.mark.parametrize("quota, steps", [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_steps(quota, steps):
    """What may go, and when."""
    pace = Pace(quota, 1.0)
    for now, may in steps:
        assert may is pace.take(now), now


def test_the_rest_is_the_time_to_the_next():
    """Anyone who waits for the rest may go."""
    pace = Pace(4, 1.0)
    assert pace.take(0.0)
    rest = pace.rest(0.0)
    assert not pace.take(rest - 0.02)
    assert pace.take(rest)
    assert Pace().rest(5.0) == math.inf


def test_a_smaller_quota_holds_for_every_window_from_then_on():
    """A worker that gives some of its share away keeps to what is left at once."""
    pace = Pace(10, 1.0)
    for number in range(10):
        assert pace.take(number * 0.1)
    pace.set(2, 1.0)
    after = [now for now in (1.0 + number / 1000 for number in range(5000)) if pace.take(now)]
    assert max(sum(first <= at < first + 1 for at in after) for first in after) == 2
    assert pace.sent == 10 + len(after)
