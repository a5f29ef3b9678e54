"""Permits over any interleaving: no more iterations begin than there are, and all are made where nobody is lost."""

from __future__ import annotations

from types import SimpleNamespace

import gevent
import pytest
from gevent.event import Event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locust_ext.load.permits import GRACE, Asked, Entry, SharedLender, TicketLender
from locust_ext.load.pockets import SharedPocket, TicketPocket


class World:
    """A lender, processes with users, and a wire that loses, doubles and reorders."""

    def __init__(self, lender, kind, processes, users):
        self.lender, self.now = lender, 0.0
        self.begun = []
        """Who began each iteration that really began."""
        self.wire = []
        self.heard = {}
        self.processes = {
            f"w{number}": SimpleNamespace(pocket=kind(lambda: None), number=0, heard=0, dead=False, users={})
            for number in range(processes)
        }
        self.last_words = False
        for name, process in self.processes.items():
            for number in range(users):
                self.spawn(name, process, f"{name}-{number}")

    def spawn(self, name, process, user):
        """Have one more user of a process."""
        one = SimpleNamespace(name=user, _state="running", ends=Event())
        one.greenlet = gevent.spawn(self.live, process, one)
        process.users[user] = one

    def live(self, process, user):
        """Make iterations for ever, each until somebody ends it."""
        while True:
            process.pocket.begin(user)
            try:
                self.begun.append(user.name)
                user.ends.wait()
                user.ends.clear()
            finally:
                process.pocket.end(user)

    def turn(self):
        """Let all who can go on do so."""
        for _ in range(3):
            gevent.sleep(0)
        assert len(self.begun) <= self.lender.total
        known = self.lender.begun + self.lender.open + self.lender.left
        assert known == self.lender.total
        assert self.lender.begun <= len(self.begun) <= self.lender.begun + self.lender.open
        assert self.lender.left >= 0

    def tell(self, name):
        """Have a process say how it stands."""
        process = self.processes[name]
        if not process.dead:
            process.number += 1
            self.now += 0.05
            asked = process.pocket.tell(process.number, self.now)
            self.wire.append(("asked", name, process.number, asked))

    def deliver(self, index, *, keep=False):
        """Deliver a letter, be it late or for the second time."""
        if not self.wire:
            return
        index %= len(self.wire)
        kind, name, number, content = self.wire[index] if keep else self.wire.pop(index)
        process = self.processes[name]
        if kind == "asked" and number > self.heard.get(name, 0):
            self.lender.hear(name, content, self.now)
            self.heard[name] = number
            lent = self.lender.lend(name, content, self.now)
            self.wire.append(("lent", name, number, (lent, self.lender.tail)))
        elif kind == "lent" and process.heard < number <= process.number and not process.dead:
            process.heard = number
            process.pocket.take(number, content[0], tail=content[1])

    def finish(self, name, number):
        """End an iteration of some user."""
        users = list(self.processes[name].users.values())
        if users:
            users[number % len(users)].ends.set()

    def stop(self, name, number):
        """Take a user away, and have another come where it was."""
        process = self.processes[name]
        if process.dead or not process.users:
            return
        user = list(process.users)[number % len(process.users)]
        process.users.pop(user).greenlet.kill()
        self.spawn(name, process, user + "'")

    def die(self, name):
        """End a process without a word; it is lost, and comes never back."""
        process = self.processes[name]
        process.dead = True
        for user in process.users.values():
            user.greenlet.kill()
        self.lender.lose(name, self.now)

    def settle(self, rounds=400):
        """Let everything be said and every iteration end, until all are made or nothing moves."""
        for _ in range(rounds):
            self.now += GRACE
            for name, process in self.processes.items():
                self.tell(name)
                for user in process.users.values():
                    user.ends.set()
            while self.wire:
                self.deliver(0)
            for name in [name for name, process in self.processes.items() if process.dead]:
                self.lender.lose(name, self.now)  # whatever of it was still on its way
            self.turn()
            if self.lender.is_over:
                return

    def clear(self):
        """End all users."""
        gevent.killall([user.greenlet for one in self.processes.values() for user in one.users.values()])


STEPS = st.lists(st.tuples(st.sampled_from("tttdddddxkfffffsu"), st.integers(0, 9), st.integers(0, 9)), max_size=80)


def walk(world, steps, *, deadly):
    """Take the steps: tell, deliver, lose, double, end an iteration, take a user away, lose a process that is there."""
    names = list(world.processes)
    for kind, first, second in steps:
        name = names[first % len(names)]
        if kind == "t":
            world.tell(name)
        elif kind == "d":
            world.deliver(second)
        elif kind == "x" and world.wire:
            world.wire.pop(second % len(world.wire))
        elif kind == "k":
            world.deliver(second, keep=True)
        elif kind == "f":
            world.finish(name, second)
        elif kind == "s":
            world.stop(name, second)
        elif kind == "u" and name in world.heard:
            world.lender.lose(name, world.now)  # it may be that it only was not heard
        world.turn()
    if deadly:
        world.die(names[0])
        world.turn()


