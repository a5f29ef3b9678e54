"""Durations and shares: one spelling, one value."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from locust_ext.units import Duration, Share, Span, format_duration, parse_duration, parse_share

DURATIONS = [
    ("seconds", "90s", 90.0),
    ("milliseconds", "200ms", 0.2),
    ("microseconds", "250us", 0.00025),
    ("a sum of units", "1h30m", 5400.0),
    ("a day", "1d", 86400.0),
    ("decimals", "1.5s", 1.5),
    ("no digit before the point", ".5s", 0.5),
    ("spaces around and between", " 1h 30 m ", 5400.0),
    ("a plain number is seconds", 90, 90.0),
    ("nothing", 0, 0.0),
]


@pytest.mark.parametrize("text, seconds", [row[1:] for row in DURATIONS], ids=[row[0] for row in DURATIONS])
def test_duration(text, seconds):
    """Every documented spelling is read as its seconds."""
    assert seconds == pytest.approx(parse_duration(text))


NO_DURATIONS = [
    ("no unit", "90"),
    ("an unknown unit", "90 parsecs"),
    ("capital letters", "90S"),
    ("nothing", ""),
    ("a sign", "-5s"),
    ("a negative number", -1),
    ("not a number", math.nan),
    ("infinity", math.inf),
    ("digits that overflow", "9" * 400 + "s"),
    ("an integer that overflows", 10**400),
    ("a boolean", True),
    ("none", None),
    ("a list", [1]),
    ("rubbish between", "1h, 30m"),
]


@pytest.mark.parametrize("text", [row[1] for row in NO_DURATIONS], ids=[row[0] for row in NO_DURATIONS])
def test_no_duration(text):
    """Whatever is no duration is refused with a ValueError, which pydantic collects."""
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@given(st.integers(0, 59_999))
def test_short_durations_survive_formatting(milliseconds):
    """Below a minute, formatting and parsing gives the duration back to the millisecond."""
    assert milliseconds / 1000 == pytest.approx(parse_duration(format_duration(milliseconds / 1000)))


@given(st.floats(60, 1e7))
def test_long_durations_survive_to_the_second(seconds):
    """From a minute on, formatting and parsing gives the duration back to the second."""
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=0.5)


FORMATS = [(0, "0s"), (0.25, "250ms"), (1.5, "1.5s"), (60, "1m"), (90, "1m30s"), (5400, "1h30m"), (7322, "2h2m2s")]


@pytest.mark.parametrize("seconds, text", FORMATS, ids=[row[1] for row in FORMATS])
def test_format(seconds, text):
    """A duration is written as people write it, without empty units."""
    assert text == format_duration(seconds)


@given(st.text())
def test_any_text_is_a_duration_or_refused(text):
    """No text does anything but give a finite, not negative number or a ValueError."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert 0 <= seconds < math.inf


SHARES = [("per cent", "30%", 0.3), ("decimals", "0.5 %", 0.005), ("a number", 0.25, 0.25), ("all", "100%", 1.0)]


@pytest.mark.parametrize("text, share", [row[1:] for row in SHARES], ids=[row[0] for row in SHARES])
def test_share(text, share):
    """A share is a fraction, however it is written."""
    assert share == pytest.approx(parse_share(text))


NO_SHARES = [
    ("more than all", "101%"),
    ("a number over one", 30),
    ("negative", -0.1),
    ("no unit in text", "0.3"),
    ("not a number", math.nan),
    ("a boolean", True),
    ("none", None),
    ("a list", []),
]


@pytest.mark.parametrize("text", [row[1] for row in NO_SHARES], ids=[row[0] for row in NO_SHARES])
def test_no_share(text):
    """Whatever is no share is refused with a ValueError."""
    with pytest.raises(ValueError, match="no share"):
        parse_share(text)


class Times(BaseModel):
    """The three annotations, as models use them."""

    wait: Duration = 0.0
    hold: Span = 1.0
    drop: Share = 0.0


def test_models_read_units():
    """A model's fields read the spellings and keep plain numbers."""
    assert Times(wait=0.2, hold=60.0, drop=0.3) == Times(wait="200ms", hold="1m", drop="30%")


@pytest.mark.parametrize("wrong", [{"hold": "0s"}, {"wait": "-1s"}, {"drop": None}], ids=str)
def test_models_refuse(wrong):
    """A span of nothing, a negative duration and no share at all are validation errors."""
    with pytest.raises(ValidationError):
        Times(**wrong)
