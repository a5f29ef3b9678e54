"""Due iterations and the users that wait for them: in order, with patience, and none is lost on the way."""

import math
from types import SimpleNamespace

import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.load import iteration_queue as module
from locust_ext.load.arrivals import Share, Uniform
from locust_ext.load.iteration_queue import IterationQueue, Queue
from locust_ext.load.pieces import Line
from locust_ext.load.schedule import Schedule

SOON = 5
"""Seconds after which a test is stuck."""


def turn():
    """Let all greenlets run that can."""
    for _ in range(3):
        gevent.sleep(0)


@pytest.fixture
def spawn():
    """Spawn greenlets, and kill those that still wait at the end."""
    made = []

    def spawned(function, *arguments):
        made.append(gevent.spawn(function, *arguments))
        turn()
        return made[-1]

    yield spawned
    gevent.killall(made, timeout=SOON)


@pytest.fixture
def clock(monkeypatch):
    """The queue's clock, under the test's control."""
    state = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "perf_counter", lambda: state.now)
    return state


def queue_of(patience=5.0, **weights):
    """Return a queue of user classes with weights."""
    return IterationQueue("feed", weights or {"A": 1.0}, patience, {})


def test_the_user_who_has_waited_longest_is_next(spawn):
    """Users get iterations in the order in which they began to wait, iterations go in the order in which they were due."""
    queue, got = Queue(1.0), []
    for user in range(4):
        spawn(lambda user=user: got.append((user, queue.get()[0])))
    assert queue.idle == 4
    for due in range(4):
        queue.put(float(due), float(due))
    turn()
    assert got == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]
    assert (queue.idle, queue.waiting) == (0, 0)


def test_an_iteration_waits_where_nobody_does(spawn):
    """It goes to the next user, who begins at once."""
    queue = Queue(1.0)
    queue.put(1.0, 1.5)
    queue.put(2.0, 2.5)
    assert (queue.waiting, queue.short) == (2, 2)
    assert spawn(queue.get).get(timeout=SOON) == (1.0, 1.5)
    assert (queue.waiting, queue.short) == (1, 1)


NOTICED = [
    ("a waiting user begins it at once", 1, [math.inf]),
    ("more users than iterations", 3, [math.inf]),
    ("nobody waits, so the time of the notice is kept", 0, [7.0]),
]


@pytest.mark.parametrize("users, noticed", [row[1:] for row in NOTICED], ids=[row[0] for row in NOTICED])
def test_when_it_was_noticed(spawn, users, noticed):
    """The generator's part of the lateness is known: until the notice where nobody was free, else all of it."""
    queue, got = Queue(1.0), []
    for _ in range(users):
        spawn(lambda: got.append(queue.get()[1]))
    queue.put(1.0, 7.0)
    if not users:
        spawn(lambda: got.append(queue.get()[1]))
    turn()
    assert noticed == got


def test_the_second_iteration_for_one_user_waits(spawn):
    """One user waits and two iterations are due: the first is begun at once, the second is not."""
    queue, got = Queue(1.0), []
    spawn(lambda: got.extend([queue.get(), queue.get()]))
    queue.put(1.0, 7.0)
    queue.put(2.0, 7.0)
    turn()
    assert got == [(1.0, math.inf), (2.0, 7.0)]


def test_patience():
    """What was due before is dropped, what was due later stays; nobody can begin a dropped one."""
    queue = Queue(1.0)
    for due in range(5):
        queue.put(float(due), float(due))
    assert queue.drop_before(2.0) == 2
    assert queue.waiting == 3
    assert queue.drop_before(2.0) == 0
    assert gevent.spawn(queue.get).get(timeout=SOON)[0] == 2.0


def test_too_many_are_dropped_oldest_first():
    """However patient, a queue has a length."""
    queue = Queue(1.0)
    for due in range(5):
        queue.put(float(due), float(due))
    assert queue.drop_before(0.0, most=2) == 3
    assert gevent.spawn(queue.get).get(timeout=SOON)[0] == 3.0


