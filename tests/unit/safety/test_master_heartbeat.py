"""A worker without a master ends after a minute, whatever somebody does to the wall clock."""

from __future__ import annotations

import math
from types import SimpleNamespace

import gevent
import pytest
from locust.runners import MASTER_HEARTBEAT_TIMEOUT

from locust_ext.process import supervised
from locust_ext.safety import master_heartbeat as module
from locust_ext.safety.master_heartbeat import MasterHeartbeat


@pytest.fixture
def clock(monkeypatch):
    """A clock that each look moves by a second; ``clock.during`` is called after each."""
    fake = SimpleNamespace(now=100.0, slept=[], during=lambda: None)

    def sleep(seconds):
        fake.slept.append(seconds)
        fake.now += seconds
        gevent.sleep(0)
        fake.during()

    monkeypatch.setattr(module, "monotonic", lambda: fake.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))
    return fake


class Runner:
    """Notes when it quits."""

    last_heartbeat_timestamp = 1.0

    def __init__(self, clock):
        self._clock, self.quits = clock, []

    def quit(self):
        self.quits.append(self._clock.now)


def watch(runner):
    """Return a part that watches, and let it go on until it has nothing more to do."""
    part = MasterHeartbeat(runner)
    part.install()
    for _ in range(300):
        gevent.sleep(0)
    return part


def test_a_silent_master(clock, caplog):
    """After a minute the worker says so, and quits once."""
    runner = Runner(clock)
    watch(runner)
    assert runner.quits == [100.0 + MASTER_HEARTBEAT_TIMEOUT]
    assert set(clock.slept) == {1}
    assert "no word of the master for 60 s: this worker ends" in caplog.text


def test_a_heartbeat_gives_another_minute(clock):
    """And takes Locust's own clock out of the game."""
    runner = Runner(clock)
    ((event, hear),) = MasterHeartbeat(runner).listeners()
    assert event == "heartbeat_received"
    part = MasterHeartbeat(runner)
    ((_, hear),) = part.listeners()

    def during():
        if clock.now == 130.0:
            hear(client_id="master", timestamp=0)

    clock.during = during
    part.install()
    for _ in range(300):
        gevent.sleep(0)
    assert runner.quits == [130.0 + MASTER_HEARTBEAT_TIMEOUT]
    assert runner.last_heartbeat_timestamp == math.inf


def test_a_watch_that_fails_is_a_fault_of_the_process(clock, monkeypatch):
    """It is not forgotten with the run in which it failed."""
    monkeypatch.setattr(supervised, "PAUSES", ())
    faults, runner = [], Runner(clock)
    supervised.hear(faults.append)
    runner.quit = lambda: 1 / 0
    watch(runner)
    supervised.hear_no_more(faults.append)
    assert [(fault.where, fault.lasts) for fault in faults] == [("the watch over the master", True)]
