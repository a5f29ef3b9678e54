"""Orders of rows: shuffled without a table, Zipf's law, and pools over any course of taking and giving back."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.feeders.order import Shuffle, Zipf
from locust_ext.feeders.pool import Drawn, Pool


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 1000])
def test_a_shuffle_has_each_once(size):
    """By whichever key."""
    for key in (0, 1, 2**48 - 1):
        shuffle = Shuffle(size, key)
        assert sorted(shuffle[place] for place in range(size)) == list(range(size))


def test_a_shuffle_is_another_by_another_key():
    """And nothing like the order of the file."""
    orders = [[Shuffle(500, key)[place] for place in range(500)] for key in range(20)]
    assert len({tuple(order) for order in orders}) == 20
    still = sum(order[place] == place for order in orders for place in range(500))
    assert still < 20 * 8  # one in each is what chance makes
    firsts = [sum(number < 250 for number in order[:250]) for order in orders]
    assert 105 < sum(firsts) / 20 < 145


@pytest.mark.parametrize("exponent", [0.3, 0.99, 1.0, 1.7, 4.0])
@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_zipf_s_law(size, exponent):
    """Each rank as often as the law says, to five standard deviations."""
    draws = 20_000
    zipf = Zipf(size, exponent, Random(f"{size} {exponent}").random)
    found = Counter(zipf.draw() for _ in range(draws))
    assert set(found) <= set(range(size))
    weights = [(rank + 1) ** -exponent for rank in range(size)]
    for rank in range(min(size, 10)):
        share = weights[rank] / sum(weights)
        assert abs(found[rank] - draws * share) <= 5 * math.sqrt(draws * share * (1 - share)) + 1e-9


class Deck:
    """A plain list of rows, as the oracle."""

    def __init__(self, size):
        self.free, self.out, self.used = set(range(size)), set(), set()


ACTS = st.lists(st.tuples(st.sampled_from(["take", "used", "unused", "put"]), st.integers(0, 30)), max_size=120)


@given(st.integers(1, 12), st.booleans(), st.booleans(), ACTS)
def test_a_pool(size, cycle, shuffled, acts):
    """Gives what is free, never what is out, and of once nothing twice; it has something as long as there is."""
    pool = Pool(size, cycle=cycle, places=lambda number: Shuffle(size, number) if shuffled else Plain())
    deck = Deck(size)
    for act, number in acts:
        if act == "take":
            row = pool.take()
            assert (row is None) == (not deck.free)
            if row is not None:
                assert row in deck.free
                deck.free.remove(row)
                deck.out.add(row)
        elif deck.out:
            row = sorted(deck.out)[number % len(deck.out)]
            if act == "put":
                pool.put_back([row])
            else:
                assert pool.give_back(row, used=act == "used")
                assert not pool.give_back(row, used=True)
            deck.out.remove(row)
            (deck.used if act == "used" and not cycle else deck.free).add(row)
        assert (pool.free, pool.out, pool.used_up) == (len(deck.free), len(deck.out), len(deck.used))
        assert pool.is_exhausted == (not deck.free)


class Plain:
    """The order of the file."""

    def __getitem__(self, place):
        return place


def test_rows_come_in_their_order():
    """Round and round; what was given back unused comes first."""
    pool = Pool(4, cycle=True)
    taken = []
    for _ in range(10):
        row = pool.take()
        taken.append(row)
        pool.give_back(row, used=True)
    assert taken == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    row = pool.take()
    pool.give_back(row, used=False)
    assert pool.take() == row


def test_one_row_that_goes_round_where_all_others_are_out():
    """Costs no pass over all of them: each take is soon done."""
    looks = 0

    class Looked:
        def __getitem__(self, place):
            nonlocal looks
            looks += 1
            return place

    pool = Pool(10_000, cycle=True, places=lambda _: Looked())
    for _ in range(9_999):
        pool.take()
    for _ in range(1000):
        row = pool.take()
        pool.give_back(row, used=True)
    assert looks < 10_000 + 2_000


def test_a_pool_that_grows():
    """Is not exhausted before it is closed."""
    pool = Pool(None, cycle=False)
    assert (pool.take(), pool.is_exhausted) == (None, False)
    pool.more(2)
    pool.close()
    assert [pool.take(), pool.take(), pool.take()] == [0, 1, None]
    assert pool.is_exhausted


def test_what_is_drawn_is_never_out():
    """Two may have it."""
    pool = Drawn(lambda: 3)
    assert [pool.take(), pool.take()] == [3, 3]
    assert not pool.give_back(3, used=True)
    assert not pool.is_exhausted
