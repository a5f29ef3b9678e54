"""A recording as CSV: which separator, which header, which columns.

Law: pure. A name that the configuration gives wins over a known one, and a known one over the order of the columns.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from itertools import chain

from locust_ext.load.tape import Mistakes, Point, RecordingError, Tape, parse_time, shown
from locust_ext.text.spelling import nearest, plural

TIME_NAMES = ("time", "timestamp", "datetime", "date", "ts")
LEVEL_NAMES = ("rate", "rps", "qps", "users", "requests", "level", "value")
"""Headers that are understood, in any capitals; the first that is there is taken."""

DELIMITERS = "\t;|,"
"""What may separate columns; of those that make as many columns the first, as a comma may stand within numbers."""

_EXCEL = re.compile(rf"sep=([{DELIMITERS}])\s*", re.IGNORECASE)
"""What spreadsheets read, and some write, in the first line."""


def points_in_csv(text: str, time_column: str, value_column: str, mistakes: Mistakes) -> list[Point]:
    """Return the points of two columns; empty lines and those that begin with ``#`` are none.

    Raises RecordingError when there are no such columns; mistakes in single lines are noted.
    """
    lines = ["" if line.lstrip().startswith("#") else line for line in StringIO(text, newline=None)]
    tape, line = Tape(mistakes), 1
    try:
        reader = csv.reader(lines, delimiter=_delimiter(lines), skipinitialspace=True)
        rows = ((reader.line_num, [cell.strip() for cell in row]) for row in reader if any(map(str.strip, row)))
        first, head = next(rows, (1, []))
        if len(head) < 2:  # noqa: PLR2004 time and level
            what = "two columns are needed, time and level, with a comma, semicolon, tab or | between them"
            mistakes.refuse(f"line {first}: {what}" if head else "the file is empty; write a line for each point")
        has_header = bool(time_column or value_column) or _is_header(head)
        time, level = _columns(head if has_header else [], time_column, value_column)
        for line, row in chain([] if has_header else [(first, head)], rows):
            if len(row) == len(head):
                tape.add(f"line {line}", row[time], row[level])
            else:
                mistakes.note(f"line {line}", f"{plural(len(row), 'column')}, where line {first} has {len(head)}")
    except csv.Error as error:
        mistakes.refuse(f"below line {line}: no valid CSV: {error}; is a quotation mark missing?")
    return tape.points


def _delimiter(lines: list[str]) -> str:
    """Return what separates the columns, as the first line that is not empty shows."""
    at = next((index for index, line in enumerate(lines) if line.strip()), None)
    if at is None:
        return DELIMITERS[-1]
    if excel := _EXCEL.fullmatch(lines[at]):
        lines[at] = ""
        return excel[1]
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([lines[at]], delimiter=delimiter))))


def _is_header(row: list[str]) -> bool:
    """Tell whether a first line names columns: one of the names is known, or nothing in it belongs to a point."""
    return any(cell.lower() in TIME_NAMES + LEVEL_NAMES for cell in row) or not any(map(_belongs_to_a_point, row))


def _belongs_to_a_point(cell: str) -> bool:
    for parse in (float, parse_time):
        try:
            parse(cell)
        except ValueError:
            continue
        return True
    return False


def _columns(header: list[str], time_column: str, value_column: str) -> tuple[int, int]:
    """Return where time and level stand; what is found neither under its name nor under a known one comes first."""
    names = [name.lower() for name in header]
    found: list[int | None] = []
    wrong = []
    for key, wanted, known in (("time_column", time_column, TIME_NAMES), ("value_column", value_column, LEVEL_NAMES)):
        if wanted and wanted.lower() not in names:
            hint = nearest(wanted, {shown(name)[1:-1] for name in header})
            wrong.append((key, f"there is no column {shown(wanted)}{hint}"))
        choices = (wanted.lower(),) if wanted else known
        found.append(next((names.index(name) for name in choices if name in names), None))
    time, level = found
    if time is not None and time == level:
        wrong.append(("value_column", "time and level cannot be the same column; name another"))
    if wrong:
        raise RecordingError(*wrong)
    time = int(level == 0) if time is None else time
    return time, int(time == 0) if level is None else level
