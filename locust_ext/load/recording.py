"""Traffic as it was recorded: a file becomes points of seconds and level.

Law: a file is read once, whole and within limits. Seconds count from the first point, levels are as in the file.
"""

from __future__ import annotations

from pathlib import Path

from locust_ext.load.matrix import points_in_answer
from locust_ext.load.sheet import points_in_csv
from locust_ext.load.tape import Mistakes, Point, RecordingError
from locust_ext.text.lengths import LONGEST_PLACE, quoted

MOST_BYTES = 50_000_000


def read_recording(file: Path, *, time_column: str = "", value_column: str = "", series: str = "") -> tuple[Point, ...]:
    """Return the points in ``file``: two at least, in the order of time, none below 0 and one above it.

    ``time_column`` and ``value_column`` name columns of CSV, ``series`` selects from Prometheus' answer; what is empty
    is found by itself. Raises RecordingError with every mistake, up to a handful.
    """
    text, mistakes, name = _text(file), Mistakes(file.name), quoted(file.name, LONGEST_PLACE)
    if text.lstrip().startswith(("{", "[")):
        needless = {"time_column": time_column, "value_column": value_column}
        _refuse_needless(needless, f"{name} is an answer of Prometheus, which has no columns; use series")
        points = points_in_answer(text, series, mistakes)
    else:
        _refuse_needless({"series": series}, f"{name} is CSV, which has no series; use value_column")
        points = points_in_csv(text, time_column, value_column, mistakes)
    mistakes.settle()
    if len(points) < 2:  # noqa: PLR2004 a line has two ends
        mistakes.refuse("one point is not a recording: it needs two" if points else "there is no point in it")
    if not any(level for _, level in points):
        mistakes.refuse("every level is 0: there is nothing to replay")
    start = points[0][0]
    return tuple((seconds - start, level) for seconds, level in points)


def _refuse_needless(given: dict[str, str], sentence: str) -> None:
    if needless := [key for key, value in given.items() if value]:
        raise RecordingError(*((key, sentence) for key in needless))


def _text(file: Path) -> str:
    """Return what stands in ``file``; raises RecordingError."""
    why, content = "", b""
    try:
        if file.is_dir():
            why = "it is a directory; name a file in it"
        elif file.exists() and not file.is_file():
            why = "it is not a regular file"  # a pipe is empty when it is read again, or never ends
        else:
            with file.open("rb") as stream:
                content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        why = "there is no such file"
    except (OSError, ValueError) as error:
        why = f"it cannot be read: {getattr(error, 'strerror', None) or error}"
    if len(content) > MOST_BYTES:
        why = f"it is larger than {MOST_BYTES // 1_000_000} MB; record with a longer step, or cut it"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        why = why or "it is not UTF-8 text; save it as CSV in UTF-8"
    if why:
        raise RecordingError(("file", f"{quoted(str(file.absolute()), LONGEST_PLACE)}: {why}"))
    return text