def test_what_an_idle_user_is_about_to_get_is_not_dropped(spawn):
    """Between the offer and the user's turn an iteration is in the queue, but it is begun: no patience takes it away."""
    queue, got = Queue(1.0), []
    spawn(lambda: got.append(queue.get()[0]))
    queue.put(1.0, 1.0)
    queue.put(2.0, 2.0)
    assert queue.drop_before(math.inf) == 1
    turn()
    assert got == [2.0]  # the older one has lost patience, the user has work all the same
    assert queue.waiting == 0


def test_all_that_idle_users_can_begin_stays(spawn):
    """With as many users as iterations, none is dropped."""
    queue, got = Queue(1.0), []
    for _ in range(3):
        spawn(lambda: got.append(queue.get()[0]))
    for due in (1.0, 2.0, 3.0):
        queue.put(due, due)
    assert queue.drop_before(math.inf, most=0) == 0
    turn()
    assert got == [1.0, 2.0, 3.0]


def test_a_killed_user_loses_no_iteration(spawn):
    """A user that is stopped while it waits is not counted any more, and the next one gets the iteration."""
    queue, got = Queue(1.0), []
    killed = spawn(queue.get)
    killed.kill(timeout=SOON)
    assert queue.idle == 0
    queue.put(1.0, 1.0)
    assert queue.waiting == 1
    spawn(lambda: got.append(queue.get()[0]))
    assert got == [1.0]


KILLED = [
    ("just before the offer: the one behind it begins", ["kill", "put"], [1]),
    ("just after the offer: it had begun", ["put", "kill"], [0]),
]


@pytest.mark.parametrize("order, begun", [row[1:] for row in KILLED], ids=[row[0] for row in KILLED])
def test_a_user_killed_at_the_worst_moment_loses_no_iteration(spawn, order, begun):
    """Between an offer and the user's turn a kill comes too late, or makes room: one user begins, and only one."""
    queue, got = Queue(1.0), []
    users = [spawn(lambda user=user: (queue.get(), got.append(user))) for user in range(2)]
    steps = {"kill": lambda: users[0].kill(block=False), "put": lambda: queue.put(1.0, 1.0)}
    for step in order:
        steps[step]()
    turn()
    turn()
    assert got == begun
    assert users[0].dead
    assert (queue.idle, queue.waiting) == (2 - len({0, *begun}), 0)


STEPS = st.lists(st.sampled_from(["put", "user", "kill", "drop", "turn"]), max_size=40)


@given(STEPS)
def test_no_iteration_is_lost(steps):
    """Whatever happens in whatever order: every iteration was begun, was dropped, or still waits, and never two of these."""
    queue, users, begun, dropped, put = Queue(1.0), [], [], 0, 0

    def work():
        begun.append(queue.get()[0])

    for step in steps:
        if step == "put":
            queue.put(float(put), float(put))
            put += 1
        elif step == "user":
            users.append(gevent.spawn(work))
        elif step == "kill" and users:
            users.pop(0).kill(block=False)
        elif step == "drop":
            dropped += queue.drop_before(put / 2)
        else:
            turn()
    turn()
    turn()
    try:
        assert len(begun) + dropped + queue.waiting == put
        assert begun == sorted(set(begun))
        assert not (queue.waiting and queue.idle)
    finally:
        gevent.killall(users, timeout=SOON)
    assert queue.idle == 0


@given(st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 9), min_size=1), st.integers(1, 20))
def test_classes_take_turns_in_proportion(weights, rounds):
    """After as many iterations as all weights together, each class has had its weight of them."""
    queue = IterationQueue("feed", {name: float(weight) for name, weight in weights.items()}, 5.0, {})
    for _ in range(rounds * sum(weights.values())):
        queue.offer(0.0, 0.0)
    assert {name: queue.waiting for name, queue in queue.queues.items()} == {
        name: weight * rounds for name, weight in weights.items()
    }


