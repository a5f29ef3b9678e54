"""``wait_time = arrival_rate("200/s")``: one user class of a locustfile in the open model.

Law: all users of the class together start that many tasks a second, on all workers, however long each task takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from locust_ext.load.arrivals import Spacing
from locust_ext.load.options import STEADY
from locust_ext.load.pieces import Line
from locust_ext.load.scenario import Pool, Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.text.lengths import quoted
from locust_ext.text.units import SLOWEST_ARRIVALS, parse_duration, parse_rate


class ArrivalRate:
    """A rate of arrivals in the place of a wait time."""

    def __init__(self, rate: float, pool: Pool) -> None:
        self.rate, self.pool = rate, pool

    def __call__(self, *_: Any) -> float:
        """Raise RuntimeError: only a run that knows of the rate can keep to it."""
        raise RuntimeError(
            "arrival_rate() paces whole user classes: set it as wait_time of a User class (not of a TaskSet), and call "
            "locust_ext.install() at the top of the locustfile"
        )

    def scenario(self, user: str) -> Scenario:
        """Return the load of the class called ``user``; its pool are the users that Locust is told to run."""
        schedule = Schedule((Line(STEADY, math.inf, self.rate, self.rate),))
        return Scenario(user, schedule, (user,), pool=self.pool)


def arrival_rate(rate: str | float, spacing: Spacing = "uniform", patience: str | float = "5s") -> ArrivalRate:
    """Return a ``wait_time`` that turns a user class open: ``rate`` tasks a second, such as ``"200/s"``.

    It is the rate of all users of the class together; how many there are (``-u``, or a shape) bounds how many tasks can
    be under way at once. A task that finds no free user within ``patience`` counts in ``dropped_iterations``.
    ``spacing`` is ``uniform`` or ``poisson``.

    Raises ValueError for a rate, a patience or a spacing that is none.
    """
    if spacing not in ("uniform", "poisson"):
        raise ValueError(f"{quoted(spacing)} is not a spacing; write uniform or poisson")
    return ArrivalRate(
        parse_rate(rate, SLOWEST_ARRIVALS), Pool(None, spacing=spacing, patience=parse_duration(patience))
    )


def rates_of(classes: Iterable[type[Any]]) -> tuple[Scenario, ...]:
    """Return the loads of those user classes whose ``wait_time`` is a rate of arrivals."""
    return tuple(
        wait_time.scenario(user.__name__)
        for user in classes
        if isinstance(wait_time := getattr(user, "wait_time", None), ArrivalRate)
    )
