"""Whether values rise over time, how fast, and how sure that is: Mann-Kendall and Theil-Sen, in pieces.

Law: pure, on the standard library alone. Only values of the same piece are compared with each other: what lies between
two pieces (a restart, say) does not count. Values that follow each other are alike, and a bound that took them for
independent would cry wolf, so it is widened by what is left of that likeness.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from locust_ext.gates.intervals import normal_quantile
from locust_ext.text.frozen import dataclass

Point = tuple[float, float]
"""A time in seconds, and a value."""

Piece = Sequence[Point]
"""Points in the order of their times."""

ERROR = 0.01
"""How often, at the most, a series without a trend is given a rate above zero by its lower bound alone."""

TAME = 3.0
"""Deviations beyond which a value counts as if it were there: Huber's way with outliers."""

MOST_ALIKE = 0.8
"""The likeness of neighbours at which the widening ends: beyond it there is too little to estimate it from."""


@dataclass(frozen=True)
class Trend:
    """A rate in values a second, and the bounds between which it lies, each with an error of 1 %."""

    rate: float
    low: float
    high: float

    @property
    def blur(self) -> float:
        """How much the rate could be above zero without its lower bound being so: what could not have been seen."""
        return self.rate - self.low


def trend_of(pieces: Sequence[Piece], error: float = ERROR) -> Trend | None:
    """Return the trend of all pieces together; None where no two points can be compared.

    The rate is the median of the slopes between all pairs (Sen, 1968). Each bound is the wider of two: the slope whose
    rank encloses the rate by the variance of Kendall's S (Hollander & Wolfe, Nonparametric Statistical Methods, section
    9.3), so that a lower bound above zero is Mann and Kendall's test, too; and the standard error of a line's slope,
    widened for neighbours that are alike as a first-order autoregression would be. Over pieces both are summed, as the
    seasonal test does over seasons (Hirsch, Slack & Smith, 1982).
    """
    slopes = sorted(slope for piece in pieces for slope in _slopes(piece))
    if not slopes:
        return None
    rate, count = _middle(slopes), len(slopes)
    z = normal_quantile(1 - error)
    reach = z * math.sqrt(sum(_variance([value for _, value in piece]) for piece in pieces))
    low, high = math.floor((count - reach) / 2) - 1, math.ceil((count + reach) / 2)  # ranks from 0
    blur = z * _standard_error(pieces, rate)
    return Trend(
        rate,
        min(rate - blur, slopes[low] if low >= 0 else -math.inf),
        max(rate + blur, slopes[high] if high < count else math.inf),
    )


def rate_of(piece: Piece) -> float:
    """Return the median slope between all pairs of points; 0 of a single one."""
    slopes = sorted(_slopes(piece))
    return _middle(slopes) if slopes else 0.0


def remainders(piece: Piece, rate: float) -> list[float]:
    """Return what is left of the values beside a line of this rate through their middle."""
    bare = [value - rate * at for at, value in piece]
    middle = median(bare) if bare else 0.0
    return [value - middle for value in bare]


def spread_of(values: Sequence[float]) -> float:
    """Return the standard deviation that normal values with this median deviation would have."""
    if not values:
        return 0.0
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)


def _slopes(piece: Piece) -> Iterator[float]:
    for number, (at, value) in enumerate(piece):
        for later, then in piece[number + 1 :]:
            if later > at:
                yield (then - value) / (later - at)


def _middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _variance(values: Sequence[float]) -> float:
    """Return the variance of Kendall's S, less what ties take of it (Kendall, Rank Correlation Methods, section 4)."""
    ties = Counter(values).values()
    return (_eighteenth(len(values)) - sum(map(_eighteenth, ties))) / 18


def _eighteenth(count: int) -> float:
    return count * (count - 1) * (2 * count + 5)


def tamed(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return rows of values around 0, none of them further out than three of their deviations: the odd one blinds none.

    Where more than half of them are 0, they are as they were.
    """
    end = TAME * spread_of([value for row in rows for value in row])
    return [[max(-end, min(end, value)) if end else value for value in row] for row in rows]


def alike_of(rows: Sequence[Sequence[float]]) -> float:
    """Return the correlation of neighbours in rows of values around 0, from 0 to 0.8.

    A line that was fitted takes some of it away: (1 + 4r) / n (Kendall, 1954; Marriott & Pope, 1954), given back here.
    """
    squares = sum(value * value for row in rows for value in row)
    count = sum(map(len, rows))
    if not squares:
        return 0.0
    products = sum(one * other for row in rows for one, other in pairwise(row))
    found = max(0.0, products / squares)
    return min(MOST_ALIKE, found + (1 + 4 * found) / count)


def _standard_error(pieces: Sequence[Piece], rate: float) -> float:
    """Return the standard error of a rate, of the pieces' lines around it; neighbours that are alike widen it."""
    rows = [_centred(value - rate * at for at, value in piece) for piece in pieces]
    width = sum(at * at for piece in pieces for at in _centred(at for at, _ in piece))
    freedom = sum(len(row) - 1 for row in rows) - 1
    if freedom < 1 or not width:
        return math.inf
    rows = tamed(rows)
    alike = alike_of(rows)
    squares = sum(value * value for row in rows for value in row)
    return math.sqrt(squares / freedom / width * (1 + alike) / (1 - alike))


def student(z: float, freedom: int) -> float:
    """Return the quantile of Student's t as likely as ``z`` is of a normal one; within 3 % from 3 of freedom on.

    The first terms of its expansion (Cornish & Fisher; Abramowitz & Stegun, 26.7.5).
    """
    one = (z**3 + z) / 4
    two = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + one / freedom + two / freedom**2 + three / freedom**3


def _centred(values: Iterable[float]) -> list[float]:
    every = list(values)
    middle = sum(every) / len(every) if every else 0.0
    return [value - middle for value in every]
