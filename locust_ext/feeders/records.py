"""The records of a file of rows, each with its line and its place: CSV with a header line, or JSON lines.

Law: a file is passed once, in pieces that are bounded; what is wrong with a record is said with its line, and never
with a word of what stands in it. Of a record that is right no other reading could be meant.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NoReturn

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_NAME, has_half, quoted
from locust_ext.text.spelling import nearest, plural

LONGEST_ROW = 1 << 16
"""Bytes that a row may have as it stands in its file: whole rows are sent to workers."""

MOST_COLUMNS = 200
DEEPEST = 20
"""Values within values of JSON."""

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
BOM = b"\xef\xbb\xbf"
_INTEGERS = range(-(2**63), 2**64)
"""Whole numbers that a message can carry."""

Values = tuple[Any, ...]


class FlawError(ValueError):
    """A record that is not as it should be: its line, and what is wrong.

    ``ends``: nothing after it can be read.
    """

    def __init__(self, line: int, what: str, *, ends: bool = False) -> None:
        super().__init__(what)
        self.line, self.what, self.ends = line, what, ends


@dataclass(frozen=True)
class Record:
    """One record: its line, where its bytes begin, and its values in the order of the columns."""

    line: int
    start: int
    values: Values


class Lines:
    """The lines of a file in UTF-8 as text, and where the next one begins; ``begin`` marks where a record does."""

    def __init__(self, stream: BinaryIO, *, line: int = 0) -> None:
        self._stream = stream
        self.line, self.at = line, stream.tell()
        self._record = self.at

    def begin(self) -> None:
        """Note that a record begins with the next line."""
        self._record = self.at

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(LONGEST_ROW + 3)
        if not raw:
            raise StopIteration
        if self.at == 0:
            _refuse_others(raw)
        first, began = self.line + 1, self.at
        self.line, self.at = first, began + len(raw)
        if self.at - self._record > LONGEST_ROW + 2:
            self._skip(raw)
            what = f"a row may have {LONGEST_ROW:,} bytes, and this one has more{_QUOTE}"
            raise FlawError(first, what, ends=began != self._record)  # within a quotation nobody knows where it ends
        if self.at == len(raw) and raw.startswith(BOM):
            raw = raw[len(BOM) :]
        if b"\0" in raw:
            raise FlawError(first, "it holds a NUL byte, which no text has; save the file as text in UTF-8")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise FlawError(first, "it is not UTF-8; save the file in UTF-8") from None

    def _skip(self, raw: bytes) -> None:
        """Pass the rest of a line that is too long."""
        while raw and not raw.endswith(b"\n"):
            raw = self._stream.readline(LONGEST_ROW)
            self.at += len(raw)


_QUOTE = "; is a quotation mark missing?"


def _not_csv(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "a carriage return stands alone in it; end lines with LF or CRLF, and quote a value that holds one"
    return f"this is not valid CSV: {error}{_QUOTE}"


def _refuse_others(raw: bytes) -> None:
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            raise FlawError(1, f"it is {name}; save the file in UTF-8", ends=True)


class CsvRecords:
    """Records of CSV, strictly as RFC 4180 has them, in lines that end as they like; empty lines are none."""

    def __init__(self, stream: BinaryIO, *, delimiter: str = ",") -> None:
        self._delimiter = delimiter
        self._lines = Lines(stream)
        self.columns: tuple[str, ...] = ()

    def read_header(self) -> None:
        """Read the line that names the columns; raises FlawError."""
        lines = self._lines
        try:
            for names in csv.reader(lines, delimiter=self._delimiter, strict=True):
                if names:
                    self.columns = checked_columns(lines.line, [name.strip() for name in names], self._delimiter)
                    return
                lines.begin()
        except csv.Error as error:
            raise FlawError(lines.line, _not_csv(error), ends=True) from None
        raise FlawError(1, "it is empty; write a line with the names of the columns, and one a row", ends=True)

    def records(self) -> Iterator[Record | FlawError]:
        """Yield what comes, flaws among it."""
        lines, wanted = self._lines, len(self.columns)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            lines.begin()
            start, line = lines.at, lines.line + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except FlawError as flaw:
                yield flaw
                if flaw.ends:
                    return
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                continue
            except csv.Error as error:
                yield FlawError(line, _not_csv(error))
                reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
                continue
            if len(values) == wanted:
                yield Record(line, start, tuple(values))
            elif values:
                yield FlawError(line, f"{plural(len(values), 'column')}, where the header has {wanted}")


class JsonRecords:
    """Records of JSON lines: each line an object, all with the same keys; empty lines are none."""

    def __init__(self, stream: BinaryIO, *, columns: Sequence[str] = ()) -> None:
        self._lines = Lines(stream)
        self._stream = stream
        self.columns = tuple(columns)

    def read_header(self) -> None:
        """Read the names of the columns off the first object; raises FlawError."""
        lines = self._lines
        for text in lines:
            if text.strip():
                found = _object(lines.line, text)
                self.columns = checked_columns(lines.line, list(found))
                break
            lines.begin()
        else:
            raise FlawError(1, "it is empty; write an object a line", ends=True)
        self._stream.seek(0)
        self._lines = Lines(self._stream)

    def records(self) -> Iterator[Record | FlawError]:
        """Yield what comes, flaws among it."""
        lines = self._lines
        while True:
            lines.begin()
            start = lines.at
            try:
                text = next(lines)
                if text.strip():
                    yield Record(lines.line, start, self._values(lines.line, text))
            except StopIteration:
                return
            except FlawError as flaw:
                yield flaw
                # a line that is too long was passed whole

    def _values(self, line: int, text: str) -> Values:
        found = _object(line, text)
        if found.keys() != set(self.columns):
            lacking = [name for name in self.columns if name not in found]
            more = [name for name in found if name not in self.columns]
            what = [f"{quoted(name)} is missing" for name in lacking[:3]]
            what += [f"{quoted(name)} is not one{nearest(name, lacking)}" for name in more[:3]]
            raise FlawError(line, f"its keys are not those of the first row: {'; '.join(what)}")
        return tuple([found[name] for name in self.columns])


def _object(line: int, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise FlawError(
            line, f"this is not JSON, at column {error.colno}: {error.msg}; write an object a line"
        ) from None
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, _OddError) else "it holds a number, or a depth, that is too large"
        raise FlawError(line, what) from None
    if not isinstance(found, dict):
        raise FlawError(line, "this is JSON, but not an object; write it as {...} with a key for each column")
    if why := unfit(found):
        raise FlawError(line, why)
    return found


class _OddError(ValueError):
    """What JSON allows, and a row does not."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _OddError("a key stands in it twice")
    return found


