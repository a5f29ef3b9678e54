"""A histogram at rest: to be kept by the thousand, added up and ranked, but not recorded into.

Law: it holds what the histogram held, and gives the same figures, in a tenth of its memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate

from locust_ext.measure.histogram import UNITS, Histogram, highest_in, rank_of


class PackedTrend:
    """The buckets of a histogram, lowest first, and its exact numbers."""

    __slots__ = ("_buckets", "_counts", "_numbers")

    def __init__(self, histogram: Histogram) -> None:
        one = histogram
        buckets = sorted(one.counts)
        self._buckets = array("H", buckets)
        self._counts = array("Q", map(one.counts.__getitem__, buckets))
        self._numbers = (one.total, one.low, one.high, one.clamped, one.invalid)

    def histogram(self) -> Histogram:
        """Return the histogram again."""
        return Histogram.of(dict(zip(self._buckets, self._counts, strict=True)), *self._numbers)

    def with_all(self, *others: PackedTrend) -> PackedTrend:
        """Return the sum of it and others."""
        merged = self.histogram()
        for other in others:
            merged.merge(other.histogram())
        return PackedTrend(merged)

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self._counts)

    def percentile(self, percent: float) -> float | None:
        """Return what :meth:`Histogram.percentile` returns."""
        ranks = [*accumulate(self._counts)]
        if not ranks:
            return None
        bucket = self._buckets[bisect_left(ranks, rank_of(percent, ranks[-1]))]
        return min(highest_in(bucket), self._numbers[2]) / UNITS

    @property
    def minimum(self) -> float | None:
        """The lowest value, exactly."""
        return self._numbers[1] / UNITS if self._counts else None

    @property
    def maximum(self) -> float | None:
        """The highest value, exactly."""
        return self._numbers[2] / UNITS if self._counts else None

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, exactly."""
        return self._numbers[0] / UNITS / self.count if self._counts else None
