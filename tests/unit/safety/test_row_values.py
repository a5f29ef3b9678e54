"""What rows of feeders hold is hidden in texts: whole values, where they stand alone, and not ordinary words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety.known_secrets import says_secret
from locust_ext.safety.outlet import Outlet
from locust_ext.safety.redaction import HIDDEN, Redaction
from locust_ext.safety.row_values import MOST_VALUES, RowValues


def hiding(*values):
    """Return a redaction that knows these values."""
    known = RowValues()
    known.add(values)
    return Redaction(rows=known)


HIDDEN_IN = [
    pytest.param("ann@example.org", "/users/ann@example.org/posts", "/users/***/posts", id="a part of a path"),
    pytest.param("ann@example.org", "/users/ann%40example.org", "/users/***", id="percent-encoded"),
    pytest.param("p4ss wörd", "login failed for p4ss+w%C3%B6rd", "login failed for ***", id="form-encoded"),
    pytest.param('say "hi"', r'{"password": "say \"hi\""}', '{"password": "***"}', id="in JSON"),
    pytest.param("hunter2", "ValueError: hunter2", "ValueError: ***", id="in an error"),
    pytest.param("hunter2", "hunter2hunter2", "hunter2hunter2", id="not within a longer word"),
    pytest.param("short", "a short text", "a short text", id="not a short value"),
    pytest.param("true", "it is true", "it is true", id="not a word of five"),
    pytest.param(1234567, "in 1234567 ms", "in 1234567 ms", id="not a short number"),
    pytest.param(12345678, "/orders/12345678", "/orders/***", id="a longer number"),
    pytest.param(["nested-one", {"k": "nested-two"}], "nested-one nested-two", "*** ***", id="values within values"),
    pytest.param("  padded-value ", "padded-value", "***", id="without the blanks around it"),
    pytest.param("-----", "-----", "-----", id="five signs"),
    pytest.param("日本語日本語", "/日本語日本語", "/***", id="other letters"),
    pytest.param("Ann@Example.org", "/users/ann@example.org", "/users/***", id="in lower case"),
    pytest.param("ann@example.org", "/users/ANN%40EXAMPLE.ORG", "/users/***", id="in upper case, encoded"),
    pytest.param("ann@İst.org", "İ ANN@İST.ORG", "İ ***", id="beside a letter that lower case makes two of"),
    pytest.param("zo\u00eb-miller", "/zoe\u0308-miller", "/***", id="with its marks apart"),
    pytest.param("zoe\u0308-miller", "/ZO%C3%8B-MILLER", "/***", id="with its marks in its letters"),
    pytest.param("a" * 5000, f"x {'a' * 5000}", "x ***", id="all of a very long one"),
]


@pytest.mark.parametrize("value, text, hidden", HIDDEN_IN)
def test_a_value_is_hidden(value, text, hidden):
    """In a label, which goes to the master, as in a report."""
    redaction = hiding(value)
    assert redaction.known(text) == hidden
    assert redaction.text(text) == hidden


def test_the_longest_value_is_hidden():
    """Where one begins as another does."""
    assert hiding("user-1", "user-12", "user-123").known("user-12 user-123 user-1") == " ".join([HIDDEN] * 3)


@given(st.lists(st.text("abc1@./ ", min_size=6, max_size=12), max_size=8), st.text("abc1@./ ", max_size=40))
def test_whatever_stands_alone_is_hidden(values, text):
    """By the plain search through all values; nothing else is touched."""
    known = RowValues()
    known.add(values)
    spans = set(known.find(text))
    for start in range(len(text)):
        for value in {one.strip() for one in values}:
            end = start + len(value)
            if len(value) < 6 or value.isdecimal() or text[start:end] != value:
                continue
            alone = not (text[:start][-1:].isalnum() and value[0].isalnum())
            alone = alone and not (text[end : end + 1].isalnum() and value[-1].isalnum())
            covered = any(begin <= start and end <= until for begin, until in spans)
            assert covered or not alone
    assert all(text[start:end] in {one.strip() for one in values} for start, end in spans)


def test_memory_is_bounded():
    """The oldest are forgotten; the work of it does not grow."""
    known = RowValues()
    began = time.process_time()
    known.add(f"value-{number:07}" for number in range(MOST_VALUES * 2))
    assert time.process_time() - began < 5
    assert len(known) == MOST_VALUES
    assert not list(known.find("value-0000000"))
    assert list(known.find(f"value-{MOST_VALUES * 2 - 1:07}"))
    small = RowValues(most=2)
    small.add(["first-one", "second-one", "third-one"])
    assert set(small._lengths) == {"second", "third-"}


def test_what_is_handed_out_again_is_as_new():
    """Of two values the one is forgotten that nobody has had for longer."""
    known = RowValues(most=2)
    known.add(["first-one", "second-one", "first-one", "third-one"])
    assert [bool(list(known.find(text))) for text in ("first-one", "second-one", "third-one")] == [True, False, True]


@pytest.mark.parametrize("before", [(), ("another-value",)], ids=["the first ones", "later ones"])
def test_an_outlet_hides_them_from_then_on(before):
    """Also in a text that it has seen before."""
    outlet = Outlet({})
    outlet.hide_rows(before)
    assert outlet.label("/users/ann@example.org") == "/users/ann@example.org"
    assert outlet.text("x ann@example.org") == "x ann@example.org"
    outlet.hide_rows(["ann@example.org"])
    assert outlet.label("/users/ann@example.org") == "/users/***"
    assert outlet.text("x ann@example.org") == "x ***"
    outlet._environment = {"MY_TOKEN": "abcdefgh1234"}
    assert outlet.text("abcdefgh1234 ann@example.org") == "*** ***"


@pytest.mark.parametrize(
    "column, is_one", [("password", True), ("api_key", True), ("email", False), ("compass", False)]
)
def test_columns_that_say_so(column, is_one):
    """By their names."""
    assert says_secret(column) is is_one
