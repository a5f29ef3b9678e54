"""What bounds a policy where nothing else does: no cap, no number, no draw too many."""

import math
from random import Random

import pytest

from locust_ext.storms.backoff import LONGEST, Backoff, Order
from locust_ext.storms.client import Option
from locust_ext.storms.cohort import size
from locust_ext.storms.curves import Constant, Exponential, Fibonacci, Linear
from locust_ext.storms.herd import slot_of
from locust_ext.storms.jitter import Additive, Around, Equal, Full, Scaled, Swing
from locust_ext.storms.walks import Compounding, Decorrelated, PollyV2

MANY = 5000
UNCAPPED = [
    Constant(math.inf),
    Linear(1.0, 1e305),
    Exponential(1.0),
    Exponential(1.0, stepwise=True),
    Exponential(1.0, truncate=True),
    Fibonacci(),
    Decorrelated(1.0, math.inf),
    Decorrelated(1.0, math.inf, from_previous=True),
    PollyV2(1.0),
    Compounding(1.0, math.inf),
]


@pytest.mark.parametrize("curve", UNCAPPED, ids=repr)
def test_without_a_cap(curve):
    """Without a cap a client goes on for ever, and waits no longer than the longest wait."""
    waits = Backoff(curve).first(MANY, Random(1))
    assert len(waits) == MANY
    assert all(math.isfinite(wait) and wait <= LONGEST for wait in waits)
    assert waits[-1] == LONGEST


@pytest.mark.parametrize("curve", [Exponential(0.0), Fibonacci(0.0), PollyV2(0.0)], ids=repr)
def test_nothing_stays_nothing(curve):
    """A base of nothing never waits, at any attempt."""
    assert set(Backoff(curve).first(MANY, Random(1))) == {0.0}


JITTERS = [Full(), Full(whole=True), Equal(), Scaled.between(0.8, 1.2), Additive(0.0, 1.0), Swing(1.0), Around(0.5)]


@pytest.mark.parametrize("jitter", JITTERS, ids=repr)
def test_jitter_of_what_is_nearly_infinite(jitter):
    """Whatever a jitter makes of the greatest waits, a cap that comes last makes it the cap."""
    policy = Backoff(Exponential(1000.0), jitter, cap=5000.0, order=Order.CAP_LAST)
    waits = policy.first(MANY, Random(1))
    assert len(waits) == MANY
    assert set(waits[1100:]) == {5000.0}


def test_no_draw_too_many():
    """The policy that follows finds the random numbers where the client would: none is drawn for no attempt."""
    numbers = Random(7)
    expected = [numbers.random() for _ in range(5)]
    policy = Backoff(Constant(1.0), Full(), attempts=2, then=Backoff(Constant(1.0), Full(), attempts=3))
    rng = Random(7)
    assert list(policy.delays(rng)) == expected
    assert rng.random() == numbers.random()


def test_what_follows_is_settled_too():
    """What the second policy of a client draws once is drawn at the start as well."""
    rng = Random(1)
    policy = Backoff(Constant(1.0), attempts=1, then=Backoff(Exponential(1.0, spread=9.0))).settled(rng)
    one, other = policy.first(3, rng), policy.first(3, rng)
    assert one == other == [1.0, one[1], 2 * one[1]]
    assert 1.0 < one[1] <= 10.0


def test_a_cut_wait_is_bounded():
    """What is left of a wait, and the next one with it, are no longer than the longest."""
    policy = Backoff(Constant(1e12), elapsed=1e10, cut=True, then=Backoff(Constant(1.0), attempts=1))
    assert policy.first(2, Random(1)) == [LONGEST]


@pytest.mark.parametrize("slot", range(100))
def test_slots_begin_on_time(slot):
    """A slot begins with its tenth of a second, as people write it."""
    assert slot_of(float(f"{slot / 10:.1f}")) == slot


@pytest.mark.parametrize("live", [50, 150, 250, 350])
def test_halves_of_users(live):
    """29 % of 50 is 14.5, and so on: halves are rounded up, also where a float is a little below."""
    assert size(live, 0.29) == (29 * live + 50) // 100


@pytest.mark.parametrize("value", [10**400, -(10**400)])
def test_numbers_beyond_a_float(value):
    """A number that no float can hold is judged, without a traceback."""
    assert Option(1.0, high=9.0).check(value).startswith("must be a number of at least 0 and at most 9")