MAKE = {
    "shared": lambda total, each: (SharedLender(total), SharedPocket),
    "per user": lambda total, each: (TicketLender(each, max(1, total // each)), TicketPocket),
}


@pytest.mark.parametrize("kind", MAKE)
@given(
    steps=STEPS, total=st.integers(1, 40), each=st.integers(1, 6), processes=st.integers(1, 3), users=st.integers(1, 3)
)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
def test_all_are_made(kind, steps, total, each, processes, users):
    """Whatever is lost, doubled, late or taken away: where every process is heard in the end, all are made, no more."""
    lender, pocket = MAKE[kind](total, each)
    if kind == "per user":
        users = max(users, -(-lender.tickets // processes))  # those who are to come
    world = World(lender, pocket, processes, users)
    try:
        walk(world, steps, deadly=False)
        world.settle()
        assert lender.is_over
        assert len(world.begun) == lender.begun == lender.done == lender.total
        assert (lender.unknown, lender.left) == (0, 0)
    finally:
        world.clear()


@pytest.mark.parametrize("kind", MAKE)
@given(steps=STEPS, total=st.integers(1, 40), each=st.integers(1, 6), users=st.integers(1, 3))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
def test_one_is_lost(kind, steps, total, each, users):
    """What a lost process had and did not tell of is unknown; all the rest is made by the others."""
    lender, pocket = MAKE[kind](total, each)
    if kind == "per user":
        users = max(users, lender.tickets)
    world = World(lender, pocket, 3, users)
    try:
        walk(world, steps, deadly=True)
        world.settle()
        assert lender.is_over
        assert lender.begun + lender.unknown == lender.total
        assert lender.begun <= len(world.begun) <= lender.total
    finally:
        world.clear()


def test_nobody_makes_more_than_its_own():
    """Users that stay make as many as each is to make."""
    lender = TicketLender(5, 6)
    world = World(lender, TicketPocket, 2, 3)
    try:
        world.settle()
        assert {user: world.begun.count(user) for user in set(world.begun)} == {
            f"w{process}-{user}": 5 for process in range(2) for user in range(3)
        }
    finally:
        world.clear()


def asked(number=0, begun=0, done=0, back=0, over=False, wish=0, waiting=0):
    """Return what a process asks for."""
    entries = (Entry(number, begun, done, back, over, wish),) if number else ()
    return Asked(waiting, 0, wish, entries)


def test_the_less_is_left_the_less_is_lent():
    """Of several processes none gets most of the rest: so all end at about the same time."""
    lender = SharedLender(100)
    for worker in "abcd":
        lender.hear(worker, asked(), 0)
    given_out = []
    for _ in range(40):
        lender.hear("a", asked(1, sum(given_out), sum(given_out)), 0)
        (lent,) = lender.lend("a", asked(wish=1000), 0)
        given_out.append(lent.allowed - sum(given_out))
    assert given_out[:4] == [13, 11, 10, 9]
    assert sum(given_out) == 100
    assert lender.is_over


def test_one_process_gets_what_it_wishes():
    """There is nobody to share with."""
    lender = SharedLender(100)
    lender.hear("a", asked(), 0)
    assert lender.lend("a", asked(wish=70), 0)[0].allowed == 70
    assert lender.lend("a", asked(wish=70), 0)[0].allowed == 70  # it has told of none of them
    lender.hear("a", asked(1, 70, 60), 0)
    assert (lender.lend("a", asked(wish=70), 0)[0].allowed, lender.tail, lender.left) == (100, True, 0)


IMPOSSIBLE = [
    ("more than was lent", asked(1, begun=8)),
    ("more ended than began", asked(1, begun=2, done=3)),
    ("more given back than there is", asked(1, begun=3, back=5)),
    ("of an account that nobody opened", asked(9)),
]


@pytest.mark.parametrize("lender", [SharedLender(7), TicketLender(7, 1)], ids=["shared", "per user"])
@pytest.mark.parametrize("told", [row[1] for row in IMPOSSIBLE], ids=[row[0] for row in IMPOSSIBLE])
def test_what_cannot_be_is_refused(lender, told):
    """And changes nothing."""
    lender.hear("a", asked(), 0)
    lender.lend("a", asked(wish=7, waiting=1), 0)
    before = (lender.begun, lender.done, lender.open, lender.left)
    with pytest.raises(ValueError, match="accounts"):
        lender.hear("a", told, 0)
    assert (lender.begun, lender.done, lender.open, lender.left) == before
