"""Files of rows: what is read, what is refused and in which line, and where each row stands."""

from __future__ import annotations

import csv
import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.feeders import table as tables
from locust_ext.feeders.records import LONGEST_ROW
from locust_ext.feeders.table import ChangedError, NoTableError, look_at


def put(directory, content, name="users.csv"):
    """Return a file that holds this."""
    file = directory / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def rows_of(file):
    """Return a file's columns, and its rows as they are lent."""
    table = look_at(file)
    return table.columns, table.open().rows(range(table.rows))


READ = [
    pytest.param("a,b\n1,2\n3,4\n", [("1", "2"), ("3", "4")], id="plain"),
    pytest.param("a,b\n1,2\n3,4", [("1", "2"), ("3", "4")], id="without a last line end"),
    pytest.param(b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4\r\n", [("1", "2"), ("3", "4")], id="a mark of UTF-8, and CRLF"),
    pytest.param("\n\na,b\n\n1,2\n\n\n3,4\n\n", [("1", "2"), ("3", "4")], id="empty lines"),
    pytest.param('a,b\n"1,1","2\n\n2"\n3,"x""y"\n', [("1,1", "2\n\n2"), ("3", 'x"y')], id="quoted newlines"),
    pytest.param(" a , b\n 1,2 \n", [(" 1", "2 ")], id="blanks are a value's, not a name's"),
    pytest.param("a,b\n,\n", [("", "")], id="empty values"),
    pytest.param("a,b\nzoë,日本\n", [("zoë", "日本")], id="letters of all kinds"),
]


@pytest.mark.parametrize("content, rows", READ)
def test_csv_is_read(tmp_path, content, rows):
    """As RFC 4180 has it."""
    assert rows_of(put(tmp_path, content)) == (("a", "b"), rows)


def test_json_lines_are_read(tmp_path):
    """With all values of JSON, keys in any order."""
    lines = ['{"a": 1, "b": [true, null]}', "", '{"b": {"c": 1.5}, "a": "x"}']
    file = put(tmp_path, "\r\n".join(lines), "users.jsonl")
    assert rows_of(file) == (("a", "b"), [(1, [True, None]), ("x", {"c": 1.5})])


def test_tabs(tmp_path):
    """Separate columns where the file's name says so."""
    assert rows_of(put(tmp_path, "a\tb\n1,1\t2\n", "users.tsv")) == (("a", "b"), [("1,1", "2")])


BAD = [
    pytest.param("a,b\n1,2\n3\n4,5,6\n", [(3, "1 column"), (4, "3 columns")], id="ragged lines"),
    pytest.param(b"a,b\n1,\x002\n3,4\n", [(2, "NUL byte")], id="a NUL"),
    pytest.param("a,b\n1,2\nä,3\n".encode("latin-1"), [(3, "it is not UTF-8")], id="Latin-1"),
    pytest.param("a,b\n1,2\n".encode("utf-16"), [(1, "it is UTF-16")], id="UTF-16"),
    pytest.param("", [(1, "it is empty")], id="nothing"),
    pytest.param("\n\n", [(1, "it is empty")], id="empty lines alone"),
    pytest.param("a,b\n", [(0, "it has a header, but no rows")], id="no rows"),
    pytest.param("a,b,a\n1,2,3\n", [(1, "two columns are called 'a'")], id="a doubled column"),
    pytest.param("a,,c\n1,2,3\n", [(1, "column 2 has no name")], id="a column without a name"),
    pytest.param("x@y.org,pw\nz@y.org,pw\n", [(1, "column 1 has no name, but a value")], id="no header"),
    pytest.param("a;b\n1;2\n", [(1, "separated by ';'")], id="semicolons"),
    pytest.param("a,b\r1,2\r", [(1, "a carriage return stands alone")], id="lone carriage returns"),
    pytest.param('a,b\n"1"x,2\n3,4\n', [(2, "not valid CSV")], id="what follows a quotation"),
    pytest.param('a,b\n1,2\n"x,1\n2,3\n', [(3, "is a quotation mark missing?")], id="a quotation that does not end"),
    pytest.param(
        "a,b\n" + "x" * 70_000 + ",1\n1\n", [(2, "65,536 bytes"), (3, "1 column")], id="a row that is too long"
    ),
    pytest.param(",".join(f"c{n}" for n in range(201)) + "\n", [(1, "at most 200 columns")], id="too many columns"),
    pytest.param(
        "a,b,c,d,e,f,g,h,i,j\n" + ",".join(["x" * 10**6] * 10) + "\n",
        [(2, "65,536 bytes")],
        id="ten columns of a megabyte",
    ),
    pytest.param('a,b\n1,"' + "x\n" * 40_000 + '"\n1,2\n', [(None, "65,536 bytes")], id="too long a row of many lines"),
]


@pytest.mark.parametrize("content, flaws", BAD)
def test_csv_is_refused(tmp_path, content, flaws):
    """With each line that is wrong."""
    with pytest.raises(NoTableError) as caught:
        look_at(put(tmp_path, content))
    found = caught.value.flaws
    assert len(found) == len(flaws)
    for (line, what), (wanted, says) in zip(found, flaws, strict=True):
        assert wanted is None or line == wanted
        assert says in what


BAD_JSON = [
    pytest.param("[1]", "not an object", id="a list"),
    pytest.param('{"b": 1}', "'a' is missing; 'b' is not one", id="other keys"),
    pytest.param('{"a": NaN}', "NaN", id="no number"),
    pytest.param('{"a": 1, "a": 2}', "twice", id="a doubled key"),
    pytest.param("x", "this is not JSON, at column 1", id="no JSON"),
    pytest.param('{"a": 184467440737095516160}', "64 bits", id="a large number"),
    pytest.param('{"a": "\\ud800"}', "half of a character", id="half of a character"),
    pytest.param('{"a":' * 1000 + "1" + "}" * 1000, "", id="a deep value"),
    pytest.param('{"a": "' + "x" * 70_000 + '"}', "65,536 bytes", id="a long one"),
]


@pytest.mark.parametrize("line, says", BAD_JSON)
def test_json_is_refused(tmp_path, line, says):
    """With its line; those around it are fine."""
    with pytest.raises(NoTableError) as caught:
        look_at(put(tmp_path, f'{{"a": 0}}\n{line}\n{{"a": 2}}\n', "users.jsonl"))
    ((number, what),) = caught.value.flaws
    assert number == 2
    assert says in what


def test_no_value_is_told(tmp_path):
    """However wrong the file is."""
    secret = "hunter2-secret"
    for name, content in {
        "a.csv": f'a,b\n{secret}\n"{secret}"{secret},1\n{secret},2,3\n',
        "b.jsonl": f'{{"a": 1}}\n"{secret}"\n{secret}\n{{"a": {{"{secret}": NaN}}}}\n',
    }.items():
        with pytest.raises(NoTableError) as caught:
            look_at(put(tmp_path, content, name))
        assert len(caught.value.flaws) == 3
        assert secret not in str(caught.value)


def test_only_so_many_mistakes_are_told(tmp_path):
    """A file of another kind does not fill the screen."""
    with pytest.raises(NoTableError) as caught:
        look_at(put(tmp_path, "a,b\n" + "1\n" * 1000))
    assert len(caught.value.flaws) == tables.MOST_FLAWS + 1


def test_what_is_no_file(tmp_path):
    """A directory, a pipe, nothing at all: a sentence, and nobody waits for the other end of a pipe."""
    os.mkfifo(tmp_path / "pipe.csv")
    for place, says in (
        (tmp_path, "a directory"),
        (tmp_path / "pipe.csv", "regular"),
        (tmp_path / "no.csv", "no such"),
    ):
        with pytest.raises(NoTableError, match=says):
            look_at(place)


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=15), st.randoms(use_true_random=False))
def test_each_row_where_it_stands(tmp_path_factory, rows, rng):
    """Whatever stands in it, in whatever order rows are read, and however few places are remembered."""
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    lines = [json.dumps({"a": a, "b": b}) for a, b in rows]
    directory, most = tmp_path_factory.mktemp("rows"), tables.MOST_PLACES
    for name, content in (("r.csv", written.getvalue()), ("r.jsonl", "\n\n".join(lines))):
        file = put(directory, content, name)
        tables.MOST_PLACES = 4
        try:
            table = look_at(file)
        finally:
            tables.MOST_PLACES = most
        assert len(table.places) <= 4
        numbers = list(range(len(rows))) * 2
        rng.shuffle(numbers)
        assert table.open().rows(numbers) == [rows[number] for number in numbers]


