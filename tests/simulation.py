"""Runs of a master and its workers over virtual time, by a seed: what is lost on the way, who dies, stalls and joins.

Law: a load, a mishap and a seed are a run, the same each time. What really happened is written into a :class:`Book` by
the users themselves, and nothing of ours writes there: the laws (``tests/laws.py``) compare it with what the run says.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, ClassVar

import gevent
from locust import User, constant, task

from locust_ext import ReconnectStormUser
from locust_ext.load.iteration_queue import IterationQueue
from locust_ext.measure.iteration_context import current
from tests.pair import Pair, pair
from tests.virtual_time import kin
from tests.wire import TO_WORKER, Letter, Wire

WORKERS = 3
USERS = 9
PLANNED = 15.0
"""Seconds of load, where nothing ends it."""
LONGEST_WAY = 2.0
"""Seconds that a letter takes at the most."""
SETTLED = 20.0
"""Seconds after the verdict in which whatever is still on its way comes, and whoever is gone is noticed."""
BOUND = 150.0
"""Seconds after its planned end in which a run has its verdict, whatever happens."""


@dataclass
class Book:
    """What really happened; times are of the virtual clock."""

    now: Callable[[], float]
    sent: list[float] = field(default_factory=list)
    """When requests were sent."""
    told: int = 0
    """Requests that their users told of."""
    began: list[tuple[float, str]] = field(default_factory=list)
    """When users started, and on which worker."""
    offered: dict[tuple[str, float], int] = field(default_factory=dict)
    """By worker and due time the number of the arrival that it offered to its users."""
    arrivals: list[tuple[str, float]] = field(default_factory=list)
    """By worker and due time the arrivals that users began."""
    made: list[str] = field(default_factory=list)
    """The worker of each iteration that began."""
    dropped: list[tuple[float, Any]] = field(default_factory=list)
    """When connections were dropped, and whose."""
    back: list[tuple[float, Any]] = field(default_factory=list)
    """When users have connected again."""
    stopped: dict[Any, float] = field(default_factory=dict)
    """By user, when it was stopped."""
    ended: dict[str, float] = field(default_factory=dict)
    """By worker, when it first heard that the run is over."""


ENDS = frozenset({"locust_ext.drain", "locust_ext.kill", "stop", "quit"})
"""Letters that say to a worker that its run is over."""

BOOK: list[Book] = []
"""The one that is open."""


def where(user: Any) -> str:
    """Return the worker of a user."""
    return str(user.environment.runner.client_id)


class Visitor(User):
    """Sends a request now and then, and tells of it when it is answered."""

    wait_time = constant(0.5)
    takes: ClassVar[tuple[float, float]] = (0.02, 0.3)

    def on_start(self) -> None:
        """Write down that there is one more."""
        BOOK[0].began.append((BOOK[0].now(), where(self)))

    def begins(self) -> None:
        """Do nothing: nobody asks which visit it is."""

    def on_stop(self) -> None:
        """Write down that there is one less."""
        BOOK[0].stopped[self] = BOOK[0].now()

    @task
    def visit(self) -> None:
        """Send a request, when it may be sent, and tell of it."""
        book = BOOK[0]
        self.begins()
        self.environment.locust_ext_admission.turn(self)
        book.sent.append(book.now())
        gevent.sleep(random.uniform(*self.takes))
        book.told += 1
        self.environment.events.request.fire(
            request_type="GET", name="a", response_time=1.0, response_length=0, exception=None, context={}
        )


class Hurried(Visitor):
    """Sends as many as it may."""

    wait_time = constant(0.05)
    takes: ClassVar[tuple[float, float]] = (0.0, 0.02)


class Arriving(Visitor):
    """Begins an iteration when it is due."""

    def begins(self) -> None:
        """Write down which arrival it is."""
        occasion = current()
        assert occasion is not None
        BOOK[0].arrivals.append((where(self), round(perf_counter() - occasion.late / 1000, 5)))


class Counted(Visitor):
    """Makes as many iterations as there are."""

    def begins(self) -> None:
        """Write down that one more has begun."""
        BOOK[0].made.append(where(self))


class Connected(ReconnectStormUser, Visitor):
    """Has a connection that can drop."""

    def connect(self) -> None:
        """Connect."""
        gevent.sleep(0.05)
        BOOK[0].back.append((BOOK[0].now(), self))

    def disconnect(self) -> None:
        """Lose the connection."""
        BOOK[0].dropped.append((BOOK[0].now(), self))


@dataclass(frozen=True)
class Load:
    """What a run is asked to do."""

    user: type[User]
    configuration: str = ""
    rate: float = 100.0
    """Users that start in a second."""
    cap: int = 0
    """Requests that may be sent in any second; 0: as many as they like."""
    arrivals: int = 0
    """Iterations that are due in all; 0: they are not counted."""
    drop: float = 0.0
    """The share of users whose connection drops."""
    iterations: int = 0
    """Iterations after which it ends; 0: it ends by its time."""


CAP, RATE, DROP = 20, 20, 0.5
ITERATIONS, EACH = 150, 15

LOADS = {
    "users": Load(Visitor, rate=0.7),
    "a cap": Load(Hurried, f"safety: {{rate_cap: {CAP}/s}}\n", cap=CAP),
    "arrivals": Load(
        Arriving,
        f"arrivals: {{rate: {RATE}/s, duration: {PLANNED:g}s, users: {USERS}, max_users: 40, patience: 1s}}\n",
        arrivals=int(RATE * PLANNED),
    ),
    "iterations": Load(Counted, f"iterations: {ITERATIONS}\n", iterations=ITERATIONS),
    "iterations of each": Load(Counted, f"iterations: {{per_user: {EACH}}}\n", iterations=EACH * USERS),
    "arrivals that end": Load(
        Counted, f"iterations: {ITERATIONS}\narrivals: {{rate: {RATE}/s, users: {USERS}}}\n", iterations=ITERATIONS
    ),
    "a storm": Load(Connected, f"storm: {{at: 4s, drop: {DROP:.0%}, lasts: 4s, recovery: 4s}}\n", drop=DROP),
}


@dataclass
class Weather:
    """What a network does to letters: each fate has its share, by a seed.

    Locust's own come by TCP: late, and in order. A report is one of ours in a letter of Locust's.
    """

    rng: Random
    loses: float = 0.0
    doubles: float = 0.0
    delays: float = 0.0
    _due: dict[tuple[str, str], float] = field(default_factory=dict)
    now: Callable[[], float] = lambda: 0.0

    def __call__(self, letter: Letter) -> Sequence[Letter]:
        """Return what arrives, and when."""
        way = letter.after(self._way())
        if not self.loses + self.doubles + self.delays or not (letter.is_ours or letter.kind == "stats"):
            link = (letter.way, letter.worker)
            self._due[link] = max(self._due.get(link, 0.0), self.now() + way.late)
            return [letter.after(self._due[link] - self.now() + 1e-5)]
        fate = self.rng.random()
        if fate < self.loses:
            return []
        return [way, letter.after(self._way())] if fate < self.loses + self.doubles else [way]

    def _way(self) -> float:
        long = self.rng.random() < self.delays
        return self.rng.uniform(0.1, LONGEST_WAY) if long else self.rng.uniform(0.0005, 0.01)


Act = Callable[[Pair, Random], None]


def dies(stage: Pair, rng: Random) -> None:
    """Have a worker die."""
    rng.choice([one for one in stage.workers if not one.is_dead]).die()


def all_die(stage: Pair, _: Random) -> None:
    """Have all workers die."""
    for one in stage.workers:
        one.die()


def stalls(stage: Pair, rng: Random) -> None:
    """Have a worker stand still for a while, sometimes until it counts as lost."""
    one = rng.choice(stage.workers)
    one.stall()
    stage.clock.sleep(rng.choice([0.5, 2.0, 4.0, 8.0]) * rng.uniform(0.7, 1.3))
    one.go_on()


def all_stall(stage: Pair, rng: Random) -> None:
    """Have all workers stand still for a moment."""
    for one in stage.workers:
        one.stall()
    stage.clock.sleep(rng.uniform(0.2, 3))
    for one in stage.workers:
        one.go_on()


def is_cut_off(stage: Pair, rng: Random) -> None:
    """Have the way to a worker broken for a while; its users go on."""
    one = rng.choice(stage.workers)
    stage.wire.cut(one.id)
    stage.clock.sleep(rng.choice([1.0, 3.0, 8.0]) * rng.uniform(0.7, 1.3))
    stage.wire.mend(one.id)


def joins(stage: Pair, _: Random) -> None:
    """Have one more worker come."""
    stage.join()


def comes_again(stage: Pair, rng: Random) -> None:
    """Have a worker die, and another one come in its place."""
    dies(stage, rng)
    stage.clock.sleep(rng.uniform(0.1, 2))
    stage.join()


def all_come_again(stage: Pair, rng: Random) -> None:
    """Have all workers die, and others come in their place."""
    stage.join()
    for one in stage.workers[:-1]:
        one.die()
    stage.clock.sleep(rng.uniform(0.1, 2))
    stage.join()


def is_stopped(stage: Pair, _: Random) -> None:
    """Have somebody press Stop until it is heard: there is nothing to stop before the first spawn message."""
    while stage.judge.controller.run is None or not stage.is_over:
        stage.processes[0].start(stage.master.runner.stop)
        stage.clock.sleep(1)


def is_killed(stage: Pair, rng: Random) -> None:
    """Have somebody kill the run, on the master or on a worker."""
    one = rng.choice(stage.processes)
    one.start(one.part.safety.stop_now, "that was enough")


@dataclass(frozen=True)
class Mishap:
    """What goes wrong: the network's shares, and what happens to the processes."""

    loses: float = 0.0
    doubles: float = 0.0
    delays: float = 0.0
    acts: tuple[Act, ...] = ()


