"""How much a file may hold, to the node and to the level, and where what is too much is said to stand."""

import pytest

from locust_ext.text import survey as module
from locust_ext.text.document import MOST_BYTES, Document, FlawedDocumentError, parse, read
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.survey import Loader, Survey, TooMuchError


@pytest.fixture
def few(monkeypatch):
    """Two values and three levels are all that there may be."""
    monkeypatch.setattr(module, "MOST_NODES", 2)
    monkeypatch.setattr(module, "MOST_DEPTH", 3)


NODES = [
    ("a list of four: five nodes", "[a, b, c, d]", None),
    ("a list of five", "[a, b, c, d, e]", 1),
    ("keys count, too", "{a: b, c: d}", None),
    ("and one more", "{a: b, c: d, e: f}", 1),
    ("in its line", "[a, b,\nc, d,\ne]", 3),
    ("four levels", "[[[a]]]", None),
    ("five levels", "[[[[a]]]]", 1),
    ("levels beside each other", "[[[a]], b]", None),
]


@pytest.mark.parametrize("text, line", [row[1:] for row in NODES], ids=[row[0] for row in NODES])
def test_reading_stops_where_there_is_too_much(few, text, line):
    """Before the rest is read: twice as many nodes as values, since keys are nodes."""
    loader = Loader(text)
    if line is None:
        assert loader.get_single_node() is not None
    else:
        with pytest.raises(TooMuchError, match=r"^more than 2 values or 3 levels$") as caught:
            loader.get_single_node()
        assert caught.value.line == line


VALUES = [
    ("a list with one value: two", "[a]", None),
    ("a list with two", "- a\n- b\n", 2),
    ("an alias is looked at again", "[&a [], *a]", 1),
]


@pytest.mark.parametrize("text, line", [row[1:] for row in VALUES], ids=[row[0] for row in VALUES])
def test_values_are_counted_where_they_are_used(few, text, line):
    """So that aliases cost no more than a look."""
    loader = Loader(text)
    node = loader.get_single_node()
    if line is None:
        assert Survey(loader).visit(node, ()) is True
    else:
        with pytest.raises(TooMuchError) as caught:
            Survey(loader).visit(node, ())
        assert caught.value.line == line


def test_bytes(tmp_path):
    """A file may have a mebibyte, and not a byte more."""
    file = tmp_path / "f.yml"
    start = "a: 1\n#"
    file.write_text(start.ljust(MOST_BYTES, "x"))
    assert read(file).values == {"a": 1}
    file.write_text(start.ljust(MOST_BYTES + 1, "x"))
    with pytest.raises(ConfigurationError, match="the file is larger than 1 MiB"):
        read(file)


UNREAD = [
    ("there is none", None, "there is no such file"),
    ("no text", b"\xff\xfe", "the file cannot be read: it is not UTF-8 text"),
    ("a directory", "directory", "the file cannot be read: Is a directory"),
]


@pytest.mark.parametrize("content, sentence", [row[1:] for row in UNREAD], ids=[row[0] for row in UNREAD])
def test_files_that_cannot_be_read(tmp_path, content, sentence):
    """Are said, by name."""
    file = tmp_path / "f.yml"
    if content == "directory":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        read(file)
    assert caught.value.problems[0].source == str(file)


def test_lines_of_what_is_not_there():
    """Those of the nearest part that is; of nothing there is none."""
    found = Document("f.yml", {}, {("a",): 1, ("a", "b"): 2}, {("a", "b"): "g.yml"})
    assert [found.line(path) for path in (("a", "b", "c"), ("a", "x"), ("x",), ())] == [2, 1, None, None]
    assert [found.source_of(path) for path in (("a", "b", "c"), ("a",))] == ["g.yml", "f.yml"]
    assert found.problem(("a", "b", 0), "wrong") == Problem("a.b[0]", "wrong", 2, "g.yml")


def test_keys_of_a_script_stand_above():
    """Of two groups those of both; any other value is replaced."""
    found = Document("f.yml", {"a": {"x": 1, "y": 2}, "b": 1, "c": {"z": 3}})
    united = found.with_own({"a": {"y": 5}, "b": {"w": 6}, "c": 7, "d": 8})
    assert united.values == {"a": {"x": 1, "y": 5}, "b": {"w": 6}, "c": 7, "d": 8}
    assert found.values["a"] == {"x": 1, "y": 2}


PLACES = [
    ("a name that is long, as a text", "host: " + "x" * 201, None),
    ("a name in a group", "load: {shape: " + "x" * 201 + "}", "load.shape"),
    ("a key of tags", "tags: {" + "x" * 200 + ": a}", None),
    ("a value below a tag is a text", "tags: {a: {b: " + "x" * 201 + "}}", None),
    ("a selection as long as it may be", "thresholds: {? '" + "x" * 500 + "' : a}", None),
    ("a selection one longer", "max_regression: {? '" + "x" * 501 + "' : a}", "max_regression"),
]


@pytest.mark.parametrize("text, path", [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_how_long_a_text_may_be(text, path):
    """It depends on where it stands; in somebody else's file it does not matter."""
    if path is None:
        parse(text, "f.yml")
    else:
        with pytest.raises(FlawedDocumentError) as caught:
            parse(text, "f.yml")
        assert [problem.path for problem in caught.value.problems] == [path]
    parse(text, "f.yml", is_ours=False)
