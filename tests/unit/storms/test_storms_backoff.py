"""Curves, jitters and the back-off they make: hand-computed waits, bounds for every draw, and no end to the attempts."""

import math
from itertools import islice
from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from locust_ext.storms.backoff import LONGEST, MILLISECONDS, Backoff, Draw, Order, Quantise, Timeout
from locust_ext.storms.curves import Constant, Exponential, Fibonacci, Linear, Table, power
from locust_ext.storms.jitter import Additive, Around, Backo2, Equal, Full, NoJitter, Scaled, Swing
from locust_ext.storms.walks import Compounding, Decorrelated, PollyV2

INF = math.inf


class Scripted(Random):
    """Chance that was written down before; drawing more than that is an error."""

    def __init__(self, *numbers):
        super().__init__(0)
        self.left = list(numbers)

    def random(self):
        """Return the next number of the script."""
        return self.left.pop(0)


class Counting(Random):
    """Chance that counts how often it was asked."""

    asked = 0

    def random(self):
        """Return a number, and count."""
        self.asked += 1
        return super().random()


# What the curve does, the curve, the random numbers it finds, and its first waits.
CURVES = [
    ("a constant stays", Constant(2.5), [], [2.5, 2.5, 2.5]),
    ("a table repeats its last wait", Table((1.0, 2.0)), [], [1, 2, 2, 2]),
    ("a table goes on with another wait", Table((1.0, 2.0), tail=7), [], [1, 2, 7, 7]),
    ("a table ends", Table((1.0, 2.0), tail="stop"), [], [1, 2]),
    ("an empty table has no last wait and ends", Table(()), [], []),
    ("an empty table with a tail is a constant", Table((), tail=3.0), [], [3, 3]),
    ("a line climbs by its step", Linear(1.0, 0.5), [], [1, 1.5, 2, 2.5]),
    ("a line stops climbing after n = 2", Linear(1.0, 0.5, last=2), [], [1, 1.5, 2, 2, 2]),
    ("an exponential doubles", Exponential(1.0), [], [1, 2, 4, 8]),
    ("an exponential begins at exponent 1", Exponential(1.0, first=1), [], [2, 4, 8]),
    ("an exponent of at most 2", Exponential(1.0, last=2), [], [1, 2, 4, 4, 4]),
    ("the last exponent counts from the first one", Exponential(1.0, first=1, last=2), [], [2, 4, 4]),
    ("step by step is the same for powers of two", Exponential(1.0, stepwise=True), [], [1, 2, 4, 8]),
    ("step by step stops at the last exponent too", Exponential(1.0, last=2, stepwise=True), [], [1, 2, 4, 4]),
    ("each power is cut to a whole number", Exponential(1.0, 1.5, truncate=True), [], [1, 1, 2, 3, 5]),
    (
        "each step is cut, and the next grows from the cut one",
        Exponential(3.0, 1.5, stepwise=True, truncate=True),
        [],
        [3, 4, 6, 9, 13],
    ),
    ("no base, no wait", Exponential(0.0), [], [0, 0, 0]),
    ("Fibonacci's numbers", Fibonacci(0.5), [], [0.5, 0.5, 1, 1.5, 2.5, 4]),
    ("decorrelated: between the base and three times the wait before", Decorrelated(1.0, 9.0), [0.5, 0.5], [2, 3.5]),
    ("decorrelated: the cap cuts", Decorrelated(1.0, 2.0), [1.0, 1.0], [2, 2]),
    ("decorrelated: from the wait before", Decorrelated(1.0, 9.0, from_previous=True), [0.5, 0.5], [2, 4]),
    ("decorrelated: the first wait is given", Decorrelated(1.0, 9.0, first=2.0), [0.5], [2, 3.5]),
    ("Polly: tanh(0) is 0, then 2 tanh(2) / 1.4", PollyV2(1.4), [0.0, 0.0], [0, 1.9280551601516338]),
    ("decorrelated: the wait before the first is given", Decorrelated(1.0, 9.0, start=3.0), [0.5, 0.5], [5, 8]),
    ("compounding: half of 2 * 4, of 4 * 4, of 8 * 8", Compounding(4.0, 99.0), [0.5, 0.5, 0.5], [4, 4, 8, 32]),
    ("compounding: a wait of nothing stays", Compounding(4.0, 99.0), [0.0, 0.0], [4, 0, 0]),
    ("compounding: what could reach the cap is the cap, undrawn", Compounding(4.0, 8.0), [], [4, 8, 8]),
]


