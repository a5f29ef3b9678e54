"""What a series was, interval by interval.

Law: bounded, whatever the length of the run, and nothing is dropped: when there are too many intervals, neighbours are
merged and each covers twice the time.
"""

from __future__ import annotations

from locust_ext.text.frozen import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class History:
    """A series over time: seconds since the start of the run, and values."""

    points: tuple[Point, ...] = ()
    restarts: tuple[float, ...] = ()
    """When its process began again."""
    interval: float = 1.0
    """Seconds between two points."""
    missing: str = ""
    """Why there are no points, where that is known."""
