"""A YAML file as values that know their lines; nothing that a file holds can do more than be refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.document import MOST_BYTES, MOST_DEPTH, MOST_NODES, Document, dotted, parse, read
from locust_ext.problems import ConfigurationError

TEXT = """\
version: 1
shapes:
  spike:
    factor: 10
thresholds:
  http_reqs:
    - count>1
    - {threshold: rate>1,
       window: 10s}
"""

LINES = [
    ("a key", ("version",), 1),
    ("a key inside", ("shapes", "spike", "factor"), 4),
    ("an item", ("thresholds", "http_reqs", 0), 7),
    ("a key of an item", ("thresholds", "http_reqs", 1, "window"), 9),
    ("what is missing stands where it should", ("shapes", "spike", "hold"), 3),
    ("what is nowhere has no line", ("nowhere",), None),
    ("the file itself has no line", (), None),
]


@pytest.mark.parametrize("path, line", [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lines(path, line):
    """Each path knows its line, or that of the nearest part above it."""
    assert line == parse(TEXT, "f.yml").line(path)


PATHS = [((), ""), (("a",), "a"), (("a", "b"), "a.b"), (("a", 0, "b"), "a[0].b")]


@pytest.mark.parametrize("path, text", PATHS, ids=[row[1] or "none" for row in PATHS])
def test_dotted(path, text):
    """A path is written as people write it."""
    assert text == dotted(path)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)

REFUSED = [
    ("an empty file", "", None, "the file is empty"),
    ("only a comment", "# nothing\n", None, "the file is empty"),
    ("a list at the top", "- 1\n", None, "keys and values"),
    ("a word at the top", "hello", None, "keys and values"),
    ("a duplicate key", "name: a\nhost: b\nname: c\n", 3, "twice, first in line 1"),
    ("a duplicate key inside", "shapes:\n  spike:\n    factor: 1\n    factor: 2\n", 4, "twice, first in line 3"),
    ("an alias bomb", BOMB, None, "more than"),
    ("an alias that holds itself", "a: &a [*a]\n", None, "more than"),
    ("a mapping that holds itself", "a: &a {b: *a}\n", None, "more than"),
    ("too deep", "a: " + "[" * (MOST_DEPTH + 5) + "]" * (MOST_DEPTH + 5), None, "levels"),
    ("far too deep", "[" * 5000, None, "no valid YAML"),
    ("too many values", "a: [" + "x, " * MOST_NODES + "x]", None, "more than"),
    ("an unknown alias", "a: *b\n", 1, "undefined alias"),
    ("an open bracket", "a: [1\n", 2, "no valid YAML"),
    ("a tab", "a:\n\t- b\n", 2, "no valid YAML"),
    ("two documents", "a: 1\n---\nb: 2\n", 2, "no valid YAML"),
    ("a Python object", "a: !!python/object/apply:os.system [ls]\n", 1, "could not determine a constructor"),
    ("an unknown tag", "a: !mine 1\n", 1, "could not determine a constructor"),
    ("a key that is a list", "? [a]\n: 1\n", 1, "unhashable key"),
    ("a boolean that is none", "a: !!bool maybe\n", None, "no valid YAML"),
    ("an integer that is none", "a: !!int ''\n", None, "no valid YAML"),
    ("a time that is none", "a: !!timestamp x\n", None, "no valid YAML"),
    ("a date that is none", "a: 2026-99-99\n", None, "no valid YAML"),
    ("an integer of a book's length", "a: " + "9" * 5000, None, "no valid YAML"),
    ("a control character", "a: \x01\n", None, "no valid YAML"),
]


@pytest.mark.parametrize("text, line, why", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(text, line, why):
    """What is no configuration is one problem, with its line where there is one."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f.yml")
    problem = caught.value.problems[0]
    assert why in str(problem)
    assert line == problem.line
    assert "f.yml" in str(caught.value)


def test_two_duplicates_are_two_problems():
    """Every duplicate key is listed."""
    with pytest.raises(ConfigurationError) as caught:
        parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f.yml")
    assert [(p.path, p.line) for p in caught.value.problems] == [("a", 2), ("b.c", 3)]


def test_merge_keys_are_no_duplicates():
    """YAML's own merging of mappings works, more than once."""
    document = parse("a: &a {x: 1}\nb: &b {y: 2}\nc:\n  <<: *a\n  <<: *b\n  z: 3\n", "f.yml")
    assert document.values["c"]["z"] == 3


@given(st.text())
def test_any_text(text):
    """Any text is a document or a ConfigurationError."""
    with suppress(ConfigurationError):
        assert isinstance(parse(text, "f.yml"), Document)


FILES = [
    ("binary", b"\xff\xfe\x00\x01", "no UTF-8 text"),
    ("too large", b"a: " + b"x" * MOST_BYTES, "larger than 1 MiB"),
    ("empty", b"", "the file is empty"),
]


@pytest.mark.parametrize("content, why", [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_files(tmp_path, content, why):
    """A file that is none of ours is refused in a sentence that names it."""
    file = tmp_path / "feed.yml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=why) as caught:
        read(file)
    assert [str(file)] == [problem.source for problem in caught.value.problems]


def test_no_file(tmp_path):
    """A missing file is said to be missing, and a directory cannot be read."""
    with pytest.raises(ConfigurationError, match="there is no such file"):
        read(tmp_path / "feed.yml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(tmp_path)


def test_a_file(tmp_path):
    """A file is its values."""
    file = tmp_path / "feed.yml"
    file.write_text("name: grün\n", encoding="utf-8")
    assert read(file).values == {"name": "grün"}