@pytest.mark.parametrize("what, curve, numbers, waits", CURVES, ids=[row[0] for row in CURVES])
def test_curves(what, curve, numbers, waits):
    """Each curve gives the waits that were computed by hand."""
    rng = Scripted(*numbers)
    count = None if what.endswith("ends") else len(waits)
    assert list(islice(curve.values(rng), count)) == pytest.approx(waits, rel=1e-12)
    assert rng.left == []


@pytest.mark.parametrize(
    "base, exponent, result",
    [
        (2.0, 10, 1024.0),  # a power is a power
        (2.0, 5000, INF),  # what is beyond a float is infinite, no error
        (0.5, 5000, 0.0),  # what is too small is nothing
    ],
)
def test_power(base, exponent, result):
    """A power never overflows."""
    assert result == power(base, exponent)


# What the jitter does, the jitter, the wait, the random number, and what comes out.
JITTERS = [
    ("none leaves it", NoJitter(), 8.0, [], 8.0),
    ("full: a share of it", Full(), 8.0, [0.25], 2.0),
    ("full from 2", Full(low=2.0), 8.0, [0.5], 5.0),
    ("full, whole: the lowest", Full(whole=True), 3.0, [0.0], 0.0),
    ("full, whole: the highest", Full(whole=True), 3.0, [0.99], 3.0),
    ("full, whole, from 1", Full(low=1.0, whole=True), 3.0, [0.4], 2.0),
    ("equal: half of it is sure", Equal(), 8.0, [0.5], 6.0),
    ("scaled: 80 % to 120 %", Scaled.between(0.8, 1.2), 10.0, [0.75], 11.0),
    ("scaled, downwards", Scaled(1.0, -0.5), 10.0, [0.5], 7.5),
    ("additive", Additive(1.0, 3.0), 10.0, [0.25], 11.5),
    ("additive, whole: what is added is rounded down", Additive(1.0, 3.0, whole=True), 10.5, [0.45], 11.5),
    ("swing: at the middle it stays", Swing(2.0), 10.0, [0.5], 10.0),
    ("swing: at the bottom", Swing(2.0), 10.0, [0.0], 8.0),
    ("around: lowest", Around(0.5), 10.0, [0.0], 5.0),
    ("around: 5 + 0.5 * 11, cut", Around(0.5), 10.0, [0.5], 10.0),
    ("around: at least 1", Around(0.5), 0.0, [0.0], 1.0),
    ("backo2: an even first digit takes away", Backo2(0.5), 1000.0, [0.25], 875.0),
    ("backo2: an odd first digit adds", Backo2(0.5), 1000.0, [0.75], 1375.0),
    ("backo2: what moves it is rounded down", Backo2(0.5), 1001.0, [0.75], 1376.0),
    ("backo2 without a share draws nothing", Backo2(0.0), 1000.0, [], 1000.0),
]


@pytest.mark.parametrize("what, jitter, value, numbers, result", JITTERS, ids=[row[0] for row in JITTERS])
def test_jitters(what, jitter, value, numbers, result):
    """Each jitter gives the wait that was computed by hand, from as many random numbers."""
    rng = Scripted(*numbers)
    assert jitter.apply(value, rng) == pytest.approx(result, rel=1e-12)
    assert rng.left == []


# The jitter, and its bounds for a wait: whole waits, for those who draw whole numbers.
BOUNDS = [
    (NoJitter(), lambda value: (value, value)),
    (Full(), lambda value: (0, value)),
    (Full(whole=True), lambda value: (0, value)),
    (Equal(), lambda value: (value / 2, value)),
    (Scaled.between(0.8, 1.2), lambda value: (0.8 * value, 1.2 * value)),
    (Additive(1.0, 3.0), lambda value: (value + 1, value + 3)),
    (Additive(1.0, 3.0, whole=True), lambda value: (value + 1, value + 3)),
    (Swing(2.0), lambda value: (value - 2, value + 2)),
    (Around(0.5), lambda value: (max(1, math.trunc(value / 2)), 1.5 * value + 1)),
    (Backo2(0.5), lambda value: (value / 2, 1.5 * value)),
]