MISHAPS = {
    "all is well": Mishap(),
    "letters come late and twice": Mishap(doubles=0.3, delays=0.2),
    "letters are lost": Mishap(loses=0.15, delays=0.05),
    "a worker dies": Mishap(acts=(dies,)),
    "all workers die": Mishap(acts=(all_die,)),
    "a worker stalls": Mishap(acts=(stalls,)),
    "all workers stall": Mishap(acts=(all_stall,)),
    "a worker is cut off": Mishap(acts=(is_cut_off,)),
    "a worker joins": Mishap(acts=(joins,)),
    "a worker comes again": Mishap(acts=(comes_again,)),
    "all workers come again": Mishap(acts=(all_come_again,)),
    "it is stopped": Mishap(acts=(is_stopped,)),
    "it is killed": Mishap(acts=(is_killed,)),
    "everything": Mishap(0.05, 0.1, 0.1, (stalls, is_cut_off, comes_again, joins)),
}


@dataclass(frozen=True)
class Played:
    """What a run came to."""

    load: Load
    mishap: Mishap
    book: Book
    result: Any
    seconds: float
    """Virtual seconds from its start to its verdict."""
    left: int
    """Users that were still there when all had settled, on processes that live."""
    struck: frozenset[str]
    """The workers that died, or stood still."""
    figures: dict[str, float]
    """What the run says of its arrivals: how many were dropped, and how many were made in all; and of its iterations."""

    @property
    def word(self) -> str:
        """The verdict's word."""
        return str(self.result.verdict.word)


