"""The capacity that failing takes up: calm below it, and no way back for callers that retry at once."""

import heapq
import math
import random
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.demo.capacity import Capacity, CapacityExceeded
from locust_ext.demo.faults import dials

ANSWER_SECONDS = 0.014
SPIKE = (10.0, 15.0)
END = 40.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def clock():
    """Time under the test's control."""
    return Clock()


def of_the_fault(clock):
    """Make the capacity that the fault `retry` has."""
    retry = dials(["retry"])
    return Capacity(retry.capacity_slots, retry.success_seconds, retry.failure_seconds, clock=clock)


def attempt(capacity):
    """Say whether there was a slot."""
    try:
        capacity.take()
    except CapacityExceeded:
        return False
    return True


@given(
    st.lists(st.integers(0, 9), max_size=60).map(lambda gaps: list(accumulate(gaps))),
    st.integers(1, 5),
    st.integers(1, 20),
    st.integers(1, 30),
)
def test_law(moments, slots, success, failure):
    """A request fails exactly if, of all that came before, so many as there are slots still occupy one."""
    clock = Clock()
    capacity = Capacity(slots, success, failure, clock=clock)
    ends = []
    for clock.now in moments:
        occupied = sum(end > clock.now for end in ends)
        assert capacity.in_use == occupied
        assert attempt(capacity) == (occupied < slots)
        ends.append(clock.now + (success if occupied < slots else failure))


RATES = [
    ("in a calm", False, 280, 0.0),
    ("at forty users' pace, whatever was before", True, 160, 0.0),
    ("between the two rates it stays as it was", True, 280, 1.0),
    ("too much to begin with", False, 400, 0.85),
]


@pytest.mark.parametrize("tipped, rate, failing", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_even_rates(clock, tipped, rate, failing):
    """Of evenly spread attempts none fail or nearly all do; in between, the past decides."""
    capacity = of_the_fault(clock)
    if tipped:
        for _ in range(200):
            attempt(capacity)
    outcomes = []
    for number in range(10 * rate):
        clock.now = number / rate
        outcomes.append(attempt(capacity))
    settled = outcomes[rate:]
    assert settled.count(False) / len(settled) >= failing
    assert all(settled) == (failing == 0)


def test_without_the_fault(clock):
    """Without a limit nothing is refused, and nothing is kept."""
    capacity = Capacity(math.inf, 0.0, 0.0, clock=clock)
    assert all(attempt(capacity) for _ in range(10_000))
    assert capacity.in_use == 0


def outcomes_of(clock, *, users, spike, retries, pause):
    """Let users live, more of them during the spike; return the moment and the outcome of every attempt."""
    capacity, dice, outcomes = of_the_fault(clock), random.Random(3), []
    begins = [dice.uniform(0, 0.4) for _ in range(users)] + [SPIKE[0] + dice.uniform(0, 0.4) for _ in range(spike)]
    due = [(begin, user, retries) for user, begin in enumerate(begins)]
    heapq.heapify(due)
    while due and due[0][0] < END:
        clock.now, user, left = heapq.heappop(due)
        outcomes.append((clock.now, attempt(capacity)))
        if user >= users and clock.now > SPIKE[1]:
            continue
        if outcomes[-1][1] or not left:
            took = ANSWER_SECONDS if outcomes[-1][1] else 0.005
            heapq.heappush(due, (clock.now + took + dice.uniform(0.1, 0.4), user, retries))
        else:
            heapq.heappush(due, (clock.now + 0.005 + pause, user, left - 1))
    return outcomes


def failing(outcomes, since, until):
    """Return the share of attempts between two moments that failed."""
    those = [ok for moment, ok in outcomes if since <= moment < until]
    return those.count(False) / len(those)


CALM, BAD = (0.0, 0.0), (0.8, 1.0)
LIVES = [
    ("forty users alone", {"users": 40, "spike": 0, "retries": 3, "pause": 0.0}, CALM, CALM),
    ("a spike to 120 without retries", {"users": 40, "spike": 80, "retries": 0, "pause": 0.0}, BAD, CALM),
    ("a spike to 120 with naive retries", {"users": 40, "spike": 80, "retries": 3, "pause": 0.0}, BAD, BAD),
    ("a spike to 120 with patient retries", {"users": 40, "spike": 80, "retries": 3, "pause": 2.0}, (0.1, 1.0), CALM),
    ("120 users with naive retries for good", {"users": 120, "spike": 0, "retries": 3, "pause": 0.0}, BAD, BAD),
]


@pytest.mark.parametrize("life, during, after", [row[1:] for row in LIVES], ids=[row[0] for row in LIVES])
def test_lives(clock, life, during, after):
    """A spike passes within seconds, unless those who stay retry at once: then it never ends."""
    outcomes = outcomes_of(clock, **life)
    for (least, most), since, until in ((during, SPIKE[0] + 1, SPIKE[1]), (after, SPIKE[1] + 5, END)):
        assert least <= failing(outcomes, since, until) <= most
    assert all(one[0] <= other[0] for one, other in pairwise(outcomes))
