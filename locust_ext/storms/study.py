"""What is seen of one client's back-off: the ranges of its waits, how it ends, and what a herd of it does.

Law: pure. Nothing is derived from the policy's words; all of it is read off many seeded draws of the very policy that
a storm would follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any

from locust_ext.storms.backoff import Backoff
from locust_ext.storms.herd import MOST_SLOTS, SLOT, curve, peak, simulate
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

SHOWN = 8
"""Waits that are shown; as many again decide whether later ones are the same for everyone."""

DRAWS = 2000
HERD = 1000
SPAN = 10.0
"""Seconds that a herd is followed for at least."""

_DRAWN = 2 * SHOWN
_MOST_ATTEMPTS = 2000
_CLIENTS_TO_THE_END = 20


@dataclass(frozen=True)
class Wait:
    """The wait before one attempt: its range over all draws in seconds, and the share of clients that get there."""

    low: float
    high: float
    share: float = 1.0

    @property
    def is_fixed(self) -> bool:
        """Whether chance has no part in it."""
        return self.low == self.high

    def __str__(self) -> str:
        text = f"{spell(self.low)}, always the same" if self.is_fixed else f"{spell(self.low)} .. {spell(self.high)}"
        return text if self.share == 1 else f"{text} ({self.share:.0%} get there)"


@dataclass(frozen=True)
class Study:
    """What was seen of a policy: its waits, and the attempts by slot of a herd until ``span`` seconds."""

    name: str
    version: str
    package: str
    policy: Backoff
    waits: tuple[Wait, ...]
    end: str
    slots: Mapping[int, int]
    span: float

    @property
    def peak(self) -> int:
        """The most attempts within 100 ms."""
        return peak(self.slots)

    @property
    def same_from(self) -> int | None:
        """From which wait on, counted from 1, all clients wait the same, after others that chance spread; or None."""
        fixed = 0
        for wait in reversed(self.waits):
            if not wait.is_fixed:
                break
            fixed += 1
        return len(self.waits) - fixed + 1 if 0 < fixed < len(self.waits) else None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can say it; what is endless is null."""
        timeout = self.policy.timeout.first
        return {
            "client": self.name,
            "version": self.version,
            "package": self.package,
            "waits": [{"low": wait.low, "high": wait.high, "share": wait.share} for wait in self.waits[:SHOWN]],
            "end": self.end,
            "connect_timeout": timeout if math.isfinite(timeout) else None,
            "reset": self.policy.reset.name.lower(),
            "clients": HERD,
            "seconds": self.span,
            "attempts_per_100ms": curve(self.slots, self.span),
            "peak_per_100ms": self.peak,
            "same_for_everyone_from": 1 if all(wait.is_fixed for wait in self.waits) else self.same_from,
        }


def span_of(policy: Backoff, seed: int = 0) -> float:
    """Return the seconds that a herd must be followed for: ten, or until the last one has made its first attempt."""
    firsts = [wait for draw in range(HERD) for wait in policy.first(1, Random(f"{seed} {draw}"))]  # noqa: S311
    latest = math.ceil(max(firsts, default=0.0) + SLOT)
    return min(max(SPAN, float(latest)), MOST_SLOTS * SLOT)


def study(name: str, version: str, package: str, policy: Backoff, span: float, seed: int = 0) -> Study:
    """Return what 2,000 clients draw and what 1,000 do in the first ``span`` seconds."""
    drawn = [policy.first(_DRAWN, Random(f"{seed} {draw}")) for draw in range(DRAWS)]  # noqa: S311
    waits = []
    for n in range(_DRAWN):
        column = [delays[n] for delays in drawn if n < len(delays)]
        if column:
            waits.append(Wait(min(column), max(column), len(column) / DRAWS))
    return Study(name, version, package, policy, tuple(waits), _end(policy, seed), _herd(policy, span, seed), span)


def spell(seconds: float) -> str:
    """Return seconds as people say them: ``50 ms``, ``1.25 s``, ``15 min``."""
    if 0 < seconds < 0.9995:  # noqa: PLR2004 what rounds to a second is one
        return f"{seconds * 1000:.3g} ms"
    return f"{round(seconds, 2):g} s" if seconds < 600 else f"{round(seconds / 60, 1):g} min"  # noqa: PLR2004 ten minutes


class _Spy(Random):
    """A source of chance that knows whether anybody asked."""

    asked = False

    def random(self) -> float:
        """Return a number, and remember it."""
        self.asked = True
        return super().random()

    def getrandbits(self, k: int, /) -> int:
        """Return bits, and remember it."""
        self.asked = True
        return super().getrandbits(k)


def _herd(policy: Backoff, span: float, seed: int) -> dict[int, int]:
    """Return the attempts of the herd by slot; where no chance is drawn one client stands for all."""
    spy, until = _Spy(seed), span
    for n, delay in enumerate(policy.settled(spy).delays(spy)):
        until -= max(delay, SLOT / 100 if n else 0.0)
        if spy.asked or until <= 0:
            break
    if spy.asked:
        return simulate(policy, HERD, span, Random(seed))  # noqa: S311
    return {slot: HERD * count for slot, count in simulate(policy, 1, span, Random(seed)).items()}  # noqa: S311


def _lengths(policy: Backoff, seed: int) -> Iterator[int]:
    for draw in range(_CLIENTS_TO_THE_END):
        rng = Random(f"{seed} {draw}")  # noqa: S311
        yield sum(1 for _ in islice(policy.settled(rng).delays(rng), _MOST_ATTEMPTS))


def _end(policy: Backoff, seed: int) -> str:
    lengths = sorted(_lengths(policy, seed))
    fewest, most = lengths[0], lengths[-1]
    waiting = f"{spell(policy.elapsed)} of waiting" if math.isfinite(policy.elapsed) else ""
    if most == _MOST_ATTEMPTS:
        if policy.then is not None:
            first = " or ".join(filter(None, (waiting, _attempts(policy.attempts))))
            return f"never; after {first} it goes on in another way" if first else "never"
        limits = " or ".join(filter(None, (_attempts(policy.attempts), waiting)))
        return f"after {limits}" if limits else "never: it tries for ever"
    if most == 0:
        return "at once: it does not try again"
    seen = plural(most, "attempt") if fewest == most else f"{fewest:,} to {plural(most, 'attempt')}"
    return f"after {seen}" + (f", as {waiting} are over" if waiting and policy.attempts > most else "")


def _attempts(number: float) -> str:
    return plural(number, "attempt") if math.isfinite(number) else ""
