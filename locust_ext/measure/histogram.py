"""Exact percentiles in bounded memory: HdrHistogram's buckets, kept sparsely.

Law: every value that is offered is accounted for, either in a bucket or in a counter that says why not;
merging is associative, commutative and lossless.

The buckets are those of HdrHistogram with 3 significant digits and a unit of a thousandth (a millisecond's
thousandth is a microsecond): below 2,048 units one bucket a unit, above it 1,024 buckets for each doubling, so a
bucket is never wider than 0.1 % of its values. Only buckets that hold something are stored. That makes taking a
second's values an exchange of dictionaries and sending them a short list, where the dense array of
``hdrh.histogram.HdrHistogram`` costs 136 KiB a series and half a millisecond for each report;
:meth:`Histogram.to_hdr` gives that array when a file or another tool wants it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from locust_ext.process.wire import MOST_COUNT, UnfitError

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

UNITS = 1000
"""Units in one of the caller's (milliseconds are stored as microseconds)."""

HIGHEST = 1_000_000_000 * UNITS
"""The highest unit that is stored as itself; in milliseconds, eleven days."""

SIGNIFICANT_DIGITS = 3
ROW_PARTS = 6
MOST_SHARES = 256
"""Percentages whose exact share is remembered."""

_WIDTH_BITS = 11  # 2,048 is the first power of two that is at least 2 * 10^3


def bucket_of(unit: int) -> int:
    """Return the index of the HdrHistogram bucket that holds ``unit``."""
    shift = unit.bit_length() - _WIDTH_BITS
    return unit if shift <= 0 else (shift << (_WIDTH_BITS - 1)) + (unit >> shift)


def highest_in(bucket: int) -> int:
    """Return the highest unit that falls into ``bucket``."""
    half = 1 << (_WIDTH_BITS - 1)
    if bucket < 2 * half:
        return bucket
    shift = (bucket >> (_WIDTH_BITS - 1)) - 1
    return ((half + (bucket & (half - 1)) + 1) << shift) - 1


def lowest_in(bucket: int) -> int:
    """Return the lowest unit that falls into ``bucket``."""
    return highest_in(bucket - 1) + 1 if bucket else 0