@pytest.mark.parametrize("jitter, bounds", BOUNDS, ids=[repr(row[0]) for row in BOUNDS])
@given(value=st.integers(0, 10**9), seed=st.integers(0, 2**64))
def test_jitter_keeps_its_bounds(jitter, bounds, value, seed):
    """Whatever chance says, a jitter moves a wait within its bounds."""
    low, high = bounds(value)
    spread = jitter.apply(float(value), Random(seed))
    slack = 1e-9 * (1 + value)
    assert low - slack <= spread <= high + slack


@pytest.mark.parametrize("jitter", [Full(), Full(whole=True), Around(0.5)])
def test_the_infinite_stays_infinite(jitter):
    """An infinite wait stays so, and the draw is made all the same."""
    rng = Counting(1)
    assert jitter.apply(INF, rng) == INF
    assert rng.asked == 1


GROWING = [
    Constant(1.0),
    Table((1.0, 2.0, 5.0)),
    Linear(1.0, 1.0),
    Exponential(1.0),
    Exponential(1.0, stepwise=True),
    Exponential(1.0, truncate=True),
    Exponential(1.0, last=9),
    Exponential(0.0),
    Fibonacci(),
    Decorrelated(1.0, 30.0),
    Decorrelated(1.0, 30.0, from_previous=True),
    PollyV2(1.0),
    Compounding(1.0, 30.0),
]
SPREADING = [
    NoJitter(),
    Full(),
    Full(whole=True),
    Equal(),
    Scaled.between(0.8, 1.2),
    Additive(0.0, 1.0),
    Swing(0.5),
    Around(0.5),
    Backo2(0.5),
]
MANY = 2000
"""Far beyond the 1,024 doublings that a float can hold."""


@pytest.mark.parametrize("curve", GROWING, ids=repr)
@pytest.mark.parametrize("jitter", SPREADING, ids=repr)
@pytest.mark.parametrize("order", [Order.CAP_FIRST, Order.BOTH])
@pytest.mark.slow
def test_no_attempt_number_overflows(curve, jitter, order):
    """Two thousand capped waits are numbers, finite, and not above the longest."""
    policy = Backoff(curve, jitter, cap=30.0, order=order)
    waits = policy.first(MANY, Random(1))
    assert len(waits) == MANY
    assert all(math.isfinite(wait) and wait <= LONGEST for wait in waits)


@pytest.mark.parametrize("curve", GROWING, ids=repr)
def test_cap_last_of_the_infinite(curve):
    """A cap that comes last makes an infinite wait finite, whatever the jitter made of it."""
    waits = Backoff(curve, Equal(), cap=30.0, order=Order.CAP_LAST).first(MANY, Random(1))
    assert len(waits) == MANY
    assert max(waits) <= 30.0


def test_backo2_beyond_a_float_is_nothing():
    """What is infinity less infinity is rounded to 0, as socket.io's ``|0`` does; all else stays under the cap."""
    policy = Backoff(
        Exponential(1000.0),
        Backo2(0.5),
        cap=5000.0,
        order=Order.CAP_LAST,
        quantise=Quantise.INT32,
        unit=MILLISECONDS,
    )
    waits = policy.first(MANY, Random(1))
    assert len(waits) == MANY
    assert all(math.isfinite(wait) and 0 <= wait <= 5.0 for wait in waits)
    assert set(waits[1100:]) == {0.0, 5.0}


def test_the_longest_wait():
    """No wait is longer than a year, whatever the unit."""
    assert Backoff(Constant(1e12)).first(2, Random(1)) == [LONGEST] * 2
    assert Backoff(Constant(1e15), unit=MILLISECONDS).first(2, Random(1)) == [LONGEST] * 2


# What comes first, the order, and what 10 capped at 8 and raised by a half is.
ORDERS = [
    ("the jitter goes beyond the cap", Order.CAP_FIRST, 12.0),
    ("the cap cuts the jitter off", Order.CAP_LAST, 8.0),
    ("before and after is cut as well", Order.BOTH, 8.0),
]


@pytest.mark.parametrize("what, order, wait", ORDERS, ids=[row[0] for row in ORDERS])
def test_order_of_cap_and_jitter(what, order, wait):
    """Whether the cap comes before the jitter, after it, or both, upwards."""
    assert Backoff(Constant(10.0), Scaled(1.5, 0.0), cap=8.0, order=order).first(1, Random(1)) == [wait]


