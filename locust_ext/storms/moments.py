"""When storms strike, and when keys go cold.

Law: pure; a moment is in seconds of the run, and scales with the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from locust_ext.load.schedule import Phase
from locust_ext.storms.options import StampedeOptions, StormOptions

LEAD = 1.0
"""Seconds before the drop at which the master asks who could drop."""

SETTLES = 1.5
"""Seconds after a release at which the origin's computations are counted."""


def moments(options: StormOptions, phases: Iterable[Phase], scale: float = 1.0) -> list[float]:
    """Return the seconds at which the storm strikes, in order; none when only people start it.

    ``at`` counts from the start of the run, or of ``phase`` (its first occurrence); ``times`` strikes follow one
    another ``every`` so often. ``phases`` are those of the schedule, scaled already.
    """
    if options.at is None and not options.phase and options.every is None:
        return []
    start = 0.0
    if options.phase:
        found = [phase.start for phase in phases if phase.name == options.phase]
        if not found:
            return []
        start = found[0]
    every = (options.every or 0.0) * scale
    first = start + (options.at if options.at is not None else (options.every or 0.0)) * scale
    return [first + n * every for n in range(options.times if options.every else 1)]


def releases(options: StampedeOptions, scale: float = 1.0) -> list[float]:
    """Return the seconds at which keys go cold and users are released, in order."""
    return [(options.at + n * options.every) * scale for n in range(options.times)]


def likely(options: StormOptions | StampedeOptions, planned: Sequence[float]) -> list[float]:
    """Return when what is planned comes at the earliest: each waits until the one before is over."""
    if isinstance(options, StormOptions):
        ahead, after = LEAD, options.lasts + options.recovery
    else:
        ahead, after = options.life, SETTLES
    found: list[float] = []
    for moment in planned:
        found.append(max(moment, ahead, found[-1] + after + ahead if found else 0.0))
    return found
