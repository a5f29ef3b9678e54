"""Pools and queues at their edges: when a pool grows, until when a share holds, and what a process does without a run."""

from __future__ import annotations

import math
from types import SimpleNamespace

import gevent
import pytest
from locust import User
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import LocalRunner
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.load import agent as agents
from locust_ext.load import coordinator as coordinators
from locust_ext.load import iteration_queue as queues
from locust_ext.load.agent import ArrivalsAgent
from locust_ext.load.arrivals import Share, Uniform
from locust_ext.load.coordinator import ArrivalsCoordinator, PoolState
from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.load.messages import Presence, QueueState, ShareTold
from locust_ext.load.partition import MARGIN, TTL, Partition, RunClock
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import lines, to_rows
from locust_ext.measure.recorder import Recorder
from locust_ext.process.task_seam import TaskSeam
from locust_ext.process.wire import UnfitError


class Feed(User):
    """A user class."""


POOL = Pool(10, 100, graceful_stop=3.0)
ORDERS = Scenario("orders", lines(10, [("steady", 60, 10)]), pool=POOL)


def queue(idle=0, busy=0, waiting=0, short=0, schedule=0):
    """Return what a process says of its queue."""
    return QueueState(name="orders", idle=idle, busy=busy, waiting=waiting, short=short, dropped=0, schedule=schedule)


@pytest.fixture
def clock(monkeypatch):
    """The clock of all three modules, that moves by hand."""
    state = SimpleNamespace(now=1000.0)
    world = SimpleNamespace(sleep=lambda _: gevent.sleep(0), spawn=gevent.spawn, Greenlet=gevent.Greenlet)
    for module in (agents, coordinators, queues):
        monkeypatch.setattr(module, "perf_counter", lambda: state.now)
        monkeypatch.setattr(module, "gevent", world)
    return state


def turn(times=3):
    """Let all greenlets run that can."""
    for _ in range(times):
        gevent.sleep(0)


@pytest.fixture
def coordinator(clock):
    """Who divides, with a runner that keeps what it is told to send."""
    sent = []
    made = ArrivalsCoordinator(
        SimpleNamespace(state="running", sent=sent, send_message=lambda kind, data, **to: sent.append((to, data)))
    )
    yield made
    made.stop()
    turn(1)


def hear(coordinator, worker, *queues, asked=1.0):
    """Let a process say how its queues stand."""
    coordinator.receive(worker, Presence(run="run-1", asked=asked, queues=queues))


def test_a_pool_grows_when_it_is_asked_how_many_it_wants(coordinator):
    """By the users that were missing on all processes together; the mix follows at the next look."""
    coordinator.prepare([ORDERS], [Feed])
    coordinator.start("run-1")
    assert coordinator.wanted(1.0) == {"Feed": 10}
    hear(coordinator, "a", queue(idle=1, short=3))
    hear(coordinator, "b", queue(busy=1, short=2))
    assert coordinator.wanted(2.0) == {"Feed": 15} == coordinator.mix()
    assert coordinator.wanted(3.0) == {"Feed": 15}


LONE = [
    ("a user that is idle", queue(idle=1), True),
    ("a user at work", queue(busy=1), True),
    ("no user", queue(waiting=1), False),
]


@pytest.mark.parametrize("said, takes", [pytest.param(*row[1:], id=row[0]) for row in LONE])
def test_who_can_make_arrivals(coordinator, said, takes):
    """Whoever has a user, idle or at work."""
    coordinator.prepare([Scenario("orders", ORDERS.schedule, pool=Pool(0, 5))], [Feed])
    coordinator.start("run-1")
    hear(coordinator, "a", said)
    turn()
    assert coordinator._partition.division.members == (("a",) if takes else ())


def test_a_lane_of_another_release_beside_ours(coordinator):
    """A queue that is none of this run's neither helps nor hinders the one behind it."""
    coordinator.prepare([ORDERS], [Feed])
    coordinator.start("run-1")
    other = queue(idle=9).model_copy(update={"name": "other"})
    hear(coordinator, "a", other)
    turn()
    assert coordinator._partition.division.members == ()
    hear(coordinator, "a", other, queue(idle=10), other)
    turn()
    assert coordinator._partition.division.members == ("a",)


READY = [  # what the pool begins with, the users that are idle, the runner's state
    ("as many as it begins with", 10, 10, "spawning", True),
    ("one too few", 10, 9, "running", False),
    ("as many as Locust has, once it has them", None, 1, "running", True),
    ("as many as Locust has, before", None, 1, "spawning", False),
    ("as many as Locust has, none yet", None, 0, "running", False),
    ("none at the beginning", 0, 0, "spawning", True),
]


@pytest.mark.parametrize("users, idle, state, ready", [pytest.param(*row[1:], id=row[0]) for row in READY])
def test_when_a_pool_is_ready(coordinator, users, idle, state, ready):
    """When the users that it begins with wait for an arrival."""
    coordinator.prepare([Scenario("orders", ORDERS.schedule, pool=Pool(users, 100))], [Feed])
    coordinator.start("run-1")
    coordinator._runner.state = state
    hear(coordinator, "a", queue(idle=idle))
    assert coordinator._ready() is ready


