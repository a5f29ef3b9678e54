"""The master's part: pools that grow by what is missing, arrivals divided among who is there, an end that waits a little."""

import math
from types import SimpleNamespace

import gevent
import pytest
from locust import User

from locust_ext.load import coordinator as module
from locust_ext.load.coordinator import LONGEST_START, LOOK, STEP, ArrivalsCoordinator, PoolState
from locust_ext.load.messages import Presence, QueueState
from locust_ext.load.partition import HANDOVER, REFRESH, TTL
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import Schedule, from_rows
from locust_ext.process.message_types import SHARE


class Feed(User):
    """A user class of weight 1."""


class Chat(User):
    """A user class of weight 3."""

    weight = 3


class Probe(User):
    """One user, whatever the load is."""

    fixed_count = 1


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves when somebody sleeps, and by hand."""
    state = SimpleNamespace(now=1000.0)

    def sleep(seconds):
        state.now += seconds
        gevent.sleep(0)

    monkeypatch.setattr(module, "perf_counter", lambda: state.now)
    monkeypatch.setattr(module, "gevent", SimpleNamespace(sleep=sleep, spawn=gevent.spawn, Greenlet=gevent.Greenlet))
    return state


class Runner:
    """A runner that keeps what it is told to send."""

    state = "running"

    def __init__(self):
        self.sent = []

    def send_message(self, kind, data, client_id=None):
        """Keep a message."""
        assert kind == SHARE
        self.sent.append((client_id, data))


@pytest.fixture
def coordinator(clock):
    """A coordinator that is stopped in the end."""
    made = ArrivalsCoordinator(Runner())
    yield made
    made.stop()
    gevent.sleep(0)


def steady(name="feed", pool=None, level=10, duration=60.0, **options):
    """Return a load of one level."""
    return Scenario(name, Schedule((Line("steady", duration, level, level),)), pool=pool, **options)


def queue(name="feed", idle=0, busy=0, waiting=0, short=0, schedule=0):
    """Return what a process says of a queue."""
    return QueueState(name=name, idle=idle, busy=busy, waiting=waiting, short=short, dropped=0, schedule=schedule)


def hear(coordinator, worker, *queues, run="run-1", asked=1.0):
    """Let a process say how its queues stand."""
    coordinator.receive(worker, Presence(run=run, asked=asked, queues=queues))


def turn(times=1):
    """Let the coordinator look around that many times."""
    for _ in range(times):
        gevent.sleep(0)


def begun(coordinator, clock, *scenarios, classes=(Feed,), workers=("w1",)):
    """Begin a run whose pools are ready on these workers; return what has been sent, and forget it."""
    coordinator.prepare(scenarios, classes)
    coordinator.start("run-1")
    for worker in workers:
        hear(
            coordinator,
            worker,
            *(queue(one.name, idle=one.pool.users or 1, schedule=-1) for one in scenarios if one.pool),
        )
    turn(3)
    found, coordinator._runner.sent[:] = list(coordinator._runner.sent), []
    return found


GROWTH = [
    ("nobody was missing", 10, 100, {}, 10),
    ("by those that were missing", 10, 100, {"w1": 5, "w2": 2}, 17),
    ("never beyond its maximum", 90, 100, {"w1": 50}, 100),
    ("not at its maximum", 100, 100, {"w1": 50}, 100),
    ("in steps that stall nobody", 10, 1000, {"w1": 500}, 10 + STEP),
    ("in larger steps when it is large", 400, 1000, {"w1": 500}, 500),
]


@pytest.mark.parametrize("size, most, missing, grown", [row[1:] for row in GROWTH], ids=[row[0] for row in GROWTH])
def test_a_pool_grows(size, most, missing, grown):
    """It grows by the users that were missing since it last grew."""
    one = PoolState(steady(pool=Pool(size, most)), {}, {"Feed": 1.0}, size)
    for worker, short in missing.items():
        one.hear(worker, queue(short=short), 0.0)
    one.grow()
    assert one.size == grown
    one.grow()
    assert one.size == grown  # what is known is answered once


def test_the_worst_of_several_reports_counts():
    """A process that was short for a moment was short, whatever it says later."""
    one = PoolState(steady(pool=Pool(10, 100)), {}, {"Feed": 1.0}, 10)
    for short in (2, 7, 0):
        one.hear("w1", queue(short=short), 0.0)
    one.grow()
    assert one.size == 17


def test_a_closed_load_does_not_grow():
    """Its users are its level."""
    one = PoolState(steady(), {}, {"Feed": 1.0}, 0)
    one.hear("w1", queue(short=5), 0.0)
    one.grow()
    assert one.size == 0


def test_who_is_silent_is_not_counted():
    """What a lost process last said is not news."""
    one = PoolState(steady(pool=Pool(10, 10)), {}, {"Feed": 1.0}, 10)
    one.hear("w1", queue(idle=4, busy=1, waiting=2), 0.0)
    one.hear("w2", queue(idle=3, busy=5), 0.9)
    assert (one.idle(0.9), one.under_way(0.9)) == (7, 8)
    assert (one.idle(TTL + 0.1), one.under_way(TTL + 0.1)) == (3, 5)


MIXES = [
    ("an open pool, by weight", [steady(pool=Pool(40, 80))], (Feed, Chat), {"Feed": 10, "Chat": 30}),
    ("one class of the two", [steady(pool=Pool(40, 80), users=("Feed",))], (Feed, Chat), {"Feed": 40}),
    ("a closed load, by its level", [steady()], (Feed,), {"Feed": 10}),
    ("fixed users beside a load for all", [steady(pool=Pool(4, 4))], (Feed, Probe), {"Feed": 4, "Probe": 1}),
    ("no fixed users beside a load for some", [steady(pool=Pool(4, 4), users=("Feed",))], (Feed, Probe), {"Feed": 4}),
    (
        "scenarios have classes of their own",
        [steady("a", Pool(4, 4), tags={}), steady("b", level=8, tags={})],
        (Feed, Chat),
        {"Feed (a)": 1, "Chat (a)": 3, "Feed (b)": 2, "Chat (b)": 6},
    ),
]


@pytest.mark.parametrize("scenarios, classes, mix", [row[1:] for row in MIXES], ids=[row[0] for row in MIXES])
def test_wanted(coordinator, scenarios, classes, mix):
    """How many users of which class there must be."""
    coordinator.prepare(scenarios, classes)
    assert coordinator.wanted(1.0) == mix == coordinator.mix()


def test_a_closed_load_rounds_its_level(coordinator):
    """Users are whole; before its start and from its end on there are none."""
    ramp = Scenario("feed", Schedule((Line("ramp", 10.0, 0, 10),)), start=5.0)
    coordinator.prepare([ramp], [Feed])
    assert [coordinator.wanted(at)["Feed"] for at in (0, 5, 9.4, 9.6, 14.9, 15)] == [0, 0, 4, 5, 10, 0]


def test_nobody_begins_before_the_pool_is_ready(coordinator, clock):
    """No arrival waits for a user to be made."""
    coordinator.prepare([steady(pool=Pool(10, 10))], [Feed])
    coordinator.start("run-1")
    hear(coordinator, "w1", queue(idle=9, schedule=-1))
    turn(5)
    assert (coordinator._runner.sent, coordinator.elapsed) == ([], 0)
    hear(coordinator, "w2", queue(idle=1, schedule=-1))
    turn(3)
    assert {worker for worker, _ in coordinator._runner.sent} == {"w1", "w2"}
    assert coordinator.elapsed == 0  # a little time to tell all
    clock.now += 2 * REFRESH + 1
    assert 1 <= coordinator.elapsed <= 1 + 4 * LOOK


def test_it_begins_in_the_end_all_the_same(coordinator, clock, caplog):
    """With what there is, and with a word."""
    coordinator.prepare([steady(pool=Pool(10, 10))], [Feed])
    coordinator.start("run-1")
    turn(int(LONGEST_START / (LOOK / 5)) + 5)
    assert "not all users of the pools were ready after 15 s" in caplog.text
    clock.now += 10
    assert coordinator.elapsed > 0


def test_a_closed_run_waits_for_nobody(coordinator, clock):
    """Without pools it begins at once."""
    begun(coordinator, clock, steady())
    clock.now += 2 * REFRESH + 1
    assert 1 <= coordinator.elapsed <= 1 + 4 * LOOK


def test_all_are_told_their_share(coordinator, clock):
    """Each process has its own, from the beginning on, and the schedule that it does not know."""
    scenario = steady(pool=Pool(1, 5), start=3.0)
    sent = dict(begun(coordinator, clock, scenario, workers=("w1", "w2", "w3")))
    assert {worker: told["share"] for worker, told in sent.items()} == {
        "w1": (0, 3, 0.0),
        "w2": (1, 3, 0.0),
        "w3": (2, 3, 0.0),
    }
    assert all(told["run"] == "run-1" for told in sent.values())
    ((name, number, rows),) = sent["w1"]["schedules"]
    assert (name, number, from_rows(rows)) == ("feed", 0, scenario.course)


def test_an_answer(coordinator, clock):
    """Anyone who says how it stands hears its share and the run's age, beside the time at which it asked; schedules it knows are left out."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)))
    hear(coordinator, "w1", queue(idle=1), asked=77.0)
    ((worker, told),) = coordinator._runner.sent
    assert (worker, told["asked"], told["share"], told["schedules"]) == ("w1", 77.0, (0, 1, 0.0), ())
    assert told["elapsed"] == pytest.approx(clock.now - coordinator._began)


