"""Where values leap: falls that give back what was taken, and steps that happen once. Neither is a slope.

Law: pure. A leap is far beyond what values do from one to the next, and large enough to matter; what is told as a step
stays, and a value that comes back at once is neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from locust_ext.gates.trend import Piece, Point, spread_of
from locust_ext.text.frozen import dataclass

FAR = 8.0
"""Deviations of one difference beyond which it is a leap: of a normal one never, of a heavy tail rarely."""

AT_ONCE = 3
"""Samples within which a leap is over."""

AROUND = 5
"""Samples on each side whose medians say whether a step stays."""

ONCE = 2
"""Steps at the most that are told apart; more of them are stairs, and stairs rise."""


@dataclass(frozen=True)
class Step:
    """A change of level that stayed: when it was over, in seconds, and by how much."""

    at: float
    by: float


def falls_of(piece: Piece, least: float) -> list[int]:
    """Return the indices of the lowest values after each fall by at least ``least``."""
    least = max(least, FAR * _noise(piece))
    found: list[int] = []
    number = 0
    while number < len(piece) - 1:
        ahead = piece[number + 1 : number + 1 + AT_ONCE]
        low = min(range(len(ahead)), key=lambda index: ahead[index][1])
        if piece[number][1] - ahead[low][1] >= least > 0:
            number += low + 1
            found.append(number)
        else:
            number += 1
    return found


def without_steps(piece: Piece, least: float) -> tuple[list[Point], list[Step]]:
    """Return the points as if the steps up had not been, and these; of more than two, all points and none."""
    steps = list(_steps(piece, max(least, FAR * _noise(piece))))
    if not steps or len(steps) > ONCE:
        return list(piece), []
    bare = []
    for at, value in piece:
        bare.append((at, value - sum(step.by for step in steps if step.at <= at)))
    return bare, steps


def _steps(piece: Piece, least: float) -> Iterator[Step]:
    number = 0
    while number < len(piece) - 1 and least > 0:
        ahead = piece[number + 1 : number + 1 + AT_ONCE]
        high = max(range(len(ahead)), key=lambda index: ahead[index][1])
        if ahead[high][1] - piece[number][1] >= least:
            edge = number + 1
            while edge < number + 1 + high and piece[edge][1] - piece[number][1] < least / 2:
                edge += 1
            before = median(value for _, value in piece[max(0, number + 1 - AROUND) : number + 1])
            after = median(value for _, value in piece[edge : edge + AROUND])
            if after - before >= least / 2:
                yield Step(piece[edge][0], after - before)
            number = edge + high
        else:
            number += 1


def _noise(piece: Piece) -> float:
    """Return the deviation of the differences between neighbours."""
    return spread_of([after - before for (_, before), (_, after) in zip(piece, piece[1:], strict=False)])
