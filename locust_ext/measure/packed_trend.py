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


class RestingTrend:
    """A trend that is added to for a while and then kept: open, or packed in parts that are added up when asked for."""

    __slots__ = ("_open", "_parts")

    def __init__(self) -> None:
        self._open: Histogram | None = None
        self._parts: list[PackedTrend] = []

    def add(self, other: Histogram) -> None:
        """Add the values of a histogram."""
        if self._open is None:
            self._open = self.histogram() if self._parts else Histogram()
            self._parts = []
        self._open.merge(other)

    def rest(self) -> None:
        """Pack what is open."""
        if self._open is not None:
            self._parts, self._open = [PackedTrend(self._open)], None

    def take_over(self, other: RestingTrend) -> None:
        """Take the values of another one, which is not used any more; they are added up when there is time for it."""
        self.rest()
        other.rest()
        self._parts += other._parts

    def whole(self) -> Histogram | PackedTrend:
        """Return all of it, to read."""
        if self._open is not None:
            return self._open
        if len(self._parts) != 1:
            self._parts = [PackedTrend(Histogram()).with_all(*self._parts)]
        return self._parts[0]

    def histogram(self) -> Histogram:
        """Return a histogram of all of it, to read."""
        found = self.whole()
        return found if isinstance(found, Histogram) else found.histogram()
