"""The generator's lag: a pause counts for as long as it lasts."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure import hiccup
from locust_ext.measure.hiccup import INTERVAL, lags
from locust_ext.measure.recorder import Recorder

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


class OverError(Exception):
    """The end of a watch that has no end."""


WATCHED = [
    ("on time", [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], None),
    ("early counts as on time", [-0.005], [0.0], None),
    ("a little late", [0.015], [15.0], None),
    ("as late as a pause is not one yet", [0.09999], [100.0, 80.0, 60.0, 40.0, 20.0], None),
    ("a pause", [0.110], [110.0, 90.0, 70.0, 50.0, 30.0, 10.0], 1),
    (
        "two pauses",
        [0.115, 0.0, 0.101],
        [115.0, 95.0, 75.0, 55.0, 35.0, 15.0, 0.0, 101.0, 81.0, 61.0, 41.0, 21.0, 1.0],
        2,
    ),
]


@pytest.mark.parametrize("late, lagged, pauses", [row[1:] for row in WATCHED], ids=[row[0] for row in WATCHED])
def test_what_the_watch_records(monkeypatch, late, lagged, pauses):
    """Each wake-up's lag in milliseconds, those that it swallowed too, and how many of them were pauses."""
    clock, left = SimpleNamespace(now=50.0), list(late)

    def sleep(seconds):
        if not left:
            raise OverError
        clock.now += seconds + left.pop(0)

    monkeypatch.setattr(hiccup, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    monkeypatch.setattr(hiccup, "gevent", SimpleNamespace(sleep=sleep))
    seen, recorder = {}, Recorder()
    monkeypatch.setattr(recorder, "add", lambda name, kind, value: seen.setdefault((name, str(kind)), []).append(value))
    with pytest.raises(OverError):
        hiccup.watch(recorder)
    assert seen.pop(("generator_lag", "trend")) == pytest.approx(lagged, abs=0.02)
    assert sum(seen.pop(("generator_pauses", "counter"), [])) == (pauses or 0)
    assert not seen