def test_a_process_without_users_takes_no_share(coordinator, clock):
    """It could make no arrival; it is answered all the same."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)), workers=("w1",))
    hear(coordinator, "w2", queue(schedule=-1))
    turn(3)
    assert [(worker, told["share"]) for worker, told in coordinator._runner.sent] == [("w2", None)]


def test_a_process_that_joins(coordinator, clock):
    """All take a new share from one instant on, that lies a little ahead."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)))
    clock.now += 10
    hear(coordinator, "w1", queue(idle=1))
    hear(coordinator, "w2", queue(idle=1, schedule=-1))
    coordinator._runner.sent.clear()
    turn(2)
    shares = {worker: told["share"] for worker, told in coordinator._runner.sent}
    assert {worker: share[:2] for worker, share in shares.items()} == {"w1": (0, 2), "w2": (1, 2)}
    (since,) = {share[2] for share in shares.values()}
    told_at = coordinator._runner.sent[0][1]["elapsed"]
    assert since - told_at == pytest.approx(HANDOVER)
    assert told_at > 9


def test_a_process_that_is_lost(coordinator, clock):
    """The others take over within the time to live, a look, and the lead."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)), workers=("w1", "w2"))
    for _ in range(10):
        clock.now += REFRESH
        hear(coordinator, "w1", queue(idle=1))
        hear(coordinator, "w2", queue(idle=1))
        turn()
    lost = coordinator.elapsed
    while coordinator._partition.division.members == ("w1", "w2"):
        hear(coordinator, "w1", queue(idle=1))
        turn()
        assert coordinator.elapsed < lost + 3
    assert coordinator._partition.division.members == ("w1",)
    assert TTL <= coordinator._partition.division.since - lost <= TTL + HANDOVER + 3 * LOOK


STRANGE = [
    ("another run", "run-0", "feed"),
    ("a scenario that there is not", "run-1", "chat"),
]


@pytest.mark.parametrize("run, name", [row[1:] for row in STRANGE], ids=[row[0] for row in STRANGE])
def test_what_belongs_to_no_scenario_of_this_run(coordinator, clock, run, name):
    """A late message of a run before gives nobody a share."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)))
    hear(coordinator, "w9", queue(name, idle=5), run=run)
    turn(3)
    assert coordinator._partition.division.members == ("w1",)


