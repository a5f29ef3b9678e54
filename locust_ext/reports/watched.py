"""A series of a probe over time, as reports draw it.

Law: frozen, thinned, and free of secrets.
"""

from __future__ import annotations

from locust_ext.measure.interval_history import Point
from locust_ext.text.frozen import dataclass


@dataclass(frozen=True)
class Watched:
    """One series of one instance: seconds since the start of the run, and values; a counter's are rates a second."""

    series: str
    instance: str
    points: tuple[Point, ...] = ()
    restarts: tuple[float, ...] = ()
    """When its process began again."""
