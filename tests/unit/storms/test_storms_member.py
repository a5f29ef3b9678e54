"""One user's part in storms, and a process's: who drops, how it comes back, and what is measured of it."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from locust.exception import RescheduleTask, StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from locust_ext.clients.links import UserLinks
from locust_ext.measure.open_requests import Sample
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import TimelineSink
from locust_ext.process.task_seam import TaskSeam
from locust_ext.storms import agent as agents
from locust_ext.storms import reconnect as module
from locust_ext.storms.agent import NEVER, StormAgent, mix_in
from locust_ext.storms.backoff import Backoff
from locust_ext.storms.comeback import Attempt, Limits
from locust_ext.storms.curves import Constant
from locust_ext.storms.link import ConnectFailed
from locust_ext.storms.messages import StormCount, StormDrop, StormsTold
from locust_ext.storms.reconnect import Member, ReconnectStormUser, State, guarded

START = 1000.0


class Line:
    """A connection whose next attempts fail."""

    def __init__(self, clock):
        self.clock, self.failures, self.did = clock, 0, []

    def connect(self, timeout, opened):
        """Fail as often as wanted, a tenth of a second each."""
        self.clock.now += 0.1
        self.did.append(f"connect within {timeout:g}")
        if self.failures:
            self.failures -= 1
            raise ConnectFailed("refused")
        opened()

    def drop(self, cause):
        """Write it down."""
        self.did.append(f"drop {cause}")

    def forget(self):
        """Write it down."""
        self.did.append("forget")


class Held:
    """A user whose greenlet nobody runs."""

    def __init__(self):
        self.greenlet = gevent.Greenlet()
        self._state = LOCUST_STATE_RUNNING


@pytest.fixture
def clock(monkeypatch):
    """The clock of both modules: it moves when somebody sleeps."""
    state = SimpleNamespace(now=START)

    def sleep(seconds):
        state.now += seconds
        gevent.sleep(0)

    names = ("getcurrent", "GreenletExit", "Greenlet")
    world = SimpleNamespace(sleep=sleep, **{name: getattr(gevent, name) for name in names})
    for one in (module, agents):
        monkeypatch.setattr(one, "monotonic", lambda: state.now)
        monkeypatch.setattr(one, "gevent", world)
    return state


@pytest.fixture
def sent():
    """What is sent to the master."""
    return []


def follow(storms, run, storm=None, retry=None):
    """Let the process follow the storms of a run."""
    storms.follow(StormsTold(storm=storm, retry=retry), run)


@pytest.fixture
def storms(clock, sent):
    """Storms of a process, in which clients try every two seconds."""
    runner = SimpleNamespace(worker_index=3, send_message=lambda kind, data, **_: sent.append((kind, data)))
    seam = TaskSeam()
    one = StormAgent(SimpleNamespace(user_classes=[], runner=runner), Recorder(), seam, UserLinks())
    follow(one, "run-1", {"connect_timeout": 5.0})
    one._policy = Backoff(Constant(2.0))
    yield one
    seam.let_go()  # else the tests after it run through the seam


@pytest.fixture
def member(storms, clock):
    """One connected user of it."""
    one = Member(Held(), storms, Line(clock))
    one.arrive()
    return one


def turn(times=20):
    """Let all greenlets run that can."""
    for _ in range(times):
        gevent.sleep(0)


def measured(storms):
    """Return what was measured since the last call, as counts, sums or slots, by metric."""
    store, found = Store(), {}
    store.merge(storms.recorder.take())
    for name, tags, sink in store:
        key = (name, dict(tags).get("phase", ""))
        if isinstance(sink, TimelineSink):
            found[key] = {slot: count for slot, count in sink.slots.items() if count}
        elif hasattr(sink, "percentile"):
            found[key] = (sink.count, round(sink.maximum, -1) if sink.count else None)
        elif hasattr(sink, "hits"):
            found[key] = (sink.hits, sink.total)
        else:
            found[key] = sink.value
    return found


@pytest.mark.parametrize("state, away", [("NEW", False), ("READY", False), ("AWAY", True), ("GONE", True)])
def test_who_is_away(member, state, away):
    """Who has lost its connection, or has given up; not who is connected, nor who has never been."""
    member.state = State[state]
    assert member.is_away is away


def test_who_drops_comes_back_and_is_measured(storms, member, clock):
    """Two attempts fail, the third is answered: how long it took, how many there were, and when each began."""
    storms.recorder.enter_phase("storm")
    storms._struck_at, storms._storm = START, 1
    member.link.failures = 2
    member.drop("reset", 0.5, storms.limits())
    assert member.is_away
    assert member.was_dropped
    turn()
    assert member.state is State.READY
    assert member.link.did == ["drop reset", *["connect within 5"] * 3, "forget"]
    seconds = clock.now - START
    assert seconds == pytest.approx(0.5 + 3 * 2.0 + 3 * 0.1)
    found = measured(storms)
    assert found["reconnect_time", "storm"] == (1, pytest.approx(seconds * 1000, abs=10))
    assert found["reconnect_attempts", "storm"][0] == 1
    assert found["reconnects_failed", "storm"] == (0, 1)
    assert found["reconnect_lag", "storm"][0] == 3
    assert found["reconnect_herd", "storm"] == {25: 1, 46: 1, 67: 1}


def test_who_gives_up_is_gone(storms, member):
    """After the last attempt it has failed, and counts as slower than anybody."""
    storms.recorder.enter_phase("storm")
    member.link.failures = 9
    member.drop("reset", 0.0, Limits(2, 5.0))
    turn()
    assert member.state is State.GONE
    assert member.link.did.count("connect within 5") == 2
    found = measured(storms)
    assert found["reconnects_failed", "storm"] == (1, 1)
    assert found["reconnect_time", "storm"] == (1, min(NEVER, 1e9))


def test_tasks_wait_until_it_is_back(storms, member):
    """A task that would begin while the user is away begins when it is back, and the next ones at once."""
    ran = []
    member.link.failures = 1
    member.drop("reset", 0.0, storms.limits())
    greenlet = gevent.spawn(member.run_task, lambda: ran.append(member.user._state))
    gevent.sleep(0)
    assert (ran, member.user._state) == ([], LOCUST_STATE_WAITING)
    turn()
    greenlet.get(block=False)
    member.run_task(lambda: ran.append(member.user._state))
    assert ran == [LOCUST_STATE_RUNNING] * 2


def test_who_is_stopped_does_not_wait(storms, member):
    """A user that shall stop while it is away stops at its next task."""
    member.drop("reset", 0.0, storms.limits())
    member.user._state = LOCUST_STATE_STOPPING
    with pytest.raises(StopUser):
        member.run_task(lambda: None)
    turn()


ENDS = [
    ("the connection went under it", ValueError, True, None),
    ("it failed by itself", ValueError, False, ValueError),
    ("Locust's own way on passes", RescheduleTask, True, RescheduleTask),
]


@pytest.mark.parametrize("raised, drops, seen", [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_a_task_that_fails_under_a_drop_just_ends(storms, member, clock, raised, drops, seen):
    """Whose connection dropped while it ran has not failed."""

    def work():
        clock.now += 1
        if drops:
            member.drop("reset", 0.0, storms.limits())
        raise raised

    if seen:
        with pytest.raises(seen):
            member.run_task(work)
    else:
        assert member.run_task(work) is None
    turn()


def test_stale_data_is_measured_from_the_last_that_came(storms, member, clock):
    """From the last data before the loss to the first after it, not to the connection; once."""
    storms.recorder.enter_phase("storm")
    member.saw_data()
    clock.now += 1.0
    assert not member.is_stale
    member.drop("reset", 0.0, storms.limits())
    assert member.is_stale
    member.saw_data()  # what was read off the dead connection is not fresh
    assert member.is_stale
    turn()
    clock.now += 0.5
    member.saw_data()
    member.saw_data()
    assert not member.is_stale
    assert measured(storms)["stale_time", "storm"] == (1, pytest.approx(3600, abs=10))


def test_how_stale_is_who_is_still_away(storms, member, clock):
    """Who has not come back yet is stale for as long as it lasts; who is back, or never saw data, is not asked."""
    assert list(member.samples()) == []
    member.saw_data()
    member.drop("reset", 100.0, storms.limits())
    clock.now += 4.0
    assert list(member.samples()) == [Sample("stale_time", {"phase": ""}, 4000.0)]
    turn()
    assert list(member.samples()) == []


def test_a_loss_of_its_own_is_no_attempt_of_the_herd(storms, member):
    """It comes back all the same; in a storm a loss is known already."""
    member.lost("refused")
    assert (member.state, member.was_dropped) == (State.AWAY, False)
    member.lost("refused")
    turn()
    found = measured(storms)
    assert member.link.did.count("drop refused") == 1
    assert ("reconnect_herd", "") not in found
    assert found["reconnects_failed", ""] == (0, 1)


LEAVING = [
    ("while it is away, for longer than a storm lasts", 20.0, True, (1, 1)),
    ("while it is away, for a moment", 9.9, True, None),
    ("when a storm lasts no longer", 10.0, True, (1, 1)),
    ("connected", 20.0, False, None),
]


@pytest.mark.parametrize("after, away, failed", [row[1:] for row in LEAVING], ids=[row[0] for row in LEAVING])
def test_who_leaves(storms, member, clock, after, away, failed):
    """Is a member no more; one that was away for longer than a storm lasts never came back."""
    if away:
        member.drop("reset", 1000.0, storms.limits())
    clock.now += after
    member.leave()
    assert member.state is State.GONE
    assert member not in storms.members
    assert measured(storms).get(("reconnects_failed", "")) == failed
    assert ("forget" in member.link.did) is away
    turn()
    assert member.state is State.GONE


def test_the_way_back_ends_with_the_user(storms, member):
    """Nobody connects for a user that has left."""
    member.drop("reset", 1000.0, storms.limits())
    member.leave()
    turn()
    assert not any(did.startswith("connect") for did in member.link.did)


def test_who_must_connect_first_does_so_by_its_policy(storms, clock):
    """A user with a connection of its own is away until it has it, and tries again like any other."""
    user = Held()
    user.storm_link = lambda: None
    one = Member(user, storms, Line(clock))
    one.link.failures = 1
    one.arrive()
    one.arrive()
    assert one.state is State.AWAY
    turn()
    assert one.state is State.READY
    assert one.link.did == ["connect within 5", "drop refused", "connect within 5", "forget"]
    other = Member(user, storms, Line(clock))
    other.arrive()
    assert (other.state, other.link.did) == (State.READY, ["connect within 5"])


def test_the_seam_lets_pass_who_takes_no_part(storms, member):
    """A nested task set, and a user that does not storm, run as ever; a storm user's task goes through its member."""
    seen = []
    execute = guarded(lambda task_set, task: seen.append(task))
    member.state = State.READY
    execute(SimpleNamespace(user=SimpleNamespace()), "plain")
    execute(SimpleNamespace(user=SimpleNamespace(_storm=member)), dict)
    execute(SimpleNamespace(user=SimpleNamespace(_storm=member)), "stormy")
    assert seen == ["plain", dict, "stormy"]
    member.state, member.user._state = State.AWAY, LOCUST_STATE_STOPPING
    with pytest.raises(StopUser):
        execute(SimpleNamespace(user=SimpleNamespace(_storm=member)), "away")


