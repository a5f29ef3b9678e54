"""How long a text may be, how much of it is told, and the units that are written."""

from typing import Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from locust_ext.text import lengths
from locust_ext.text.document import MOST_BYTES, parse
from locust_ext.text.fields import Names, Section, one_is_a_list
from locust_ext.text.lengths import check_length, excess, quoted, shortened
from locust_ext.text.problems import EXIT_CODE, MOST_TOLD, ConfigurationError, Problem
from locust_ext.text.spelling import MOST_LISTED, misspelt_name, nearest
from locust_ext.text.survey import MOST_DEPTH, MOST_NODES
from locust_ext.text.units import (
    FASTEST_RATE,
    HIGHEST_RISE,
    SLOWEST_ARRIVALS,
    SLOWEST_RATE,
    WRITTEN,
    Span,
    format_rate,
    parse_duration,
    parse_rate,
    parse_rise,
    parse_share,
)
from locust_ext.text.unquoted import misreadings


def test_lengths():
    """Each limit lets a text of exactly its length pass."""
    assert (lengths.LONGEST_TEXT, lengths.LONGEST_NAME, lengths.LONGEST_QUOTE) == (500, 200, 80)
    assert (lengths.LONGEST_PLACE, lengths.LONGEST_MESSAGE) == (300, 1000)
    assert check_length("x" * 500) == "x" * 500
    assert excess("x" * 501).endswith("a text may have 500 characters")
    assert [quoted("x" * length).count("x") for length in (79, 80, 81)] == [79, 80, 80]
    assert [len(shortened("x" * length)) for length in (999, 1000, 1001)] == [999, 1000, 1000]
    assert (quoted([*range(10)]), quoted([*range(11)])) == (repr([*range(10)]), repr([*range(10)]))
    assert quoted(dict.fromkeys(range(11), 0)) == repr(dict.fromkeys(range(10), 0))


def test_how_many_mistakes_are_told():
    """A hundred; the others are counted, and the run exits as k6 does."""
    text = str(ConfigurationError([Problem(f"key-{number}", "wrong") for number in range(102)]))
    assert ("key-99: wrong" in text, "key-100" in text, text.endswith("and 2 more")) == (True, False, True)
    assert (EXIT_CODE, MOST_TOLD) == (104, 100)
    assert Problem("a", "wrong").line is None


def test_how_many_names_are_listed():
    """Twenty."""
    names = [f"{number:02}" for number in range(21)]
    assert nearest("?", names[:20]) == f"; there are {', '.join(names[:20])}"
    assert nearest("?", names) == f"; there are {', '.join(names[:20])}, ..."
    assert MOST_LISTED == 20


SLIPS = [("thtp", "http"), ("htttp", "http"), ("latncy", "latency"), ("hxyp", ""), ("ab", "")]


@pytest.mark.parametrize("word, meant", SLIPS)
def test_slips_of_the_pen(word, meant):
    """One letter of five may be wrong, or all of them in another order."""
    assert misspelt_name(word, ["http", "latency"]) == meant


def test_how_large_a_document_may_be():
    """A megabyte, twenty thousand parts, fifty levels."""
    assert parse("a: 1", "a.yml").values == {"a": 1}
    assert (MOST_BYTES, MOST_NODES, MOST_DEPTH) == (1_048_576, 20_000, 50)


def test_units():
    """Each is so many seconds; without a unit a number counts seconds."""
    units = {"1us": 1e-6, "1ms": 1e-3, "1s": 1.0, "1m": 60.0, "1h": 3600.0, "1d": 86400.0}
    assert {text: parse_duration(text) for text in units} == pytest.approx(units)
    assert (parse_duration(5), parse_share(0.5), parse_rise(0.5), parse_rate(5)) == (5.0, 0.5, 0.5, 5.0)
    assert (SLOWEST_RATE, FASTEST_RATE, HIGHEST_RISE) == (0.1, 1e6, 100.0)
    assert pytest.approx(1 / 3600) == SLOWEST_ARRIVALS
    assert (parse_rate("0.1/s"), parse_rate("1000000/s"), format_rate(5.0)) == (0.1, 1e6, "5/s")
    assert WRITTEN == {"is_written": True}
    span = TypeAdapter(Span)
    assert span.validate_python("0.5s") == 0.5
    with pytest.raises(ValidationError):
        span.validate_python("0s")


def test_names():
    """One is a list, and none is empty."""
    names = TypeAdapter(Names)
    assert one_is_a_list("a") == ("a",)
    assert names.validate_python("a") == ("a",)
    with pytest.raises(ValidationError):
        names.validate_python([""])


WORDS = [("yes", True, "true"), ("off", False, "false"), ("~", None, "nothing")]


@pytest.mark.parametrize("text, value, read", WORDS)
def test_words_that_yaml_reads(text, value, read):
    """The sentence says what they become."""
    ((_, sentence),) = misreadings({("tags", "a"): text}, {"tags": {"a": value}})
    assert f"as {read}" in sentence


class Typed(Section):
    """Fields of all sorts."""

    number: float = 0.0
    count: int = 0
    counts: list[int] | None = None
    several: int | str = 0
    anything: Any = None
    either: int | Any = 0
    switch: bool = False
    chosen: Literal[5, 7] = 5


SWITCHES = [
    ("number", True, False),
    ("count", True, False),
    ("counts", [1, True], False),
    ("several", True, False),
    ("anything", True, True),
    ("either", True, True),
    ("switch", True, True),
]


@pytest.mark.parametrize("name, value, taken", [pytest.param(*row, id=row[0]) for row in SWITCHES])
def test_a_switch_is_not_a_number(name, value, taken):
    """A field that takes numbers alone refuses ``true``; one that takes anything, or switches, does not."""
    if taken:
        assert getattr(Typed(**{name: value}), name) == value
    else:
        with pytest.raises(ValidationError):
            Typed(**{name: value})