def test_turns_are_mixed():
    """Classes of equal weights alternate: neither waits for the other's batch."""
    queue, turns = queue_of(A=1.0, B=1.0), []
    for _ in range(4):
        queue.offer(0.0, 0.0)
        turns.append((queue.queues["A"].waiting, queue.queues["B"].waiting))
    assert turns == [(1, 0), (1, 1), (2, 1), (2, 2)]


def test_without_any_class_all_is_dropped():
    """A queue that nobody can serve counts what is due."""
    queue = IterationQueue("feed", {}, 5.0, {})
    queue.offer(0.0, 0.0)
    assert queue.read() == ([], 1, 0)


def test_lateness_of_a_free_user(spawn, clock):
    """From due until it began is the generator's part; the iteration itself is as late."""
    queue = queue_of()
    user = spawn(queue.take, "A")
    assert (queue.idle, queue.busy) == (1, 0)
    clock.now = 1000.004
    queue.offer(1000.0, clock.now)
    clock.now = 1000.010
    assert user.get(timeout=SOON) == pytest.approx(10)
    assert queue.lateness == pytest.approx([10])
    assert (queue.idle, queue.busy, queue.waiting) == (0, 1, 0)
    queue.give_back("A")
    assert queue.busy == 0


def test_lateness_without_a_free_user(spawn, clock):
    """The wait for a user is the target's part: it is in the iteration's lateness alone."""
    queue = queue_of()
    queue.offer(1000.0, 1000.004)
    assert queue.waiting == 1
    clock.now = 1002.0
    assert spawn(queue.take, "A").get(timeout=SOON) == pytest.approx(2000)
    assert queue.lateness == pytest.approx([4])


PATIENCE = [
    ("within its patience it waits", 5.0, 1004.9, 0),
    ("beyond it, it is dropped", 5.0, 1005.1, 1),
    ("without patience it is dropped at once", 0.0, 1000.001, 1),
]


@pytest.mark.parametrize("patience, now, dropped", [row[1:] for row in PATIENCE], ids=[row[0] for row in PATIENCE])
def test_purge(patience, now, dropped):
    """Iterations that found no user in time are dropped and counted once; a missing user is noted either way."""
    queue = queue_of(patience)
    queue.offer(1000.0, 1000.0)
    queue.purge(now)
    assert queue.read() == ([], dropped, 1)
    assert queue.read() == ([], 0, 0)
    assert queue.waiting == 1 - dropped


def test_without_patience_a_free_user_still_gets_it(spawn, clock):
    """Patience of nothing drops only what nobody could begin, however late the generator is."""
    queue = queue_of(0.0)
    user = spawn(queue.take, "A")
    queue.offer(1000.0, 1000.5)
    queue.purge(1000.5)
    clock.now = 1000.6
    assert user.get(timeout=SOON) == pytest.approx(600)
    assert queue.read()[1:] == (0, 0)


def test_the_worst_moment_counts(spawn, clock):
    """How many users were missing is the most since it was read."""
    queue = queue_of()
    for _ in range(3):
        queue.offer(1000.0, 1000.0)
    queue.purge(1000.0)
    spawn(queue.take, "A")
    queue.purge(1000.0)
    assert queue.read()[2] == 3


def test_the_pacer_makes_its_share(spawn):
    """Told its share, a queue offers what has been due since the schedule began, each once, and lags no more than it must."""
    queue, begin = queue_of(), module.perf_counter() - 2.0
    queue.follow(0, Schedule((Line("steady", 2.0, 10, 10),)), Uniform)
    queue.hold(Share(1, 2, 0.0), begin, math.inf)
    turn()
    assert queue.waiting == 10
    got = [queue.queues["A"].get()[0] - begin for _ in range(10)]
    assert got == pytest.approx([0.1 + 0.2 * step for step in range(10)])
    queue.stop()


def test_a_lapsed_share_makes_nothing(spawn):
    """Told too long ago, the share may be another's: nothing is offered."""
    queue, begin = queue_of(), module.perf_counter() - 2.0
    queue.follow(0, Schedule((Line("steady", 2.0, 10, 10),)), Uniform)
    queue.hold(Share(), begin, begin + 1.0)
    turn()
    assert queue.waiting == 0
    queue.stop()


