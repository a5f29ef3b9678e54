"""What is compared between runs: a figure, how much worse it may be, and how many samples that needs.

Law: pure; a rule says everything that a judgement needs to know of its figure.
"""

from __future__ import annotations

import math
from fractions import Fraction

from locust_ext.gates.drift_units import unit_of
from locust_ext.gates.values import spell
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass

IN_THE_TAIL = 10
"""Samples beyond a percentile from which on it is compared: 1,000 in all for a p99, 200 for a p95."""

NEEDED = {Kind.RATE: 200, Kind.COUNTER: 100, Kind.TREND: 100}
"""Samples of shares and counts from which on they are compared."""


@dataclass(frozen=True)
class Rule:
    """What is compared: a selection's ``method``, and how much worse it may be."""

    selector: Selector
    kind: Kind
    method: str
    limit: float
    """0.3 means 30 % worse."""
    floor: float
    """In the metric's unit (milliseconds, or a share): what differs by less does not matter."""
    rising: bool = True
    """Whether more is worse."""
    required: bool = False
    """Whether the comparison is inconclusive when this cannot be judged."""

    @property
    def percent(self) -> float | None:
        """The percentile that it is about, if it is about one."""
        return float(self.method[2:-1]) if self.method.startswith("p(") else None

    @property
    def needed(self) -> int:
        """How many samples a run must have: ten beyond a percentile, 200 for a share, 100 for a count."""
        return NEEDED[self.kind] if self.percent is None else needed_for(self.percent)

    @property
    def room(self) -> float:
        """The limit as a logarithm of a ratio, at least 0."""
        return math.log1p(self.limit) if self.rising else -math.log1p(-min(self.limit, 0.999))

    def spell(self, value: float) -> str:
        """Return a value of this figure in its unit; trends of a locustfile's own have none that we know."""
        return spell(value, unit_of(self))

    def __str__(self) -> str:
        return f"{self.selector}: {self.method}"


@dataclass(frozen=True)
class Figure:
    """One figure of one run, with its interval; None where the samples are too few for a bound."""

    value: float
    low: float | None
    high: float | None
    count: int


def needed_for(percent: float) -> int:
    """Return how many samples are needed to compare a percentile: ten beyond it."""
    exact = Fraction(str(percent))
    tail = min(exact, 100 - exact)
    return math.ceil(100 * IN_THE_TAIL / tail) if tail else 1
