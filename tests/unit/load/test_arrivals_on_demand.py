"""Arrivals that are made where a run has some: what they do, and that a run without any loads nothing of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from locust import User
from locust.env import Environment
from locust.runners import LocalRunner

from locust_ext.load.messages import ArrivalsTold, Presence, ShareTold
from locust_ext.load.on_demand import ArrivalsOnDemand
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import lines
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam


class Feed(User):
    """A user class."""


OPEN = Scenario("orders", lines(4, [("steady", 2, 4)]), pool=Pool(1, 1))


@pytest.fixture
def part():
    """The arrivals of an environment that has no run yet."""
    environment = Environment(user_classes=[Feed])
    environment.runner = SimpleNamespace(send_message=lambda *_, **__: None, state="running", worker_index=0)
    one = ArrivalsOnDemand(environment, Recorder(), TaskSeam())
    yield one
    one.leave()


def test_a_run_without_any(part):
    """Nothing is made, and nobody is told of any."""
    part.prepare([], [Feed])
    part.started(None, "run-1")
    part.follow(None, "run-1")
    part.begin()
    part.leave()
    assert (part._coordinator, part._traffic) == (None, None)
    assert part.is_asked is False
    assert part.orders(None) is None


def test_a_run_with_some(part):
    """They are divided here, and the processes are told of them."""
    part.prepare([OPEN], [Feed])
    assert part.is_asked is True
    assert part.coordinator is part.coordinator
    assert part.coordinator.scenarios == [OPEN]
    told = part.orders(None)
    assert isinstance(told, part.reads())
    assert [(one.name, one.users, one.open) for one in told.scenarios] == [("orders", ("Feed",), True)]
    part.started(None, "run-1")
    assert part.coordinator._greenlet is not None
    part.leave()
    assert part.coordinator._greenlet is None


def test_the_run_after_it_has_none(part):
    """What was made knows of it, and nobody is told of the old ones."""
    part.prepare([OPEN], [Feed])
    part.prepare([], [Feed])
    assert (part.is_asked, part.coordinator.scenarios, part.orders(None)) == (False, [], None)


def told_of_orders():
    """Return what processes are told of the open load."""
    keys = {"name": "orders", "users": ["Feed"], "originals": {}, "tags": {}, "open": True}
    return ArrivalsTold.of({"scenarios": [{**keys, "spacing": "uniform", "patience": 5.0}]})


def test_a_process_makes_them(part):
    """From the run on that has some; in the one after it makes none."""
    part.follow(told_of_orders(), "run-1")
    assert part.traffic is part.traffic
    assert [queue.name for queue in part.traffic.flush()] == ["orders"]
    part.follow(None, "run-2")
    assert part.traffic.flush() == []
    part.follow(told_of_orders(), "run-3")
    part.leave()
    assert part.traffic.flush() == []


def test_what_listeners_did_before_is_none_of_the_run(part):
    """When a worker's users begin it counts from nothing, so that nothing dropped is a measurement."""
    ((event, begin),) = part.listeners()
    assert event == "test_start"
    part.follow(told_of_orders(), "run-1")
    part._recorder.take()
    listened = []
    part._recorder.listen = listened.append
    begin(environment=part._environment)
    assert listened == ["dropped_iterations"]


def test_what_processes_say_of_them(part):
    """A process's report goes to the one who divides, a share to the one who makes them."""
    heard = []
    part.coordinator.receive = lambda worker, presence: heard.append((worker, presence))
    part.traffic.on_share = heard.append
    (presence, hear), (share, take) = part._presence(), part._share()
    assert (presence, share) == (Presence, ShareTold)
    hear("worker", "state")
    take("master", "a share")
    assert heard == [("worker", "state"), "a share"]


def test_what_locust_hands_on(part):
    """Both messages are registered."""
    inbox = SimpleNamespace(loads=lambda kind, load: (kind, load().__class__))
    assert [kind for kind, _ in part.messages(inbox)] == [Presence.type, ShareTold.type]


def test_a_single_process_does_both():
    """Locust's own runner of one process hands on what it says to itself: it makes what it divides."""
    environment = Environment(user_classes=[Feed])
    environment.runner = object.__new__(LocalRunner)
    one = ArrivalsOnDemand(environment, Recorder(), TaskSeam())
    environment.runner.send_message = lambda *_, **__: None
    one.follow(told_of_orders(), "run-1")
    assert one.traffic._alone
    one.leave()
