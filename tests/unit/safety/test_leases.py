"""The cap, lent out: whatever becomes of workers and messages, what is lent never adds up to more than the cap."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.leases import Cap, Grant, HeldLease, Lender
from locust_ext.safety.pace import Pace

CAPS = [
    ("whole requests a second", 5.0, Cap(5, 1.0)),
    ("many a second", 200.0, Cap(200, 1.0)),
    ("a half more takes two seconds", 2.5, Cap(5, 2.0)),
    ("one in ten seconds", 0.1, Cap(1, 10.0)),
    ("a third", 1 / 3, Cap(1, 3.0)),
    ("near enough, and never above", 200.7, Cap(200, 1.0)),
    ("thousands are cut into shorter windows", 5000.0, Cap(1000, 0.2)),
    ("a thousand are one window", 1000.0, Cap(1000, 1.0)),
    ("more than a thousand are two", 1000.5, Cap(500, 0.5)),
    ("nothing is near enough: the nearest", 0.15, Cap(1, 7.0)),
    ("nothing is near enough: the first of the nearest", 1.37, Cap(4, 3.0)),
    ("no window is longer than ten seconds", 0.182, Cap(1, 6.0)),
    ("a hundredth less is near enough", 10.1, Cap(10, 1.0)),
    ("more than a hundredth less is not", 10.2, Cap(51, 5.0)),
]


@pytest.mark.parametrize("rate, cap", [row[1:] for row in CAPS], ids=[row[0] for row in CAPS])
def test_a_rate_becomes_whole_requests(rate, cap):
    """A cap is as near to the rate as whole requests in a window get."""
    assert cap == Cap.of(rate)


@given(st.floats(0.1, 1e6))
def test_a_cap_is_never_above_its_rate(rate):
    """Whatever the rate: at least one request, and not more than the rate."""
    cap = Cap.of(rate)
    assert cap.requests >= 1
    assert cap.requests / cap.seconds <= rate * (1 + 1e-9)
    assert cap.requests / cap.seconds >= 0.5 * rate


@dataclass
class Worker:
    """A worker that sends whenever it may, on a clock of its own."""

    name: str
    offset: float
    """Its clock says so much more than the lender's."""
    window: float
    tenure: HeldLease = field(default_factory=HeldLease)
    pace: Pace = field(init=False)
    asked: float = -1e9
    alive: bool = True

    def __post_init__(self):
        self.pace = Pace(0, self.window)

    def quota(self, now):
        """What it holds, as an admission sees it: nothing once the lease has run out."""
        return self.tenure.quota if now + self.offset < self.tenure.until else 0

    def send(self, now):
        """Send one request if it may; tell whether it did."""
        quota = self.quota(now)
        if self.pace.quota != quota:
            self.pace.set(quota, self.window)
        return self.pace.take(now + self.offset)


class World:
    """Workers, a lender, and a network that delays, loses, doubles and reorders."""

    def __init__(self, cap, rng, loss):
        self.cap, self.rng, self.loss = cap, rng, loss
        self.lender, self.now = Lender(cap), 0.0
        self.workers, self.wire, self.sent = [], [], deque()

    def join(self):
        self.workers.append(Worker(f"w{len(self.workers)}", self.rng.uniform(-1e6, 1e6), self.cap.window))

    def post(self, what, to, message):
        """Put a message on the wire: mostly quick, sometimes late by seconds, lost or doubled."""
        for _ in range(2 if self.rng.random() < self.loss / 2 else 1):
            if self.rng.random() >= self.loss:
                late = self.rng.choice([0.01, 0.3, 1.5, 2.5, 5.0]) if self.rng.random() < 2 * self.loss else 0.001
                self.wire.append((self.now + late * self.rng.random(), what, to, message))

    def step(self, seconds):
        """Let time pass: deliver, ask, send; check the law at every moment."""
        self.now += seconds
        due = [entry for entry in self.wire if entry[0] <= self.now]
        self.wire = [entry for entry in self.wire if entry[0] > self.now]
        self.rng.shuffle(due)
        for _, what, worker, message in due:
            if what == "ask":
                asked, holds, demand = message
                self.post("grant", worker, self.lender.ask(worker.name, asked, holds, demand, self.now))
            elif worker.alive and worker.tenure.accept(message):
                worker.asked = -1e9  # says at once what it holds now
        for worker in self.workers:
            own = self.now + worker.offset
            if worker.alive and own - worker.asked >= 1.0:
                worker.asked = own
                demand = self.rng.choice([0, 1, 50, 1000])
                self.post("ask", worker, (own, worker.tenure.number, demand))
            # a dead worker's requests stop; one that is cut off goes on until its lease runs out
            while worker.alive and worker.send(self.now):
                self.sent.append(self.now)
        self.check()

    def check(self):
        live = sum(w.quota(self.now) for w in self.workers)
        assert live <= self.cap.requests
        assert live <= self.lender.lent(self.now)
        while self.sent and self.sent[0] <= self.now - self.cap.seconds + 1e-6:
            self.sent.popleft()
        assert len(self.sent) <= self.cap.requests


