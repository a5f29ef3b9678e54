"""A run over time: how much, how slow, how many failed, slice by slice.

Law: pure data. Percentiles of a slice are those of its own histogram, never averages of percentiles.
"""

from __future__ import annotations

from locust_ext.text.frozen import dataclass

ALL = ""
"""The name of the track of all requests."""


@dataclass(frozen=True)
class Track:
    """One endpoint, or all of them (``name`` is empty): one value a slice, durations in milliseconds."""

    name: str
    requests: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    p50: tuple[float | None, ...] = ()
    p95: tuple[float | None, ...] = ()
    p99: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """A run in slices of ``width`` seconds, the first from its start; None where nothing was measured."""

    width: float = 1.0
    users: tuple[float | None, ...] = ()
    lag: tuple[float | None, ...] = ()
    """p99 of the generator's own lag, in milliseconds."""
    cpu: tuple[float | None, ...] = ()
    """The busiest generator process, in percent of a core."""
    tracks: tuple[Track, ...] = ()
    """All requests first, then the endpoints by name."""
    open: tuple[float | None, ...] = ()
    """Requests that had begun and had not ended, at their most."""
    begun: tuple[int, ...] = ()
    """Arrivals that were begun; empty where the load has none."""
    planned: tuple[float | None, ...] = ()
    """The users that were planned, at their most; empty where nobody planned any."""
    due: tuple[float | None, ...] = ()
    """The arrivals that were planned."""
