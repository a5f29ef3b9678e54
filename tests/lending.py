"""Processes that borrow rows over virtual time: messages are lost, doubled, late, and processes die, stall and join.

Law: a seed is a run. Who has a row is written into a book by the users themselves, and nothing of ours writes there.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from dataclasses import dataclass, field
from random import Random

from locust_ext.feeders.lender import Lender, Lent
from locust_ext.feeders.messages import Ask, RowsLent
from locust_ext.feeders.pool import Pool
from locust_ext.feeders.stock import Held, Stock

RUN, NAME = "r", "users"
STEP = 0.02
"""Seconds of the virtual clock from one act to the next."""


@dataclass(frozen=True)
class Weather:
    """What becomes of messages, and of processes."""

    loses: float = 0.0
    doubles: float = 0.0
    delays: float = 0.0
    dies: float = 0.0
    stalls: float = 0.0
    joins: float = 0.0
    """Of each the chance in one step."""


@dataclass
class Book:
    """What really happened."""

    holds: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    """By row who has it now: processes and users."""
    taken: Counter = field(default_factory=Counter)
    twice: list[tuple[float, int]] = field(default_factory=list)
    """When a row was with two at once, and which."""


class Process:
    """One process, and its users: each takes a row, has it for a while, and gives it back."""

    def __init__(self, world: World, name: str, users: int) -> None:
        self.world, self.name = world, name
        self.stock = Stock(returns=world.returns)
        self.users: dict[int, tuple[Held, float] | None] = dict.fromkeys(range(users))
        self.waiting: deque[int] = deque()
        self.asked = -1.0
        self.is_dead = False
        self.still_until = 0.0
        self.skew = world.rng.uniform(-1000, 1000)
        """Its clock is its own."""

    @property
    def now(self) -> float:
        """The time of its own clock."""
        return self.world.now + self.skew

    def stands_still(self) -> bool:
        """Tell whether it does nothing at all now."""
        return self.is_dead or self.world.now < self.still_until

    def act(self) -> None:
        """Have users give back and take, and ask the master."""
        world = self.world
        for user, has in list(self.users.items()):
            if has is not None:
                held, until = has
                if not self.stock.owns(held, self.now):
                    world.lets_go(self.name, user, held.number)  # the row says so wherever it is read
                    self.stock.give_back(held)
                    self.users[user] = None
                elif world.now >= until:
                    world.lets_go(self.name, user, held.number)
                    self.stock.give_back(held)
                    self.users[user] = None
            elif user not in self.waiting and world.rng.random() < world.eager:
                self.waiting.append(user)
        self.serve()
        every = 0.25 if self.waiting or self.stock.has_back else 1.0
        if (self.waiting and world.now >= self.asked + 0.05) or world.now >= self.asked + every:
            self.ask()

    def serve(self) -> None:
        """Hand what lies ready to those who wait."""
        while self.waiting and (held := self.stock.take(self.now)) is not None:
            user = self.waiting.popleft()
            self.users[user] = held, self.world.now + self.world.rng.uniform(0, self.world.keeps)
            self.world.takes(self.name, user, held.number)

    def ask(self, *, leaves: bool = False) -> None:
        """Say how it stands."""
        self.asked = self.world.now
        said = self.stock.farewell(self.now) if leaves else [self.stock.ask(self.now, len(self.waiting))]
        for one in said:
            self.world.send(self.name, Ask(run=RUN, feeder=NAME, users=len(self.users), **one), sure=leaves)

    def hear(self, lent: RowsLent) -> None:
        """Take what the master says."""
        self.stock.hear(lent, self.now)
        self.serve()


class World:
    """The master, its processes, and what lies between them."""

    def __init__(
        self, seed: str, weather: Weather, *, rows: int, cycle: bool, returns: bool = False, processes: int = 3,
        users: int = 6, keeps: float = 0.3, eager: float = 0.3,
    ) -> None:  # fmt: skip
        self.rng, self.weather, self.returns, self.keeps, self.eager = Random(seed), weather, returns, keeps, eager
        self.rows, self.cycle, self.now, self.book = rows, cycle, 0.0, Book()
        self.pool = Pool(rows, cycle=cycle)
        self.lender = Lender(self.pool, lambda ids: [(f"row {number}",) for number in ids], returns=returns)
        self._mail: list[tuple[float, int, str, str, Ask | RowsLent]] = []
        self._order = itertools.count()
        self._users = users
        self.processes = {name: Process(self, name, users) for name in (f"w{at}" for at in range(processes))}

    def takes(self, name: str, user: int, row: int) -> None:
        """Write down that a user has a row."""
        others = self.book.holds.setdefault(row, [])
        if any(self._may_use(*other) for other in others):
            self.book.twice.append((self.now, row))
        others.append((name, user))
        self.book.taken[row] += 1

    def _may_use(self, name: str, user: int) -> bool:
        """Tell whether somebody who has a row may still use it; where rows come back, whoever is late finds it gone."""
        one = self.processes[name]
        has = one.users[user]
        if not self.returns or has is None:
            return True
        return not one.is_dead and one.stock.owns(has[0], one.now)

    def lets_go(self, name: str, user: int, row: int) -> None:
        """Write down that it has it no more."""
        self.book.holds[row].remove((name, user))

    def send(self, name: str, ask: Ask, *, sure: bool = False) -> None:
        """Carry a message to the master."""
        self._carry("master", name, ask, sure=sure)

    def _carry(self, to: str, name: str, message: Ask | RowsLent, *, sure: bool = False) -> None:
        weather, rng = self.weather, self.rng
        copies = 1 if sure else 0 if rng.random() < weather.loses else 2 if rng.random() < weather.doubles else 1
        for _ in range(copies):
            late = rng.uniform(0.1, 3.0) if not sure and rng.random() < weather.delays else rng.uniform(0.001, 0.02)
            packed = type(message).of(message.told())  # as it travels
            heapq.heappush(self._mail, (self.now + late, next(self._order), to, name, packed))

    def _deliver(self) -> None:
        kept = []
        while self._mail and self._mail[0][0] <= self.now:
            item = heapq.heappop(self._mail)
            _, _, to, name, message = item
            if to == "master":
                assert isinstance(message, Ask)
                for lent in self.lender.hear(name, message, self.now):
                    self._answer(lent)
            elif self.processes[to].is_dead:
                pass
            elif self.processes[to].stands_still():
                kept.append((self.processes[to].still_until + 0.001, *item[1:]))
            else:
                assert isinstance(message, RowsLent)
                self.processes[to].hear(message)
        for item in kept:
            heapq.heappush(self._mail, item)

    def _answer(self, lent: Lent) -> None:
        said = RowsLent(
            run=RUN, feeder=NAME, asked=lent.ask.asked, session=lent.ask.session, number=lent.number,
            ids=tuple(lent.ids), rows=tuple(lent.rows), chunk=lent.chunk, recall=lent.recall, empty=lent.empty,
            expired=lent.expired,
        )  # fmt: skip
        self._carry(lent.worker, lent.worker, said)

    def play(self, seconds: float, *, calm: float = 0.0) -> None:
        """Let time pass; in the last ``calm`` seconds the weather is fine."""
        end = self.now + seconds
        while self.now < end:
            if calm and self.now >= end - calm:
                self.weather = Weather()
            self.step()

    def step(self) -> None:
        """Let one step happen."""
        self.now += STEP
        weather, rng = self.weather, self.rng
        living = [one for one in self.processes.values() if not one.is_dead]
        if len(living) > 1 and rng.random() < weather.dies:
            rng.choice(living).is_dead = True
        if rng.random() < weather.stalls:
            rng.choice(living).still_until = self.now + rng.choice([0.5, 3.0, 8.0, 15.0])
        if rng.random() < weather.joins:
            name = f"w{len(self.processes)}"
            self.processes[name] = Process(self, name, self._users)
        self._deliver()
        for one in list(self.processes.values()):
            if not one.stands_still():
                one.act()
        self.lender.expire(self.now)
        for lent in self.lender.give(self.now):
            self._answer(lent)

    def users_with_rows(self) -> int:
        """Return how many users have a row, on processes that live."""
        return sum(has is not None for one in self.processes.values() if not one.is_dead for has in one.users.values())