def _constant(_: str) -> NoReturn:
    raise _OddError("NaN and Infinity are not numbers of JSON")


def unfit(value: Any, depth: int = 0) -> str:
    """Return why a value cannot stand in a row; ``""`` where it can."""
    if depth > DEEPEST:
        return f"a value may hold others {DEEPEST} deep, and not deeper"
    match value:
        case None | bool() | float():
            why = ""
        case str():
            why = "it holds half of a character, which no text in UTF-8 can" if has_half(value) else ""
        case int():
            why = "" if value in _INTEGERS else "it holds a whole number of over 64 bits; write it as a text"
        case list() | tuple():
            why = next(filter(None, (unfit(one, depth + 1) for one in value)), "")
        case dict() if all(isinstance(key, str) for key in value):
            why = next(filter(None, (unfit(one, depth + 1) for pair in value.items() for one in pair)), "")
        case _:
            kind = (
                "mapping whose keys are not texts"
                if isinstance(value, dict)
                else f"value of the type {type(value).__name__}"
            )
            why = f"it holds a {kind}; a row holds texts, numbers, true, false, nothing, and lists of those"
    return why


def checked_columns(line: int, names: list[str], delimiter: str = "") -> tuple[str, ...]:
    """Return the names of the columns; raises FlawError for the first thing that is wrong with them."""
    what = ""
    if len(names) > MOST_COLUMNS:
        what = f"there can be at most {MOST_COLUMNS} columns, and these are {len(names):,}"
    elif empty := [number for number, name in enumerate(names, 1) if not name]:
        what = f"column {empty[0]} has no name; the first line names the columns"
    elif doubled := [name for at, name in enumerate(names) if name in names[:at]]:
        what = f"two columns are called {quoted(doubled[0])}"
    elif any(len(name) > LONGEST_NAME or not name.isprintable() for name in names):
        what = f"a column's name has at most {LONGEST_NAME} characters, all of them printable"
    elif delimiter and (odd := next((name for name in names if _is_a_value(name)), "")):
        at = names.index(odd) + 1
        what = f"column {at} has no name, but a value: the first line names the columns, as in email,password"
    elif len(names) == 1 and (other := next((sign for sign in ";\t|" if delimiter and sign in names[0]), "")):
        what = f"its columns are separated by {quoted(other)}; save the file with {quoted(delimiter)} between them"
    if what:
        raise FlawError(line, what, ends=True)
    return tuple(names)


def _is_a_value(name: str) -> bool:
    """Tell whether what should name a column is plainly a value."""
    return "@" in name or "://" in name or name.replace(".", "").replace("-", "").isdigit()
