"""The wall clock that nobody moves."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.process import clock as steady
from locust_ext.process.clock import SteadyClock


class Machine:
    """The clocks of a machine: somebody can move the one on its wall."""

    def __init__(self, wall, running):
        self.wall, self.running = wall, running

    def time(self):
        return self.wall

    def monotonic(self):
        return self.running

    def rest(self, seconds):
        self.wall += seconds
        self.running += seconds


def test_it_begins_as_the_machine():
    """At first it says what the machine says."""
    before, said, after = time.time(), SteadyClock().now(), time.time()
    assert before - 0.001 <= said <= after + 0.001


@pytest.mark.parametrize("leap", [3600.0, -3600.0, -1.9e9, 1e-3], ids=str)
def test_a_leap_of_the_machines_clock_changes_nothing(monkeypatch, leap):
    """Either way, by however much."""
    clock = SteadyClock()
    before, real = clock.now(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + leap)
    assert clock.now() == pytest.approx(before, abs=60)
    assert clock.now() >= before


@given(
    st.floats(0, 2e9),
    st.floats(0, 1e7),
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e9, 1e9)), max_size=20),
)
def test_only_the_time_that_has_passed_counts(wall, running, story):
    """Through any leaps it says when it began, and what has passed since; it never goes back."""
    machine = Machine(wall, running)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steady, "time", SimpleNamespace(time=machine.time, monotonic=machine.monotonic))
        clock, passed, last = SteadyClock(), 0.0, 0.0
        for seconds, leap in story:
            machine.rest(seconds)
            machine.wall += leap
            passed += seconds
            assert clock.now() == pytest.approx(wall + passed, rel=0, abs=1e-3)
            assert clock.now() >= last
            last = clock.now()


def test_the_next_one_sees_the_leap(monkeypatch):
    """It is read when the clock is made: a clock that is made afterwards begins with what the machine says then."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    later = SteadyClock()
    monkeypatch.undo()
    assert later.now() - SteadyClock().now() == pytest.approx(3600, abs=1)
