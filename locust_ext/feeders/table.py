"""A file of rows, known whole: how many there are, their columns, and where each stands.

Law: a file is looked at from its first byte to its last before anything is sent, and never held in memory. Where rows
stand is remembered for each, or, of more than a million, for every second, fourth, ... one. A file that has changed
since is not read: what would come of it was never looked at.
"""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from locust_ext.feeders.records import CsvRecords, FlawError, JsonRecords, Record, Values
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_PLACE, quoted

MOST_PLACES = 1 << 20
"""Places of rows that are remembered: eight megabytes."""

MOST_FLAWS = 20
"""Mistakes of one file that are told."""

SAMPLE = 1000
"""Rows from which it is read whether a column's values are all different."""

JSON = (".jsonl", ".ndjson", ".json")
TAB = (".tsv", ".tab")


class NoTableError(Exception):
    """A file that holds no rows that can be lent: what is wrong with it, by line; line 0 is the file."""

    def __init__(self, flaws: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {what}" if line else what for line, what in flaws))
        self.flaws = tuple(flaws)


class ChangedError(Exception):
    """A file that is not any more what it was when it was looked at."""


@dataclass(frozen=True)
class Table:
    """A file of rows that was looked at."""

    file: Path
    columns: tuple[str, ...]
    rows: int
    distinct: frozenset[int]
    """The columns whose values differ from row to row, by their numbers."""
    places: array[int]
    stride: int
    """Of so many rows the place of one is remembered."""
    state: tuple[int, ...]
    """By what is seen that it has changed."""

    def open(self) -> Reader:
        """Return what reads its rows; raises OSError, and ChangedError."""
        return Reader(self)


class Reader:
    """Reads rows by their numbers."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._stream = _opened(table.file)
        self._ahead: Iterator[Values] = iter(())
        self._next = -1
        try:
            self.check()
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """Raise ChangedError where the file has been written to since it was looked at."""
        if _state(os.fstat(self._stream.fileno())) != self._table.state:
            raise ChangedError(f"{quoted(self._table.file.name, LONGEST_PLACE)} was changed while the run went on")

    def rows(self, numbers: Iterable[int]) -> list[Values]:
        """Return the rows of these numbers; raises ChangedError, and OSError."""
        self.check()
        try:
            return [self._row(number) for number in numbers]
        except (StopIteration, FlawError, ValueError):  # a seek may end within a row only where it was changed
            raise ChangedError(
                f"{quoted(self._table.file.name, LONGEST_PLACE)} was changed while the run went on"
            ) from None

    def _row(self, number: int) -> Values:
        if number != self._next:
            table = self._table
            self._stream.seek(table.places[number // table.stride])
            self._ahead = self._read()
            for _ in range(number % table.stride):
                next(self._ahead)
        self._next = number + 1
        return next(self._ahead)

    def _read(self) -> Iterator[Values]:
        for found in _records(self._table.file, self._stream, self._table.columns).records():
            if isinstance(found, FlawError):
                raise found
            yield found.values

    def close(self) -> None:
        """Read no more."""
        self._stream.close()


def look_at(file: Path) -> Table:
    """Return what a file of rows holds; raises NoTableError with all that is wrong, up to twenty mistakes."""
    if why := _unreadable(file):
        raise NoTableError([(0, why)])
    try:
        with _opened(file) as stream:
            return _looked_at(file, stream)
    except FlawError as flaw:
        raise NoTableError([(flaw.line, flaw.what)]) from None
    except OSError as error:
        raise NoTableError([(0, f"it cannot be read: {error.strerror or error}")]) from None


def state_of(file: Path) -> tuple[int, ...] | None:
    """Return by what is seen whether a file has changed; None where there is none."""
    try:
        return _state(file.stat())
    except (OSError, ValueError):
        return None


def _looked_at(file: Path, stream: BinaryIO) -> Table:
    state = _state(os.fstat(stream.fileno()))
    records = _records(file, stream)
    records.read_header()
    places, stride, rows = array("Q"), 1, 0
    flaws: list[tuple[int, str]] = []
    seen: list[set[object]] = [set() for _ in records.columns]
    for found in records.records():
        if isinstance(found, FlawError):
            flaws.append((found.line, found.what))
            if len(flaws) > MOST_FLAWS:
                flaws[-1] = (found.line, "and perhaps more; those above come first")
                break
            continue
        if rows % stride == 0:
            if len(places) == MOST_PLACES:
                places, stride = places[::2], stride * 2
            if rows % stride == 0:
                places.append(found.start)
        if rows < SAMPLE:
            _note(found, seen)
        rows += 1
    if not rows and not flaws:
        flaws.append((0, "it has a header, but no rows"))
    if flaws:
        raise NoTableError(flaws)
    few = min(rows, SAMPLE)
    distinct = frozenset(at for at, values in enumerate(seen) if len(values) * 2 > few)
    return Table(file, records.columns, rows, distinct, places, stride, state)


def _note(record: Record, seen: list[set[object]]) -> None:
    for values, value in zip(seen, record.values, strict=True):
        values.add(value if isinstance(value, (str, int, float)) else repr(value))


def _records(file: Path, stream: BinaryIO, columns: tuple[str, ...] = ()) -> CsvRecords | JsonRecords:
    if file.suffix.lower() in JSON:
        return JsonRecords(stream, columns=columns)
    records = CsvRecords(stream, delimiter="\t" if file.suffix.lower() in TAB else ",")
    records.columns = columns
    return records


def _opened(file: Path) -> BinaryIO:
    return file.open("rb", buffering=1 << 16)


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _unreadable(file: Path) -> str:
    """Return why a file cannot be opened, before anything waits for it: who opens a pipe waits for its other end."""
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        return "there is no such file"
    except (OSError, ValueError) as error:
        return f"it cannot be read: {getattr(error, 'strerror', None) or error}"
    if stat.S_ISDIR(mode):
        return "it is a directory; name a file in it"
    return "" if stat.S_ISREG(mode) else "it is not a regular file: rows are read more than once"
