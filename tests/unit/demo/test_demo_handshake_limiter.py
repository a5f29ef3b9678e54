"""The handshake limiter: one at a time, in order, and nothing to pay for those who left."""

import math
from contextlib import contextmanager, nullcontext

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.demo.handshake_limiter import CallerLeft, HandshakeLimiter, HandshakesFull

PRICE = 60


def patient(_):
    """Watch a caller that never leaves."""
    return nullcontext()


def passing(handshake_limiter, world, spawn, arrivals):
    """Let callers come, each with its patience, and return when each was through: None if it left, -1 if refused."""
    through = {}

    def call(number, arrival, patience):
        @contextmanager
        def watch(left):
            world_alarm = gevent.spawn(lambda: (world.sleep(patience), left()))
            try:
                yield
            finally:
                world_alarm.kill()

        world.sleep(arrival)
        try:
            handshake_limiter.enter(watch)
            through[number] = world.now
        except CallerLeft:
            through[number] = None
        except HandshakesFull:
            through[number] = -1

    for number, (arrival, patience) in enumerate(arrivals):
        spawn(call, number, arrival, patience)
    world.run(100_000)
    return [through[number] for number in range(len(arrivals))]


NEVER = 99_999
ROWS = [
    ("alone", math.inf, [(0, NEVER)], [60]),
    ("one after the other", math.inf, [(0, NEVER)] * 4, [60, 120, 180, 240]),
    ("with a rest between them", math.inf, [(0, NEVER), (100, NEVER)], [60, 160]),
    ("one that leaves costs nothing", math.inf, [(0, NEVER), (0, 30), (0, NEVER)], [60, None, 120]),
    ("who is about to pay pays", math.inf, [(0, 30), (0, NEVER)], [60, 120]),
    ("the queue is full", 1, [(0, NEVER)] * 3, [60, 120, -1]),
    ("one that left makes room", 1, [(0, NEVER), (0, 10), (20, NEVER)], [60, None, 120]),
]


@pytest.mark.parametrize("limit, arrivals, through", [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_passing(world, spawn, limit, arrivals, through):
    """Each caller is through when those before it have paid."""
    handshake_limiter = HandshakeLimiter(PRICE, limit, sleep=world.sleep)
    assert through == passing(handshake_limiter, world, spawn, arrivals)
    assert handshake_limiter.queued == 0


# Arrivals are even and patience is odd: nobody leaves in the very moment in which its turn comes.
CALLERS = st.lists(st.tuples(st.integers(0, 200).map(lambda n: 2 * n), st.integers(0, 300).map(lambda n: 2 * n + 1)))


@settings(deadline=None, max_examples=50)
@given(CALLERS.map(sorted))
def test_law(worlds, arrivals):
    """It is a queue with one server that skips anyone who has left."""
    world, free, expected, started = worlds(), 0, [], []
    for arrival, patience in arrivals:
        turn = max(arrival, free)
        left = turn > arrival + patience
        expected.append(None if left else turn + PRICE)
        free = free if left else turn + PRICE

    def spawn(*work):
        started.append(gevent.spawn(*work))

    try:
        assert expected == passing(HandshakeLimiter(PRICE, math.inf, sleep=world.sleep), world, spawn, arrivals)
    finally:
        gevent.killall(started)


def test_free_of_charge(world):
    """Without a price it neither waits nor looks at the caller."""
    HandshakeLimiter(0.0, 0, sleep=world.sleep).enter(None)
    assert world.slept == []


def test_killed_waiter(world, spawn):
    """A waiter that is killed leaves the queue."""
    handshake_limiter, through = HandshakeLimiter(PRICE, math.inf, sleep=world.sleep), []

    def call(number):
        handshake_limiter.enter(patient)
        through.append((number, world.now))

    _, second, _ = (spawn(call, number) for number in range(3))
    world.settle()
    assert handshake_limiter.queued == 2
    second.kill()
    assert handshake_limiter.queued == 1
    world.run(1000)
    assert through == [(0, 60), (2, 120)]


def test_killed_when_its_turn_has_come(spawn):
    """A waiter that is killed between being called and getting up hands its turn on."""
    handshake_limiter, paying = HandshakeLimiter(PRICE, math.inf, sleep=lambda _: pay()), []

    def pay():
        paying.append(gevent.getcurrent())
        if len(paying) == 1:
            gevent.sleep(0)
            second.kill(block=False)

    main = gevent.getcurrent()
    second, third = (spawn(handshake_limiter.enter, patient) for _ in range(2))
    handshake_limiter.enter(patient)
    gevent.joinall([second, third])
    assert paying == [main, third]
    assert handshake_limiter.queued == 0
