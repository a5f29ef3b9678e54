"""run.hlog: the run's histograms in HdrHistogram's interval-log format, version 1.2, and back.

Law: pure; every tool that reads the format reads it, and no count is lost on the way.

One line a series: its tag is ``metric;key=value;...`` with everything percent-encoded that the format or this notation
gives a meaning, its interval is the phase that the series belongs to (else the whole run), its values are thousandths
of the metric's unit (microseconds, for durations), and its maximum is in the unit itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote, unquote

from hdrh.histogram import HdrHistogram

from locust_ext.measure.histogram import UNITS, Histogram
from locust_ext.reports.result import RunResult

VERSION = "1.2"
_SUB_BUCKETS = 2048
"""What 3 significant digits need: then the library's cells are our buckets, one by one."""

_LINE = re.compile(r"Tag=(?P<tag>[^,\s]+),(?P<start>[\d.]+),(?P<length>[\d.]+),(?P<max>[\d.]+),(?P<counts>\S+)")
_PLAIN = "/:.-_*"
"""Characters that mean nothing in a tag and make it readable."""


class NoLogError(ValueError):
    """What was read is not a histogram log, or it is damaged; the sentence says which line."""


def hlog(result: RunResult) -> str:
    """Return the text of ``run.hlog``."""
    return head(result.started_at) + "".join(_lines(result))


def head(started_at: str) -> str:
    """Return the lines that a log begins with."""
    began = _seconds_of(started_at)
    lines = [
        f"#[Histogram log format version {VERSION}]",
        f"#[StartTime: {began:.3f} (seconds since epoch), {started_at}]",
        f"#[BaseTime: {began:.3f} (seconds since epoch)]",
        "#[Values are thousandths of the unit: microseconds, for durations; the maximum is in the unit]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    return "\n".join(lines) + "\n"


def _seconds_of(started_at: str) -> float:
    try:
        return datetime.fromisoformat(started_at).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _lines(result: RunResult) -> Iterator[str]:
    for row in result.series:
        if isinstance(row.sink, Histogram) and row.sink.counts:
            start, length = _interval(row.tags.get("phase", ""), result)
            yield line_of(tag_of(row.metric, row.tags), start, length, row.sink)


def line_of(tag: str, start: float, length: float, histogram: Histogram) -> str:
    """Return the line of one series and interval; times are seconds since the start of the run."""
    counts = histogram.to_hdr().encode().decode("ascii")
    return f"Tag={tag},{start:.3f},{length:.3f},{histogram.high / UNITS:.3f},{counts}\n"


def _interval(phase: str, result: RunResult) -> tuple[float, float]:
    """Return start and length of a phase, from its first beginning to its last end; else those of the run."""
    spans = [one for one in result.phases if one.name == phase and one.end >= one.start >= 0]
    if not spans:
        return result.reset_at or 0.0, max(0.0, result.counted)
    start = min(one.start for one in spans)
    return start, max(one.end for one in spans) - start


def tag_of(metric: str, tags: Mapping[str, str]) -> str:
    """Return the log's tag for a series: one word, from which it can be read back."""
    parts = [metric, *(f"{_encode(key)}={_encode(value)}" for key, value in sorted(tags.items()))]
    return ";".join([_encode(parts[0]), *parts[1:]])


def read_tag(tag: str) -> tuple[str, dict[str, str]]:
    """Return the metric and the tags of a series: what :func:`tag_of` was given."""
    metric, *pairs = tag.split(";")
    return unquote(metric), {unquote(key): unquote(value) for key, _, value in (pair.partition("=") for pair in pairs)}


def _encode(text: str) -> str:
    return quote(text, safe=_PLAIN, errors="backslashreplace")


def read_hlog(text: str) -> dict[str, Histogram]:
    """Return the histograms of a log by tag, intervals of one tag merged; raises NoLogError.

    Their extremes are those of their buckets: the exact ones stand in the summary.
    """
    if not text.startswith("#[Histogram log format version"):
        raise NoLogError("it is not a histogram log")
    found: dict[str, Histogram] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith(("#", '"StartTimestamp"')):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise NoLogError(f"line {number} is damaged, or cut off")
        found.setdefault(match["tag"], Histogram()).merge(_decode(match["counts"], number))
    return found


def end_of(text: str) -> float:
    """Return when the last interval of a log ends, in seconds since the start of the run; 0 where there is none."""
    ends = [0.0]
    for match in filter(None, map(_LINE.fullmatch, text.splitlines())):
        with suppress(ValueError):
            ends.append(float(match["start"]) + float(match["length"]))
    return max(ends)


def _decode(counts: str, number: int) -> Histogram:
    try:
        read = HdrHistogram.decode(counts)
        cells = {index: count for index, count in enumerate(read.counts[:]) if count}  # all at once: one costs a call
        low, high = int(read.get_min_value()), int(read.get_max_value())
    except Exception:  # noqa: BLE001 the library raises whatever zlib, base64, struct or ctypes do
        raise NoLogError(f"line {number} holds no histogram, or a damaged one") from None
    if read.sub_bucket_count != _SUB_BUCKETS or read.unit_magnitude:
        raise NoLogError(f"line {number} has another resolution than 3 significant digits from 1 on")
    return Histogram.of(cells, 0, low, high)
