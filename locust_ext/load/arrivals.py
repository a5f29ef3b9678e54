"""When iterations are due: arrivals as a pure function of a schedule's area.

Law: arrival ``n`` is due when the area reaches ``n``, so that nothing drifts and any stretch of time has as many
arrivals as area, to one. Many processes share one schedule: of ``n`` each takes every ``of``-th, beginning with its own
``index``, and a new share holds from an instant that all know. Times are seconds of the schedule.

::

    area  |            4  5  6 7 8        uniform: due at the areas 0, 1, 2 ...
          |     1 2 3                     poisson: the steps between are exponential, of mean 1
          +0----------------------> t     (time rescaling: Brown et al., 2002)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from locust_ext.load.schedule import Schedule
from locust_ext.text.frozen import dataclass

Spacing = Literal["uniform", "poisson"]

Draw = Callable[[float], float]
"""Returns an exponential variate of the given rate, as ``random.Random.expovariate`` does."""

_ROUNDING = 1e-9
"""An area that was reached before is not reached again for the sake of its last digits."""


@dataclass(frozen=True)
class Share:
    """What a process takes of all arrivals from ``since`` on: those whose number divided by ``of`` leaves ``index``."""

    index: int = 0
    of: int = 1
    since: float = 0.0


class Uniform:
    """Evenly spaced arrivals of one process; ``due`` is the next one's time, infinity when there is none."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule, self._share = schedule, Share()
        self._number, self._last = 0, -1
        self.due = schedule.when(0)

    def advance(self) -> None:
        """Go on to the next arrival."""
        self._last = self._number
        self._go(self._number + self._share.of)

    def take(self, share: Share) -> None:
        """Take another share; what came before it is passed over, and nothing comes twice."""
        self._share = share
        first = max(self._first(share.since), self._last + 1)
        self._go(first + (share.index - first) % share.of)

    def is_before(self, since: float) -> bool:
        """Tell whether the next arrival is none of a share that holds from that instant on."""
        return self._number < self._first(since)

    def _first(self, since: float) -> int:
        """Return the number of the first arrival from that instant on: one side of it must not round otherwise."""
        return math.ceil(self._schedule.area(since) - _ROUNDING)

    def follow(self, schedule: Schedule) -> None:
        """Follow a schedule that agrees with the one before up to now."""
        self._schedule = schedule
        self._go(self._number)

    def _go(self, number: int) -> None:
        self._number = number
        self.due = self._schedule.when(number)


class Poisson:
    """Arrivals that know nothing of each other, as those of independent clients.

    Each process draws its own: together they are a Poisson process again, of the sum of the rates.
    """

    def __init__(self, schedule: Schedule, draw: Draw) -> None:
        self._schedule, self._share, self._exponential = schedule, Share(), draw
        self._area = self._last = 0.0
        self._draw(0.0)

    def advance(self) -> None:
        """Go on to the next arrival."""
        self._last = self._area
        self._draw(self._area)

    def take(self, share: Share) -> None:
        """Take another share; the process has no memory, so it simply begins there."""
        self._share = share
        self._draw(max(self._schedule.area(share.since), self._last))

    def is_before(self, since: float) -> bool:
        """Tell whether the next arrival is none of a share that holds from that instant on."""
        return self.due < since

    def follow(self, schedule: Schedule) -> None:
        """Follow a schedule that agrees with the one before up to now."""
        self._schedule = schedule
        self.due = schedule.when(self._area)

    def _draw(self, area: float) -> None:
        self._area = area + self._exponential(1 / self._share.of)
        self.due = self._schedule.when(self._area)


Arrivals = Uniform | Poisson


def arrivals(schedule: Schedule, spacing: Spacing, draw: Draw) -> Arrivals:
    """Return the arrivals of ``schedule``, of which a process takes all until it is given a share."""
    return Poisson(schedule, draw) if spacing == "poisson" else Uniform(schedule)