def drop_users(storms, due, quota=1, cause="reset", storm=1):
    """Order a strike."""
    storms.on_drop(StormDrop.model_validate({"storm": storm, "quota": quota, "cause": cause, "seed": "s", "in": due}))


AGAIN = [
    ("the first was late on its way", 5.0, 0.5, 4.0, START + 4.5),
    ("the second was", 5.0, 0.5, 4.9, START + 5.0),
    ("both say the same", 5.0, 0.5, 4.5, START + 5.0),
]


@pytest.mark.parametrize("first, later, second, at", [row[1:] for row in AGAIN], ids=[row[0] for row in AGAIN])
def test_a_strike_that_is_ordered_again(storms, clock, monkeypatch, first, later, second, at):
    """The earliest instant counts, since a message can only be late; and it strikes once."""
    started = []
    monkeypatch.setattr(agents, "DROPPING", SimpleNamespace(start=lambda *order: started.append(order)))
    drop_users(storms, first)
    clock.now += later
    drop_users(storms, second)
    assert storms._due == {1: pytest.approx(at)}
    assert len(started) == 1


def test_a_strike_drops_its_quota_at_its_instant(storms, clock):
    """So many users that are connected and not leaving, all at once, and the phase begins."""
    members = [Member(Held(), storms, Line(clock)) for _ in range(5)]
    for one in members:
        one.arrive()
    members[0].state = State.GONE
    storms.recorder.open.leaving[members[1].user] = None
    drop_users(storms, 0.7, quota=2)
    assert not any(one.was_dropped for one in members)
    while clock.now < START + 0.7:
        gevent.sleep(0)
    gevent.sleep(0)
    assert storms._struck_at == pytest.approx(START + 0.7)
    assert sum(one.was_dropped for one in members) == 2
    assert not members[0].was_dropped
    assert not members[1].was_dropped
    found = measured(storms)
    assert found["reconnect_drops", "storm"] == 2
    assert found["reconnect_drop_spread", "storm"] == (1, 0)
    assert storms.recorder.phases.name == "storm"
    turn()


