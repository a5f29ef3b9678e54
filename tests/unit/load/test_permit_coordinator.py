"""The master's part: what it answers to whom, and when it ends the run."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest

from locust_ext.load import permit_coordinator
from locust_ext.load.permit_coordinator import PermitsCoordinator
from locust_ext.load.permit_messages import PermitsAsked, PermitsLent
from locust_ext.load.quota import Quota
from locust_ext.load.quota_plan import QuotaPlan
from locust_ext.process.wire import UnfitError


@pytest.fixture
def world():
    """A coordinator whose clock and runner stand still, and what it sent."""
    sent, done, ended = [], [], []
    runner = SimpleNamespace(
        target_user_count=4,
        user_count=4,
        state="running",
        environment=SimpleNamespace(shape_class=None),
        clients={},
        send_message=lambda kind, data, client_id=None: sent.append((client_id, PermitsLent.of(data))),
    )
    state = SimpleNamespace(runner=runner, sent=sent, done=done, ended=ended, at=1.0)
    state.one = PermitsCoordinator(runner, lambda: state.at, done.append, ended.append)
    yield state
    state.one.stop()


def ask(world, worker="a", number=1, run="r", wish=5, waiting=0, accounts=(), idle=0, *, interrupted=0):
    """Ask as a process does."""
    world.runner.clients.setdefault(worker, SimpleNamespace(id=worker, state="running", user_count=4))
    asked = {"name": "", "waiting": waiting, "spare": 0, "wish": wish, "idle": idle, "accounts": accounts}
    asked["interrupted"] = interrupted
    world.one.receive(worker, PermitsAsked.of({"run": run, "number": number, "loads": [asked]}))


def begin(world, shared=10, **options):
    """Begin a run of one load."""
    world.one.begin([QuotaPlan(Quota(shared, **options))], "r")


def allowed(world):
    """Return what was lent last."""
    return world.sent[-1][1].loads[0].accounts[0][1]


def test_it_answers_the_run_that_is_under_way(world):
    """Of another one it lends nothing, and to nobody before it has begun."""
    ask(world)
    begin(world)
    ask(world, run="other")
    assert world.sent == []
    ask(world)
    assert (world.sent[-1][0], allowed(world)) == ("a", 5)


def test_what_comes_late_or_twice_changes_nothing(world):
    """A message that is not newer than the last is not even answered."""
    begin(world)
    ask(world, number=2)
    for number in (2, 1):
        ask(world, number=number, wish=9)
    assert len(world.sent) == 1
    ask(world, number=3, accounts=[(1, 3, 2, 0, False, 0)])
    ask(world, number=2, accounts=[(1, 1, 0, 0, False, 0)])
    assert world.one.states()[0].begun == 3


def test_what_cannot_be_is_refused(world):
    """And lends nothing."""
    begin(world)
    ask(world)
    with pytest.raises(UnfitError):
        ask(world, number=2, accounts=[(1, 6, 0, 0, False, 0)])
    assert len(world.sent) == 1


def test_after_its_end_it_lends_nothing_and_still_hears(world):
    """The last words of processes are of the run; its longest time is over for good."""
    begin(world, max_duration=60.0)
    ask(world)
    world.at = 59.0
    world.one.stop()
    world.at = 90.0
    ask(world, number=2, accounts=[(1, 4, 4, 1, True, 0)])
    (state,) = world.one.states()
    assert (len(world.sent), state.begun, state.unknown, state.missing, state.timed_out) == (1, 4, 0, 6, None)


def test_a_longest_time_lends_nothing_more(world):
    """And whoever asks is told that there is none left."""
    begin(world, max_duration=60.0)
    world.at = 60.0
    ask(world)
    (load,) = world.sent[-1][1].loads
    assert (load.accounts, load.left) == ((), False)
    assert world.one.states()[0].timed_out == 60.0


INTERRUPTED = [
    ("by the end of the run", 30.0, 30.0, None, 1),
    ("by the longest time", 60.0, 60.0, 60.0, 0),
    ("long before the longest time of a scenario was over, and the run went on", 30.0, 90.0, None, 1),
]


@pytest.mark.parametrize(
    "over, ended, timed_out, doubts", [row[1:] for row in INTERRUPTED], ids=[row[0] for row in INTERRUPTED]
)
def test_iterations_that_did_not_come_to_their_end(world, over, ended, timed_out, doubts):
    """Are none that were made, whatever ended the users; only a longest time may do so."""
    begin(world, shared=5, max_duration=60.0)
    ask(world)
    world.at = over
    ask(world, number=2, accounts=[(1, 5, 5, 0, False, 0)], interrupted=2)
    ask(world, "b", number=1, interrupted=1)
    world.one._loads[""].look(0.0, world.at)
    world.at = ended
    world.one.stop()
    (state,) = world.one.states()
    assert (state.interrupted, state.timed_out, len(state.doubts)) == (3, timed_out, doubts)


STARVING = [
    ("all but one wait for rows, and that one for a permit", 3, 1, 3, True),
    ("one is at work", 3, 0, 4, False),
    ("one is between two iterations", 3, 0, 3, False),
    ("nobody waits for rows", 0, 4, 0, False),
]


@pytest.mark.parametrize(
    "starving, idle, under_way, ends", [row[1:] for row in STARVING], ids=[row[0] for row in STARVING]
)
def test_all_wait_for_each_other(world, monkeypatch, starving, idle, under_way, ends):
    """Where some keep the rows that the others need, the run ends and says so."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    monkeypatch.setattr(permit_coordinator, "STUCK", 0.01)
    begin(world, shared=9)
    world.one.starving = lambda: starving
    ask(world)
    ask(world, number=2, idle=idle, accounts=[(1, 5, 5 - under_way, 0, False, 0)])
    world.one.start()
    gevent.sleep(0.05)
    said = ["nobody could go on: 3 users waited for rows that the others kept"]
    assert world.ended == (said if ends else [])


