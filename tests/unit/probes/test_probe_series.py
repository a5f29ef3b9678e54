"""Names of series: one spelling each, which reads back as the same series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.probes.series import SeriesName, parse_series

SPELLINGS = [
    ("a name", "process_open_fds", "process_open_fds"),
    ("blanks around it", " a ", "a"),
    ("no labels", "a{}", "a"),
    ("a label", 'a{b="1"}', 'a{b="1"}'),
    ("a comma at the end", 'a{b="1",}', 'a{b="1"}'),
    ("blanks", 'a{ c = "2" , b = "1" }', 'a{b="1",c="2"}'),
    ("a comma and a brace in a value", 'a{b="1,c=}"}', 'a{b="1,c=}"}'),
    ("escaped", 'a{b="\\"\\\\"}', 'a{b="\\"\\\\"}'),
]


@pytest.mark.parametrize("text, spelled", [row[1:] for row in SPELLINGS], ids=[row[0] for row in SPELLINGS])
def test_spellings(text, spelled):
    """However somebody writes it."""
    assert str(parse_series(text)) == spelled


WRONG = ["", "a b", "1a", "a{b}", "a{b=1}", "a{b='1'}", 'a{b="1}', 'a{b="1"c="2"}', 'a{b="1"} 5', "a*", 'a{b=~"1"}', "a" * 151, 'a{b="\\x"}', "ä"]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_one(text):
    """It is said how to write one."""
    with pytest.raises(ValueError, match="is not a series"):
        parse_series(text)


NAMES = st.from_regex(r"[a-z_:][a-z0-9_:]{0,8}", fullmatch=True)
LABELS = st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True), st.text(max_size=8), max_size=3)


@given(NAMES, LABELS)
def test_a_spelling_reads_back(name, labels):
    """Also with line ends, quotes and backslashes in the values."""
    series = SeriesName(name, tuple(sorted(labels.items())))
    assert parse_series(str(series)) == series
    assert series.fits({**labels, "other": "x"})
    if labels:
        assert not series.fits({**labels, next(iter(labels)): "something else"})
