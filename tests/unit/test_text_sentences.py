"""Sentences about what somebody wrote: which they are, how long a list in them is, and what they suggest."""

from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from locust_ext.text.document import Document
from locust_ext.text.fields import Section, is_a_path, is_http, is_one_word, one_is_a_list, value_as_text
from locust_ext.text.form_fields import blamed_on_form
from locust_ext.text.option_names import dest_of, given
from locust_ext.text.problems import MOST_TOLD, ConfigurationError, Problem
from locust_ext.text.spelling import misspelt_name, nearest
from locust_ext.text.unquoted import reads_back, wrong_as_text, wrong_everywhere, wrong_key
from locust_ext.text.validation import problems_of


class Inner(Section):
    """A group."""

    factor: float = 1.0
    names: list[str] = []


class Outer(Section):
    """All kinds of keys."""

    count: Annotated[int, Field(ge=1, le=5000)] = 1
    word: Annotated[str, Field(min_length=1)] = "x"
    kind: Literal["a", "b"] = "a"
    flag: bool = False
    inner: Inner = Inner()
    many: dict[str, Inner] = {}
    listed: tuple[Inner, ...] = ()
    maybe: Inner | None = None


FLAWED = [
    ("too few", {"count": 0}, ["count: must be at least 1, not 0"]),
    ("too many", {"count": 5001}, ["count: must be at most 5,000, not 5001"]),
    ("a switch where a number belongs", {"count": True}, ["count: must be a whole number, not True"]),
    ("no text at all", {"word": ""}, ["word: must not be empty"]),
    ("a number where a text belongs", {"word": 5}, ["word: must be text, not 5"]),
    ("none of the words", {"kind": "c"}, ["kind: must be 'a' or 'b', not 'c'"]),
    ("no switch", {"flag": "maybe"}, ["flag: must be true or false, not 'maybe'"]),
    ("no group", {"inner": 5}, ["inner: must hold keys and values, not 5"]),
    ("no list", {"inner": {"names": 5}}, ["inner.names: must be a list, not 5"]),
    ("an unknown key", {"cuont": 1}, ["cuont: unknown key; did you mean 'count'?"]),
    ("an unknown key in a group", {"inner": {"factr": 1}}, ["inner.factr: unknown key; did you mean 'factor'?"]),
    ("in a group of a name", {"many": {"x": {"factr": 1}}}, ["many.x.factr: unknown key; did you mean 'factor'?"]),
    ("in a group of a list", {"listed": [{}, {"factr": 1}]}, ["listed[1].factr: unknown key; did you mean 'factor'?"]),
    ("in one that may be left out", {"maybe": {"factr": 1}}, ["maybe.factr: unknown key; did you mean 'factor'?"]),
    ("two at once", {"count": 0, "inner": {"factor": "x"}}, ["count: must", "inner.factor: must be a number, not 'x'"]),
]


@pytest.mark.parametrize("values, sentences", [row[1:] for row in FLAWED], ids=[row[0] for row in FLAWED])
def test_what_is_wrong_with_values(values, sentences):
    """In words of the configuration, with what was written and what would be right."""
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(values)
    found = [str(problem) for problem in problems_of(caught.value, Outer, Document(""))]
    assert len(found) == len(sentences)
    assert all(text.startswith(start) for text, start in zip(found, sentences, strict=True))


def test_values_stand_somewhere():
    """Under a path of the file, in its line, as they are written there."""
    lines, plain = {("load",): 3, ("load", "word"): 4}, {("load", "word"): "1.10"}
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"word": 1.1})
    (problem,) = problems_of(caught.value, Outer, Document("f.yml", lines=lines, plain=plain), ("load",))
    assert str(problem) == 'f.yml:4: load.word: must be text, not 1.10; quote it: "1.10"'


SLIPS = [
    ("letters that changed places", "cuont", ["count", "amount"], "count"),
    ("another sign between the parts", "max-users", ["max_users"], "max_users"),
    ("one letter of five", "coun", ["count"], "count"),
    ("too far off", "cnt", ["count"], ""),
    ("nothing to choose from", "count", [], ""),
]


@pytest.mark.parametrize("word, names, name", [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS])
def test_slips_of_the_pen(word, names, name):
    """Only what is very near is one."""
    assert misspelt_name(word, names) == name


LISTS = [
    ("twenty are all told", 20, "n19"),
    ("one more is not", 21, "n19, ..."),
]


@pytest.mark.parametrize("count, end", [row[1:] for row in LISTS], ids=[row[0] for row in LISTS])
def test_lists_of_names(count, end):
    """A few of many."""
    assert nearest("qqq", [f"n{number:02}" for number in range(count)]).endswith(end)


def test_other_capitals_and_signs_are_near():
    """However different they look."""
    assert nearest("HTTPREQDURATION", ["http_req_duration", "checks"]) == "; did you mean 'http_req_duration'?"


@pytest.mark.parametrize("more, last", [(0, "  - m99"), (1, "  - and 1 more"), (1500, "  - and 1,500 more")])
def test_many_mistakes_are_counted(more, last):
    """A hundred are told."""
    lines = str(ConfigurationError([Problem("", f"m{number}") for number in range(MOST_TOLD + more)])).splitlines()
    assert lines[0] == f"locust_ext: {MOST_TOLD + more:,} mistakes in the configuration; nothing was sent"
    assert len(lines) == 1 + MOST_TOLD + bool(more)
    assert lines[-1] == last