ENDINGS = [
    (
        "all are made",
        lambda world: ask(world, number=2, accounts=[(1, 5, 5, 0, False, 0)]),
        ["no iterations are left to make"],
    ),
    ("one is under way", lambda world: ask(world, number=2, accounts=[(1, 5, 4, 0, False, 0)]), []),
    ("its longest time is over", lambda world: setattr(world, "at", 60.0), ["max_duration is over"]),
]


@pytest.mark.parametrize("happens, said", [row[1:] for row in ENDINGS], ids=[row[0] for row in ENDINGS])
def test_when_it_ends_the_run(world, monkeypatch, happens, said):
    """Once, as planned."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    begin(world, shared=5, max_duration=60.0)
    world.one.start()
    ask(world)
    happens(world)
    gevent.sleep(0.02)
    assert (world.done, world.ended) == (said, [])


STUCK = [
    ("users are missing, and those that are there wait", {"user_count": 2}, 2, True),
    ("all are gone", {"user_count": 0}, 0, True),
    ("some do not wait", {"user_count": 3}, 2, False),
    ("all users are there", {"user_count": 4}, 4, False),
    ("more are being started", {"user_count": 2, "state": "spawning"}, 2, False),
    ("a shape may start more", {"user_count": 2, "environment": SimpleNamespace(shape_class=object())}, 2, False),
]


@pytest.mark.parametrize("runner, idle, ends", [row[1:] for row in STUCK], ids=[row[0] for row in STUCK])
def test_nobody_is_left(world, monkeypatch, runner, idle, ends):
    """Where nobody starts users again, the run ends and says why."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    monkeypatch.setattr(permit_coordinator, "STUCK", 0.01)
    world.one.begin([QuotaPlan(Quota(None, 5))], "r")
    vars(world.runner).update(runner)
    ask(world, idle=idle)
    world.runner.clients["a"].user_count = world.runner.user_count
    world.one.start()
    gevent.sleep(0.05)
    assert [why[:18] for why in world.ended] == (["nobody was left to"] if ends else [])


def test_a_lost_worker_is_not_waited_for(world, monkeypatch):
    """What it had is unknown; where it comes back, it is not."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    begin(world, shared=6)
    world.one.start()
    ask(world)  # 5 of 6
    ask(world, "b")
    ask(world, "b", 2, accounts=[(2, 1, 1, 0, False, 0)])
    world.runner.clients["a"].state = "missing"
    gevent.sleep(0.02)
    assert (world.done, world.ended) == (["no iterations are left to make"], [])
    (state,) = world.one.states()
    assert (state.begun, state.unknown, state.lost, state.missing) == (1, 5, 5, 0)
    ask(world, "a", 2, accounts=[(1, 5, 5, 0, False, 0)])
    assert world.one.states()[0].unknown == 0


UNREADABLE = [
    ("its permits are unknown, and another one makes the rest", True, 5, ["no iterations are left to make"]),
    ("nobody else is there", False, 0, ["nobody was left to make the iterations that are missing"]),
]


@pytest.mark.parametrize("other, begun, said", [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_a_worker_whose_messages_are_refused_for_good(world, monkeypatch, other, begun, said):
    """It is there, and has its users: but nobody hears of them."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    monkeypatch.setattr(permit_coordinator, "STUCK", 0.01)
    monkeypatch.setattr(permit_coordinator, "UNHEARD", 5)
    begin(world, shared=10)
    world.one.start()
    ask(world)
    lent = 0
    for number in range(2, 40):
        with pytest.raises(UnfitError):
            ask(world, number=number, accounts=[(1, 9, 0, 0, False, 0)])
        if other:
            ask(world, "b", number, accounts=[(2, lent, lent, 0, False, 0)] if lent else ())
            lent = allowed(world)
        gevent.sleep(0.002)
    assert [why[:55] for why in (*world.done, *world.ended)] == said
    (state,) = world.one.states()
    assert (state.begun, state.unknown, state.lost) == (begun, 5, 5)


def test_one_that_is_heard_again_is_not_lost(world, monkeypatch):
    """What was unknown is known, and it gets more."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    monkeypatch.setattr(permit_coordinator, "UNHEARD", 5)
    begin(world, shared=10)
    world.one.start()
    ask(world, wish=2)
    with gevent.Timeout(30):
        while world.one.states()[0].lost != 2:
            gevent.sleep(0.001)
    ask(world, number=2, wish=9, accounts=[(1, 2, 2, 0, False, 0)])
    assert (world.one.states()[0].lost, allowed(world)) == (0, 10)


def test_tickets_grow_with_the_users_that_are_planned(world, monkeypatch):
    """Somebody asks for more users while the run lasts: they have iterations, too."""
    monkeypatch.setattr(permit_coordinator, "LOOK", 0.001)
    world.one.begin([QuotaPlan(Quota(None, 5))], "r")
    world.one.start()
    assert world.one.states()[0].total == 20
    world.runner.target_user_count = 6
    gevent.sleep(0.02)
    assert world.one.states()[0].total == 30
