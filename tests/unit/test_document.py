"""A YAML file as values that know their lines; nothing that a file holds can do more than be refused."""

import time
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from locust_ext.config.schema import read_config
from locust_ext.text.document import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_NODES,
    Document,
    FlawedDocumentError,
    dotted,
    parse,
    read,
)
from locust_ext.text.problems import ConfigurationError

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

MERGED = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 10)}]}}\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)

REFUSED = [
    ("an empty file", "", None, "the file is empty"),
    ("only a comment", "# nothing\n", None, "the file is empty"),
    ("a list at the top", "- 1\n", None, "keys and values"),
    ("a word at the top", "hello", None, "keys and values"),
    ("a duplicate key", "name: a\nhost: b\nname: c\n", 3, "twice, first in line 1"),
    ("a duplicate key over a number", "thresholds:\n  a: 0x10\nthresholds:\n", 3, "twice, first in line 1"),
    ("a duplicate key over a number in a list", "thresholds: [[0x10]]\nthresholds: x\n", 2, "twice, first in line 1"),
    ("a duplicate key inside", "shapes:\n  spike:\n    factor: 1\n    factor: 2\n", 4, "twice, first in line 3"),
    ("an alias bomb", BOMB, 1, "more than"),
    ("a bomb of merged mappings", MERGED, 1, "more than"),
    ("an alias that holds itself", "a: &a [*a]\n", 1, "more than"),
    ("a mapping that holds itself", "a: &a {b: *a}\n", 1, "more than"),
    ("too deep", "a: " + "[" * (MOST_DEPTH + 5) + "]" * (MOST_DEPTH + 5), 1, "levels"),
    ("far too deep", "[" * 5000, 1, "levels"),
    ("too deep in blocks", "".join(f"{' ' * depth}a:\n" for depth in range(MOST_DEPTH + 5)), 51, "levels"),
    ("too many values", "a: [" + "x, " * MOST_NODES + "x]", 1, "more than"),
    ("an unknown alias", "a: *b\n", 1, "undefined alias"),
    ("an unknown alias of 200 kB", "a: *" + "b" * 200_000, 1, "undefined alias"),
    ("an open bracket", "a: [1\n", 2, "not valid YAML"),
    ("a tab", "a:\n\t- b\n", 2, "not valid YAML"),
    ("two documents", "a: 1\n---\nb: 2\n", 2, "not valid YAML"),
    (
        "a Python object",
        "a: !!python/object/apply:os.system [ls]\n",
        1,
        "a: '!!python/object/apply:os.system' has no place",
    ),
    ("an unknown tag", "a: 1\nb: !mine 1\n", 2, "b: '!mine' has no place here; write the value itself"),
    ("a tag of 200 kB", "a: !" + "m" * 200_000 + " 1", 1, "has no place here"),
    ("bytes", "a: 1\nb: !!binary aGVsbG8=\n", 2, "b: '!!binary' has no place here; write the value itself"),
    ("bytes that are none", "a: 1\nb: !!binary é\n", 2, "b: '!!binary' has no place here"),
    ("a set", "a: !!set {x}\n", 1, "a: '!!set' has no place here; write plain keys, values and lists"),
    ("an ordered mapping", "a: !!omap [x: 1]\n", 1, "'!!omap' has no place here"),
    ("a mapping that shall be a number", "a: !!int {b: 1}\n", 1, "expected a scalar node, but found mapping"),
    ("a key that is a list", "b: 1\n? [a]\n: 1\n", 2, "a key must be text, and one here is a list"),
    ("a key that is a mapping", "? {a: b}\n: 1\n", 1, "a key must be text, and one here is a mapping"),
    ("no key", "b: 1\n? \n: 1\n", 2, "a value stands here without a key; write its key before the colon"),
    ("no key inside", "tags:\n  ? \n  : 1\n", 2, "tags: a value stands here without a key"),
    ("a key of bytes", "!!binary aGVsbG8=: x", 1, "'!!binary' makes no key; write it as text"),
    ("a key that is an equals sign", "=: x", 1, "YAML reads this key as a sign of its own"),
    ("an equals sign", "a: =", 1, "YAML reads '=' as a sign of its own"),
    ("a boolean that is none", "a: !!bool maybe\n", 1, "a: 'maybe' is not true or false"),
    ("an integer that is none", "a: 1\nb: !!int ''\n", 2, "b: '' is not a whole number"),
    ("a number that is none", "a: !!float x", 1, "a: 'x' is not a number"),
    ("a date in marks", "a: !!timestamp '2026-11-24'", 1, "YAML reads '2026-11-24' as a date, not as text; quote it"),
    ("a key that is a date of no calendar", "b: 1\n2026-99-99: x", 2, "2026-99-99: YAML reads this key as a date"),
    ("a time that is none", "a: !!timestamp x\n", 1, "a: 'x' is not a date; quote it, if it is text"),
    ("a date that is none", "a: 2026-99-99\n", 1, "a: '2026-99-99' is not a date; quote it"),
    (
        "an integer of a book's length",
        "b: 1\na: " + "9" * 5000,
        2,
        "(5,000 characters) is too long: a text may have 500",
    ),
    ("one in sixties", "a: 1" + ":1" * 100_000, 1, "is too long"),
    (
        "a text that is too long",
        "a: 1\nhost: " + "x" * 501,
        2,
        "host: 'xxxxxxxxxxxxxxxxxxxx'... (501 characters) is too",
    ),
    ("a name that is too long", "name: " + "x" * 201, 1, "a name may have 200 characters"),
    ("a tag that is too long", "tags: {a: " + "x" * 201 + "}", 1, "a name may have 200 characters"),
    (
        "a key that is too long",
        "tags: {" + "x" * 201 + ": 1}",
        1,
        "tags: 'xxxxxxxxxxxxxxxxxxxx'... (201 characters) is too",
    ),
    (
        "a selection that is too long",
        "thresholds:\n  ? 'm{" + " " * 500 + "}'\n  : [x]",
        2,
        "a key may have 500 characters",
    ),
    ("half a character", 'name: "\\ud83d"', 1, "name: it holds half a character: '\\ud83d'; write it whole"),
    ("half a character in a key", '"\\udc80": x', 1, "a key holds half a character"),
    ("a control character", "b: 1\na: \x01\n", 2, "not valid YAML: the character '\\x01' cannot stand in it"),
]


