"""Virtual time: what waits for the clock waits for nothing, in the right order, and the real time comes back."""

from __future__ import annotations

import time
from time import monotonic

import gevent
import pytest
from gevent.event import AsyncResult, Event
from gevent.lock import Semaphore
from gevent.pool import Group
from gevent.queue import Empty, Queue

from locust_ext.run import ordering
from tests import virtual_time as module
from tests.virtual_time import LEAST, REAL, adopt, kin, virtual_time

NATIVE = REAL[1]


@pytest.fixture
def clock():
    """Return a virtual clock; a test that waits for real is refused."""
    began = NATIVE()
    with virtual_time() as one:
        yield one
    assert NATIVE() - began < 5


def timed_out(wait):
    """Expect a Timeout."""
    with pytest.raises(gevent.Timeout):
        wait()


def empty(queue):
    """Wait for what nobody puts there."""
    with pytest.raises(Empty):
        queue.get(timeout=60)


def never():
    """Wait for what never happens."""
    Event().wait()


def within(seconds, wait):
    """Wait under a Timeout."""
    with gevent.Timeout(seconds, False):
        wait()


def full_group():
    """Return a group that is never empty."""
    group = Group()
    group.spawn(never)
    return group


WAITS = [
    ("sleep", lambda: gevent.sleep(60)),
    ("time.sleep, which gevent has patched", lambda: time.sleep(60)),
    ("an event's wait with a timeout", lambda: Event().wait(60)),
    ("a result's", lambda: timed_out(lambda: AsyncResult().get(timeout=60))),
    ("a semaphore's", lambda: Semaphore(0).acquire(timeout=60)),
    ("a queue's", lambda: empty(Queue())),
    ("a greenlet's join", lambda: gevent.spawn(never).join(timeout=60)),
    ("a group's", lambda: full_group().join(timeout=60)),
    ("the wait for several", lambda: gevent.wait([gevent.spawn(never)], timeout=60)),
    ("a greenlet that is started later", lambda: gevent.spawn_later(60, int).join()),
    ("a Timeout around a wait", lambda: within(60, never)),
    ("a Timeout within another one", lambda: within(60, lambda: within(90, never))),
    ("the wait for a timer", lambda: gevent.get_hub().wait(gevent.get_hub().loop.timer(60))),
]


@pytest.mark.parametrize("wait", [row[1] for row in WAITS], ids=[row[0] for row in WAITS])
def test_a_minute_is_over_at_once(clock, wait):
    """Every way of waiting takes its minute of virtual time, and not more."""
    wait()
    assert 60 <= clock.now < 60.001


def test_all_clocks_agree(clock):
    """Whatever name a module holds a clock by, it tells the same time."""
    read = time.time, time.monotonic, time.perf_counter, monotonic, ordering.monotonic
    before = [one() for one in read]
    gevent.sleep(7)
    after = [one() for one in read]
    assert [now - then for now, then in zip(after, before, strict=True)] == pytest.approx([7] * 5)
    assert time.time_ns() / 1e9 == pytest.approx(time.time())
    assert time.monotonic_ns() / 1e9 == pytest.approx(time.monotonic())


def test_the_order_is_that_of_the_instants(clock):
    """Of the same instant who began first; and what is ready goes before the next timer."""
    heard = []

    def say(word, *seconds):
        for one in seconds:
            gevent.sleep(one)
        heard.append((word, round(clock.now, 3)))
        gevent.sleep(0)
        heard.append((f"{word} again", round(clock.now, 3)))

    gevent.joinall([gevent.spawn(say, "c", 3), gevent.spawn(say, "a", 1), gevent.spawn(say, "b", 1)])
    assert [word for word, _ in heard] == ["a", "a again", "b", "b again", "c", "c again"]
    assert [at for _, at in heard] == [1, 1, 1, 1, 3, 3]


def test_a_timeout_that_is_cancelled_ends_nobody(clock):
    """A timer that was stopped does not move the clock."""
    with gevent.Timeout(5):
        gevent.sleep(1)
    gevent.sleep(1)
    assert clock.now == pytest.approx(2)


def test_a_deadline_that_rounding_misses_is_waited_for_again(clock):
    """Nobody goes round for ever because a clock that stands still is a hair too early."""
    until = monotonic() + 0.3 + 0.1
    while (rest := until - monotonic()) > 0:
        gevent.sleep(rest / 2)
    assert clock.now == pytest.approx(0.4, abs=10 * LEAST)


def test_a_timer_that_repeats(clock):
    """A watcher of the loop's own, as gevent's pool of threads has it."""
    seen = []
    timer = gevent.get_hub().loop.timer(1.0, 2.0)
    timer.start(lambda: seen.append(round(clock.now)))
    gevent.sleep(6)
    timer.stop()
    gevent.sleep(6)
    assert seen == [1, 3, 5]


def test_threads_are_waited_for(clock):
    """What works in gevent's pool of threads is not overtaken by the clock."""
    pause = clock._pause
    with gevent.Timeout(1):
        gevent.get_hub().threadpool.apply(lambda: pause(0.05))


def test_what_raises_in_a_timer_is_told_as_ever(clock, capfd):
    """The loop's own handler hears of it, and the clock goes on."""
    gevent.get_hub().loop.timer(1).start(lambda: 1 / 0)
    gevent.sleep(2)
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_who_is_frozen_sleeps_on(clock):
    """What it has missed comes when it is thawed, in order; others go on."""
    seen = []

    def live():
        gevent.spawn(lambda: [gevent.sleep(2), seen.append("its child")])
        for step in range(3):
            gevent.sleep(1)
            seen.append(step)

    one = gevent.Greenlet(live)
    adopt(one, "somebody")
    one.start()
    gevent.sleep(0)
    clock.freeze("somebody")
    gevent.sleep(10)
    assert (seen, kin(one), kin(gevent.getcurrent())) == ([], "somebody", None)
    clock.thaw("somebody")
    gevent.sleep(0.5)
    assert seen == [0, "its child"]
    gevent.sleep(10)
    assert seen == [0, "its child", 1, 2]


def round_and_round():
    """Wait for nothing, again and again."""
    while True:
        gevent.sleep(1e-9)


def test_what_goes_round_in_a_circle_ends(clock, monkeypatch):
    """A test that waits for nothing again and again is told so."""
    monkeypatch.setattr(module, "MOST_AT_ONCE", 100)
    with pytest.raises(RuntimeError, match="more than 100 timers within a second"):
        round_and_round()


def test_the_real_time_comes_back():
    """All clocks are the machine's again, also those of modules that were loaded meanwhile; who still slept is ended."""
    hub = gevent.get_hub()
    loop = hub.loop
    with virtual_time() as clock:
        left = gevent.spawn(gevent.sleep, 1000)
        waits = gevent.spawn(within, 1000, never)
        gevent.sleep(1)
        module.held = time.monotonic
        assert clock.now == pytest.approx(1)
    assert (hub.loop, left.dead, waits.dead) == (loop, True, True)
    assert (time.time, time.monotonic, time.perf_counter) == REAL[:3]
    assert (monotonic, ordering.monotonic, module.held) == (NATIVE, NATIVE, NATIVE)
    del module.held
    began = NATIVE()
    gevent.sleep(0.02)
    assert NATIVE() - began >= 0.015
