"""The simulated application: how long things take and what they return, without a word of HTTP.

Its time is borrowed: the clock, the sleep and the dice are given to it, so that a test runs it without waiting and two
runs with the same seed draw the same service times.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import gevent

from locust_ext.demo.capacity import Capacity, CapacityExceeded
from locust_ext.demo.faults import Dials
from locust_ext.demo.handshake_limiter import HandshakeLimiter
from locust_ext.demo.hotkeys import HotKeys
from locust_ext.demo.pool import WorkerPool
from locust_ext.demo.posts import Post, PostStore
from locust_ext.demo.wear import Wear

REPLICA_LAG = 0.05
HOT_LIFE = 1.0
REFUSAL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """A right-skewed time in seconds, given by its median and its 99th percentile (a log-normal distribution)."""

    median: float
    p99: float

    def draw(self, rng: random.Random) -> float:
        """One time, never negative."""
        sigma = math.log(self.p99 / self.median) / _Z99
        return rng.lognormvariate(math.log(self.median), sigma)


_Z99 = NormalDist().inv_cdf(0.99)

FEED = ServiceTime(0.012, 0.045)
WRITE = ServiceTime(0.008, 0.030)
READ = ServiceTime(0.004, 0.015)
HOT = ServiceTime(0.001, 0.003)
ORIGIN = ServiceTime(0.040, 0.120)
FAST_FAILURE = ServiceTime(0.001, 0.002)


class InjectedFailure(Exception):  # noqa: N818 - it reads as what happened
    """The dials made this request fail."""


class Service:
    """The application behind the API; its methods return when the simulated work is done."""

    def __init__(
        self,
        dials: Dials,
        *,
        seed: int = 1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = gevent.sleep,
    ) -> None:
        self._dials = dials
        self._sleep = sleep
        self.wear = Wear(dials, clock=clock)
        self._rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._posts = PostStore(lag=REPLICA_LAG, growth=dials.lag_growth, clock=clock)
        self._sandbox = PostStore(lag=REPLICA_LAG, growth=dials.lag_growth, clock=clock)
        self.hot_keys = HotKeys(
            lambda: self._work(ORIGIN), life=HOT_LIFE, clock=clock, single_flight=dials.single_flight
        )
        self.pool = WorkerPool(dials.pool_start, dials.pool_growth_seconds, clock=clock, rng=self._rng)
        self.capacity = Capacity(
            dials.capacity_slots,
            dials.success_seconds * dials.slow_factor,
            dials.failure_seconds * dials.slow_factor,
            clock=clock,
        )
        self.handshake_limiter = HandshakeLimiter(dials.handshake_seconds, dials.handshake_queue, sleep=self._wait)

    def admit(self) -> None:
        """Let a request in, or raise CapacityExceeded or InjectedFailure a few milliseconds later."""
        self.wear.request()
        try:
            self.capacity.take()
        except CapacityExceeded:
            self._wait(REFUSAL_SECONDS)
            raise
        if self._rng.random() < self._dials.fast500_share:
            self._work(FAST_FAILURE)
            raise InjectedFailure

    @property
    def writes(self) -> dict[str, int]:
        """How many posts were written, by the traffic that they came with."""
        return {"real": self._posts.writes, "synthetic": self._sandbox.writes}

    def feed(self, community: str, limit: int, *, synthetic: bool = False) -> list[Post]:
        """Return the newest posts of a community that this reader's replica has."""
        with self.pool.slot():
            self._work(FEED)
        # The slow answers wait for somebody else, so they do not hold a slot: the two faults stay independent.
        if self._rng.random() < self._dials.tail_share:
            self._wait(self._dials.tail_seconds)
        return self._store(synthetic).newest(community, limit)

    def write(self, community: str, body: str, *, synthetic: bool = False) -> str:
        """Write a post and return its id; synthetic ones go to the sandbox, where no real reader looks."""
        with self.pool.slot():
            self._work(WRITE)
        return self._store(synthetic).write(community, body)

    def read(self, post_id: str, *, synthetic: bool = False) -> bool:
        """Whether the reader's replica has this post by now."""
        self._work(READ)
        return self._store(synthetic).readable(post_id)

    def hot(self, key: str) -> bool:
        """Read a hot key; True if the cache had it."""
        self._work(HOT)
        return self.hot_keys.read(key)

    def _store(self, synthetic: bool) -> PostStore:  # noqa: FBT001
        return self._sandbox if synthetic else self._posts

    def _work(self, kind: ServiceTime) -> None:
        self._wait(kind.draw(self._rng))

    def _wait(self, seconds: float) -> None:
        self._sleep(seconds * self._dials.slow_factor * self.wear.slowdown)
