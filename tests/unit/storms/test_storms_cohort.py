"""Who drops: the shares of all workers add up to exactly what was asked."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locust_ext.storms.cohort import choose, quotas, size

LIVE = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 5000), max_size=12)
SHARES = st.integers(0, 100).map(lambda percent: percent / 100)

# How many are meant, the users, the share, and how many drop.
SIZES = [
    ("30 % of 200", 200, 0.3, 60),
    ("all", 7, 1.0, 7),
    ("none asked, none dropped", 200, 0.0, 0),
    ("nobody there, nobody drops", 0, 0.3, 0),
    ("halves are rounded up", 5, 0.5, 3),
    ("below a half is rounded down", 10, 0.14, 1),
    ("above a half is rounded up", 10, 0.16, 2),
    ("a small share is at least one", 10, 0.001, 1),
    ("of one user, one", 1, 0.01, 1),
]


@pytest.mark.parametrize("what, live, share, expected", SIZES, ids=[row[0] for row in SIZES])
def test_size(what, live, share, expected):
    """How many users a share is."""
    assert size(live, share) == expected


# Why, the users of each worker, the share, and how many each drops.
QUOTAS = [
    ("evenly, where it divides", {"a": 100, "b": 100}, 0.3, {"a": 30, "b": 30}),
    ("in proportion", {"a": 150, "b": 50}, 0.3, {"a": 45, "b": 15}),
    ("3 of 10: 0.9, 0.9 and 1.2, the largest remainders win", {"a": 3, "b": 3, "c": 4}, 0.3, {"a": 1, "b": 1, "c": 1}),
    ("equal remainders go by name", {"b": 1, "a": 1, "c": 1}, 0.34, {"a": 1, "b": 0, "c": 0}),
    ("the one with 0.8 wins against the one with 0.2", {"a": 1, "b": 4}, 0.2, {"a": 0, "b": 1}),
    ("all is all", {"a": 3, "b": 0, "c": 9}, 1.0, {"a": 3, "b": 0, "c": 9}),
    ("who has nobody drops nobody", {"a": 0, "b": 9}, 0.5, {"a": 0, "b": 5}),
    ("nobody anywhere", {"a": 0, "b": 0}, 0.5, {"a": 0, "b": 0}),
    ("no worker", {}, 0.5, {}),
]


@pytest.mark.parametrize("what, live, share, expected", QUOTAS, ids=[row[0] for row in QUOTAS])
def test_quotas(what, live, share, expected):
    """How many users each worker drops, computed by hand."""
    assert quotas(live, share) == expected


@given(LIVE, SHARES)
def test_quotas_add_up(live, share):
    """The quotas are the share of all together, none is more than its worker has, and no worker is forgotten."""
    given_out = quotas(live, share)
    assert given_out.keys() == live.keys()
    assert sum(given_out.values()) == size(sum(live.values()), share)
    assert all(0 <= given_out[worker] <= live[worker] for worker in live)


@given(LIVE, SHARES)
def test_quotas_are_fair(live, share):
    """Each quota is its exact part rounded up or down, and anyone who is rounded up had at least as great a remainder."""
    total = sum(live.values())
    if not total:
        return
    wanted = size(total, share)
    given_out = quotas(live, share)
    exact = {worker: Fraction(wanted * count, total) for worker, count in live.items()}
    assert all(abs(given_out[worker] - exact[worker]) < 1 for worker in live)
    up = [exact[worker] % 1 for worker in live if given_out[worker] > exact[worker]]
    down = [exact[worker] % 1 for worker in live if given_out[worker] < exact[worker]]
    assert not up or not down or min(up) >= max(down)


@given(st.lists(st.integers(0, 200), max_size=8))
@example([])
@example([1] * 8)
def test_thirty_percent_of_two_hundred(cuts):
    """30 % of 200 users is 60, whatever the split over the workers."""
    edges = [0, *sorted(cuts), 200]
    live = {f"w{n}": end - start for n, (start, end) in enumerate(zip(edges, edges[1:], strict=False))}
    assert sum(live.values()) == 200
    assert sum(quotas(live, 0.3).values()) == 60


@given(LIVE, SHARES, st.randoms(use_true_random=False))
def test_the_order_of_workers_changes_nothing(live, share, rng):
    """Quotas do not depend on who enrolled first."""
    workers = list(live)
    rng.shuffle(workers)
    assert quotas({worker: live[worker] for worker in workers}, share) == quotas(live, share)


@given(st.lists(st.integers(), unique=True, max_size=50), st.integers(0, 60), st.integers(0, 2**64))
def test_choose(members, quota, seed):
    """As many as asked, or all; nobody twice; and the same ones for the same seed."""
    chosen = choose(members, quota, Random(seed))
    assert len(chosen) == len(set(chosen)) == min(quota, len(members))
    assert set(chosen) <= set(members)
    assert chosen == choose(members, quota, Random(seed))


def test_choose_by_chance():
    """Over many seeds everybody drops about as often."""
    drops = dict.fromkeys("abcde", 0)
    for seed in range(2000):
        for member in choose("abcde", 2, Random(seed)):
            drops[member] += 1
    assert all(700 < count < 900 for count in drops.values())