def test_after_the_end_nobody_is_answered(coordinator, clock):
    """The run is over, no matter who still talks of it."""
    begun(coordinator, clock, steady(pool=Pool(1, 5)))
    coordinator.stop()
    hear(coordinator, "w1", queue(idle=1))
    hear(coordinator, "w1", queue(idle=1), run="")
    assert coordinator._runner.sent == []


def test_an_extended_schedule_is_told_at_once(coordinator, clock):
    """It has a higher number, and all that make arrivals hear of it."""
    scenario = steady(pool=Pool(1, 5))
    begun(coordinator, clock, scenario, workers=("w1", "w2"))
    longer = scenario.schedule.then(scenario.schedule)
    coordinator.extend(longer)
    assert [worker for worker, _ in coordinator._runner.sent] == ["w1", "w2"]
    for _, told in coordinator._runner.sent:
        assert [(name, number, from_rows(rows)) for name, number, rows in told["schedules"]] == [("feed", 1, longer)]
        assert told["asked"] is None


GRACE = Pool(10, 10, graceful_stop=30.0)

END = [
    ("before its end", 59.9, queue(idle=10), GRACE, 10, False),
    ("just after it: nobody has said since how it stands", 60.1, queue(idle=10), GRACE, 10, False),
    ("long after it, with nothing under way", 70.0, queue(idle=10), GRACE, 0, True),
    ("after it, with iterations under way", 70.0, queue(idle=9, busy=1), GRACE, 10, False),
    ("after it, with iterations that wait", 70.0, queue(busy=10, waiting=1), GRACE, 10, False),
    ("after the graceful stop, whatever is under way", 90.0, queue(busy=10), GRACE, 0, True),
    ("without a graceful stop", 60.0, queue(busy=10), Pool(10, 10, graceful_stop=0.0), 0, True),
    ("without an end", 1e9, queue(busy=10), None, 10, False),
]


@pytest.mark.parametrize("at, said, pool, users, over", [row[1:] for row in END], ids=[row[0] for row in END])
def test_the_end(coordinator, clock, at, said, pool, users, over):
    """Users stay for the iterations under way, at most as long as the graceful stop; then the run is over."""
    duration = 60.0 if pool else math.inf
    begun(coordinator, clock, steady(pool=pool or GRACE, duration=duration))
    hear(coordinator, "w1", said)
    assert coordinator.wanted(at)["Feed"] == users
    assert coordinator.over(at) is over


def test_the_last_of_several_loads_ends_the_run(coordinator):
    """A closed one is over at its end, and the run with the last of them."""
    coordinator.prepare([steady("a", tags={}), steady("b", duration=5.0, start=80.0, tags={})], [Feed])
    assert [coordinator.over(at) for at in (0, 59, 60, 84, 85)] == [False, False, False, False, True]
    assert coordinator.wanted(82.0) == {"Feed (a)": 0, "Feed (b)": 10}


def test_the_dispatcher_places_what_was_last_wanted(coordinator):
    """Locust dispatches the mix of the moment."""
    coordinator.prepare([steady(pool=Pool(4, 4))], [Feed])
    coordinator.wanted(0.0)
    made = coordinator.dispatcher([SimpleNamespace(id="w1"), SimpleNamespace(id="w2")], [Feed])
    made.new_dispatch(4, 4)
    assert list(made) == [{"w1": {"Feed": 2}, "w2": {"Feed": 2}}]
