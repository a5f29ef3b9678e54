"""How many arrivals were due, by the schedule alone.

Law: pure. What processes say that they made is compared with what the schedule asked for, so that a process which is
cut off cannot make the load smaller by making less of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from locust_ext.load.scenario import Scenario
from locust_ext.text.frozen import dataclass

CUT_OFF = 1.0
"""Seconds before a stop of which it is not known what was begun: messages take their time."""

DEVIATIONS = 4.0
"""Standard deviations that Poisson arrivals may be fewer than their mean."""


@dataclass(frozen=True)
class Due:
    """Arrivals that were due of one scenario; ``name`` is empty where it is the only load."""

    name: str
    count: int
    room: float
    """How many may be missing though all is well."""

    def missing(self, made: float) -> int:
        """Return how many were never made, if more than there is room for; ``made`` were begun, dropped or cut off."""
        missing = round(self.count - made)
        return missing if missing > self.room else 0


def due_by(scenarios: Sequence[Scenario], elapsed: float, processes: int = 1) -> list[Due]:
    """Return the arrivals of open scenarios that were due ``elapsed`` seconds into their time."""
    found = []
    for scenario in scenarios:
        if scenario.pool is None:
            continue
        ended = elapsed >= scenario.end
        until = scenario.end if ended else max(0.0, elapsed - CUT_OFF)
        area = scenario.course.area(until)
        if not math.isfinite(area):
            continue
        random = DEVIATIONS * math.sqrt(area) if scenario.pool.spacing == "poisson" else 0.0
        name = scenario.name if scenario.tags is not None else ""
        found.append(Due(name, math.ceil(area - 1e-9), random + processes))
    return found
