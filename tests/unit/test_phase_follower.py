"""The phases of a run: each is entered when it comes, also one that a search has put in, and storms cover them."""

from types import SimpleNamespace

import pytest

from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule
from locust_ext.load.shapes import ScheduleShape
from locust_ext.run import phase_follower as module
from locust_ext.run.phase_follower import PhaseFollower

PLAN = Schedule((Line("ramp", 2.0, 0, 10), Line("steady", 3.0, 10, 10), Line("steady", 1.2, 10, 10)))


class Shape(ScheduleShape):
    """A shape whose time and whose schedule the test sets."""

    abstract = True

    def __init__(self, world):
        self.world = world

    current = property(lambda self: self.world.schedule)
    begun = property(lambda self: self.world.now >= self.world.begins)

    def get_run_time(self):
        """Return the seconds since the load began."""
        return self.world.now - self.world.begins


class Run:
    """A run that notes its phases, and ends at its time."""

    id = "run-1"

    def __init__(self, world, lasts):
        self.world, self.lasts, self.entered = world, lasts, []

    @property
    def ended(self):
        """When it ended, if it has."""
        return self.world.now if self.world.now >= self.lasts else None

    def enter_phase(self, name, now):
        """Note it."""
        self.entered.append((name, round(now, 6)))


@pytest.fixture
def world(monkeypatch):
    """A clock that sleeping moves, what is to happen on the way, and how long each sleep was."""
    one = SimpleNamespace(now=0.0, begins=0.0, schedule=PLAN, naps=[], events={})

    def sleep(seconds):
        one.naps.append(seconds)
        one.now = round(one.now + max(seconds, 0.001), 6)
        for at in [at for at in one.events if at <= one.now]:
            one.events.pop(at)()

    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: one.now))
    return one


@pytest.fixture
def follower(world):
    """A follower, and what it tells its process and the others."""
    told, entered = [], []
    runner = SimpleNamespace(send_message=lambda kind, data, **_: told.append(data["name"]))
    one = PhaseFollower(
        SimpleNamespace(shape_class=Shape(world), runner=runner), SimpleNamespace(enter_phase=entered.append)
    )
    one.told, one.entered = told, entered
    return one


def followed(follower, world, lasts=10.0):
    """Follow a run of so many seconds; return its phases."""
    run = Run(world, lasts)
    follower.begin(run)
    follower.follow(run)
    return run.entered


def test_each_phase_is_entered_when_it_comes(follower, world):
    """At its instant, once, and everybody is told."""
    assert followed(follower, world, 7.0) == [("ramp", 0.0), ("steady", 2.0)]
    assert follower.told == follower.entered == ["ramp", "steady"]


def test_it_looks_again_though_the_next_phase_is_far(follower, world):
    """A search can put in a phase at any moment: never more than half a second goes by without a look."""
    world.schedule = Schedule((Line("steady", 60.0, 10, 10),))
    longer = Schedule((Line("steady", 3.2, 10, 10), Line("probe", 1.0, 20, 20), Line("rest", 55.8, 10, 10)))
    world.events[3.0] = lambda: setattr(world, "schedule", longer)
    assert followed(follower, world) == [("steady", 0.0), ("probe", 3.2), ("rest", 4.2)]
    assert max(world.naps) == 0.5


def test_nothing_before_the_load_begins(follower, world):
    """While the pools are made there is no phase; then the time counts from the begin."""
    world.begins = 1.0
    assert followed(follower, world, 5.0) == [("ramp", 1.0), ("steady", 3.0)]
    assert set(world.naps[:50]) == {0.02}


def test_a_storm_covers_the_phases(follower, world):
    """As long as it lasts its phase holds; then that of the schedule by then."""
    world.events[1.5] = lambda: follower.cover("storm")
    world.events[4.0] = follower.uncover
    assert followed(follower, world, 5.0) == [("ramp", 0.0), ("storm", 1.5), ("steady", 4.0)]


def test_a_storm_after_the_end_covers_nothing(follower, world):
    """Nor before a run."""
    follower.cover("storm")
    follower.uncover()
    entered = followed(follower, world, 1.0)
    world.now = 2.0
    follower.cover("storm")
    follower.uncover()
    assert entered == [("ramp", 0.0)]


def test_a_load_without_phases(follower, world):
    """Somebody's own shape has none to follow, but storms bring theirs."""
    follower._environment.shape_class = object()
    assert followed(follower, world) == []
    assert world.naps == []
    follower.cover("storm")
    assert follower.told == ["storm"]