def test_a_share_to_come_makes_nothing_yet(spawn):
    """It holds from its instant on."""
    queue, begin = queue_of(), module.perf_counter() - 2.0
    queue.follow(0, Schedule((Line("steady", 100.0, 10, 10),)), Uniform)
    queue.hold(Share(0, 1, 50.0), begin, math.inf)
    turn()
    assert queue.waiting == 0
    queue.stop()


def test_a_schedule_is_made_once_and_followed_after():
    """The first schedule makes the arrivals, a longer one is followed by the same; the number tells which it is."""
    queue, made = queue_of(), []

    def make(schedule):
        made.append(Uniform(schedule))
        return made[-1]

    first = Schedule((Line("steady", 2.0, 1, 1),))
    queue.follow(0, first, make)
    for _ in range(2):
        queue.arrivals.advance()
    assert queue.arrivals.due == math.inf
    queue.follow(3, first.then(first), make)
    assert made == [queue.arrivals]
    assert (queue.arrivals.due, queue.schedule_number) == (pytest.approx(2.0), 3)


def test_stopping_twice():
    """A queue that never began, or has stopped, stops without a word."""
    queue = queue_of()
    queue.stop()
    queue.follow(0, Schedule((Line("steady", 2.0, 1, 1),)), Uniform)
    queue.hold(Share(), module.perf_counter(), math.inf)
    queue.stop()
    queue.stop()
    turn()
    assert queue.waiting == 0


def test_a_lapse_is_not_made_up_for(paced):
    """What was due while nobody could tell whose it was has been served by others: it is not offered later."""
    queue = queue_of(60.0)
    queue.follow(0, Schedule((Line("steady", 10, 10, 10),)), Uniform)
    queue.hold(Share(0, 1, 0.0), 1000.0, 1001.0)
    paced.now = 1000.55
    turn()
    paced.now = 1003.05  # cut off for more than two seconds
    turn()
    queue.hold(Share(0, 1, 0.0), 1000.0, math.inf)
    turn()
    paced.now = 1003.35
    turn()
    queue.stop()
    dues = [queue.queues["A"]._waiting.popleft()[0] - 1000 for _ in range(queue.waiting)]
    assert dues == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 3.1, 3.2, 3.3])


@pytest.fixture
def paced(monkeypatch, clock):
    """Let a pacer look at the clock in every turn, without waiting for it."""
    monkeypatch.setattr(
        module, "gevent", SimpleNamespace(sleep=lambda _: gevent.sleep(0), spawn=gevent.spawn, Greenlet=gevent.Greenlet)
    )
    return clock


@pytest.mark.parametrize("since, woken", [(1.0, 1.25), (0.9005, 0.901), (0.95, 3.0)])
def test_a_pacer_that_wakes_late_loses_nothing(paced, since, woken):
    """What was due before a new share holds is made under the old one, though it is noticed only after."""
    queue = queue_of(60.0)
    queue.follow(0, Schedule((Line("steady", 10, 10, 10),)), Uniform)
    queue.hold(Share(0, 1, 0.0), 1000.0, math.inf)
    paced.now = 1000.55
    turn()
    queue.hold(Share(0, 1, since), 1000.0, math.inf)
    paced.now = 1000.0 + woken
    turn()
    queue.stop()
    dues = [queue.queues["A"]._waiting.popleft()[0] - 1000 for _ in range(queue.waiting)]
    assert dues == pytest.approx([step / 10 for step in range(int(woken * 10) + 1)])


def test_classes_without_users_here_have_no_turn(spawn):
    """A small pool has users of some classes on some workers only: nothing is dropped while others are idle."""
    queue = queue_of(0.0, A=1.0, B=1.0)
    for _ in range(10):
        spawn(queue.take, "A")
    for _ in range(10):
        queue.offer(0.0, 0.0)
    queue.purge(math.inf)
    assert queue.read()[1:] == (0, 0)