def test_a_file_that_changes(tmp_path):
    """Is not read any more; one that is replaced as a whole still is, as it was."""
    file = put(tmp_path, "a,b\n1,2\n3,4\n")
    table = look_at(file)
    reader = table.open()
    put(tmp_path, "a,b\n5,6\n7,8\n", "new.csv").replace(file)
    assert reader.rows([1]) == [("3", "4")]
    with pytest.raises(ChangedError, match=r"'users.csv' was changed"):
        table.open()
    again = look_at(file).open()
    with file.open("a") as more:
        more.write("9,10\n")
    with pytest.raises(ChangedError):
        again.rows([0])


def test_columns_whose_values_differ(tmp_path):
    """Are those that tell rows apart."""
    text = "email,country,token\n" + "".join(f"u{n}@x.org,Germany,t{n % 70}\n" for n in range(100))
    assert look_at(put(tmp_path, text)).distinct == {0, 2}


def test_memory_does_not_grow_with_a_row(tmp_path):
    """Not even with one without an end: it is passed piece by piece."""
    file = tmp_path / "large.csv"
    with file.open("wb") as stream:
        stream.write(b"a,b\n")
        stream.truncate(LONGEST_ROW * 500)
        stream.seek(0, 2)
        stream.write(b"\n1,2\n")
    with pytest.raises(NoTableError) as caught:
        look_at(file)
    assert len(caught.value.flaws) == 1
