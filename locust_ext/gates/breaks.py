"""Where values leap: falls that give back what had risen, and steps that happen once. Neither is a slope.

Law: pure. A leap is far beyond what values do from one to the next, and large enough to matter; what is told as a step
stays, and a value that comes back at once is neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from locust_ext.gates.trend import Piece, Point, spread_of
from locust_ext.text.frozen import dataclass

FAR = 8.0
"""Deviations of one difference beyond which it is a leap: of a normal one never, of a heavy tail rarely."""

AT_ONCE = 3
"""Samples within which a leap is over."""

AROUND = 5
"""Samples on each side twice, whose medians say whether a step stays."""

WIDE = 15
"""Samples on each side whose medians say how large it is."""

ONCE = 2
"""Steps at the most that are told apart; more of them are stairs, and stairs rise."""


@dataclass(frozen=True)
class Step:
    """A change of level that stayed: when it was over, in seconds, and by how much."""

    at: float
    by: float


def falls_of(piece: Piece, least: float) -> list[int]:
    """Return the indices of the lowest values after each fall by at least ``least`` of what had risen before."""
    least = max(least, FAR * _noise(piece))
    found: list[int] = []
    number, low = 0, piece[0][1] if piece else 0.0
    while number < len(piece) - 1 and least > 0:
        value = piece[number][1]
        low = min(low, value)
        ahead = piece[number + 1 : number + 1 + AT_ONCE]
        lowest = min(range(len(ahead)), key=lambda index: ahead[index][1])
        fall = value - ahead[lowest][1]
        number += 1
        if fall >= least:
            number += lowest
            while number < len(piece) - 1 and piece[number][1] - piece[number + 1][1] >= least / 4:
                number += 1  # it is still falling
            fall = value - piece[number][1]
            if value - low >= fall / 2:
                found.append(number)
            low = piece[number][1]
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
        highest = max(range(len(ahead)), key=lambda index: ahead[index][1])
        leap = ahead[highest][1] - piece[number][1]
        number += 1
        if leap < least:
            continue
        edge = next(index for index in range(number, len(piece)) if piece[index][1] - piece[number - 1][1] >= leap / 2)
        number += highest
        earlier, before, after, later = (_level(piece, edge + AROUND * place) for place in (-2, -1, 0, 1))
        if None in (earlier, before, after, later):
            continue
        by = after - before  # type: ignore[operator]
        if by >= least / 2 and max(abs(before - earlier), abs(later - after)) <= by / 4:  # type: ignore[operator]
            wide = piece[max(0, edge - WIDE) : edge], piece[edge : edge + WIDE]
            yield Step(piece[edge][0], median(v for _, v in wide[1]) - median(v for _, v in wide[0]))


def _level(piece: Piece, start: int) -> float | None:
    """Return the median of the next values from an index on; None where there are too few."""
    values = [value for _, value in piece[start : start + AROUND]] if start >= 0 else []
    return median(values) if len(values) == AROUND else None


def _noise(piece: Piece) -> float:
    """Return the deviation of the differences between neighbours."""
    return spread_of([after - before for (_, before), (_, after) in pairwise(piece)])