# What comes first, the order, and what 10 capped at 8 and halved is.
DOWNWARDS = [
    ("half of the cap", Order.CAP_FIRST, 4.0),
    ("half of the wait is below the cap", Order.CAP_LAST, 5.0),
    ("half of the cap again", Order.BOTH, 4.0),
]


@pytest.mark.parametrize("what, order, wait", DOWNWARDS, ids=[row[0] for row in DOWNWARDS])
def test_order_downwards(what, order, wait):
    """Whether the cap comes before the jitter, after it, or both, downwards."""
    assert Backoff(Constant(10.0), Scaled(0.5, 0.0), cap=8.0, order=order).first(1, Random(1)) == [wait]


# What is done to the wait, the policy, and its first waits.
SHAPES = [
    ("the offset comes after the cap", Backoff(Constant(10.0), cap=8.0, offset=1.0), [9.0]),
    ("the last cap cuts the offset", Backoff(Constant(8.0), cap=8.0, offset=1.0, order=Order.CAP_LAST), [8.0]),
    ("the floor lifts", Backoff(Constant(1.0), floor=3.0), [3.0]),
    ("the floor comes after the cap", Backoff(Constant(9.0), cap=2.0, floor=3.0), [3.0]),
    ("rounded down", Backoff(Constant(2.9), quantise=Quantise.FLOOR), [2.0]),
    ("rounded to the nearest", Backoff(Constant(2.4), quantise=Quantise.ROUND), [2.0]),
    ("halves are rounded up", Backoff(Constant(2.5), quantise=Quantise.ROUND), [3.0]),
    ("halves are rounded up below zero too", Backoff(Constant(-2.5), quantise=Quantise.ROUND), [-2.0]),
    ("|0 cuts towards zero", Backoff(Constant(-2.9), quantise=Quantise.INT32), [-2.0]),
    ("|0 wraps at 32 bits", Backoff(Constant(2.0**31), quantise=Quantise.INT32), [-(2.0**31)]),
    ("|0 of a whole turn is 0", Backoff(Constant(2.0**32), quantise=Quantise.INT32), [0.0]),
    ("|0 of the infinite is 0", Backoff(Constant(INF), quantise=Quantise.INT32), [0.0]),
    ("rounding is in the client's unit", Backoff(Constant(1500.7), quantise=Quantise.FLOOR, unit=0.001), [1.5]),
    (
        "the prefix comes first, and as it is",
        Backoff(Constant(1.0), cap=2.0, prefix=(Draw(7.0), Draw(0.0))),
        [7.0, 0.0, 1.0],
    ),
    ("the prefix is in the client's unit", Backoff(Constant(1000.0), prefix=(Draw(500.0),), unit=0.001), [0.5, 1.0]),
]


@pytest.mark.parametrize("what, policy, waits", SHAPES, ids=[row[0] for row in SHAPES])
def test_shapes(what, policy, waits):
    """Offset, floor, rounding and prefix, computed by hand."""
    assert policy.first(len(waits), Random(1)) == pytest.approx(waits)


ONE, TWO = Backoff(Constant(1.0)), Backoff(Constant(2.0), attempts=2)

# What ends the waits, the policy, and at most six of its waits.
ENDS = [
    ("three attempts", Backoff(Constant(1.0), attempts=3), [1, 1, 1]),
    ("no attempt at all", Backoff(Constant(1.0), attempts=0), []),
    ("the prefix counts among the attempts", Backoff(Constant(1.0), prefix=(Draw(5.0),), attempts=2), [5, 1]),
    ("three attempts, then another policy", Backoff(Constant(9.0), attempts=3, then=TWO), [9, 9, 9, 2, 2]),
    (
        "one after the other",
        Backoff(Constant(9.0), attempts=1, then=Backoff(Constant(8.0), attempts=1, then=TWO)),
        [9, 8, 2, 2],
    ),
    ("a curve that ends is followed too", Backoff(Table((4.0,), tail="stop"), then=TWO), [4, 2, 2]),
    ("no more after 5 s of waiting", Backoff(Constant(2.0), elapsed=5.0), [2, 2, 2]),
    ("nor when it is exactly so long", Backoff(Constant(2.0), elapsed=4.0), [2, 2]),
    ("the time is in seconds, whatever the unit", Backoff(Constant(2000.0), elapsed=4.0, unit=0.001), [2, 2]),
    ("after 5 s another policy", Backoff(Constant(2.0), elapsed=5.0, then=TWO), [2, 2, 2, 2, 2]),
    ("a wait that would pass the limit is cut short", Backoff(Constant(2.0), elapsed=5.0, cut=True), [2, 2, 1]),
    (
        "what is left of it, and the first of the next",
        Backoff(Constant(3.0), elapsed=5.0, cut=True, then=TWO),
        [3, 2 + 2, 2],
    ),
    (
        "a cut in the client's unit",
        Backoff(Constant(3000.0), elapsed=5.0, cut=True, unit=0.001, then=TWO),
        [3, 2 + 2, 2],
    ),
    ("a wait that just fits is not a cut", Backoff(Constant(2.5), elapsed=5.0, cut=True, then=TWO), [2.5, 2.5, 2, 2]),
    ("without an end there is none", ONE, [1] * 6),
]


