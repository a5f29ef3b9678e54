"""One client's back-off, as data: a curve, a jitter, a cap and their order, and everything that ends or restarts it.

Law: pure. A policy draws from the ``random.Random`` it is handed and from nothing else; computes in the client's own
unit, in the client's own order, and converts to seconds last, so that fed with the same numbers it equals the client.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from enum import Enum
from itertools import islice
from random import Random

from locust_ext.storms.curves import Constant, Curve, power
from locust_ext.storms.jitter import Jitter, NoJitter
from locust_ext.storms.rounding import Quantise as Quantise  # noqa: PLC0414 presets import it from here
from locust_ext.text.frozen import dataclass

LONGEST = 366 * 86_400.0
"""Seconds beyond which no wait goes: a cap of a year, so that no attempt number overflows anything."""

MILLISECONDS = 0.001
SECONDS = 1.0


class Order(Enum):
    """Whether the cap comes before the jitter, after it, or both."""

    CAP_FIRST = "the jitter may go beyond the cap"
    CAP_LAST = "the cap cuts the jitter off"
    BOTH = "before and after"


class Clock(Enum):
    """From when a wait is counted."""

    ATTEMPT_END = "from the failure of the attempt"
    ATTEMPT_START = "from the start of the attempt: a quick failure waits its slot out"


class Reset(Enum):
    """When the count of attempts starts again."""

    ON_OPEN = "when the connection opens"
    ON_READY = "when the server has accepted the client (CONNACK, ack, reply)"
    ON_UPTIME = "when the connection has lasted for `uptime`"
    PER_INCIDENT = "with each loss of a connection, whatever came before"


class Reaction(Enum):
    """What a client does about one cause."""

    RETRY = "wait and try again"
    IMMEDIATE = "try again without a wait"
    STOP = "give up"


class HintRule(Enum):
    """What a client does with the wait that a server asks for (Retry-After, ``retry:``, pushback)."""

    IGNORE = "nothing"
    REPLACE = "waits as long as that, instead of its own wait"
    AT_LEAST = "waits at least as long as that"


@dataclass(frozen=True, slots=True)
class Hint:
    """How a server's hint is respected: the rule, and the longest wait it can ask for, in seconds."""

    rule: HintRule = HintRule.IGNORE
    limit: float = math.inf
    beyond: float = math.inf
    """Seconds above the client's own wait that the server can ask for at most."""
    resets: bool = False
    """Whether the curve starts again after a hint (gRPC's pushback)."""


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long one attempt may take, in seconds: ``max(first * factor**n up to cap, the wait where so said)``."""

    first: float = math.inf
    factor: float = 1.0
    cap: float = math.inf
    at_least_the_wait: bool = False

    def at(self, n: int, wait: float) -> float:
        """Return the timeout of attempt ``n`` (from 0) that came after ``wait`` seconds; infinite for none."""
        value = min(self.first * power(self.factor, n), self.cap)
        return max(value, wait) if self.at_least_the_wait else value


@dataclass(frozen=True, slots=True)
class Draw:
    """A wait of its own before the curve begins: ``low + u * (high - low)``; drawn only where they differ."""

    low: float
    high: float | None = None

    def draw(self, rng: Random) -> float:
        """Return the wait."""
        return self.low if self.high is None else self.low + rng.random() * (self.high - self.low)


@dataclass(frozen=True)
class Backoff:
    """Everything about how one client comes back. Waits are in ``unit`` seconds until they are yielded."""

    curve: Curve = field(default_factory=lambda: Constant(0.0))
    jitter: Jitter = field(default_factory=NoJitter)
    cap: float = math.inf
    order: Order = Order.CAP_FIRST
    offset: float = 0.0
    """Added after the jitter and before the last cap."""
    floor: float = -math.inf
    quantise: Quantise = Quantise.NONE
    prefix: tuple[Draw, ...] = ()
    unit: float = SECONDS
    clock: Clock = Clock.ATTEMPT_END
    reset: Reset = Reset.ON_OPEN
    uptime: float = 0.0
    """Seconds that a connection must last for :attr:`Reset.ON_UPTIME`."""
    attempts: float = math.inf
    """Attempts after one loss; then ``then``, or the end."""
    elapsed: float = math.inf
    """Seconds of waiting after which ``then`` follows, or the end."""
    cut: bool = False
    """Whether a wait that is pending when ``elapsed`` passes is cut short: ``then`` (Ably) or the end comes at once."""
    then: Backoff | None = None
    hint: Hint = field(default_factory=Hint)
    timeout: Timeout = field(default_factory=Timeout)
    causes: Mapping[str, Reaction] = field(default_factory=dict)
    """By cause (``close:1000``, ``status:401``, ``reset``): what is done; RETRY where nothing is said."""
    detection: float | None = None
    """Seconds until the client notices a connection that died without a word (heartbeat); None: it never does."""

    def settled(self, rng: Random) -> Backoff:
        """Return the policy of one client: what it draws once, as at the load of a page, is drawn."""
        curve, then = self.curve.settled(rng), self.then and self.then.settled(rng)
        return self if curve is self.curve and then is self.then else replace(self, curve=curve, then=then)

    def delays(self, rng: Random) -> Iterator[float]:
        """Yield the waits before each attempt of one incident, in seconds; the end means that the client gives up."""
        count, waited = 0, 0.0
        limit = self.elapsed / self.unit
        then = self.then.delays(rng) if self.then is not None else iter(())
        raws = self._raw(rng)
        while count < self.attempts and (waited < limit or math.isinf(limit)):
            raw = next(raws, None)
            if raw is None:
                break
            if self.cut and waited + raw > limit:
                first = islice(then, 1) if self.then is not None else (0.0,)
                yield from (min((limit - waited + wait / self.unit) * self.unit, LONGEST) for wait in first)
                break
            yield min(raw * self.unit, LONGEST)
            count, waited = count + 1, waited + max(0.0, raw)
        yield from then

    def _raw(self, rng: Random) -> Iterator[float]:
        for draw in self.prefix:
            yield draw.draw(rng)
        for value in self.curve.values(rng):
            yield self.shape(value, rng)

    def shape(self, value: float, rng: Random) -> float:
        """Return one raw wait with jitter, cap, floor and rounding, in the client's unit."""
        if self.order is not Order.CAP_LAST:
            value = min(value, self.cap)
        value = self.jitter.apply(value, rng) + self.offset
        if self.order is not Order.CAP_FIRST:
            value = value if math.isnan(value) else min(value, self.cap)
        value = value if math.isnan(value) else max(value, self.floor)
        return self.quantise.round(value)

    def first(self, count: int, rng: Random) -> list[float]:
        """Return the first ``count`` waits of one new client; fewer when it gives up before."""
        return list(islice(self.settled(rng).delays(rng), count))
