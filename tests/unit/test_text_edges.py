"""The edges of texts and numbers: what is exactly as long, as large or as small as it may be, and one more."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from locust_ext.text.fields import Section
from locust_ext.text.lengths import LONGEST_TEXT, check_length, excess, printable, quoted, shortened, whole
from locust_ext.text.units import (
    format_age,
    format_duration,
    meant_percent,
    parse_duration,
    parse_rate,
    parse_rise,
    parse_share,
)

QUOTED = [
    ("a text as long as it may be", "x" * 20, "'" + "x" * 20 + "'"),
    ("one sign longer", "x" * 21, "'" + "x" * 20 + "'... (21 characters)"),
    ("a number", 12, "12"),
    ("a number that is written out", 10**15, "1" + "0" * 15),
    ("one that is as long as it may be", 10**19, "1" + "0" * 19),
    ("one digit longer", 10**20, "1" + "0" * 19 + "..."),
    ("one that nobody writes out", 2**81, "so long a number"),
    ("a list of ten", [1] * 6, "[1, 1, 1, 1, 1, 1]"),
    ("a long list", list(range(100)), "[0, 1, 2, 3, 4, 5, 6..."),
]


@pytest.mark.parametrize("value, text", [row[1:] for row in QUOTED], ids=[row[0] for row in QUOTED])
def test_quoted(value, text):
    """Up to so many characters a value stands as it is."""
    assert quoted(value, 20) == text


def test_no_more_than_ten_of_a_list_are_written_out():
    """Writing them takes time, whatever is cut off afterwards."""
    assert quoted(list(range(10)), 1000) == str(list(range(10)))
    assert quoted(list(range(11)), 1000) == str(list(range(10)))
    assert quoted(tuple(range(11)), 1000) == str(tuple(range(10)))
    assert quoted(dict.fromkeys(range(10)), 1000) == str(dict.fromkeys(range(10)))
    assert quoted(dict.fromkeys(range(11)), 1000) == str(dict.fromkeys(range(10)))


def test_what_cannot_be_written_out():
    """Is named all the same."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert quoted(deep) == "so long a value"


SHORTENED = [
    ("as long as it may be", "x" * 40, 40, "x" * 40),
    ("one longer: three quarters, and the end", "a" * 31 + "b" * 10, 40, "a" * 25 + " ... " + "b" * 10),
]


@pytest.mark.parametrize("text, most, found", [row[1:] for row in SHORTENED], ids=[row[0] for row in SHORTENED])
def test_shortened(text, most, found):
    """A sentence keeps its end, which says what to do."""
    assert shortened(text, most) == found
    assert len(found) <= most


def test_excess():
    """A text may have as many characters as it may have."""
    assert excess("x" * 500) == ""
    assert excess("x" * 501) == f"'{'x' * 20}'... (501 characters) is too long: a text may have 500 characters"
    assert check_length("x" * 5, 5) == "x" * 5
    with pytest.raises(ValueError, match="may have 5 characters"):
        check_length("x" * 6, 5)


def test_halves_and_control_characters_are_spelled_out():
    """Lines stay lines."""
    assert whole("a\ud83d") == "a\\ud83d"
    assert whole("é") == "é"
    assert printable("a\x1b[31m\nb\t") == "a\\x1b[31m\nb\\t"


SIZES = [
    ("nothing", 0.0, "0s"),
    ("less than a millisecond", 0.0004, "0ms"),
    ("just below a second", 0.999, "999ms"),
    ("a second", 1.0, "1s"),
    ("just below a minute", 59.9994, "59.999s"),
    ("a whole number of seconds", 59.0, "59s"),
    ("a broken minute", 60.5, "1m"),
    ("a broken hour", 3661.4, "1h1m1s"),
]


