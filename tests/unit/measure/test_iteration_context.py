"""What a measurement belongs to: set where a user's greenlet begins, held by all that it spawns."""

import gevent
import pytest

from locust_ext.measure.iteration_context import IterationContext, begin, current

SOON = 5


def in_greenlet(function, *arguments):
    """Return what the function returns in a greenlet of its own."""
    return gevent.spawn(function, *arguments).get(timeout=SOON)


def test_outside_there_is_none():
    """Plain users, and the code around them, have no iteration."""
    assert in_greenlet(current) is None
    assert current() is None


def test_it_holds_in_its_greenlet():
    """From its beginning on, and as the same object: its lateness is set for each iteration."""

    def user():
        iteration = IterationContext({"scenario": "feed"})
        begin(iteration)
        current().late = 12.0
        gevent.sleep(0)
        return current() is iteration, iteration.late

    assert in_greenlet(user) == (True, 12.0)


def test_what_is_spawned_belongs_to_it():
    """Greenlets of greenlets, too, as parallel requests and listeners are."""
    iteration = IterationContext({"scenario": "feed"})

    def user():
        begin(iteration)
        return in_greenlet(in_greenlet, current)

    assert in_greenlet(user) is iteration


def test_neighbours_know_nothing_of_it():
    """Users of other scenarios have their own, no matter who was spawned first."""

    def user(name):
        begin(IterationContext({"scenario": name}))
        gevent.sleep(0)
        return current().tags["scenario"]

    users = [gevent.spawn(user, name) for name in ("feed", "chat")]
    gevent.joinall(users, timeout=SOON)
    assert [user.value for user in users] == ["feed", "chat"]
    assert current() is None


@pytest.mark.parametrize("own", [True, False], ids=["the child begins its own", "the child has that of its parent"])
def test_a_child_does_not_change_its_parent(own):
    """Each greenlet may have an iteration of its own; its parent keeps the one it had."""
    parent, other = IterationContext({"scenario": "feed"}), IterationContext({"scenario": "chat"})

    def child():
        if own:
            begin(other)
        return current()

    def user():
        begin(parent)
        return in_greenlet(child), current()

    assert in_greenlet(user) == (other if own else parent, parent)


def test_what_else_a_tree_of_greenlets_knows_stays():
    """Others may keep something of their own there."""

    def user():
        gevent.getcurrent().spawn_tree_locals = {"mine": 1}
        begin(IterationContext())
        return gevent.getcurrent().spawn_tree_locals["mine"]

    assert in_greenlet(user) == 1


def test_occasions_are_told_apart():
    """Two of the same tags are two: an iteration's lateness is not another's."""
    assert IterationContext() != IterationContext()
    assert IterationContext().tags is not IterationContext().tags


LABELS = [
    ("the same tags", {"a": "1", "b": "2"}, {"b": "2", "a": "1"}, True),
    ("none", {}, {}, True),
    ("another value", {"a": "1"}, {"a": "2"}, False),
    ("another key", {"a": "1"}, {"b": "1"}, False),
    ("what looks the same when it is written together", {"a": "1', 'b': '2"}, {"a": "1", "b": "2"}, False),
]


@pytest.mark.parametrize("one, other, same", [row[1:] for row in LABELS], ids=[row[0] for row in LABELS])
def test_a_label_tells_tags_apart(one, other, same):
    """Iterations have the same label if they have the same tags."""
    assert (IterationContext(one).label == IterationContext(other).label) is same