KINDS = [
    ("open", [ORDERS], True),
    ("closed", [Scenario("users", ORDERS.schedule)], False),
    ("one of each", [ORDERS, Scenario("users", ORDERS.schedule)], False),
    ("none", [], False),
]


@pytest.mark.parametrize("scenarios, is_open", [pytest.param(*row[1:], id=row[0]) for row in KINDS])
def test_whether_all_loads_are_open(coordinator, scenarios, is_open):
    """Only then has every iteration a graceful stop of its scenario's."""
    coordinator.prepare(scenarios, [Feed])
    assert coordinator.is_open is is_open
    assert [one.name for one in coordinator.scenarios] == [one.name for one in scenarios]


def test_before_it_has_begun(coordinator, clock):
    """No time has passed, and nobody is answered; from shortly before the first arrival its phase is known."""
    coordinator.prepare([ORDERS], [Feed])
    assert (coordinator.elapsed, coordinator.begins) == (0.0, False)
    coordinator._began = clock.now + 0.5
    assert (coordinator.elapsed, coordinator.begins) == (0.0, False)
    coordinator._began = clock.now + 0.1
    assert (coordinator.elapsed, coordinator.begins) == (0.0, True)
    clock.now += 2.1
    assert (coordinator.elapsed, coordinator.begins) == (pytest.approx(2.0), True)


def test_another_run_knows_nothing_of_the_one_before(coordinator, clock):
    """Neither its processes, nor its clock, nor its mix."""
    coordinator.prepare([ORDERS], [Feed])
    coordinator.start("run-1")
    hear(coordinator, "a", queue(idle=10, short=5))
    turn()
    coordinator.wanted(1.0)
    coordinator.prepare([ORDERS], [Feed])
    assert (coordinator.begins, coordinator.mix(), coordinator._partition.division.members) == (False, {}, ())
    assert coordinator.wanted(1.0) == {"Feed": 10}
    assert coordinator._greenlet is None


def test_users_of_fixed_number_alone(coordinator):
    """A locustfile that has no others has them make the arrivals, as if each weighed one."""
    probe = type("Probe", (User,), {"fixed_count": 2})
    coordinator.prepare([ORDERS], [probe])
    assert coordinator.told[0]["users"] == ["Probe"]
    assert coordinator.wanted(1.0) == {"Probe": 12}


def test_who_was_heard_a_ttl_ago_is_silent():
    """A process is there for less than the time to live."""
    one = PoolState(ORDERS, {}, {}, 10)
    one.hear("a", queue(idle=4, busy=1, waiting=2), 5.0)
    assert (one.idle(5.0 + TTL), one.under_way(5.0 + TTL)) == (0, 0)
    assert (one.idle(4.99 + TTL), one.under_way(4.99 + TTL)) == (4, 3)
    roster = Partition()
    roster.hear("a", 5.0)
    assert roster.divide(4.99 + TTL, 0.0)
    assert roster.divide(5.0 + TTL, 0.0)
    assert roster.division.members == ()


def test_who_leaves_is_off_the_partition():
    """At once; who was never on it leaves without a word. Each division has the next number."""
    roster = Partition()
    assert not roster.divide(0.0, 0.0)
    roster.hear("b", 0.0)
    roster.hear("a", 0.0)
    assert roster.divide(0.0, 7.0)
    assert (roster.division.number, roster.division.members, roster.division.since) == (1, ("a", "b"), 0.0)
    roster.leave("a")
    roster.leave("c")
    assert roster.divide(0.0, 7.0)
    assert (roster.division.number, roster.division.members, roster.division.since) == (2, ("b",), 7.85)
    assert roster.division.share("a") is None
    assert roster.division.share("b") == Share(0, 1, 7.85)


READINGS = [  # answers: the run's age, asked, received; when the run began
    ("one", [(1.0, 10.0, 10.4)], 9.2),
    ("a better one", [(1.0, 10.0, 10.4), (2.0, 11.0, 11.2)], 9.1),
    ("a worse one", [(1.0, 10.0, 10.2), (2.0, 11.0, 11.4)], 9.1),
    ("one as good", [(1.0, 10.0, 10.5), (2.0, 12.0, 12.5)], 10.25),
    ("a worse one, half a minute later", [(1.0, 10.0, 10.0), (31.0, 39.0, 40.0)], 9.0),
    ("a worse one, after more than that", [(1.0, 10.0, 10.0), (31.0, 39.0, 41.0)], 9.0),
    ("and the memory begins again", [(1.0, 10.0, 10.0), (31.0, 40.0, 41.0), (50.0, 60.0, 62.0)], 9.5),
]


@pytest.mark.parametrize("answers, zero", [pytest.param(*row[1:], id=row[0]) for row in READINGS])
def test_the_clock_of_a_run(answers, zero):
    """The best reading of half a minute counts: that whose answer came fastest."""
    clock = RunClock()
    assert math.isnan(clock.zero)
    for answer in answers:
        clock.hear(*answer)
    assert clock.zero == pytest.approx(zero)


