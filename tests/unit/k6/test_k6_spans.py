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


EDGES = [
    ("as long a text as there may be", "1s".ljust(500), SECOND),
    ("one longer", "1s".ljust(501), None),
    ("the last nanosecond that k6 can hold", "9223372036854.775807", 2**63 - 1),
    ("one more", "9223372036854.775808", None),
    ("the same as a number", 9223372036854.0, 9223372036854 * 10**6),
    ("a millisecond more", 9223372036855.0, None),
    ("days that are too many", "106752d", None),
    ("days that fit", "106751d", 106751 * 24 * HOUR),
    ("a number that no text can be made of", float("nan"), None),
    ("less than a nanosecond is none", "0.0000009", 0),
    ("an infinite one", float("-inf"), None),
    ("days and no more", "2d", 48 * HOUR),
    ("days of nothing", "d", None),
]


@pytest.mark.parametrize("text, span", [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_edges(text, span):
    """What k6 cannot hold is refused, and nothing before it."""
    if span is None:
        with pytest.raises(ValueError, match="is not a duration of k6"):
            parse_span(text)
    else:
        assert parse_span(text) == span


UNDER = [
    (SECOND, "1s"),
    (SECOND - 1000, "999.999ms"),
    (SECOND - 1, "999.999999ms"),
    (10**6, "1ms"),
    (10**6 - 1, "999.999us"),
    (1, "0.001us"),
    (MINUTE, "1m"),
    (MINUTE - 1, "59.999999999s"),
    (HOUR, "1h"),
    (HOUR + 1, "1h0.000000001s"),
    (HOUR + MINUTE, "1h1m"),
    (MINUTE + 10**6, "1m0.001s"),
]


@pytest.mark.parametrize("span, text", UNDER)
def test_the_unit_is_the_largest_that_fits(span, text):
    """Beside hours and minutes it is always seconds."""
    assert spell_span(span) == text


RATES = [
    ("k6's own unit", 30, MINUTE, ("30/m", True)),
    ("an hour", 5, HOUR, ("5/h", True)),
    ("a second of two", 10, 2 * SECOND, ("5/s", True)),
    ("whole in a minute", 1, 2 * SECOND, ("30/m", True)),
    ("whole in an hour", 1, 10 * MINUTE, ("6/h", True)),
    ("a decimal one", 1, 7 * 10**9 // 7 * 16 * 10**3, ("0.0000625/s", True)),
    ("none that ends", 1, 7 * HOUR, ("0.142857143/h", False)),
]


@pytest.mark.parametrize("count, unit, found", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_the_unit_of_a_rate(count, unit, found):
    """The first of ours in which it is whole, else the first in which it ends."""
    assert spell_rate(count, unit) == found
