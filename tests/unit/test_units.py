"""Durations, shares and rates: one spelling, one value."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from locust_ext.text.units import (
    FASTEST_RATE,
    SLOWEST_RATE,
    Duration,
    Rate,
    Share,
    Span,
    format_duration,
    format_rate,
    parse_duration,
    parse_rate,
    parse_share,
)

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
    """Whatever is not a duration is refused with a ValueError, which pydantic collects."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(0, 59_999))
def test_short_durations_survive_formatting(milliseconds):
    """Below a minute, formatting and parsing gives the duration back to the millisecond."""
    assert milliseconds / 1000 == pytest.approx(parse_duration(format_duration(milliseconds / 1000)))


@given(st.floats(60, 1e7))
def test_long_durations_survive_to_the_second(seconds):
    """From a minute on, formatting and parsing gives the duration back to the second."""
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, abs=0.5)


FORMATS = [
    (0, "0s"),
    (0.25, "250ms"),
    (1, "1s"),
    (1.5, "1.5s"),
    (59.999, "59.999s"),
    (60, "1m"),
    (60.4, "1m"),
    (90, "1m30s"),
    (5400, "1h30m"),
    (7322, "2h2m2s"),
    (math.inf, "no end"),
]


@pytest.mark.parametrize("seconds, text", FORMATS, ids=[row[1] for row in FORMATS])
def test_format(seconds, text):
    """A duration is written as people write it, without empty units."""
    assert text == format_duration(seconds)


SPELT = st.lists(
    st.tuples(st.sampled_from(["1", "90", "0.5", ".25"]), st.sampled_from(["us", "ms", "s", " m ", "h", "d"])).map(
        "".join
    ),
    max_size=4,
).map("".join)
ALMOST = st.lists(st.sampled_from(["1", "1e400", ".", "-", "s", "h"]), max_size=4).map("".join)


def test_any_text_is_a_duration_or_refused():
    """No text does anything but give a finite, not negative number or a ValueError; both are drawn."""
    read, refused = [], []

    @settings(max_examples=100)
    @given(st.text() | SPELT | ALMOST)
    def property_(text):
        try:
            read.append(parse_duration(text))
        except ValueError as error:
            refused.append(str(error))

    property_()
    assert len(read) > 10
    assert all(0 <= seconds < math.inf for seconds in read)
    assert len(refused) > 10
    assert any("finite" in said for said in refused)


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
    """Whatever is not a share is refused with a ValueError."""
    with pytest.raises(ValueError, match="is not a share"):
        parse_share(text)


RATES = [
    ("a second", "200/s", 200.0),
    ("a minute", "300/m", 5.0),
    ("an hour", "3600/h", 1.0),
    ("decimals", "0.5/s", 0.5),
    ("no digit before the point", ".5/s", 0.5),
    ("spaces around and between", " 200 / s ", 200.0),
    ("a plain number is a second's", 200, 200.0),
    ("a plain fraction", 2.5, 2.5),
    ("the slowest", "0.1/s", 0.1),
    ("the slowest by the minute", "6/m", 0.1),
    ("the fastest", "1000000/s", 1e6),
]


@pytest.mark.parametrize("text, rate", [row[1:] for row in RATES], ids=[row[0] for row in RATES])
def test_rate(text, rate):
    """Every documented spelling is read as so many a second."""
    assert rate == pytest.approx(parse_rate(text))


SPELLING, RANGE = "write it as 200/s or 300/m", "it must lie between 0.1/s and 1,000,000/s"
NO_RATES = [
    ("no unit", "200", SPELLING),
    ("an unknown unit", "200/d", SPELLING),
    ("words", "200 per second", SPELLING),
    ("capital letters", "200/S", SPELLING),
    ("a unit with a number", "200/10s", SPELLING),
    ("nothing before the unit", "/s", SPELLING),
    ("nothing", "", SPELLING),
    ("a sign", "-5/s", SPELLING),
    ("a boolean", True, SPELLING),
    ("none", None, SPELLING),
    ("a list", [1], SPELLING),
    ("never", "0/s", RANGE),
    ("a number of nothing", 0, RANGE),
    ("a negative number", -1, RANGE),
    ("too slow", "1/m", RANGE),
    ("too fast", "1000001/s", RANGE),
    ("not a number", math.nan, RANGE),
    ("infinity", math.inf, RANGE),
    ("digits that overflow", "9" * 400 + "/s", RANGE),
    ("an integer that overflows", 10**400, RANGE),
]


@pytest.mark.parametrize("text, why", [row[1:] for row in NO_RATES], ids=[row[0] for row in NO_RATES])
def test_no_rate(text, why):
    """Whatever is not a rate is refused with a ValueError that says what would be one."""
    with pytest.raises(ValueError, match="is not a rate") as caught:
        parse_rate(text)
    assert why in str(caught.value)


RATE_FORMATS = [(200, "200/s"), (200.0, "200/s"), (0.5, "0.5/s"), (5 / 60, "0.08333333333/s"), (1e6, "1000000/s")]


@pytest.mark.parametrize("rate, text", RATE_FORMATS, ids=[row[1] for row in RATE_FORMATS])
def test_rate_format(rate, text):
    """A rate is written as so many a second, without empty decimals and powers of ten."""
    assert text == format_rate(rate)


@given(st.floats(SLOWEST_RATE, FASTEST_RATE))
def test_rates_survive_formatting(rate):
    """Formatting and parsing gives the rate back."""
    assert parse_rate(format_rate(rate)) == pytest.approx(rate, rel=1e-9)


@given(st.text() | st.from_regex(r"[0-9.]{1,12} ?/ ?[smhd]", fullmatch=True))
def test_any_text_is_a_rate_or_refused(text):
    """No text does anything but give a rate within its bounds or a ValueError."""
    try:
        rate = parse_rate(text)
    except ValueError:
        return
    assert SLOWEST_RATE <= rate <= FASTEST_RATE


class Times(BaseModel):
    """The four annotations, as models use them."""

    wait: Duration = 0.0
    hold: Span = 1.0
    drop: Share = 0.0
    cap: Rate = 1.0


def test_models_read_units():
    """A model's fields read the spellings and keep plain numbers."""
    numbers = Times(wait=0.2, hold=60.0, drop=0.3, cap=5.0)
    assert numbers == Times(wait="200ms", hold="1m", drop="30%", cap="300/m")


@pytest.mark.parametrize("wrong", [{"hold": "0s"}, {"wait": "-1s"}, {"drop": None}, {"cap": "0/s"}], ids=str)
def test_models_refuse(wrong):
    """A span of nothing, a negative duration, no share at all and a rate of nothing are validation errors."""
    with pytest.raises(ValidationError):
        Times(**wrong)
