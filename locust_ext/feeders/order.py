"""The orders in which rows are handed out: a permutation that needs no memory, and Zipf's law.

Law: pure; numbers and chance are handed in. The work of one row does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable

ROUNDS = 4
_MASK = (1 << 64) - 1


class Shuffle:
    """The numbers below ``size`` in an order of chance, each once: a Feistel network over ``key``, walked in cycles."""

    def __init__(self, size: int, key: int) -> None:
        self._size = size
        self._half = max(1, (max(1, size - 1).bit_length() + 1) // 2)
        self._low = (1 << self._half) - 1
        self._keys = [_mixed(key + number) for number in range(1, ROUNDS + 1)]

    def __getitem__(self, place: int) -> int:
        """Return the number at a place; both are below ``size``."""
        number = self._round(place)
        while number >= self._size:  # the network is at most four times as large
            number = self._round(number)
        return number

    def _round(self, number: int) -> int:
        left, right = number >> self._half, number & self._low
        for key in self._keys:
            left, right = right, left ^ (_mixed(right ^ key) & self._low)
        return left << self._half | right


def _mixed(number: int) -> int:
    """Return the bits of a number, each of them spread over all: the finisher of splitmix64."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


class Zipf:
    """Ranks from 0 to ``size - 1``, each drawn as often as ``(rank + 1) ** -exponent`` says.

    By rejection-inversion (Hörmann and Derflinger 1996): two or three draws of ``uniform`` a rank, and no table.
    """

    def __init__(self, size: int, exponent: float, uniform: Callable[[], float]) -> None:
        self._size, self._exponent, self._uniform = size, exponent, uniform
        self._first = self._area(1.5) - 1.0
        self._last = self._area(size + 0.5)
        self._sure = 2.0 - self._inverse(self._area(2.5) - math.pow(2.0, -exponent))

    def draw(self) -> int:
        """Return a rank."""
        while True:
            at = self._last + self._uniform() * (self._first - self._last)
            x = self._inverse(at)
            rank = min(self._size, max(1, int(x + 0.5)))
            if rank - x <= self._sure or at >= self._area(rank + 0.5) - math.pow(rank, -self._exponent):
                return rank - 1

    def _area(self, x: float) -> float:
        """Return the area under the law up to ``x``, but for a constant."""
        power = 1.0 - self._exponent
        log = math.log(x)
        return log if abs(power) < 1e-9 else math.expm1(power * log) / power  # noqa: PLR2004 there it is a logarithm

    def _inverse(self, area: float) -> float:
        power = 1.0 - self._exponent
        if abs(power) < 1e-9:  # noqa: PLR2004 as above
            return math.exp(area)
        return math.exp(math.log1p(max(-1.0 + 1e-15, area * power)) / power)
