"""Placing users: balanced, nobody lost, nobody moved by more users."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load.placement import MixDispatcher, place, split

CLASSES = st.text("abcdef", min_size=1, max_size=3)
MIXES = st.dictionaries(CLASSES, st.integers(0, 200), max_size=5)
WORKERS = st.integers(1, 9).map(lambda count: [f"worker-{index}" for index in range(count)])


@given(MIXES, WORKERS)
def test_everybody_is_placed(mix, workers):
    """The users of each class on all workers are those that are wanted, on the workers that are there."""
    placed = place(mix, workers)
    assert list(placed) == workers
    assert mix == {name: sum(one[name] for one in placed.values()) for name in mix}


@given(MIXES, WORKERS)
def test_it_is_balanced(mix, workers):
    """Of each class, no two workers differ by more than one user; of all, by no more than the classes there are."""
    placed = place(mix, workers)
    for name in mix:
        counts = [one[name] for one in placed.values()]
        assert max(counts) - min(counts) <= 1
    sums = [sum(one.values()) for one in placed.values()]
    assert max(sums) - min(sums) <= len(mix)


@given(MIXES, WORKERS, st.data())
def test_more_users_move_nobody(mix, workers, data):
    """With more users of any class, no worker loses one."""
    before = place(mix, workers)
    more = {name: amount + data.draw(st.integers(0, 50)) for name, amount in mix.items()}
    after = place(more, workers)
    assert all(after[worker][name] >= before[worker][name] for worker in workers for name in mix)


def test_a_pair_of_small_classes_is_spread():
    """Each class begins one worker further, so that single users do not pile up on the first."""
    assert place({"a": 1, "b": 1, "c": 1}, ["x", "y", "z"]) == {
        "x": {"a": 1, "b": 0, "c": 0},
        "y": {"a": 0, "b": 1, "c": 0},
        "z": {"a": 0, "b": 0, "c": 1},
    }


WEIGHTS = st.dictionaries(CLASSES, st.floats(0.1, 100), min_size=1, max_size=6)


@given(st.integers(0, 10_000), WEIGHTS)
def test_split_is_exact_and_fair(amount, weights):
    """All are given out, and each class is less than one user away from its exact share."""
    found = split(amount, weights)
    assert sum(found.values()) == amount
    total = sum(weights.values())
    assert all(abs(found[name] - amount * weight / total) < 1 + 1e-9 for name, weight in weights.items())


SPLITS = [
    ("by weight", 10, {"a": 1, "b": 4}, {"a": 2, "b": 8}),
    ("the largest remainder gets what is left", 10, {"a": 1, "b": 2}, {"a": 3, "b": 7}),
    ("the first of equal remainders", 3, {"a": 1, "b": 1}, {"a": 2, "b": 1}),
    ("nobody", 0, {"a": 1}, {"a": 0}),
    ("a class of no weight", 3, {"a": 0, "b": 1}, {"a": 0, "b": 3}),
    ("no weights at all", 3, {"a": 0}, {"a": 0}),
    ("no classes", 3, {}, {}),
]


@pytest.mark.parametrize("amount, weights, shares", [row[1:] for row in SPLITS], ids=[row[0] for row in SPLITS])
def test_split(amount, weights, shares):
    """Users are divided in proportion to weights."""
    assert shares == split(amount, weights)


def dispatcher(workers, mix):
    """Return a dispatcher for classes a and b on these workers."""
    classes = [type(name, (), {"weight": 1, "fixed_count": 0}) for name in ("a", "b")]
    return MixDispatcher([SimpleNamespace(id=worker, user_classes_count={}) for worker in workers], classes, mix)


def test_the_dispatcher_places_in_one_step():
    """A dispatch is the whole mix at once, and then it is done."""
    made = dispatcher(["x", "y"], lambda: {"a": 3, "b": 1})
    made.new_dispatch(4, 100)
    assert list(made) == [{"x": {"a": 2, "b": 0}, "y": {"a": 1, "b": 1}}]
    assert made.dispatch_in_progress is False


def test_the_dispatcher_asks_anew():
    """The mix is the one of the moment of each dispatch."""
    mix = {"a": 1, "b": 0}
    made = dispatcher(["x"], lambda: mix)
    made.new_dispatch(1, 1)
    assert list(made) == [{"x": {"a": 1, "b": 0}}]
    mix["b"] = 2
    made.new_dispatch(3, 1)
    assert list(made) == [{"x": {"a": 1, "b": 2}}]
