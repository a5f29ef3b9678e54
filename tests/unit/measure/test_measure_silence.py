"""From when on a wait is a silence, and what it counts as."""

from __future__ import annotations

import random

import pytest

from locust_ext.measure.silence import MOST, SHORTEST, Rhythm


def learned(*waits: float) -> Rhythm:
    """Return what one user's waits teach, one after the other."""
    rhythm, now = Rhythm(), 0.0
    for wait in (*waits, 0.0):
        now += wait
        rhythm.note(wait, now)
    return rhythm


CHANCE = random.Random(5)

FEEDS = [
    ("five a second", [0.2] * 300, 0.9, 1.1),
    ("five a second, after a stall of ten seconds", [0.2] * 1000 + [10.0], 0.9, 1.1),
    ("one in thirty seconds", [30.0] * 20, 45, 75),
    ("ten at once, then a minute's pause", [0.001, *[0.0] * 9, 60.0] * 10, 100, 150),
    ("at random, one in five seconds", [CHANCE.expovariate(0.2) for _ in range(2000)], 30, 60),
    ("nothing to wait for", [0.0] * 50, 0.9, 1.1),
    ("nothing known", [], 0.9, 1.1),
]


@pytest.mark.parametrize("waits, low, high", [row[1:] for row in FEEDS], ids=[row[0] for row in FEEDS])
def test_patience(waits: list[float], low: float, high: float):
    """Patience is learned from the waits, by the time that is spent in them."""
    rhythm = learned(*waits)
    assert low <= rhythm.patience() <= high


def test_a_healthy_feed_at_random_is_hardly_ever_silent():
    """Of ten thousand waits for a message that comes at random, fewer than ten are called a silence."""
    chance, rhythm, silent, now = random.Random(7), Rhythm(), 0, 0.0
    for _ in range(10_000):
        wait = chance.expovariate(0.5)
        silent += rhythm.is_known and wait > rhythm.patience()
        now += wait
        rhythm.note(wait, now)
    assert silent < 10


def test_a_silence_counts_as_the_messages_that_should_have_come():
    """Ten seconds of a feed of five a second are fifty messages, the first of them ten seconds old at the end."""
    due = learned(*[0.2] * 1000).due(10.0)
    assert len(due) == 50
    assert due[0] == (0.0, 10.0)
    assert due[-1] == pytest.approx((9.8, 0.2))
    assert all(after + age == pytest.approx(10.0) for after, age in due)


def test_a_silence_is_bounded():
    """However fast the feed and however long the silence."""
    assert len(learned(*[0.0] * 100).due(3600.0)) == MOST == 1000
    assert len(learned(*[0.5] * 100).due(3600.0)) == MOST
    assert len(Rhythm().due(3600.0)) == 1
    assert SHORTEST == 1.0


def test_all_users_of_a_feed_that_stood_still_were_silent():
    """The first one that hears something again does not teach that the others were not silent; the next time it has."""
    rhythm, now = Rhythm(), 0.0
    for _ in range(15):
        now += 0.2
        for _ in range(200):
            rhythm.note(0.2, now)
    for _ in range(200):
        assert rhythm.patience() == SHORTEST
        rhythm.note(4.0, now + 4.0)
    rhythm.note(0.2, now + 4.2)
    assert rhythm.patience() >= 8.0


def test_users_of_a_slow_feed_that_wait_in_turns_teach_what_is_usual():
    """There is always somebody who has been waiting for long; what ended before that is known all the same."""
    rhythm = Rhythm()
    for wait in range(1000):
        rhythm.note(30.0, wait * 0.3)
    assert rhythm.is_known
    assert 45 <= rhythm.patience() <= 75


def test_ten_waits_tell_what_is_usual():
    """And nine do not: until then a silence is one message, as old as it lasts."""
    assert [learned(*[0.5] * (count - 1)).is_known for count in (9, 10)] == [False, True]
    assert learned(*[0.5] * 8).due(3.0) == [(0.0, 3.0)]
    assert len(learned(*[0.5] * 19).due(3.0)) == round(3.0 / (9.5 / 20))


def test_a_wait_of_a_second_is_known_at_once():
    """A longer one only when one begins after it."""
    rhythm = Rhythm()
    rhythm.note(SHORTEST, 1.0)
    rhythm.note(SHORTEST + 0.001, 2.0)
    assert (rhythm.count, rhythm.total) == (1, 1.0)
    rhythm.note(0.5, 2.4)
    assert rhythm.count == 2
    rhythm.note(0.5, 2.5)
    assert rhythm.count == 4


def test_a_silence_that_lasts_is_told_in_few_groups():
    """No more than twenty; none of its messages is left out, and each group is as old as its youngest."""
    rhythm = Rhythm()
    for _ in range(10):
        rhythm.note(0.5, 0.0)
    for waited, sizes in ((10.0, [1] * 20), (10.5, [2] * 10 + [1]), (30.0, [3] * 20)):
        groups = list(rhythm.so_far(waited))
        assert [count for _, _, count in groups] == sizes
        due = rhythm.due(waited)
        assert [first for first, _, _ in groups] == [first for first, _ in due][:: sizes[0]]
        assert groups[-1][1] == due[-1][1]
