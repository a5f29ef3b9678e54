"""A distribution as a curve: read off where there are samples, ending at the maximum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.measure.histogram import Histogram
from locust_ext.measure.spectrum import spectrum_of


def histogram(values):
    """Return a histogram of these values."""
    found = Histogram()
    found.record_all(values)
    return found


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_a_curve_rises_to_its_maximum(values):
    """Neither axis ever falls, and the last point is the maximum."""
    points = spectrum_of(histogram(values))
    places, heights = zip(*points, strict=True)
    assert list(places) == sorted(places)
    assert list(heights) == sorted(heights)
    assert heights[-1] == histogram(values).maximum
    assert places[-1] < 100


@pytest.mark.parametrize("count, last", [(1, 0), (10, 90), (100, 99), (10_000, 99.99)])
def test_points_have_samples_behind_them(count, last):
    """No percentile is drawn beyond which there is no sample."""
    assert spectrum_of(histogram(range(1, count + 1)))[-2][0] == last


def test_the_places_of_the_curve():
    """They lie closer towards the tail, as on HdrHistogram's axis; the last one is the maximum's."""
    body = [0, 10, 25, 40, 50, 60, 70, 75, 80, 85, 90, 92.5]
    tail = [95, 96, 97, 98, 98.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99]
    assert [place for place, _ in spectrum_of(histogram(range(1, 10_001)))] == [*body, *tail, 99.995]
    assert [place for place, _ in spectrum_of(histogram(range(1, 101)))] == [*body, *tail[:6], 99.5]
    assert [place for place, _ in spectrum_of(histogram(range(1, 100)))] == [*body, *tail[:5], 100 - 50 / 99]


def test_nothing():
    """Of nothing there is no curve."""
    assert spectrum_of(Histogram()) == ()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=100), st.data())
def test_at_rank(values, data):
    """The value at a rank is that of the sorted values, to a thousandth."""
    rank = data.draw(st.integers(1, len(values)))
    assert histogram(values).at_rank(rank) == pytest.approx(sorted(values)[rank - 1], rel=0.001, abs=0.001)


@pytest.mark.parametrize("rank", [0, 4, -1])
def test_no_rank(rank):
    """Outside of the values there is none."""
    with pytest.raises(IndexError, match="there is no rank"):
        histogram([1, 2, 3]).at_rank(rank)
