"""How many attempts arrive at once, and when storms strike."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.schedule import Phase
from locust_ext.storms.backoff import Backoff
from locust_ext.storms.curves import Constant, Exponential, Table
from locust_ext.storms.herd import curve, peak, simulate, slot_of
from locust_ext.storms.jitter import Full
from locust_ext.storms.moments import moments
from locust_ext.storms.options import StormOptions

SLOTS = st.dictionaries(st.integers(0, 40), st.integers(1, 1000), max_size=20)

# What the slot is, the seconds after the drop, and its number.
OF_TIME = [
    ("the drop itself", 0.0, 0),
    ("still the first slot", 0.099, 0),
    ("the second slot", 0.15, 1),
    ("a second later", 1.0, 10),
    ("before the drop counts as the drop", -1.0, 0),
    ("within the last slot", 3599.95, 35_999),
    ("after an hour all is the last slot", 3600.0, 35_999),
    ("much later as well", 1e12, 35_999),
]


@pytest.mark.parametrize("what, seconds, slot", OF_TIME, ids=[row[0] for row in OF_TIME])
def test_slot_of(what, seconds, slot):
    """The slot of an attempt; there is a last one."""
    assert slot_of(seconds) == slot


@given(st.floats(-1e6, 1e15))
def test_slots_are_bounded(seconds):
    """Whatever the time, its slot is one of an hour's."""
    assert 0 <= slot_of(seconds) < 36_000


HERD = {0: 5, 3: 9, 9: 4, 10: 6}

# What is counted, the slots, the width, and the peak.
PEAKS = [
    ("the fullest slot", HERD, 1, 9),
    ("two neighbours together", HERD, 2, 10),
    ("slots 3 to 10 are eight", HERD, 8, 19),
    ("slots 0 to 9 are ten", HERD, 10, 19),
    ("all of them", HERD, 11, 24),
    ("a width beyond the end", HERD, 100, 24),
    ("no attempt, no peak", {}, 1, 0),
]


@pytest.mark.parametrize("what, slots, width, most", PEAKS, ids=[row[0] for row in PEAKS])
def test_peak(what, slots, width, most):
    """The most attempts in slots that follow one another, counted by hand."""
    assert peak(slots, width) == most


@given(SLOTS, st.integers(1, 50))
def test_peak_is_the_best_window(slots, width):
    """The peak is the best of all windows, wherever they begin, and not less than a narrower one's."""
    windows = [sum(count for slot, count in slots.items() if start <= slot < start + width) for start in range(-50, 41)]
    assert peak(slots, width) == max(windows)
    assert peak(slots, width) >= peak(slots, 1)
    assert peak(slots, width) <= sum(slots.values())


def test_curve():
    """The attempts slot by slot, with nothing where nobody came."""
    assert curve({0: 3, 2: 1, 50: 9}, 0.55) == [3, 0, 1, 0, 0]


def test_constant_waits_are_a_spike():
    """Clients that all wait a second come all at once, in one slot, and nobody before or after."""
    assert simulate(Backoff(Constant(1.05)), 500, 2.0, Random(1)) == {10: 500}


def test_constant_waits_are_spikes_again_and_again():
    """Without chance the herd stays together for ever."""
    slots = simulate(Backoff(Constant(1.05)), 500, 4.0, Random(1))
    assert slots == {10: 500, 21: 500, 31: 500}


def test_jitter_flattens_the_spike():
    """With full jitter the same clients never come all at once."""
    slots = simulate(Backoff(Constant(2.0), Full()), 500, 2.0, Random(1))
    assert peak(slots) < 100
    assert sum(slots.values()) >= 500


def test_who_never_waits_is_bounded():
    """A policy without a wait makes at most a hundred attempts a slot and client, and it ends."""
    slots = simulate(Backoff(Constant(0.0)), 3, 1.0, Random(1))
    assert set(slots) == set(range(10))
    assert 250 <= peak(slots) <= 3 * 101
    assert 3 * 990 <= sum(slots.values()) <= 3 * 1001


def test_who_gives_up_comes_no_more():
    """A policy that ends adds no more than its attempts."""
    assert sum(simulate(Backoff(Table((0.05, 0.1), tail="stop")), 20, 100.0, Random(1)).values()) == 40


@given(st.integers(0, 2**32), st.integers(0, 30))
def test_simulations_repeat(seed, clients):
    """The same seed gives the same herd, and each client of 1, 2, 4, ... s tries five times within 32 s."""
    policy = Backoff(Exponential(1.0))
    slots = simulate(policy, clients, 31.5, Random(seed))
    assert slots == simulate(policy, clients, 31.5, Random(seed))
    assert sum(slots.values()) == 5 * clients


PHASES = [Phase("climb", 0.0, 20.0), Phase("peak", 20.0, 50.0), Phase("climb", 50.0, 60.0), Phase("peak", 60.0, 90.0)]

# When it strikes, what is configured, the scale, and the seconds.
MOMENTS = [
    ("nothing said: people start it", {}, 1.0, []),
    ("times alone say nothing", {"times": 3}, 1.0, []),
    ("at a second of the run", {"at": 10}, 1.0, [10]),
    ("at the very start", {"at": 0}, 1.0, [0]),
    ("at the start of a phase", {"phase": "peak"}, 1.0, [20]),
    ("so long into a phase", {"phase": "peak", "at": "5s"}, 1.0, [25]),
    ("the first of two phases of a name", {"phase": "climb", "at": 5}, 1.0, [5]),
    ("a phase that is not there", {"phase": "descent", "at": 5}, 1.0, []),
    ("again and again", {"at": 10, "every": 20, "times": 3}, 1.0, [10, 30, 50]),
    ("without a start the first comes after one span", {"every": 20, "times": 3}, 1.0, [20, 40, 60]),
    ("in a phase too", {"phase": "peak", "every": 5, "times": 2}, 1.0, [25, 30]),
    ("in a phase from a moment on", {"phase": "peak", "at": 1, "every": 5, "times": 2}, 1.0, [21, 26]),
    ("once, however long until the next", {"every": 20}, 1.0, [20]),
    ("half the scale, half the time", {"at": 10, "every": 20, "times": 2}, 0.5, [5, 15]),
    ("phases are scaled already", {"phase": "peak", "at": 10}, 0.5, [25]),
    ("twice as long", {"every": 20, "times": 2}, 2.0, [40, 80]),
]


@pytest.mark.parametrize("what, given_options, scale, expected", MOMENTS, ids=[row[0] for row in MOMENTS])
def test_moments(what, given_options, scale, expected):
    """The seconds at which the storm strikes, computed by hand."""
    assert moments(StormOptions(**given_options), PHASES, scale) == pytest.approx(expected)


@given(st.floats(0, 1e4), st.floats(0.01, 1e3), st.integers(1, 50), st.floats(0.01, 10))
def test_moments_are_in_order(at, every, times, scale):
    """There are as many as asked, in order, equally far from one another."""
    found = moments(StormOptions(at=at, every=every, times=times), PHASES, scale)
    assert len(found) == times
    assert found == sorted(found)
    assert found == pytest.approx([at * scale + n * every * scale for n in range(times)])