@given(
    st.sampled_from([Cap(5, 1.0), Cap(1, 1.0), Cap(200, 1.0), Cap(3, 2.0), Cap(2, 1.0)]),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.lists(st.sampled_from(["join", "leave", "run", "freeze"]), min_size=10, max_size=20),
)
@pytest.mark.slow
def test_leases_never_add_up_to_more_than_the_cap(cap, seed, loss, story):
    """Under joins, leaves, a lender that stands still, and a network that delays, loses, doubles and reorders."""
    world = World(cap, Random(seed), loss)
    for _ in range(2):
        world.join()
    for event in story:
        alive = [worker for worker in world.workers if worker.alive]
        if event == "join" and len(alive) < 6:
            world.join()
        elif event == "leave" and alive:
            world.rng.choice(alive).alive = False
        elif event == "freeze":
            # the lender answers nothing for a while; then everything that waits for it at once
            for entry_at, entry in enumerate(world.wire):
                world.wire[entry_at] = (entry[0] + 4.0, *entry[1:])
        for _ in range(40):
            world.step(world.rng.choice([0.01, 0.05, 0.1]))


def settled(lender, demands, seconds=12.0, start=0.0):
    """Return what each worker holds after some time of quick and faithful messages."""
    tenures = {name: HeldLease() for name in demands}
    now = start
    while now < start + seconds:
        for name, demand in demands.items():
            tenures[name].accept(lender.ask(name, now, tenures[name].number, demand, now))
        now += 0.25
    return {name: tenure.quota for name, tenure in tenures.items()}


SHARES = [
    ("alike", Cap(200, 1.0), {"a": 900, "b": 900, "c": 900, "d": 900}, {"a": 50, "b": 50, "c": 50, "d": 50}),
    ("what does not divide goes to the first", Cap(5, 1.0), {"a": 9, "b": 9, "c": 9, "d": 9}, [2, 1, 1, 1]),
    ("who needs little leaves the rest to the others", Cap(100, 1.0), {"a": 10, "b": 500}, {"a": 10, "b": 90}),
    ("what nobody needs is spread, for anyone who begins", Cap(100, 1.0), {"a": 0, "b": 0}, {"a": 50, "b": 50}),
    ("an idle one keeps nothing from a busy one", Cap(100, 1.0), {"a": 0, "b": 500}, {"a": 0, "b": 100}),
]


@pytest.mark.parametrize("cap, demands, shares", [row[1:] for row in SHARES], ids=[row[0] for row in SHARES])
def test_shares_follow_demand(cap, demands, shares):
    """The cap is divided by max-min fairness, and used whole."""
    found = settled(Lender(cap), demands)
    if isinstance(shares, list):
        assert sorted(shares) == sorted(found.values())
    else:
        assert shares == found


def test_a_share_is_kept_for_workers_that_are_expected():
    """The first that asks does not get what the others are about to ask for."""
    lender = Lender(Cap(4, 1.0))
    lender.enrol(["a", "b", "c", "d"], 0.0)
    assert [lender.ask(name, 0.0, 0, 100, 0.0).quota for name in "abcd"] == [1, 1, 1, 1]


def test_a_newcomer_waits_until_another_has_let_go():
    """The cap is shrunk first: the newcomer gets nothing before the other holds less, and its window has passed."""
    lender, first, second = Lender(Cap(10, 1.0)), HeldLease(), HeldLease()
    first.accept(lender.ask("a", 0.0, 0, 99, 0.0))
    assert first.quota == 10
    assert lender.ask("b", 0.1, 0, 99, 0.1).quota == 0
    first.accept(lender.ask("a", 0.2, first.number, 99, 0.2))
    assert first.quota == 5
    assert lender.ask("b", 0.3, 0, 99, 0.3).quota == 0, "nobody knows yet that a has heard of it"
    lender.ask("a", 0.4, first.number, 99, 0.4)
    assert lender.ask("b", 1.3, 0, 99, 1.3).quota == 0, "what a sent before is in this window still"
    second.accept(lender.ask("b", 1.5, 0, 99, 1.5))
    assert second.quota == 5


