"""Who takes which share of the arrivals: the roster of the processes that make them, and the clock they agree on.

Law: pure; times are handed in. A process that has not been heard of for ``TTL`` is off the roster, and knows it: its
share runs out earlier, counted from when it *asked*. So an arrival is made once, or not at all while a loss is noticed.

::

    a worker dies    last heard    TTL    off the roster   HANDOVER   all others take its share
                         |<------ 1.0 s ------>|<-- 0.85 s -->|      less than 2 s in all
"""

from __future__ import annotations

import math

from locust_ext.load.arrivals import Share
from locust_ext.text.frozen import dataclass

REFRESH = 0.3
"""Seconds from one sign of life to the next."""

TTL = 1.0
"""Seconds of silence after which a process is off the roster."""

MARGIN = 0.2
"""Seconds by which a process ends its share early, where others could have taken it."""

HANDOVER = 0.85
"""Seconds from a new division to the instant from which it holds: who has not heard of it by then, since letters come
late or not at all, has ended its old share, which it was last given when it asked before that division."""

LEAD = 0.2
"""Seconds ahead of which all are told what is to come."""

MEMORY = 30.0
"""Seconds after which a reading of the master's clock is replaced by a worse one: clocks drift."""


@dataclass(frozen=True)
class Division:
    """A division of all arrivals among ``members`` from ``since`` seconds of the run on; the highest number holds."""

    number: int = 0
    members: tuple[str, ...] = ()
    since: float = 0.0

    def share(self, member: str) -> Share | None:
        """Return what ``member`` takes; None when it takes nothing."""
        if member not in self.members:
            return None
        return Share(self.members.index(member), len(self.members), self.since)


class Partition:
    """The processes that make arrivals; ``now`` is of any monotonic clock, ``elapsed`` of the run's, in seconds."""

    def __init__(self, ttl: float = TTL) -> None:
        self._ttl = ttl
        self._seen: dict[str, float] = {}
        self.division = Division()

    def hear(self, member: str, now: float) -> None:
        """Note a sign of life of a process that can make arrivals."""
        self._seen[member] = now

    def leave(self, member: str) -> None:
        """Take a process off the roster."""
        self._seen.pop(member, None)

    def divide(self, now: float, elapsed: float) -> bool:
        """Divide again if the roster has changed; tell whether it has.

        One division holds before the next is made: who has not heard of it would go on with the one before until then.
        """
        self._seen = {member: seen for member, seen in self._seen.items() if now - seen < self._ttl}
        members = tuple(sorted(self._seen))
        if members == self.division.members or (self.division.members and elapsed < self.division.since):
            return False
        is_first = not self.division.members and not (self.division.number and elapsed)
        since = 0.0 if is_first else elapsed + HANDOVER  # what was due before has been made, or nobody was there
        self.division = Division(self.division.number + 1, members, since)
        return True


class RunClock:
    """The run's clock as a process knows it, from the answers to its questions (Cristian's algorithm)."""

    def __init__(self) -> None:
        self._zero = math.nan
        self._error, self._read = math.inf, -math.inf

    def hear(self, elapsed: float, asked: float, received: float) -> None:
        """Learn that the run was ``elapsed`` seconds old between the two times of the process's own clock."""
        error = (received - asked) / 2
        if error <= self._error or received - self._read > MEMORY:
            self._zero = (asked + received) / 2 - elapsed
            self._error, self._read = error, received

    @property
    def zero(self) -> float:
        """When the run began, on the process's own clock; NaN as long as it has not."""
        return self._zero