@pytest.mark.parametrize("what, policy, waits", ENDS, ids=[row[0] for row in ENDS])
def test_ends(what, policy, waits):
    """Attempts and time bound a policy, and another one may follow."""
    assert policy.first(6, Random(1)) == pytest.approx(waits)


def test_draws():
    """A wait of its own before the curve is drawn where its bounds differ, and only there."""
    assert Draw(2.0).draw(Scripted()) == 2.0
    assert Draw(2.0, 6.0).draw(Scripted(0.25)) == 3.0


def test_settled_draws_once():
    """What a client draws at its start is drawn once, and stays for all of its incidents."""
    rng = Counting(1)
    policy = Backoff(Exponential(1.0, spread=2.0))
    settled = policy.settled(rng)
    assert rng.asked == 1
    one, other = (list(islice(settled.delays(rng), 3)) for _ in range(2))
    assert rng.asked == 1
    assert one == other == [one[0], 2 * one[0], 4 * one[0]]
    assert 1.0 <= one[0] <= 3.0
    assert settled.settled(rng) is settled


@pytest.mark.parametrize("curve", [curve for curve in GROWING if not getattr(curve, "spread", 0)], ids=repr)
def test_settled_without_a_spread(curve):
    """A policy without anything that is drawn once is its own, and draws nothing."""
    rng, policy = Counting(1), Backoff(curve)
    assert policy.settled(rng) is policy
    assert rng.asked == 0


@given(st.integers(0, 2**64), st.sampled_from(GROWING), st.sampled_from(SPREADING), st.sampled_from(list(Order)))
def test_the_same_chance_gives_the_same_waits(seed, curve, jitter, order):
    """A policy reads no chance but the one it is handed."""
    policy = Backoff(curve, jitter, cap=30.0, order=order)
    assert policy.first(20, Random(seed)) == policy.first(20, Random(seed))


@given(st.floats(0, 1e6), st.floats(1, 10), st.integers(0, 300), st.floats(0, 1e6))
@example(1.0, 2.0, 300, 30.0)
def test_exponential_is_capped(base, factor, n, cap):
    """Wait n is the base times the factor to the n, or the cap: by logarithms, not by the power."""
    assume(base > 1e-6)
    assume(cap > 1e-6)
    wait = Backoff(Exponential(base, factor), cap=cap).first(n + 1, Random(1))[n]
    exponent = math.log(base) + n * math.log(factor)
    assert math.log(wait) == pytest.approx(min(exponent, math.log(cap)), rel=1e-9, abs=1e-9)


# What bounds an attempt, the timeout, the number of the attempt, its wait, and the seconds.
TIMEOUTS = [
    ("nothing said is not a bound", Timeout(), 3, 1.0, INF),
    ("always the same", Timeout(20.0), 5000, 1.0, 20.0),
    ("growing", Timeout(1.0, 2.0), 3, 1.0, 8.0),
    ("growing up to a cap", Timeout(1.0, 2.0, 5.0), 5000, 1.0, 5.0),
    ("at least the wait before it", Timeout(20.0, at_least_the_wait=True), 0, 90.0, 90.0),
    ("the wait is shorter", Timeout(20.0, at_least_the_wait=True), 0, 9.0, 20.0),
]


@pytest.mark.parametrize("what, timeout, n, wait, seconds", TIMEOUTS, ids=[row[0] for row in TIMEOUTS])
def test_timeouts(what, timeout, n, wait, seconds):
    """How long one attempt may take, computed by hand."""
    assert timeout.at(n, wait) == seconds