def test_what_a_lost_worker_held_is_lent_again_when_it_has_run_out():
    """A worker that does not answer keeps its share until its lease has run out, and one window longer."""
    lender = Lender(Cap(10, 1.0))
    lender.enrol(["a", "b"], 0.0)
    assert [lender.ask(name, 0.0, 0, 99, 0.0).quota for name in "ab"] == [5, 5]
    assert lender.ask("b", 3.9, 0, 99, 3.9).quota == 5
    assert lender.ask("b", 4.1, 2, 99, 4.1).quota == 10


def test_where_there_is_less_than_one_each_they_take_turns():
    """Nobody starves: who had nothing for a while comes first."""
    lender, tenures, fed = Lender(Cap(1, 1.0)), {name: HeldLease() for name in "abc"}, dict.fromkeys("abc", 0)
    now = 0.0
    while now < 60.0:
        for name, tenure in tenures.items():
            tenure.accept(lender.ask(name, now, tenure.number, 5, now))
            fed[name] += tenure.quota
        now += 0.5
    assert min(fed.values()) > 0


def test_a_grant_counts_from_when_it_was_asked_for():
    """However late it comes: a lease ends as long after its ask as a lease lasts, a little early."""
    tenure = HeldLease()
    assert tenure.accept(Grant(1, 5, asked=100.0))
    assert 102.7 < tenure.until < 103.0


def test_an_older_grant_never_replaces_a_newer_one():
    """Messages that overtake each other change nothing."""
    tenure = HeldLease()
    tenure.accept(Grant(7, 1, asked=0.0))
    assert not tenure.accept(Grant(6, 5, asked=0.0))
    assert tenure.quota == 1


def test_how_long_a_lease_lasts():
    """Three seconds from when it was asked for, less a fifth of one; windows are stretched by a fortieth."""
    held = HeldLease()
    assert (held.number, held.quota, held.until) == (0, 0, -math.inf)
    assert held.accept(Grant(1, 5, 100.0)) is True
    assert held.accept(Grant(1, 9, 200.0)) is False
    assert (held.number, held.quota, held.until) == (1, 5, pytest.approx(102.8))
    assert Cap(5, 2.0).window == 2.05


def test_what_is_lent_until_it_has_run_out():
    """A grant counts for three seconds and a window more; one who holds a newer one needs a window for the old."""
    lender = Lender(Cap(10, 1.0))
    assert lender.number == 0
    assert lender.ask("a", 5.0, 0, 99.0, 100.0) == Grant(1, 10, 5.0)
    assert (lender.number, lender.lent(104.0), lender.lent(104.1)) == (1, 10, 0)
    lender = Lender(Cap(10, 1.0))
    lender.ask("a", 5.0, 0, 99.0, 100.0)
    lender.ask("b", 6.0, 0, 99.0, 100.0)
    assert lender.ask("a", 6.0, 1, 99.0, 100.5).quota == 5
    assert lender.ask("a", 7.0, 2, 99.0, 101.0).quota == 5
    assert lender.lent(102.02) == 10
    assert lender.lent(102.03) == 5


def test_who_has_gone_leaves_its_share_to_the_others():
    """Once its grants have run out, and it has not asked since."""
    lender = Lender(Cap(10, 1.0))
    lender.enrol(["a", "b"], 100.0)
    assert lender.ask("a", 0.0, 0, 99.0, 100.0).quota == 5
    assert lender.ask("a", 0.0, 1, 99.0, 104.0).quota == 5
    assert lender.ask("a", 0.0, 2, 99.0, 104.1).quota == 10


def test_who_needs_nothing_lends_to_who_does():
    """Nobody's need is known before its first lease; what is left over by all is spread evenly."""
    lender = Lender(Cap(10, 1.0))
    lender.ask("a", 0.0, 0, 0.0, 100.0)
    lender.ask("b", 0.0, 0, 99.0, 100.0)
    assert lender._shares(100.0) == {"a": 5, "b": 5}
    lender.ask("a", 0.0, 1, 0.0, 101.0)
    assert lender._shares(101.0) == {"a": 0, "b": 10}
    lender.ask("b", 0.0, 2, 4.0, 101.0)
    assert lender._shares(101.0) == {"a": 3, "b": 7}


def test_where_there_is_less_than_one_each_the_hungry_come_first():
    """After five seconds without anything; until then who has it keeps it."""
    lender = Lender(Cap(1, 1.0))
    a, b = (lender.ask(worker, 0.0, 0, 9.0, 100.0) for worker in "ab")
    assert (a.quota, b.quota) == (1, 0)
    for now, first in ((102.0, "a"), (104.9, "a"), (105.0, "b")):
        a = lender.ask("a", 0.0, a.number, 9.0, now)
        b = lender.ask("b", 0.0, b.number, 9.0, now)
        assert lender._shares(now)[first] == 1
