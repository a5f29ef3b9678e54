"""k6's durations and rates, exactly."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.k6.spans import HOUR, MINUTE, SECOND, parse_span, spell_rate, spell_span
from locust_ext.text.units import parse_duration

UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR}


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("1m0s", 60),
        ("0", 0),
        ("0s", 0),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("200ms", 0.2),
        ("1d", 86400),
        ("1d12h", 129600),
        ("7us", 7e-6),
        ("7µs", 7e-6),
        ("500", 0.5),
        (500, 0.5),
        (1e3, 1),
        (0.5, 0.0005),
    ],
)
def test_durations(text, seconds):
    """Text with units, in Go's and k6's spelling; a bare number is milliseconds."""
    assert parse_span(text) == round(seconds * SECOND)


@pytest.mark.parametrize(
    "text", ["", "5 minutes", "-5s", "s", "1.d", "1h 30m", None, True, [], -5, "5s!", 1e30, "9" * 30 + "h"]
)
def test_no_durations(text):
    """Everything else is refused in a sentence."""
    with pytest.raises(ValueError, match="is not a duration of k6; write it as"):
        parse_span(text)


@pytest.mark.parametrize(
    "span, text",
    [
        (0, "0s"),
        (90 * SECOND, "1m30s"),
        (5 * MINUTE, "5m"),
        (HOUR + SECOND // 2, "1h0.5s"),
        (1_500_000_000, "1.5s"),
        (200_000_000, "200ms"),
        (1_500, "1.5us"),
        (1, "0.001us"),
        (25 * HOUR, "25h"),
    ],
)
def test_spelling_of_durations(span, text):
    """The spelling of our configuration."""
    assert spell_span(span) == text


@given(span=st.integers(0, 10**16))
def test_durations_survive(span):
    """Law: our configuration reads the same duration, and so does k6."""
    assert parse_duration(spell_span(span)) * SECOND == pytest.approx(span, rel=1e-12, abs=1e-6)
    assert parse_span(spell_span(span)) == span


@pytest.mark.parametrize(
    "count, unit, text",
    [
        (200, "1s", "200/s"),
        (30, "1m", "30/m"),
        (7, "1h", "7/h"),
        (0, "1s", "0/s"),
        (100, "10s", "10/s"),
        (1, "500ms", "2/s"),
        (1, "10s", "6/m"),
        (5, "2m", "150/h"),
        (1, "16h", "0.0625/h"),
        (1, "7s", "514.285714286/h"),
    ],
)
def test_rates(count, unit, text):
    """k6's own unit where we have it, else the first in which the rate is a whole number."""
    assert spell_rate(count, parse_span(unit)) == (text, unit != "7s")


@given(count=st.integers(0, 10**6), unit=st.integers(1, 10**5).map(lambda ms: ms * 10**6))
def test_rates_are_exact(count, unit):
    """Law: a rate is what k6 makes of it, unless it is declared as rounded, and then nearly."""
    text, is_exact = spell_rate(count, unit)
    number, name = re.fullmatch(r"([\d.]+)/([smh])", text).groups()
    rate, wanted = Fraction(number) / UNITS[name], Fraction(count, unit)
    assert rate == wanted if is_exact else abs(rate - wanted) <= Fraction(1, 10**9) / HOUR