def test_a_strike_of_a_run_that_is_over(storms, member, clock):
    """Hits nobody: an order belongs to its run."""
    drop_users(storms, 0.2)
    storms.forget()
    turn()
    assert not member.was_dropped
    assert storms._struck_at == 0.0


DETECTIONS = [
    ("what the configuration says", 4.0, 7.0, 4.0),
    ("what the client says", None, 7.0, 7.0),
    ("else half a minute", None, None, 30.0),
]


@pytest.mark.parametrize("told, own, seconds", [row[1:] for row in DETECTIONS], ids=[row[0] for row in DETECTIONS])
def test_when_a_half_open_connection_is_noticed(storms, member, clock, told, own, seconds):
    """By configuration, or by the client; a connection that is reset is noticed at once."""
    storms.options = storms.options.model_copy(update={"detect": told})
    storms._policy = Backoff(Constant(2.0), detection=own)
    drop_users(storms, 0.0, cause="half_open")
    turn()
    assert clock.now - START == pytest.approx(seconds + 2.0 + 0.1)


def test_attempts_within_an_outage_are_refused(storms, member, clock):
    """Until it is over they fail on the client's side, and the target sees none of them."""
    storms.options = storms.options.model_copy(update={"outage": 3.0})
    drop_users(storms, 0.0)
    turn(40)
    assert member.link.did == ["drop reset", "connect within 5", "forget"]
    assert clock.now - START == pytest.approx(2 * 2.0 + 0.1)
    assert measured(storms)["reconnect_herd", "storm"] == {20: 1, 40: 1}


