"""Intervals: equal to scipy where it has them, and covering what they promise to cover."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from locust_ext.gates.intervals import (
    binomial_quantile,
    count_interval,
    median_variance,
    quantile_interval,
    quantile_ranks,
    share_interval,
)
from locust_ext.measure.histogram import Histogram


@given(
    probability=st.floats(0.0005, 0.9995), trials=st.integers(1, 20_000), share=st.sampled_from([0.05, 0.5, 0.9, 0.99])
)
def test_binomial_quantile(probability, trials, share):
    """The same as scipy's, but where a rounding decides between neighbours."""
    found = binomial_quantile(probability, trials, share)
    expected = int(stats.binom.ppf(probability, trials, share))
    near = abs(stats.binom.cdf(min(found, expected), trials, share) - probability) < 1e-9
    assert found == expected or near


@pytest.mark.parametrize(
    "percent, count, exists",
    [(99, 367, False), (99, 368, True), (95, 71, False), (95, 72, True), (99.9, 3687, False), (99.9, 3688, True)],
)
def test_an_upper_end_needs_samples(percent, count, exists):
    """A two-sided 95 % interval of a percentile has an upper end only from so many samples on."""
    assert (quantile_ranks(count, percent, 0.05)[1] is not None) is exists


@pytest.mark.parametrize("percent", [50, 95, 99])
def test_quantile_interval_covers(percent):
    """In 400 draws of 1,000 values the interval holds the true percentile at least 19 times of 20, less chance."""
    rng, held = Random(4), 0
    for _ in range(400):
        values = Histogram()
        values.record_all(rng.random() * 1000 for _ in range(1000))
        low, high = quantile_interval(values, percent, 0.05)
        held += low <= percent * 10 <= high
    assert held >= 370


def test_quantile_interval_of_few():
    """Of nothing there is no interval, and of few samples an open one."""
    values = Histogram()
    assert quantile_interval(values, 99, 0.05) == (None, None)
    values.record_all(range(100))
    low, high = quantile_interval(values, 99, 0.05)
    assert (low is not None, high) == (True, None)


@given(total=st.integers(1, 5000), data=st.data())
def test_share_interval(total, data):
    """Wilson's interval, as scipy has it."""
    hits = data.draw(st.integers(0, total))
    expected = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    assert share_interval(hits, total, 0.05) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_share_interval_of_nothing():
    """Anything may be."""
    assert share_interval(0, 0, 0.05) == (0.0, 1.0)


@pytest.mark.parametrize("count", [0, 1, 10, 100, 10_000])
def test_count_interval(count):
    """Close to the exact interval of a Poisson mean."""
    low, high = count_interval(count, 0.05)
    exact = (stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0, stats.chi2.ppf(0.975, 2 * count + 2) / 2)
    assert (low, high) == pytest.approx(exact, abs=1.6, rel=0.002)


@pytest.mark.parametrize(
    "count, low, high", [(0, 0.0, 2.1606), (1, 0.0, 4.2586), (10, 4.6473, 17.2735), (100, 81.3240, 120.5967)]
)
def test_count_interval_by_hand(count, low, high):
    """(sqrt(count + 3/8) -+ 1.95996 / 2) squared, less 3/8: reckoned with a pocket calculator."""
    assert count_interval(count, 0.05) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize("count", [1, 3, 5, 9])
def test_median_variance(count):
    """Within 5 % of what 20,000 medians of normal values vary by."""
    rng = Random(count)
    medians = [sorted(rng.gauss(0, 1) for _ in range(count))[count // 2] for _ in range(20_000)]
    assert median_variance(count) == pytest.approx(stats.tvar(medians), rel=0.05)
