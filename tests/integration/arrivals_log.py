"""A target that notes when each request came, and how near that is to when it was due: the benchmarks' own.

``with ArrivalLog(answer_after=0.5) as target: ... log = target.stop()``
"""

from __future__ import annotations

from benchmarks.arrival_log import ArrivalLog, Log
from benchmarks.grid import deviation, deviations, variation_of_gaps

__all__ = ["ArrivalLog", "Log", "counted", "deviation", "deviations", "variation_of_gaps"]


def counted(times: list[float], width: float = 1.0) -> list[int]:
    """Return how many arrivals there were in each slice of ``width`` seconds from the first on; the last may be short."""
    if not times:
        return []
    begin = min(times)
    slices = [0] * (int((max(times) - begin) / width) + 1)
    for at in times:
        slices[int((at - begin) / width)] += 1
    return slices