def test_who_could_drop_is_told(storms, member, sent, clock):
    """As many as are connected and stay."""
    Member(Held(), storms, Line(clock))
    other = Member(Held(), storms, Line(clock))
    other.arrive()
    storms.on_count(StormCount(storm=4))
    ((kind, told),) = sent
    assert kind == "locust_ext.storm_counted"
    assert (told["storm"], told["live"]) == (4, 2)


def test_each_user_has_its_own_chance(storms):
    """The same when a run is repeated by its id, another one for each user, worker and run."""
    first = [storms.next_rng().random() for _ in range(3)]
    follow(storms, "run-1")
    assert [storms.next_rng().random() for _ in range(3)] == first
    assert len(set(first)) == 3
    follow(storms, "run-2")
    assert storms.next_rng().random() not in first
    storms._environment.runner.worker_index = 4
    follow(storms, "run-1")
    assert storms.next_rng().random() not in first


def test_only_an_answer_with_a_wait_is_a_hint(storms):
    """Whatever the attempt came to; a wait of nothing is one too."""
    for hint in (None, 0.0, 3.0):
        storms.note_attempt(Attempt(0, 0.0, START, 0.0, "ready", hint))
    assert measured(storms)["reconnect_hints", ""] == 2


def test_an_attempt_that_begins_early_has_no_lag(storms):
    """Never less than nothing, in milliseconds."""
    storms.lag(-0.5, "storm")
    assert measured(storms)["reconnect_lag", "storm"] == (1, 0)
    storms.lag(0.5, "storm")
    assert measured(storms)["reconnect_lag", "storm"] == (1, 500)


def test_a_class_that_is_named_storms(storms):
    """It makes way for a subclass of its own name, weight and module; one that storms already stays."""

    class Plain:
        weight, fixed_count = 3, 2
        __doc__ = "Reads."

    class Stormy(ReconnectStormUser):
        weight, fixed_count = 1, 0

    class Other(Plain):
        pass

    classes = [Plain, Stormy, Other]
    mix_in(classes, ("Plain", "Stormy"), ReconnectStormUser)
    made = classes[0]
    assert issubclass(made, ReconnectStormUser)
    assert issubclass(made, Plain)
    assert (made.__name__, made.__module__, made.__doc__) == ("Plain", __name__, "Reads.")
    assert (made.weight, made.fixed_count, made.abstract) == (3, 2, False)
    assert classes[1:] == [Stormy, Other]


def test_a_run_without_storm_users_loads_no_client(storms):
    """The seam and the clients' table are only for classes that storm."""
    assert storms._tasks is not None
    follow(storms, "run-2")
    assert storms._policy is None
    storms._environment.user_classes.append(type("Stormy", (ReconnectStormUser,), {}))
    follow(storms, "run-3")
    assert storms._policy is not None
    assert storms.retry is None
    follow(storms, "run-4", retry={"attempts": 3})
    assert storms.retry.attempts == 3


LOSSES = [
    pytest.param(lambda member: member.lost("gone"), id="by itself"),
    pytest.param(lambda member: member.drop("reset", 0.0, Limits()), id="in a storm"),
]


@pytest.mark.parametrize("loses", LOSSES)
def test_how_long_a_connection_had_lasted(storms, member, clock, monkeypatch, loses):
    """Is what a client's policy is told, which may begin anew for that."""
    lived = []
    monkeypatch.setattr(member._waits, "lost", lived.append)
    clock.now += 7.5
    loses(member)
    assert lived == [7.5]
