"""When storms strike.

Law: pure; a moment is in seconds of the run, and scales with the shape.
"""

from __future__ import annotations

from collections.abc import Iterable

from locust_ext.load.schedule import Phase
from locust_ext.storms.options import StormOptions


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
