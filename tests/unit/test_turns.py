"""Long work is done a little at a time, and others have their turn between."""

from __future__ import annotations

import gevent
import pytest

from locust_ext.run import turns as module
from locust_ext.run.turns import AT_ONCE, Turns, take_turns


@pytest.fixture
def clock(monkeypatch):
    """Return what moves the clock; it stands still by itself."""
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += seconds

    return passes


def test_others_have_a_turn_when_it_is_time_and_not_before(clock):
    others: list[str] = []
    gevent.spawn(others.append, "was there")
    turns = Turns()
    clock(AT_ONCE)
    assert (turns.give(), others) == (False, [])
    clock(AT_ONCE / 10)
    assert (turns.give(), others) == (True, ["was there"])


def test_each_turn_is_as_long_as_the_first(clock):
    turns = Turns()
    given = []
    for _ in range(8):
        clock(AT_ONCE * 0.75)
        given.append(turns.give())
    assert given == [False, True] * 4


def test_all_steps_are_taken(clock):
    taken: list[int] = []

    def steps():
        for number in range(5):
            taken.append(number)
            clock(AT_ONCE * 2)
            yield

    others: list[int] = []
    gevent.spawn(lambda: others.append(len(taken)))
    take_turns(steps())
    assert (taken, others) == ([0, 1, 2, 3, 4], [1])
