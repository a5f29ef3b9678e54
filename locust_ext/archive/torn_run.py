"""A run without an end, read from what its process had written: it was cut off, or is still under way.

Law: it proves nothing, whatever stands in it. A last line that is cut off is left out; a damaged one before it is
refused with its number. Summary and log are of two moments, an interval apart at the most.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from locust_ext.archive.liveness import lives
from locust_ext.archive.report_dir import (
    LOG,
    SUMMARY,
    UnreadableRunError,
    bytes_of,
    directory_of,
    read_report_dir,
    summary_in,
)
from locust_ext.reports.hlog import NoLogError, end_of, read_hlog, read_tag
from locust_ext.reports.probe_lines import PROBES, NoProbesError, read_probe_lines
from locust_ext.reports.result import RunResult, SeriesRow, figures_of
from locust_ext.reports.running import RUNNING, unended


def read_any_run(place: Path) -> RunResult:
    """Return the run in a report directory, whether it has ended or not; raises UnreadableRunError."""
    directory = directory_of(place)
    result = summary_in(directory)
    if result.verdict.word != RUNNING:
        return read_report_dir(directory)
    try:
        log = _whole_lines(directory / LOG)
        histograms = read_hlog(log) if log else {}
    except NoLogError as error:
        raise UnreadableRunError(f"{directory / LOG}: {error}") from None
    try:
        watched = read_probe_lines(_whole_lines(directory / PROBES))
    except NoProbesError as error:
        raise UnreadableRunError(f"{directory / PROBES}: {error}") from None
    trends = [SeriesRow(*read_tag(tag), *figures_of(found), found) for tag, found in histograms.items()]
    series = sorted([*result.series, *trends], key=lambda row: (row.metric, sorted(row.tags.items())))
    seen = replace(result, series=tuple(series), watched=watched, duration=max(result.duration, end_of(log)))
    try:
        return unended(seen, lives=lives(result.running, directory, time.time()))
    except (ValueError, OverflowError):
        raise UnreadableRunError(f"{directory / SUMMARY}: its times are not times") from None


def _whole_lines(file: Path) -> str:
    """Return the text of a file up to its last whole line; nothing where it is not there."""
    if not file.exists():
        return ""
    content = bytes_of(file)
    try:
        return content[: content.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableRunError(f"{file}: it is not UTF-8 text") from None