KEYS = [
    ("a text", "on", "on", ""),
    ("a number that is written so", "12", 12, ""),
    ("one with a zero before it", "012", 10, 'YAML reads the key 012 as 10; quote it: "012"'),
    ("a truth", "on", True, 'YAML reads the key on as true; quote it: "on"'),
    ("nothing", "~", None, 'YAML reads the key ~ as nothing; quote it: "~"'),
    ("a number with a point", "1.5", 1.5, ""),
    ("one whose end is lost", "1.10", 1.1, 'YAML reads the key 1.10 as 1.1; quote it: "1.10"'),
    (
        "as long as a text may be",
        "0" * 500,
        0,
        "YAML reads the key " + "0" * 500 + ' as 0; quote it: "' + "0" * 500 + '"',
    ),
    ("longer than that", "0" * 501, 0, ""),
]


@pytest.mark.parametrize("text, value, sentence", [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_keys_that_are_read_as_something_else(text, value, sentence):
    """They are named, and how to write them."""
    assert wrong_key(text, value) == sentence


VALUES = [
    ("sixties", "1:30", 90, "YAML reads 1:30 as 90, a number to the base of 60"),
    ("sixties with a point", "1:30.5", 90.5, "YAML reads 1:30.5 as 90.5, a number to the base of 60"),
    ("octal", "0600", 384, 'YAML reads 0600 as 384, an octal number; write 600, or quote it: "0600"'),
    ("octal nothing", "00", 0, "YAML reads 00 as 0, an octal number; write 0,"),
    ("a date", "2026-11-24", date(2026, 11, 24), "YAML reads 2026-11-24 as a date"),
    ("a plain number", "90", 90, ""),
    ("a text", "1:30", "1:30", ""),
    ("a truth", "yes", True, ""),
]


@pytest.mark.parametrize("text, value, sentence", [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values_that_are_read_as_something_else(text, value, sentence):
    """Wherever they stand."""
    found = wrong_everywhere(text, value)
    assert bool(found) == bool(sentence)
    assert found.startswith(sentence)


TEXTS = [
    ("a number as it is written", "12", 12, ""),
    ("nothing", "", None, 'there is no value; write a text, or "" for none'),
    ("a truth in other words", "yes", True, 'YAML reads yes as true; quote it: "yes"'),
    ("a truth", "true", True, 'true is not text; quote it: "true"'),
    ("a version", "1.10", 1.1, 'YAML reads 1.10 as 1.1; quote it: "1.10"'),
]


@pytest.mark.parametrize("text, value, sentence", [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_values_where_a_text_belongs(text, value, sentence):
    """A number is a text where it reads back."""
    assert wrong_as_text(text, value) == sentence
    assert reads_back(text, value) is (sentence == "")


FIELDS: list[tuple[Any, Any, Any]] = [
    (one_is_a_list, "a", ("a",)),
    (one_is_a_list, ["a", "b"], ["a", "b"]),
    (value_as_text, 5, "5"),
    (value_as_text, 1.5, "1.5"),
    (value_as_text, True, True),
    (value_as_text, None, None),
    (is_http, "http://a", True),
    (is_http, "https://a:1/b", True),
    (is_http, "ftp://a", False),
    (is_http, "http://", False),
    (is_http, "http://a b", False),
    (is_one_word, "a\u00a0b", False),
    (is_one_word, "a\x01", False),
    (is_one_word, "ab", True),
    (is_a_path, "/a", "/a"),
]


@pytest.mark.parametrize("read, value, found", FIELDS)
def test_fields(read, value, found):
    """What sections of the configuration read alike."""
    assert read(value) == found


@pytest.mark.parametrize("path", ["a", "", "/a b", "/a\n"])
def test_no_paths(path):
    """It begins at the root of a host, and is one word."""
    with pytest.raises(ValueError, match="is not a path; write it as /health"):
        is_a_path(path)


def test_a_text_that_lists_several():
    """Is told how to be a list."""
    with pytest.raises(ValueError, match=r"must be a list; write \[\"a\", \"b\"\]$"):
        one_is_a_list("a, b,")


def test_options_of_one_name():
    """Of two ours is the one that stands apart; of nothing there is the default."""
    assert dest_of("report-dir") == "report_dir"
    assert given({"report_dir": "theirs", "locust_ext_report_dir": "ours"}, "report_dir") == "ours"
    assert given({"report_dir": "ours"}, "report_dir") == "ours"
    assert given(None, "report_dir", 5) == 5
    assert given({}, "report_dir") == ""


BLAMED = [
    ("all are fields", ["--shape", "--host x"], "2 mistakes in the form; no test was started"),
    ("one is not", ["--shape", "file"], "2 mistakes; no test was started"),
]


@pytest.mark.parametrize("paths, heading", [row[1:] for row in BLAMED], ids=[row[0] for row in BLAMED])
def test_mistakes_in_a_form(paths, heading):
    """It is blamed where all of them are its own; a heading that is there stays."""
    error = ConfigurationError([Problem(path, "wrong; see --host") for path in paths])
    assert blamed_on_form(error).heading == heading
    assert blamed_on_form(ConfigurationError(error.problems, "mine")).heading == "mine"
    assert str(blamed_on_form(error).problems[0]) == "form: Shape: wrong; see Host"


def test_what_stands_nowhere_comes_first():
    """Then the lines of the file, and two of one line as they were found."""
    found = [Problem("b", "x", 1), Problem("d", "x", 2), Problem("c", "x", 1), Problem("a", "x")]
    assert [problem.path for problem in ConfigurationError(found).problems] == ["a", "b", "c", "d"]
