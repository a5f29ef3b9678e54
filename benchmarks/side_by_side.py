"""What a benchmark says: one figure beside its goal, and bare Locust's where there is one.

Law: both sides are measured in the same run, in turns, and compared by their median: these machines are noisy.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    goal: str
    ours: str
    stock: str
    held: bool


def in_turns(first: Callable[[], float], second: Callable[[], float], rounds: int) -> list[tuple[float, float]]:
    """Return pairs, the two sides taking turns in going first."""
    pairs = []
    for number in range(rounds):
        if number % 2:
            b = second()
            pairs.append((first(), b))
        else:
            a = first()
            pairs.append((a, second()))
    return pairs


def median_ratio(pairs: list[tuple[float, float]]) -> float:
    """Return the median of second / first."""
    return statistics.median(second / first for first, second in pairs)


def added(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return what second adds to first, and first alone, both as they are when the machine is quiet.

    A mood of the machine slows both sides of a pair, so it is not in their ratio; the ratio of most pairs is taken,
    and the first sides that were quickest, one in fifty, tell what it is a ratio of.
    """
    quiet = statistics.quantiles([first for first, _ in pairs], n=50)[0]
    return (median_ratio(pairs) - 1) * quiet, quiet
