"""Storms and stampedes that are made when somebody asks: nothing of a run is lost by coming late."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from locust_ext.clients.links import UserLinks
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.storms import coordinator
from locust_ext.storms.intents import StormIntent
from locust_ext.storms.on_demand import StormsOnDemand
from locust_ext.storms.options import StormOptions


class Book:
    """Stands in for the coordinator of storms, and writes down what it is told."""

    def __init__(self, *_):
        self.told = []

    def start(self, intent, elapsed):
        """Write down the intent of a run, and its clock."""
        self.told.append((intent, elapsed()))

    def stop(self):
        """Write down the end of a run."""
        self.told.append("stop")


@pytest.fixture
def storms(monkeypatch):
    """Return storms of an environment in which nobody has asked for one."""
    monkeypatch.setattr(coordinator, "StormCoordinator", Book)
    monkeypatch.setattr(StormsOnDemand, "_is_asked", staticmethod(lambda: False))
    stage = SimpleNamespace(mention=print, elapsed=lambda: 7.0)
    return StormsOnDemand(SimpleNamespace(), Recorder(), TaskSeam(), stage, UserLinks)


PLAIN, STORMY = StormIntent(), StormIntent(StormOptions())


def test_a_run_with_storms_waits_for_them(storms):
    """Once, whether this is the first run with one or not."""
    for _ in range(2):
        storms.started(STORMY, "run")
    assert storms.coordinator.told == [(STORMY, 7.0)] * 2


def test_a_storm_that_a_person_asks_for_is_one_of_the_run_under_way(storms):
    """The coordinator is made in its midst, and knows it; between runs it knows none."""
    storms.started(PLAIN, "run")
    assert storms._coordinator is None
    assert storms.coordinator.told == [(PLAIN, 7.0)]


def test_after_a_run_there_is_none(storms):
    """Who asks then has a coordinator without a run."""
    storms.started(PLAIN, "run")
    storms.leave()
    assert storms.coordinator.told == []


def test_the_next_run_is_told_to_one_that_is_there(storms):
    """Also where it has no storm of its own: a person may ask."""
    storms.started(STORMY, "one")
    storms.leave()
    storms.started(PLAIN, "two")
    assert storms.coordinator.told == [(STORMY, 7.0), "stop", (PLAIN, 7.0)]
