"""The shape of scenarios: what a tick answers, when the load has begun, and when it is over."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from locust import User

from locust_ext.load.coordinator import ArrivalsCoordinator
from locust_ext.load.scenario import Pool, Scenario, overlay
from locust_ext.load.schedule import lines
from locust_ext.load.shapes import TrafficShape


class Feed(User):
    """A user class."""


class Chat(User):
    """Another one."""


def closed(name, *corners, **options):
    """Return a load of users."""
    return Scenario(name, lines(0, corners), tags={}, **options)


SWAPPED = [
    closed("a", ("one", 0, 10), ("one", 10, 10), ("two", 0, 4), ("two", 10, 4), users=("Feed",)),
    closed("b", ("one", 0, 4), ("one", 10, 4), ("two", 0, 10), ("two", 10, 10), users=("Chat",)),
]
"""Ten users of one class and four of the other, and after ten seconds the other way round."""

ORDERS = Scenario("orders", lines(10, [("steady", 60, 10)]), pool=Pool(10, 20, graceful_stop=5.0))


def shape_of(*scenarios, clients=None, run_time=None):
    """Return the shape of scenarios, in an environment with workers and ``--run-time``."""
    coordinator = ArrivalsCoordinator(SimpleNamespace(state="running"))
    coordinator.prepare(scenarios, [Feed, Chat])
    shape = TrafficShape(lambda: overlay(scenarios), coordinator)
    environment = SimpleNamespace(parsed_options=SimpleNamespace(run_time=run_time))
    shape.runner = SimpleNamespace(environment=environment, **({} if clients is None else {"clients": clients}))
    return shape


def tick(shape, at):
    """Return what the shape answers at that time."""
    shape.get_run_time = lambda: at
    return shape.tick()


def test_ticks_of_users_that_come_and_stay():
    """The whole step at once, and the same tuple as long as nothing changes."""
    shape = shape_of(closed("a", ("ramp", 10, 10), ("steady", 10, 10)))
    answers = [tick(shape, at) for at in (0, 2.4, 2.6, 10, 15)]
    assert answers == [(0, 1.0), (2, 2.0), (3, 1.0), (10, 7.0), (10, 7.0)]
    assert answers[3] is answers[4]
    assert tick(shape, 20) is None
    assert shape.has_waited is False


def test_another_mix_of_as_many_users():
    """It is another tuple, or Locust would dispatch nothing; and the next such one is another again."""
    shape = shape_of(*SWAPPED)
    first, second = tick(shape, 5), tick(shape, 15)
    assert first == (14, 14.0)
    assert second == (14, 1.0)
    assert tick(shape, 16) is second
    shape._mix = {}
    third = tick(shape, 17)
    assert third == (14, 1.001)
    shape._mix = {}
    assert tick(shape, 18) == (14, 1.0)


def test_a_worker_that_joins():
    """The users are placed again, among one more."""
    clients = {"a": 1}
    shape = shape_of(closed("a", ("steady", 0, 10), ("steady", 20, 10)), clients=clients)
    assert tick(shape, 1) is tick(shape, 2)
    clients["b"] = 2
    joined = tick(shape, 3)
    assert joined == (10, 1.0)
    assert tick(shape, 4) is joined


def test_run_time_ends_it():
    """Before its scenarios do."""
    shape = shape_of(closed("a", ("steady", 20, 10)), run_time=5)
    assert tick(shape, 4.9) is not None
    assert tick(shape, 5) is None
    assert shape.has_waited is False


def test_an_open_load_has_waited_for_its_iterations():
    """Its graceful stop is over when it is: nobody need wait again."""
    shape = shape_of(ORDERS)
    assert tick(shape, 1) == (10, 10.0)
    assert tick(shape, 60.1) == (10, 10.0)
    assert shape.has_waited is False
    assert tick(shape, 66) is None
    assert shape.has_waited is True
    shape.reset_time()
    assert shape.has_waited is False


def test_what_it_knows_of_the_load():
    """The scenarios, whether they have begun, and for how long; they begin with their pools."""
    shape = shape_of(ORDERS)
    assert shape.scenarios == [ORDERS]
    assert shape.schedule == overlay([ORDERS]) == shape.current
    assert shape.begun is False
    assert shape.get_run_time() == 0.0
    shape._coordinator._began = 0.0  # long ago on any clock
    assert shape.begun is True
    assert shape.get_run_time() > 0.0


def test_a_search_changes_what_is_to_come():
    """Whoever makes arrivals follows, and so does the shape, until another run begins."""
    shape, longer = shape_of(ORDERS), lines(10, [("steady", 90, 10)])
    shape.follow(longer)
    assert shape.current == longer
    assert [one.schedule for one in shape.scenarios] == [longer]
    assert shape._coordinator._states["orders"].number == 1
    shape.reset_time()
    assert shape.current == overlay([ORDERS])


OPTIONS = [("none at all", None), ("none of the run", SimpleNamespace(environment=None))]


@pytest.mark.parametrize("runner", [pytest.param(row[1], id=row[0]) for row in OPTIONS])
def test_without_options(runner):
    """A shape that nobody has given any follows its scenarios."""
    shape = shape_of(closed("a", ("steady", 20, 10)))
    shape.runner = runner
    assert tick(shape, 10) == (5, 5.0)
