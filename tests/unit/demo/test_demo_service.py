"""The simulated application: its times, its faults, its repeatability."""

import json
import random
from contextlib import nullcontext

import pytest

from locust_ext.demo.capacity import CapacityExceeded
from locust_ext.demo.faults import Dials, dials
from locust_ext.demo.service import FEED, HOT, ORIGIN, READ, WRITE, InjectedFailure, Service

DRAWS = 20_000


@pytest.mark.parametrize("kind", [FEED, WRITE, READ, HOT, ORIGIN], ids=["feed", "write", "read", "hot", "origin"])
@pytest.mark.slow
def test_service_times_keep_their_word(kind):
    """Median and 99th percentile of many draws are what the table says, and the mean lies right of the median."""
    rng = random.Random(7)
    times = sorted(kind.draw(rng) for _ in range(DRAWS))
    assert times[DRAWS // 2] == pytest.approx(kind.median, rel=0.05)
    assert times[DRAWS * 99 // 100] == pytest.approx(kind.p99, rel=0.08)
    assert sum(times) / DRAWS > kind.median
    assert times[0] > 0


def feeds(world, faults, count, seed=1):
    """Read a feed so often, one after the other, and return how long each took."""
    service = Service(dials(faults), seed=seed, clock=world.clock, sleep=world.slept.append)
    taken = []
    for _ in range(count):
        world.slept.clear()
        service.feed("7", 20)
        taken.append(sum(world.slept))
    return taken


def test_same_seed_same_times(world):
    """Two services with one seed are equally fast, call by call; another seed is another service."""
    assert feeds(world, [], 100) == feeds(world, [], 100)
    assert feeds(world, [], 100) != feeds(world, [], 100, seed=2)


def test_tail(world):
    """About two answers in a hundred take 4.2 s; the others are as fast as ever."""
    taken = feeds(world, ["tail"], 5000)
    late = [seconds for seconds in taken if seconds > 1]
    assert len(late) == pytest.approx(100, abs=30)
    assert all(4.2 <= seconds < 4.6 for seconds in late)


def test_slow(world):
    """Every time is half as long again."""
    usual, slow = feeds(world, [], 100), feeds(world, ["slow"], 100)
    assert slow == pytest.approx([seconds * 1.5 for seconds in usual])


def test_drift(world):
    """Every time doubles each minute from the first request on, and the dice fall as ever."""
    services = [Service(dials(faults), clock=world.clock, sleep=world.slept.append) for faults in ([], ["drift"])]
    for minutes in range(3):
        world.now = 60.0 * minutes
        taken = []
        for service in services:
            world.slept.clear()
            for _ in range(10):
                service.admit()
                service.feed("7", 20)
            taken.append(list(world.slept))
        usual, drifting = taken
        assert drifting == pytest.approx([seconds * 2**minutes for seconds in usual])


@pytest.mark.parametrize("fault", ["fd-leak", "memory-leak", "sawtooth", "cache-fill"])
def test_what_is_held_by_the_way_takes_no_time(world, fault):
    """A leak is not slow, and a cache that fills is not either."""
    assert feeds(world, [fault], 50) == feeds(world, [], 50)


def test_faults_do_not_disturb_each_other(world):
    """The dice fall the same way with a fault as without it, so that two runs can be compared."""
    usual, tail = feeds(world, [], 100), feeds(world, ["tail"], 100)
    assert [seconds for seconds in tail if seconds < 1] == [u for u, t in zip(usual, tail, strict=True) if t < 1]


def test_fast500(world):
    """About five requests in a hundred fail, each within a few milliseconds."""
    service = Service(dials(["fast500"]), clock=world.clock, sleep=world.slept.append)
    failed = 0
    for _ in range(5000):
        try:
            service.admit()
        except InjectedFailure:
            failed += 1
    assert failed == pytest.approx(250, abs=50)
    assert len(world.slept) == failed
    assert max(world.slept) < 0.005


def test_healthy_admits_all(world):
    """Without a fault nobody is turned away, and admission takes no time."""
    service = Service(Dials(), clock=world.clock, sleep=world.slept.append)
    for _ in range(1000):
        service.admit()
    assert world.slept == []


def test_read_your_writes(world, spawn):
    """A write can be read once the replica has caught up, and not before."""
    service = Service(Dials(), clock=world.clock, sleep=world.sleep)
    writer = spawn(service.write, "7", "hello")
    while not writer.ready():
        world.run(world.now + 0.001)
    assert not service._posts.readable(writer.value)
    world.run(world.now + 0.05)
    reader = spawn(service.read, writer.value)
    world.run(world.now + 1.0)
    assert reader.value


def test_synthetic_posts_stay_in_the_sandbox(world):
    """Synthetic readers find synthetic posts and real readers real ones; both begin with the same founding posts."""
    service = Service(Dials(), clock=world.clock, sleep=world.slept.append)
    founding = [post.json for post in service.feed("7", 20)]
    real = [service.write("7", "real"), service.write("7", "too")]
    made = service.write("7", "synthetic", synthetic=True)
    world.run(1.0)
    bodies = {
        synthetic: [json.loads(post.json)["body"] for post in service.feed("7", 3, synthetic=synthetic)]
        for synthetic in (False, True)
    }
    assert bodies == {
        False: ["too", "real", "founding post 20"],
        True: ["synthetic", "founding post 20", "founding post 19"],
    }
    assert [post.json for post in service.feed("8", 20)] == founding
    assert [post.json for post in service.feed("8", 20, synthetic=True)] == founding
    assert service.read(real[1])
    assert not service.read(real[1], synthetic=True)
    assert service.read(made, synthetic=True)
    assert service.writes == {"real": 2, "synthetic": 1}


def test_hot_counts_the_origin(world, spawn):
    """Ten readers of one cold key cost the origin one computation."""
    service = Service(Dials(), clock=world.clock, sleep=world.sleep)
    readers = [spawn(service.hot, "k") for _ in range(10)]
    world.run(1.0)
    assert [reader.value for reader in readers] == [False] * 10
    assert service.hot_keys.computations == 1


def test_stampede(world, spawn):
    """With the fault, ten readers of one cold key cost ten computations."""
    service = Service(dials(["stampede"]), clock=world.clock, sleep=world.sleep)
    readers = [spawn(service.hot, "k") for _ in range(10)]
    world.run(1.0)
    assert [reader.value for reader in readers] == [False] * 10
    assert service.hot_keys.computations == 10


CAPACITIES = [
    ("at the usual pace", ["retry"], 0.19, 0.3, 0.005),
    ("slowly", ["retry", "slow"], 0.29, 0.45, 0.005 * 1.5),
]


@pytest.mark.parametrize(
    "faults, still_busy, free_again, refused_in", [row[1:] for row in CAPACITIES], ids=[row[0] for row in CAPACITIES]
)
def test_retry(world, faults, still_busy, free_again, refused_in):
    """Sixty requests at once are let in; one more is refused after a moment, until slots are free again."""
    service = Service(dials(faults), clock=world.clock, sleep=world.slept.append)
    for _ in range(60):
        service.admit()
    assert world.slept == []
    for moment in (0.0, still_busy):
        world.run(moment)
        with pytest.raises(CapacityExceeded):
            service.admit()
    assert world.slept == [refused_in] * 2
    world.run(free_again)
    service.admit()


def test_handshakes_slow_down_too(world, spawn):
    """The price of a handshake is a simulated time like any other."""
    service = Service(dials(["reconnect", "slow"]), clock=world.clock, sleep=world.sleep)
    spawn(service.handshake_limiter.enter, lambda _: nullcontext())
    world.settle()
    assert world.slept == [pytest.approx(0.09)]


def users(world, spawn, service, births):
    """Start one user at each of these moments; return the list where each answer's moment and duration will stand."""
    answers, dice = [], random.Random(5)

    def live(birth):
        world.sleep(birth)
        while True:
            world.sleep(dice.uniform(0.1, 0.4))
            began = world.now
            service.feed("7", 20)
            answers.append((began, world.now - began))

    for birth in births:
        spawn(live, birth)
    return answers


def quantile(answers, share, since=0.0):
    """Return the quantile of durations of what began since then."""
    durations = sorted(seconds for began, seconds in answers if began >= since)
    return durations[int(len(durations) * share)]


COLD_POOL = [
    ("ten users never notice", [0.0] * 10, 60.0, (0.0, 0.15), (0.0, 0.25)),
    (
        "a spike from 10 to 100 users in 20 s",
        [0.0] * 10 + [20 + n / 4.5 for n in range(90)],
        60.0,
        (0.4, 9.0),
        (1.2, 9.0),
    ),
    ("a ramp to 40 users over three minutes", [n * 4.5 for n in range(40)], 200.0, (0.0, 0.4), (0.0, 1.2)),
]


@pytest.mark.parametrize("births, length, p95, p99", [row[1:] for row in COLD_POOL], ids=[row[0] for row in COLD_POOL])
@pytest.mark.slow
def test_cold_pool(world, spawn, births, length, p95, p99):
    """A pool that is fine on smoke and on a ramp breaks p95 < 400 ms and p99 < 1,200 ms on a spike."""
    service = Service(dials(["cold-pool"]), clock=world.clock, sleep=world.sleep)
    answers = users(world, spawn, service, births)
    world.run(length)
    assert p95[0] < quantile(answers, 0.95) < p95[1]
    assert p99[0] < quantile(answers, 0.99) < p99[1]


def test_without_the_fault_a_spike_is_harmless(world, spawn):
    """The same spike against a healthy service stays at its usual times."""
    service = Service(Dials(), clock=world.clock, sleep=world.sleep)
    answers = users(world, spawn, service, [0.0] * 100)
    world.run(10.0)
    assert quantile(answers, 0.99) < 0.06


def test_the_seed_that_nobody_said(world):
    """Is one, as that of the command."""
    service = Service(dials([]), clock=world.clock, sleep=world.slept.append)
    taken = []
    for _ in range(20):
        world.slept.clear()
        service.feed("7", 20)
        taken.append(sum(world.slept))
    assert taken == feeds(world, [], 20, seed=1)


CALLS = [
    pytest.param(lambda service: service.feed("7", 20), FEED, id="a feed"),
    pytest.param(lambda service: service.write("7", "x"), WRITE, id="a post that is written"),
    pytest.param(lambda service: service.read("1"), READ, id="a post that is read"),
    pytest.param(lambda service: (service.hot("k"), service.hot("k")), HOT, id="a hot key"),
]


@pytest.mark.parametrize("call, kind", CALLS)
def test_each_call_takes_its_time(monkeypatch, world, call, kind):
    """That of its kind; who misses a hot key waits for its origin, too."""
    worked = []
    monkeypatch.setattr(Service, "_work", lambda service, kind: worked.append(kind))
    call(Service(dials([]), clock=world.clock, sleep=world.slept.append))
    assert worked == ([HOT, ORIGIN, HOT] if kind is HOT else [kind])


def test_the_times_of_the_calls():
    """Median and 99th percentile, in seconds, as the documents name them."""
    times = {(kind.median, kind.p99) for kind in (FEED, WRITE, READ, HOT, ORIGIN)}
    assert times == {(0.012, 0.045), (0.008, 0.03), (0.004, 0.015), (0.001, 0.003), (0.04, 0.12)}
    assert FEED.draw(random.Random(1)) > 0


def test_synthetic_posts_stay_among_themselves(world):
    """Nobody else reads them, and they are counted apart."""
    service = Service(dials([]), clock=world.clock, sleep=world.slept.append)
    ours, theirs = service.write("7", "a", synthetic=True), service.write("7", "b")
    world.now += 60.0
    assert service.writes == {"real": 1, "synthetic": 1}
    assert [json.loads(post.json)["body"] for post in service.feed("7", 1, synthetic=True)] == ["a"]
    assert [json.loads(post.json)["body"] for post in service.feed("7", 1)] == ["b"]
    assert service.read(ours, synthetic=True)
    assert service.read(theirs)
