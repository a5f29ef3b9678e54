"""How near arrivals came to where they were due, told from their times alone.

Law: pure. When the first one was due is not known here, so it is fitted, as the median over all of them: what is left
is how far they lie from a perfect grid, wherever that begins.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Deviation:
    """Milliseconds between arrivals and their places on the grid, early or late."""

    p50: float
    p99: float
    max: float


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of the ordered numbers that ``percent`` of them do not exceed."""
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def deviations(times: Sequence[float], due: Callable[[int], float]) -> list[float]:
    """Return how late each arrival was, in seconds, negative if early; ``due`` gives an arrival's place by its number.

    ``lambda k: k / rate`` for a constant rate; for a ramp, the time at which the schedule asked for arrival ``k``.
    """
    offsets = [at - due(number) for number, at in enumerate(sorted(times))]
    begin = statistics.median(offsets)
    return [offset - begin for offset in offsets]


def deviation(times: Sequence[float], rate: float) -> Deviation:
    """Return how far arrivals lie from a grid of ``rate`` a second."""
    distances = sorted(abs(late) * 1000 for late in deviations(times, lambda number: number / rate))
    return Deviation(percentile(distances, 50), percentile(distances, 99), distances[-1])


def variation_of_gaps(times: Sequence[float]) -> float:
    """Return the standard deviation of the gaps over their mean: 0 on a grid, 1 in a Poisson process."""
    gaps = [after - before for before, after in pairwise(sorted(times))]
    return statistics.pstdev(gaps) / statistics.fmean(gaps)