def test_a_share_holds_until_its_instant(clock):
    """At that very instant another may have it."""
    one = IterationQueue("orders", {"Feed": 1.0}, 60.0, {})
    one.follow(0, lines(10, [("steady", 60, 10)]), Uniform)
    one.hold(Share(), 998.0, 1000.0)
    turn()
    assert one.waiting == 0
    one.hold(Share(), 998.0, 1000.5)
    turn()
    assert one.waiting == 21
    one.stop()


def test_a_lane_that_stopped_begins_again(clock):
    """And makes up for nothing that was due meanwhile."""
    one = IterationQueue("orders", {"Feed": 1.0}, 60.0, {})
    one.follow(0, lines(10, [("steady", 60, 10)]), Uniform)
    one.hold(Share(), 1000.0, math.inf)
    turn()
    one.stop()
    turn()
    assert one.waiting == 1
    clock.now = 1002.05
    turn()
    assert one.waiting == 1
    one.hold(Share(), 1000.0, math.inf)
    clock.now = 1002.25
    turn()
    clock.now = 1002.45
    turn()
    assert one.waiting == 3
    one.stop()


@pytest.fixture
def process(clock):
    """A process that follows an open load of one user class, by the kind of its runner."""
    made = []

    def follow(runner=None):
        environment = Environment(user_classes=[Feed])
        environment.runner = runner or SimpleNamespace()
        environment.runner.send_message = lambda *_, **__: None
        one = ArrivalsAgent(environment, Recorder(), TaskSeam())
        made.append(one)
        keys = {"name": "orders", "users": ["Feed"], "originals": {}, "tags": {}, "open": True}
        one.follow({"scenarios": [{**keys, "spacing": "uniform", "patience": 5.0}]}, "run-1")
        return one

    yield follow
    for one in reversed(made):  # else the seams of the first stay behind, and tests after it run through them
        one.leave()
    turn(1)


def share(process, asked, elapsed=4.0):
    """Tell a process that it makes all of the arrivals."""
    schedules = [("orders", 0, to_rows(ORDERS.course))]
    told = {"run": "run-1", "asked": asked, "elapsed": elapsed, "share": (0, 1, 0.0), "schedules": schedules}
    process.on_share(ShareTold.of(told))


def test_until_when_a_process_has_its_share(process, clock):
    """Until shortly before others could take it, counted from when it asked; alone it has it for ever."""
    one = process()
    share(one, asked=999.9)
    assert one._queues["orders"]._until == pytest.approx(999.9 + TTL - MARGIN)
    alone = process(object.__new__(LocalRunner))
    share(alone, asked=999.9)
    assert alone._queues["orders"]._until == math.inf


def test_who_asked_in_the_future(process, clock):
    """Is refused: that answer is to somebody else's question. Now is no future."""
    one = process()
    with pytest.raises(UnfitError, match="asked: it was asked for in the future"):
        share(one, asked=1000.1)
    assert math.isnan(one._clock.zero)
    share(one, asked=1000.0)
    assert one._clock.zero == 996.0


def test_the_state_of_a_user_that_waits_for_an_arrival(process, clock):
    """It waits, so that Locust may stop it at once; with its iteration it runs."""
    one, seen = process(), []
    user = Feed(one._environment)
    execute = one._in_time(lambda task_set, _: seen.append(task_set.user._state))
    greenlet = gevent.spawn(execute, SimpleNamespace(user=user), "a task")
    turn()
    assert (user._state, one._queues["orders"].idle) == (LOCUST_STATE_WAITING, 1)
    one._queues["orders"].offer(1000.0, 1000.0)
    turn()
    assert greenlet.dead
    assert (seen, one._queues["orders"].busy) == ([LOCUST_STATE_RUNNING], 0)


def test_between_its_iterations_a_user_does_not_wait(process):
    """Unless it shall stop, or makes no arrivals: then Locust's own wait is asked."""
    one, waited = process(), []
    wait = one._without_waiting(lambda task_set: waited.append(task_set.user) or "waited")
    user, other = Feed(one._environment), type("Other", (User,), {})(one._environment)
    user._state = LOCUST_STATE_RUNNING
    assert wait(SimpleNamespace(user=user)) is None
    user._state = LOCUST_STATE_STOPPING
    with pytest.raises(StopUser):
        wait(SimpleNamespace(user=user))
    assert waited == []
    assert wait(SimpleNamespace(user=other)) == "waited"
    assert waited == [other]


def test_what_is_due_as_a_new_share_begins(clock):
    """Belongs to that share, whoever has it: the old one ends just before."""
    one = IterationQueue("orders", {"Feed": 1.0}, 60.0, {})
    one.follow(0, lines(10, [("steady", 60, 10)]), Uniform)
    one.hold(Share(), 1000.0, math.inf)
    clock.now = 1000.55
    turn()
    assert one.waiting == 6
    one.hold(Share(1, 2, 1.0), 1000.0, math.inf)
    clock.now = 1001.25
    turn()
    one.stop()
    dues = [one.queues["Feed"]._waiting.popleft()[0] - 1000 for _ in range(one.waiting)]
    assert dues == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1])
