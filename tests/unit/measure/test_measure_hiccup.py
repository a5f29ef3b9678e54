"""The generator's lag: a pause counts for as long as it lasts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.hiccup import INTERVAL, lags

ROWS = [
    ("on time", 0.0, [0.0]),
    ("a little late", 0.01, [0.01]),
    ("one wake-up swallowed", 0.03, [0.03, 0.01]),
    ("a pause", 0.1, [0.1, 0.08, 0.06, 0.04, 0.02, 0.0]),
]


@pytest.mark.parametrize("late, expected", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_lags(late, expected):
    """The wake-ups that a pause has swallowed are filled in, each as late as it would have been."""
    assert expected == pytest.approx(lags(late), abs=1e-9)


@given(st.floats(0, 60))
def test_a_pause_has_its_share(late):
    """A pause gives a lag for each interval in it, none negative, none longer than itself."""
    found = lags(late)
    assert len(found) == int(late / INTERVAL) + 1
    assert max(found) == late
    assert min(found) >= 0


def test_no_lag_is_negative_though_floats_round():
    """Where the quotient of floats rounds up, the last lag is 0, which a histogram takes, not a hair below."""
    assert all(min(lags(multiple * INTERVAL)) >= 0 for multiple in range(500))