def rank_of(percent: float, count: int) -> int:
    """Return the rank of a percentile among ``count`` values, counted from 1: ``ceil(count * percent / 100)``."""
    above, below = _share(percent)
    return min(max(1, -(-count * above // below)), count)


@lru_cache(maxsize=MOST_SHARES)
def _share(percent: float) -> tuple[int, int]:
    """Return a percentage as written, as a fraction of one: figures of each second ask for the same few."""
    return (Fraction(str(percent)) / 100).as_integer_ratio()


class Histogram:
    """A distribution of durations (or of any numbers from 0 to a thousand million, to three decimals)."""

    __slots__ = ("clamped", "counts", "high", "invalid", "low", "total")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.low = HIGHEST
        self.high = 0
        self.clamped = 0
        """Values above the range, stored as its end: they fail a gate, they do not vanish."""
        self.invalid = 0
        """Values that are none: negative, NaN, None or no number. They are in no bucket."""

    def record(self, value: float | None) -> None:
        """Count one value, in the caller's unit; out of range it is clamped or counted as invalid."""
        self.record_all((value,))

    def record_all(self, values: Iterable[float | None]) -> None:
        """Count every value; see :meth:`record`. On this the cost of a request rests: most steps are one for all."""
        offered = [*values]
        if not offered:
            return
        try:
            units = [int(value * 1000 + 0.5) for value in offered]  # type: ignore[operator]  # None is odd
            low, high = min(units), max(units)
            is_sound = min(offered) >= 0 and high <= HIGHEST  # type: ignore[type-var, operator]
        except (TypeError, ValueError, OverflowError):
            is_sound = False
        if not is_sound:
            self._record_apart(offered)
            return
        counts = self.counts
        seen = counts.get
        for unit in units:
            shift = unit.bit_length() - 11
            bucket = unit if shift <= 0 else (shift << 10) + (unit >> shift)
            counts[bucket] = seen(bucket, 0) + 1
        self.total += sum(units)
        self.low, self.high = min(self.low, low), max(self.high, high)

    def _record_apart(self, values: list[float | None]) -> None:
        """Count values of which at least one is odd: the sound ones together, and each odd one by itself."""
        sound: list[float | None] = []
        odd: list[object] = []
        for value in values:
            try:
                is_sound = value >= 0 and int(value * 1000 + 0.5) <= HIGHEST  # type: ignore[operator]  # None is odd
            except (TypeError, ValueError, OverflowError):
                is_sound = False
            (sound if is_sound else odd).append(value)
        self.record_all(sound)
        for one in odd:
            self._record_odd(one)

    def _record_odd(self, value: object) -> None:
        if isinstance(value, (int, float)):
            if value > 0:
                self.clamped += 1
                self.merge(Histogram.of({bucket_of(HIGHEST): 1}, HIGHEST, HIGHEST, HIGHEST))
            else:
                self.invalid += 1
            return
        try:
            number = None if isinstance(value, (str, bytes)) else float(value)  # type: ignore[arg-type]  # a Decimal, say
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None:
            self.invalid += 1
        else:
            self.record_all((number,))

    @classmethod
    def of(
        cls, counts: dict[int, int], total: int, low: int, high: int, clamped: int = 0, invalid: int = 0
    ) -> Histogram:
        """Return the histogram with these contents, in units."""
        histogram = cls()
        histogram.counts, histogram.total, histogram.low, histogram.high = counts, total, low, high
        histogram.clamped, histogram.invalid = clamped, invalid
        return histogram

    def merge(self, other: Histogram) -> None:
        """Add the values of ``other``, without loss."""
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        self.clamped += other.clamped
        self.invalid += other.invalid

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())

    def count_from(self, value: float) -> int:
        """Return how many values are at least ``value``, to the width of a bucket."""
        least = bucket_of(max(0, math.ceil(value * UNITS)))
        return sum(count for bucket, count in self.counts.items() if bucket >= least)

    def percentile(self, percent: float) -> float | None:
        """Return the value at rank ``ceil(count * percent / 100)``, or None of no values.

        Never less than the exact value at that rank, and at most 0.1 % more. The rank is computed with the
        decimal number as written, so that 99.9 means 999 of 1,000 and not one more.
        """
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Iterable[float]) -> list[float | None]:
        """Return several percentiles in one pass; see :meth:`percentile`."""
        if not self.counts:
            return [None for _ in percents]
        count = self.count
        return [*self._at_ranks(rank_of(percent, count) for percent in percents)]

    def at_rank(self, rank: int) -> float:
        """Return the value at ``rank``, counted from 1; raises IndexError outside of the values."""
        if not 1 <= rank <= self.count:
            raise IndexError(f"there is no rank {rank} among {self.count} values")
        return self._at_ranks((rank,))[0]

    def _at_ranks(self, ranks: Iterable[int]) -> list[float]:
        buckets = sorted(self.counts)
        last = list(accumulate(map(self.counts.__getitem__, buckets)))
        return [min(highest_in(buckets[bisect_left(last, rank)]), self.high) / UNITS for rank in ranks]

    @property
    def minimum(self) -> float | None:
        """The lowest value, exactly."""
        return self.low / UNITS if self.counts else None

    @property
    def maximum(self) -> float | None:
        """The highest value, exactly (or the end of the range, where it was clamped)."""
        return self.high / UNITS if self.counts else None

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, exactly."""
        return self.total / UNITS / self.count if self.counts else None

    def to_row(self) -> list[int | list[int]]:
        """Return the contents as plain lists for the wire; :meth:`from_row` reads them."""
        flat = [number for pair in self.counts.items() for number in pair]
        return [self.total, self.low, self.high, self.clamped, self.invalid, flat]

    @classmethod
    def from_row(cls, row: object) -> Histogram:
        """Return the histogram that :meth:`to_row` wrote; raises :class:`UnfitError` for anything else.

        Its size is bounded by that of the row: no bucket stands for more than it holds.
        """
        if not isinstance(row, (list, tuple)) or len(row) != ROW_PARTS or not isinstance(row[-1], list):
            raise UnfitError("a trend is five numbers and its buckets")
        *numbers, flat = row
        total, low, high, clamped, invalid = numbers
        buckets, held = flat[::2], flat[1::2]
        counts = {}
        if set(map(type, numbers + flat)) != {int} or len(buckets) != len(held):
            raise UnfitError("a trend is of whole numbers, its buckets are pairs")
        if flat:
            counts = dict(zip(buckets, held, strict=True))
            count = sum(held)
            fits = min(held) > 0 and count <= MOST_COUNT and len(counts) == len(buckets)
            fits = fits and 0 <= low <= high <= HIGHEST and low * count <= total <= high * count
            fits = fits and bucket_of(low) == min(buckets) and bucket_of(high) == max(buckets)
        else:
            count, fits = 0, (total, low, high) == (0, HIGHEST, 0)
        if not (fits and 0 <= clamped <= count and 0 <= invalid <= MOST_COUNT):
            raise UnfitError("the numbers of a trend do not fit its buckets")
        return cls.of(counts, total, low, high, clamped, invalid)

    def to_hdr(self) -> HdrHistogram:
        """Return the same distribution as the library's histogram: unit 1, 3 digits, no larger than it must be."""
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415 only reports ask for it

        histogram = HdrHistogram(1, max(2, highest_in(bucket_of(self.high))), SIGNIFICANT_DIGITS)
        for bucket, count in self.counts.items():
            histogram.record_value(highest_in(bucket), count)
        return histogram
