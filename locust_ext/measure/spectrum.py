"""A distribution as a curve, dense where it matters: towards its tail.

Law: pure; a point stands only where there are samples behind it.
"""

from __future__ import annotations

from locust_ext.measure.histogram import Histogram

Spectrum = tuple[tuple[float, float], ...]
"""(percentile, value) along a distribution; the last point is its maximum."""

PERCENTILES = (
    0,
    10,
    25,
    40,
    50,
    60,
    70,
    75,
    80,
    85,
    90,
    92.5,
    95,
    96,
    97,
    98,
    98.5,
    99,
    99.5,
    99.75,
    99.9,
    99.95,
    99.99,
)
"""Where the curve is read off, as on HdrHistogram's axis, which is logarithmic in 1 / (1 - percentile)."""


def spectrum_of(values: Histogram) -> Spectrum:
    """Return the curve of a distribution, as far into the tail as there are samples; empty for none."""
    count = values.count
    if not count:
        return ()
    seen = [percent for percent in PERCENTILES if (100 - percent) * count >= 100]  # noqa: PLR2004 percent
    heights = values.percentiles([*seen, 100])
    places = [*seen, 100 - 50 / count]
    return tuple((percent, height) for percent, height in zip(places, heights, strict=True) if height is not None)