@contextmanager
def seeded(seed: str) -> Iterator[Random]:
    """Let chance be the same each time."""
    state, names, stock = random.getstate(), Random(f"names {seed}"), uuid.uuid4
    random.seed(f"users {seed}")
    uuid.uuid4 = lambda: uuid.UUID(int=names.getrandbits(128))
    try:
        yield Random(seed)
    finally:
        uuid.uuid4 = stock
        random.setstate(state)


def play(monkeypatch: Any, directory: Path, load: Load, mishap: Mishap, seed: str) -> Played:
    """Let one run happen."""
    file = directory / "simulated.yml"
    file.write_text(f"{load.configuration}thresholds: {{http_reqs: ['count>0']}}\n")
    with seeded(seed) as rng:
        weather = Weather(Random(f"weather {seed}"), mishap.loses, mishap.doubles, mishap.delays)
        with pair(monkeypatch, [load.user], Wire(), str(file), WORKERS) as stage, monkeypatch.context() as patch:
            BOOK[:] = [Book(lambda: stage.clock.now)]
            weather.now = lambda: stage.clock.now
            stage.wire.post = weather
            stage.wire.heard = note_end
            note_offers(patch)
            try:
                return _play(stage, load, mishap, rng)
            finally:
                BOOK[:] = [Book(lambda: stage.clock.now)]  # what happens while all are ended is none of it


def note_end(letter: Letter) -> None:
    """Write down when a worker first hears that the run is over."""
    if letter.way == TO_WORKER and letter.kind in ENDS:
        BOOK[0].ended.setdefault(letter.worker, BOOK[0].now())


def note_offers(patch: Any) -> None:
    """Write down which arrivals are offered to users, and by whom."""
    offer = IterationQueue.offer

    def noted(queue: IterationQueue, due: float, now: float) -> None:
        number = round(queue.arrivals.due * RATE)  # type: ignore[union-attr]
        BOOK[0].offered[kin(gevent.getcurrent()).id, round(due, 5)] = number
        offer(queue, due, now)

    patch.setattr(IterationQueue, "offer", noted)


def _play(stage: Pair, load: Load, mishap: Mishap, rng: Random) -> Played:
    book, began = BOOK[0], stage.clock.now
    stage.processes[0].start(stage.start, USERS, load.rate)
    acting = [gevent.spawn_later(rng.uniform(0.3, PLANNED), act, stage, rng) for act in mishap.acts]
    if not load.arrivals and not load.iterations:
        acting.append(gevent.spawn_later(PLANNED, is_stopped, stage, rng))
    with suppress(gevent.Timeout):
        stage.wait(lambda: stage.judge.result is not None, PLANNED + BOUND)
    seconds = stage.clock.now - began
    stage.clock.sleep(SETTLED)
    gevent.killall(acting)
    left = sum(one.runner.user_count for one in stage.workers if not one.is_dead)
    struck = frozenset(one.id for one in stage.workers if one.was_struck)
    run = stage.judge.controller.run
    figures = {"dropped": run.judge.store.counted("dropped_iterations"), "made": run.made()}
    for quota in run.quotas:
        figures |= {"begun": quota.begun, "unknown": quota.unknown, "missing": quota.missing}
    return Played(load, mishap, book, stage.judge.result, seconds, left, struck, figures)
