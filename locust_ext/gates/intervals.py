"""Confidence intervals that need no distribution: of quantiles by order statistics, of shares and of counts.

Law: pure, on the standard library alone; every interval covers at least as often as it says, and one that does not
exist is None, never a guess.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist

from locust_ext.measure.histogram import Histogram

_NORMAL = NormalDist()
_REACH = 40
"""Standard deviations of a binomial around its mean outside of which there is no probability worth adding."""


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile; ``probability`` lies between 0 and 1, exclusive."""
    return _NORMAL.inv_cdf(probability)


def binomial_quantile(probability: float, trials: int, share: float) -> int:
    """Return the least ``k`` for which ``P(X <= k) >= probability``, X being binomial; exact to rounding."""
    if not 0 < share < 1:
        return trials if share >= 1 else 0
    spread = math.sqrt(trials * share * (1 - share))
    k = max(0, math.floor(trials * share - _REACH * spread) - 1)
    below = 0.0
    while True:
        below += _binomial(k, trials, share)
        if below >= probability or k >= trials:
            return k
        k += 1


def _binomial(k: int, trials: int, share: float) -> float:
    """Return the probability of ``k`` successes, by logarithms of the gamma function."""
    log = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
    return math.exp(log + k * math.log(share) + (trials - k) * math.log1p(-share))


@lru_cache(maxsize=4096)
def quantile_ranks(count: int, percent: float, error: float) -> tuple[int | None, int | None]:
    """Return the ranks, from 1, whose values enclose the percentile with probability at least ``1 - error``.

    The number of samples below the true percentile is binomial, whatever the distribution (David & Nagaraja, Order
    Statistics, section 7.1). None where the samples are too few for a bound: a two-sided 95 % interval of a p99 has an
    upper end from 368 samples on.
    """
    share = float(Fraction(str(percent)) / 100)
    low = binomial_quantile(error / 2, count, share)
    high = binomial_quantile(1 - error / 2, count, share) + 1
    return (low if low >= 1 else None), (high if high <= count else None)


def quantile_interval(values: Histogram, percent: float, error: float) -> tuple[float | None, float | None]:
    """Return the interval of a percentile, in the histogram's own unit; see :func:`quantile_ranks`."""
    low, high = quantile_ranks(values.count, percent, error)
    return (values.at_rank(low) if low else None), (values.at_rank(high) if high else None)


def share_interval(hits: int, total: int, error: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share (E. B. Wilson, 1927); (0, 1) of nothing."""
    if not total:
        return 0.0, 1.0
    z2 = normal_quantile(1 - error / 2) ** 2
    share = hits / total
    middle = share + z2 / (2 * total)
    reach = math.sqrt(z2 * (share * (1 - share) / total + z2 / (4 * total * total)))
    scale = 1 + z2 / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def count_interval(count: float, error: float) -> tuple[float, float]:
    """Return the interval of a count that is Poisson's, by its square root (Anscombe, 1948)."""
    half = normal_quantile(1 - error / 2) / 2
    root = math.sqrt(count + 0.375)
    return max(0.0, max(0.0, root - half) ** 2 - 0.375), (root + half) ** 2 - 0.375


def median_variance(count: int) -> float:
    """Return the variance of the median of ``count`` normal values, as a share of the variance of one.

    pi / (2n + pi - 2): the asymptotic pi / 2n, and exact for one value.
    """
    return math.pi / (2 * count + math.pi - 2)
