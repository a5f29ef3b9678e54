"""The worker pool: never in the way while it is calm, always too small for a spike."""

import math
import random

import gevent
import pytest

from locust_ext.demo import pool
from locust_ext.demo.pool import PoolFull, WorkerPool

WORK_SECONDS = 1.0


@pytest.fixture
def make(world):
    """Make pools in the test's world."""
    return lambda start, growth: WorkerPool(start, growth, clock=world.clock, rng=random.Random(1))


def work(pool, world, done):
    """Hold a slot for a second and note when that was over."""
    with pool.slot():
        world.sleep(WORK_SECONDS)
    done.append(world.now)


SIZES = [
    ("one slot serves one after the other", 1, [1, 2, 3, 4]),
    ("two slots serve pairs", 2, [1, 1, 2, 2]),
    ("an unlimited pool serves all at once", math.inf, [1, 1, 1, 1]),
]


@pytest.mark.parametrize("start, ends", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_slots_limit_what_runs_at_once(make, world, spawn, start, ends):
    """Four requests that arrive together are over when the number of slots allows it."""
    crowd, done = make(start, 100.0), []
    for _ in range(4):
        spawn(work, crowd, world, done)
    world.run(10.0)
    assert ends == done
    assert crowd.queued == 0


GROWTH = [
    ("a queue shorter than the growth time leaves it alone", 5, 10.0, 1),
    ("a queue that lasts for ten seconds brings a second one", 30, 10.0, 2),
    ("one request more lasts for another ten and brings a third", 31, 10.0, 3),
    ("quick growth", 30, 3.0, 4),
]


@pytest.mark.parametrize("requests, growth, slots", [row[1:] for row in GROWTH], ids=[row[0] for row in GROWTH])
def test_growth_under_steady_pressure(make, world, spawn, requests, growth, slots):
    """Each `growth` seconds with a queue that is never empty bring one slot."""
    crowd, done = make(1, growth), []
    for _ in range(requests):
        spawn(work, crowd, world, done)
    world.run(100.0)
    assert len(done) == requests
    assert slots == crowd.slots


def test_moments_of_pressure_do_not_add_up(make, world, spawn):
    """A queue that empties now and then never grows the pool, however often it comes back."""
    crowd, done = make(1, 5.0), []
    for begin in range(0, 100, 10):
        for _ in range(4):
            spawn(work, crowd, world, done)
        world.run(begin + 9.0)
    assert len(done) == 40
    assert crowd.slots == 1


def test_order_is_unfair_but_repeatable(make, world, spawn):
    """Waiters are not served in the order of arrival, and the same seed serves them in the same order."""

    def served():
        crowd, order = make(1, 1000.0), []

        def request(number):
            with crowd.slot():
                order.append(number)
                world.sleep(WORK_SECONDS)

        for number in range(20):
            spawn(request, number)
        world.run(world.now + 50.0)
        return order

    first, second = served(), served()
    assert sorted(first) == list(range(20)) != first
    assert first == second


def test_full_queue_turns_away(make, world, spawn, monkeypatch):
    """The queue has a limit; beyond it a request is refused at once."""
    monkeypatch.setattr(pool, "QUEUE_LIMIT", 3)
    crowd = make(1, 100.0)
    for _ in range(4):
        spawn(work, crowd, world, [])
    world.settle()
    with pytest.raises(PoolFull), crowd.slot():
        pass


def test_killed_waiter_leaves_the_queue(make, world, spawn):
    """A request that is killed while it waits costs no slot."""
    crowd, done = make(1, 100.0), []
    spawn(work, crowd, world, done)
    world.settle()
    waiter = spawn(work, crowd, world, done)
    world.settle()
    gevent.kill(waiter)
    spawn(work, crowd, world, done)
    world.run(10.0)
    assert done == [1, 2]


def test_failing_work_frees_its_slot(make):
    """An exception in the block gives the slot back."""
    crowd = make(1, 100.0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), crowd.slot():
            _ = 1 / 0
    with crowd.slot():
        assert crowd.queued == 0
