"""Our histograms as exponential histograms of OpenTelemetry, which need no bounds beforehand.

Law: pure; counts, sum, least and most are exact, and a value is off by at most half the width of our bucket and half
that of the new one. A bucket of scale ``s`` holds what is above ``2 ** (index / 2 ** s)``, and up to the same of
``index + 1``: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram

Our buckets have their own bounds, so that one may lie in two of the new ones: all of it goes where its middle is. The
middle is at most half our width (0.05 %) from what it stands for; who reads the middle of the new bucket is at most
half its width (0.27 % at scale 7, 0.54 % at scale 6) from there. The middle is never beyond the least or the most.
"""

from __future__ import annotations

import math
from functools import lru_cache

from locust_ext.measure.histogram import UNITS, Histogram, highest_in, lowest_in
from locust_ext.text.frozen import dataclass

FINE, COARSE = 7, 6
"""The scales: 128 or 64 buckets for each doubling."""

MOST_FINE = 1000
"""Buckets from the least value to the most, empty ones among them, up to which the fine scale is taken."""


@dataclass(frozen=True)
class Exponential:
    """A distribution, in the unit that its reader knows; ``counts`` begin with the bucket ``offset``."""

    scale: int
    count: int
    sum: float
    min: float
    max: float
    zeros: int
    """Values that are 0, to the microsecond where they are times."""
    offset: int
    counts: tuple[int, ...]


def exponential_of(histogram: Histogram, unit: float = 1.0) -> Exponential | None:
    """Return the distribution, its values times ``unit``; None of no values."""
    if not histogram.counts:
        return None
    step, found = unit / UNITS, histogram.counts
    zeros = found.get(0, 0)
    if zeros:
        found = {bucket: count for bucket, count in found.items() if bucket}
    scale, offset, counts = _buckets(found, histogram, step) if found else (FINE, 0, [])
    least, most = histogram.low * step, histogram.high * step
    return Exponential(scale, histogram.count, histogram.total * step, least, most, zeros, offset, tuple(counts))


def _buckets(found: dict[int, int], histogram: Histogram, step: float) -> tuple[int, int, list[int]]:
    """Return the scale, the first bucket, and how many values are in it and in each after it.

    On the loop the cost of a push rests: what is particular to the first and the last of our buckets comes after it.
    """
    middles = _middles(step)
    first, last = min(found), max(found)
    if first == last:
        return FINE, _middle(first, step, histogram), [found[first]]
    offset = middles[first]
    counts = [0] * (middles[last] - offset + 1)
    for bucket, count in found.items():
        counts[middles[bucket] - offset] += count
    for bucket in (first, last):
        counts[middles[bucket] - offset] -= found[bucket]
        counts[_middle(bucket, step, histogram) - offset] += found[bucket]
    if len(counts) <= MOST_FINE:
        return FINE, offset, counts
    if offset % 2:
        offset, counts = offset - 1, [0, *counts]
    if len(counts) % 2:
        counts.append(0)
    return COARSE, offset // 2, [even + odd for even, odd in zip(counts[::2], counts[1::2], strict=True)]


def index_of(value: float, scale: int) -> int:
    """Return the bucket of a value above 0: ``ceil(log2(value) * 2 ** scale) - 1``, exact where it is a power of 2."""
    fraction, power = math.frexp(value)
    if fraction == 0.5:  # noqa: PLR2004 frexp's least: the value is 2 ** (power - 1), the end of its bucket
        return ((power - 1) << scale) - 1
    return math.ceil(math.log2(fraction) * (1 << scale)) - 1 + (power << scale)


class _Middles(dict[int, int]):
    """The new bucket of the middle of each of ours: the same few thousand are asked for again and again."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self._step = step

    def __missing__(self, bucket: int) -> int:
        found = self[bucket] = _middle(bucket, self._step)
        return found


@lru_cache(maxsize=4)
def _middles(step: float) -> _Middles:
    return _Middles(step)


def _middle(bucket: int, step: float, within: Histogram | None = None) -> int:
    """Return the new bucket of the middle of ours, which is not beyond the least and the most of a histogram."""
    low, high = lowest_in(bucket), highest_in(bucket)
    if within is not None:
        low, high = max(low, within.low), min(high, within.high)
    return index_of((low + high) / 2 * step, FINE)


def bounds_of(index: int, scale: int) -> tuple[float, float]:
    """Return what a bucket's values are above, and what they go up to."""
    return 2.0 ** (index / (1 << scale)), 2.0 ** ((index + 1) / (1 << scale))