@pytest.mark.parametrize("text, line, why", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.slow
def test_refused(text, line, why):
    """What is not a configuration is one problem, with its line where there is one."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "f.yml")
    problem = caught.value.problems[0]
    assert why in str(problem)
    assert len(str(caught.value)) < 600
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


TAKEN = [
    ("a text of all that a text may have", "host: " + "x" * 500, {"host": "x" * 500}),
    ("a name of all that a name may have", "name: " + "x" * 200, {"name": "x" * 200}),
    ("keys that are quoted", "tags: {'on': a, \"1\": b}", {"tags": {"on": "a", "1": "b"}}),
    ("a character in two halves, as JSON writes it", '{"name": "\\ud83d\\ude00"}', {"name": "😀"}),
    ("tags that say what is there", "!!str a: !!int 1", {"a": 1}),
    ("nothing", "a:", {"a": None}),
]


@pytest.mark.parametrize("text, values", [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_taken(text, values):
    """What is right is read as it is written."""
    assert values == parse(text, "f.yml").values


def test_the_rest_is_still_there():
    """Parts that are wrong are all said, and the rest can be checked."""
    with pytest.raises(FlawedDocumentError) as caught:
        parse("name: !!set {}\nhost: [x, !!binary eA==, z]\ntags: {a: b, ? : c}\n", "f.yml")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]
    assert caught.value.rest.values == {"tags": {"a": "b"}}


MISREAD = [
    ("the key null", "tags: {null: x}", "tags.null"),
    ("a key that is a fraction", "tags: {1.10: x}", "tags.1.10"),
    ("a key that is a boolean", "tags:\n  on: x\n", "tags.on"),
    ("a date", "name: 2026-11-24", "name"),
]


@pytest.mark.parametrize("text, path", [row[1:] for row in MISREAD], ids=[row[0] for row in MISREAD])
def test_misread(text, path):
    """What YAML reads as something else than what is written is one mistake, at its place."""
    _, problems = read_config(parse(text, "f.yml"))
    assert [problem.path for problem in problems] == [path]
    assert "quote it" in str(problems[0])


def test_a_key_that_is_a_whole_number_is_its_text():
    """It reads back as it is written."""
    assert parse("tags: {1: x}", "f.yml").values == {"tags": {"1": "x"}}


def test_a_file_of_somebody_elses():
    """There texts have any length and keys are what YAML makes of them; what cannot be read is refused all the same."""
    values = parse(f"2: {'x' * 5000}\non: 2026-11-24\n", "application.yml", is_ours=False).values
    assert list(values) == [2, True]
    with pytest.raises(ConfigurationError, match="'!mine' has no place here"):
        parse("a: !mine x", "application.yml", is_ours=False)


SIZES = (1_000, 4_000)

GROWING = [
    ("a list", "a: [{}]", "x, "),
    ("keys", "{}", "a{n}: 1\n"),
    ("lines of one text", "a:\n{}", " x\n"),
    ("spaces", "a: '{}'", " "),
    ("brackets", "{}", "["),
    ("dashes", "{}", "- "),
    ("anchors", "a: [{}]", "&a x, "),
    ("question marks", "{}", "? "),
    ("colons", "{}", "a: "),
    ("comments", "{}a: 1", "#\n"),
    ("quotes", 'a: "{}"', "\\n"),
    ("a tag", "a: !{} x", "t"),
    ("unknown keys", "version: 1\n{}", "tag{n}: 1\n"),
    ("thresholds", "thresholds:\n{}", "  http_reqs{{name:{n}}}: [count>x]\n"),
]


@pytest.mark.parametrize("frame, piece", [row[1:] for row in GROWING], ids=[row[0] for row in GROWING])
@pytest.mark.slow
def test_the_work_grows_with_the_file(frame, piece):
    """Four times the file takes some four times as long, to be read and to be refused."""

    def took(count: int) -> float:
        text = frame.replace("{}", "".join(piece.replace("{n}", str(number)) for number in range(count)))
        began = time.thread_time()
        try:
            document = parse(text, "f.yml")
        except FlawedDocumentError as error:
            document = error.rest
        except ConfigurationError:
            return time.thread_time() - began
        with suppress(ConfigurationError):
            raise ConfigurationError(read_config(document)[1])
        return time.thread_time() - began

    assert any(took(SIZES[1]) / took(SIZES[0]) < 9 for _ in range(6)), "the machine may be busy, but not each time"


WRITTEN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1 ", min_size=1), inner, max_size=3),
    max_leaves=8,
)
"""What YAML can write, most of it no mapping."""


def test_any_text():
    """Any text is a document, with the values that stand there, or a ConfigurationError."""
    read, refused = [], []

    @settings(max_examples=100)
    @given(st.text() | WRITTEN.map(yaml.safe_dump))
    def property_(text):
        try:
            document = parse(text, "f.yml")
        except ConfigurationError as error:
            assert error.problems  # noqa: PT017 either outcome is right
            refused.append(text)
        else:
            assert isinstance(document, Document)
            assert isinstance(document.values, dict)
            read.append(text)

    property_()
    assert len(read) > 5
    assert len(refused) > 5


FILES = [
    ("binary", b"\xff\xfe\x00\x01", "not UTF-8 text"),
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