@pytest.mark.parametrize("seconds, text", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_durations_are_written(seconds, text):
    """To a millisecond below a minute, else to a second."""
    assert format_duration(seconds) == text


AGES = [
    (None, "–"),
    (float("nan"), "–"),
    (float("inf"), "–"),
    (0.0, "0 ms"),
    (312.4, "312 ms"),
    (999.4, "999 ms"),
    (999.6, "1.0 s"),
    (1000.0, "1.0 s"),
    (9940.0, "9.9 s"),
    (9960.0, "10 s"),
    (31_400.0, "31 s"),
    (1_234_000.0, "1,234 s"),
]


@pytest.mark.parametrize("milliseconds, text", AGES)
def test_ages(milliseconds, text):
    """As people say them: the longer, the rounder."""
    assert format_age(milliseconds) == text


MEANT = [
    (0.3, "30%"),
    (0.999, "99.9%"),
    (1, "100% or 1%"),
    (4.9, "490% or 4.9%"),
    (5, "5%"),
    (30, "30%"),
]


@pytest.mark.parametrize("number, meant", MEANT)
def test_what_a_bare_number_was_meant_for(number, meant):
    """Below one a fraction, from five on percent, and in between it is not clear."""
    assert meant_percent(number) == meant


HINTS = [
    ("a duration as text", lambda: parse_duration("5", bare=False), "write it as 90s, 200ms or 1h30m"),
    ("a duration", lambda: parse_duration(5, bare=False), "did you mean 5s or 5ms?"),
    ("the largest that anybody meant", lambda: parse_duration(1e9, bare=False), "did you mean 1000000000s or"),
    ("a larger one", lambda: parse_duration(1e9 + 1, bare=False), "1h30m"),
    ("a rate", lambda: parse_rate(5, bare=False), "it has no unit; did you mean 5/s or 5/m?"),
    ("a rate below all", lambda: parse_rate("0.09/s"), "it must lie between 0.1/s and 1,000,000/s"),
    ("a rate above all", lambda: parse_rate(1e6 + 1), "it must lie between 0.1/s and 1,000,000/s"),
    ("a rate of arrivals below all", lambda: parse_rate("0.9/h", 1 / 3600), "it must lie between 1/h and"),
    ("a rate of nothing", lambda: parse_rate(-1, 0.0), "it must lie between 0/s and"),
    ("a share", lambda: parse_share(0.3, bare=False), "it has no unit; did you mean 30%?"),
    ("a share in percent", lambda: parse_share(100), "it must lie between 0% and 100%; did you mean 100%?"),
    ("a rise", lambda: parse_rise(0.3, bare=False), "it has no unit; did you mean 30%?"),
    ("a rise as text", lambda: parse_rise("30"), "write it as 30%; did you mean 30%?"),
    ("a rise of more than a hundredfold", lambda: parse_rise(101), "at most 10,000%; did you mean 101%?"),
]
"""What says which spelling was meant."""

SILENT = [
    ("a share that none can be", lambda: parse_share(101)),
    ("a negative share", lambda: parse_share(-1)),
    ("a rise that nobody allows", lambda: parse_rise(10_001)),
    ("a rise of nothing", lambda: parse_rise(0)),
    ("a duration of ages", lambda: parse_duration(1e9 + 1, bare=False)),
    ("a rate of nothing", lambda: parse_rate(-1)),
]


@pytest.mark.parametrize("read, sentence", [row[1:] for row in HINTS], ids=[row[0] for row in HINTS])
def test_a_refusal_says_what_was_meant(read, sentence):
    """Where it can be told."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the sentence is compared below
        read()
    assert sentence in str(caught.value)


@pytest.mark.parametrize("read", [row[1] for row in SILENT], ids=[row[0] for row in SILENT])
def test_a_refusal_guesses_nothing(read):
    """Where no spelling would be right."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 the sentence is compared below
        read()
    assert "did you mean" not in str(caught.value)


EDGES = [
    (lambda: parse_share("0%"), 0.0),
    (lambda: parse_share("100%"), 1.0),
    (lambda: parse_share(0, bare=False), 0.0),
    (lambda: parse_share(1), 1.0),
    (lambda: parse_rise("10000%"), 100.0),
    (lambda: parse_rate("0.1/s"), 0.1),
    (lambda: parse_rate("1000000/s"), 1e6),
    (lambda: parse_rate("1/h", 1 / 3600), 1 / 3600),
    (lambda: parse_rate(0, 0.0, bare=False), 0.0),
    (lambda: parse_duration(0, bare=False), 0.0),
    (lambda: parse_duration("0", bare=False), 0.0),
]


@pytest.mark.parametrize("read, value", EDGES)
def test_the_last_that_is_read(read, value):
    """The bounds themselves are in."""
    assert read() == pytest.approx(value)


class Numbers(Section):
    """Fields of all kinds of numbers, and of none."""

    whole: int = 0
    real: float = 0.0
    several: tuple[int, ...] = ()
    bounded: Annotated[int, Field(ge=1)] = 1
    maybe: int | None = None
    either: int | bool = 0
    anything: Any = None
    text: str = ""
    named: Literal["a", "b"] = "a"
    switch: bool = False


SWITCHES = [
    ("whole", True, "int_type"),
    ("real", True, "float_type"),
    ("several", (1, True), "int_type"),
    ("several", True, "tuple_type"),
    ("bounded", True, "int_type"),
    ("maybe", False, "int_type"),
    ("text", True, "string_type"),
    ("named", True, "literal_error"),
    ("either", True, ""),
    ("anything", True, ""),
    ("switch", True, ""),
    ("whole", 5, ""),
    ("several", (1, 2), ""),
]


@pytest.mark.parametrize("key, value, error", SWITCHES)
def test_a_switch_is_not_a_number(key, value, error):
    """It is refused where only numbers belong, alone or in a list."""
    if error:
        with pytest.raises(ValidationError) as caught:
            Numbers.model_validate({key: value})
        assert [one["type"] for one in caught.value.errors()] == [error]
    else:
        assert getattr(Numbers.model_validate({key: value}), key) == value


LONG = [
    ("a duration", parse_duration, "1s", 1.0),
    ("a rate", parse_rate, "5/s", 5.0),
    ("a share", parse_share, "5%", 0.05),
    ("a limit", parse_rise, "5%", 0.05),
]


@pytest.mark.parametrize("parse, text, value", [row[1:] for row in LONG], ids=[row[0] for row in LONG])
def test_as_long_a_text_as_there_may_be(parse, text, value):
    """Blanks count, too."""
    assert parse(text.ljust(LONGEST_TEXT)) == value
    with pytest.raises(ValueError, match="is not a"):
        parse(text.ljust(LONGEST_TEXT + 1))
