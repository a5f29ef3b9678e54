"""Names of figures for other tools: short, on one line, harmless there, and still each its own."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locust_ext.exports.history_names import LONGEST, cell, identifier, told

TEXTS = st.text(max_size=300) | st.text(alphabet="ab _~|=<0", max_size=6)

TOLD = [
    ("an endpoint as it is", "GET /communities/:id/posts?page=1", "GET /communities/:id/posts?page=1"),
    ("letters of any script", "GET /größe/尺", "GET /größe/尺"),
    ("a cell of Markdown", "GET /a|b", "GET /a_b~"),
    ("code of Markdown", "GET /a`b", "GET /a_b~"),
    ("a tag of HTML", "GET /<id>", "GET /_id_~"),
    ("a line and a colour", "GET /a\n\x1b[31m", "GET /a__[31m~"),
    ("nothing", "", "~"),
    ("what ends as a cut one does", "GET /~0a1b2c3d", "GET /~0a1b2c3d~"),
]


@pytest.mark.parametrize("text, name", [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_names_for_people(text, name):
    """What no table, comment or page takes amiss stays as it is; where a sign had to go, digits of the whole follow."""
    found = told(text)
    assert found == name if not name.endswith("~") else re.fullmatch(re.escape(name) + "[0-9a-f]{8}", found)


IDENTIFIERS = [
    ("an endpoint", "GET /communities/:id/posts", "GET /communities/:id/posts"),
    ("a threshold", "threshold http_req_duration{phase:storm} p(95)", "threshold http_req_duration{phase:storm} p(95)"),
    ("a comma", "GET /a,b", "GET /a_b~"),
    ("quotes", "GET /\"a'", "GET /_a_~"),
    ("a formula", "=cmd|' /C calc'!A0", "_=cmd__ /C calc__A0~"),
    ("another script", "GET /尺", "GET /_~"),
    ("a number below zero", "-1", "_-1~"),
]


@pytest.mark.parametrize("text, name", [row[1:] for row in IDENTIFIERS], ids=[row[0] for row in IDENTIFIERS])
def test_names_of_columns(text, name):
    """ASCII without what a list of columns, a shell or a spreadsheet would read otherwise."""
    found = identifier(text)
    assert found == name if not name.endswith("~") else re.fullmatch(re.escape(name) + "[0-9a-f]{8}", found)


@given(TEXTS, TEXTS)
@example("GET /" + "x" * 300, "GET /" + "x" * 301)
@example("GET /a|", "GET /a`")
@example("a,b", "a_b")
def test_two_names_stay_two(one, other):
    """However alike they become: in each form two texts have one name only if they are one."""
    for name in (told, identifier):
        assert (name(one) == name(other)) is (one == other)


@given(TEXTS)
@example("x" * 300)
@example("😀" * 300)
def test_names_are_bounded_and_harmless(text):
    """Whatever is named: printable, at most so long, and for a column nothing that begins a formula."""
    for name in (told(text), identifier(text), cell(text)):
        assert name.isprintable()
        assert len(name) <= LONGEST + 1
        assert len(name.encode("utf-8", "replace")) <= 1024
    assert not re.search(r"[`|<>]", told(text))
    assert not re.search(r"[,;'\"`|<>]", identifier(text))
    assert identifier(text).isascii()
    assert not identifier(text).startswith(("=", "+", "-", "@"))
    assert not cell(text).startswith(("=", "+", "-", "@"))


CELLS = [
    ("a branch", "feature/x", "feature/x"),
    ("a formula", "=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
    ("a formula behind a blank", " =1+1", "'=1+1"),
    ("a formula behind a tab", "\t@SUM(1)", "'@SUM(1)"),
    ("a line", "a\r\nb", "a  b"),
]


@pytest.mark.parametrize("text, kept", [row[1:] for row in CELLS], ids=[row[0] for row in CELLS])
def test_cells(text, kept):
    """On one line, and text to every spreadsheet."""
    assert cell(text) == kept
