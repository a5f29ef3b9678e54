"""Who takes which share: a silent one loses it, and all agree on the time from which that holds."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.arrivals import Share
from locust_ext.load.partition import HANDOVER, MARGIN, MEMORY, REFRESH, TTL, Division, Partition, RunClock

MEMBERS = st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=6)


@given(MEMBERS)
def test_a_division_is_whole(members):
    """Every member has one share of as many as there are members; one that is not a member has none."""
    division = Division(1, tuple(members), 5.0)
    shares = [division.share(member) for member in members]
    assert [Share(index, len(members), 5.0) for index in range(len(members))] == shares
    assert division.share("stranger") is None


def test_the_first_division_holds_from_the_beginning():
    """Nobody made arrivals before it, so nobody must be waited for."""
    roster = Partition()
    roster.hear("b", 0.0)
    roster.hear("a", 0.1)
    assert roster.divide(0.2, 0.0)
    assert roster.division == Division(1, ("a", "b"), 0.0)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=20))
def test_who_is_there_matters_and_not_the_order(heard):
    """The members are those that were heard, each once, in an order that all agree on."""
    roster = Partition()
    for member in heard:
        roster.hear(member, 0.0)
    roster.divide(0.0, 0.0)
    assert roster.division.members == tuple(sorted(set(heard)))


def roster_of(*members, now=0.0):
    """Return a roster that is divided among members heard now."""
    roster = Partition()
    for member in members:
        roster.hear(member, now)
    assert roster.divide(now, now)
    return roster


def test_nothing_changes_while_all_are_heard():
    """As long as the members stay, so does the division: nobody is told anything."""
    roster = roster_of("a", "b")
    for step in range(1, 50):
        now = step * REFRESH
        roster.hear("a", now)
        roster.hear("b", now)
        assert not roster.divide(now, now)
    assert roster.division.number == 1


CHANGES = [
    ("one joins", lambda roster: roster.hear("c", 10.0), ("a", "b", "c")),
    ("one leaves", lambda roster: roster.leave("a"), ("b",)),
    ("one leaves and another joins", lambda roster: (roster.leave("a"), roster.hear("c", 10.0)), ("b", "c")),
    ("all leave", lambda roster: (roster.leave("a"), roster.leave("b")), ()),
]


@pytest.mark.parametrize("change, members", [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_change_is_a_new_division_a_little_later(change, members):
    """It has a higher number, and holds from an instant that leaves the time to tell all."""
    roster = roster_of("a", "b", now=10.0)
    change(roster)
    assert roster.divide(10.1, 3.0)
    assert roster.division == Division(2, members, 3.0 + HANDOVER)
    assert not roster.divide(10.2, 3.1)


def test_leaving_twice():
    """A stranger leaves without a trace."""
    roster = roster_of("a")
    roster.leave("z")
    assert not roster.divide(0.1, 0.1)


@given(st.floats(0.01, 0.14), st.floats(0, 0.99))
def test_a_silent_member_is_replaced_in_time(look, phase):
    """Its share is taken over within the time to live, a look at the roster, and the lead; that is less than 2 s."""
    roster = roster_of("a", "b", now=0.0)
    now, replaced = look * phase, None
    while replaced is None:
        now += look
        roster.hear("a", now)
        if roster.divide(now, now):
            replaced = roster.division.since
    assert roster.division.members == ("a",)
    assert TTL <= now <= TTL + look + 1e-9
    assert replaced <= TTL + HANDOVER + look + 1e-9
    assert replaced < 2


def test_a_member_knows_that_it_is_off_before_others_take_over():
    """Its share ends, counted from when it asked, before any other could have it."""
    assert TTL - MARGIN < HANDOVER  # whether or not it has heard of the new division
    assert 2 * REFRESH < TTL - MARGIN  # one lost message is not a reason to pause


def test_it_comes_back():
    """Anyone who is heard again is in the next division."""
    roster = roster_of("a", "b")
    roster.hear("a", 5.0)
    assert roster.divide(5.0, 5.0)
    roster.hear("b", 6.0)
    roster.hear("a", 5.9)
    assert roster.divide(6.0, 6.0)
    assert roster.division.members == ("a", "b")
    assert roster.division.number == 3


def test_nobody_is_there():
    """Without processes there is no division, and the first one to come takes all from the beginning."""
    roster = Partition()
    assert not roster.divide(0.0, 0.0)
    roster.hear("a", 4.0)
    assert roster.divide(4.0, 0.0)
    assert roster.division.share("a") == Share(0, 1, 0.0)


def test_one_division_at_a_time():
    """A second change waits until the first division holds: one who has not heard of that has ended its share by then."""
    roster = roster_of("a")
    roster.hear("b", 0.5)
    assert roster.divide(0.5, 0.5)
    roster.hear("c", 0.6)
    assert not roster.divide(0.6, 0.6)
    assert not roster.divide(0.5 + HANDOVER - 0.01, 0.5 + HANDOVER - 0.01)
    assert roster.division == Division(2, ("a", "b"), 0.5 + HANDOVER)
    roster.hear("a", 1.3)
    assert roster.divide(0.5 + HANDOVER, 0.5 + HANDOVER)
    assert roster.division.members == ("a", "b", "c")


AGAIN = [
    ("after the arrivals began: those who were there have made some", 5.0, 5.0 + HANDOVER),
    ("before that: nobody has made any", 0.0, 0.0),
]


@pytest.mark.parametrize("elapsed, since", [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_one_comes_when_all_have_gone(elapsed, since):
    """It does not begin at the beginning once others have been there."""
    roster = roster_of("a", "b")
    assert roster.divide(10.0, 0.0)
    assert roster.division.members == ()
    roster.hear("c", 11.0)
    assert roster.divide(11.0, elapsed)
    assert roster.division.share("c") == Share(0, 1, since)


@given(st.floats(-1e6, 1e6), st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=20))
def test_the_clock_is_wrong_by_half_the_quickest_answer(zero, trips):
    """However lopsided the ways there and back: the error is at most half of the shortest round trip."""
    clock, now, shortest = RunClock(), zero + 1.0, math.inf
    for there, back in trips:
        received = now + there + back
        if received - zero > MEMORY:
            break
        clock.hear(now + there - zero, now, received)
        shortest = min(shortest, there + back)
        assert abs(clock.zero - zero) <= shortest / 2 + 1e-6
        now = received + REFRESH


def test_the_best_reading_counts():
    """A slower answer changes nothing; a quicker one does."""
    clock = RunClock()
    clock.hear(1.0, 100.9, 101.1)
    best = clock.zero
    clock.hear(2.5, 101.0, 103.0)
    assert clock.zero == best == pytest.approx(100.0)
    clock.hear(3.0, 103.01, 103.03)
    assert clock.zero == pytest.approx(100.02)


def test_an_old_reading_is_replaced():
    """Clocks drift: after a while a worse reading is better than an old one."""
    clock = RunClock()
    clock.hear(0.0, 100.0, 100.0)
    clock.hear(MEMORY, 100.0 + MEMORY, 100.2 + MEMORY)
    assert clock.zero == pytest.approx(100.1)


def test_before_the_first_answer():
    """The clock does not know when the run began, and says so."""
    assert math.isnan(RunClock().zero)


def test_drifting_clocks():
    """With a clock that is fast by 100 millionths, an hour later the error is still that of one answer and one memory."""
    clock, draw = RunClock(), random.Random(2)
    elapsed = 0.0
    while elapsed < 3600:
        asked = elapsed * 1.0001
        trip = draw.uniform(0.001, 0.02)
        clock.hear(elapsed + trip / 2, asked, asked + trip)
        elapsed += REFRESH
    truth = elapsed * 1.0001 - elapsed
    assert abs(clock.zero - truth) < 0.01 + MEMORY * 0.0001 * 2
