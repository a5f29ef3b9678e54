"""A run's directory: which report stands in which file, written whole and read back.

Law: no report keeps another from being written, and none changes the verdict; what cannot be written is said in a
sentence. Anyone who reads gets the same run, or a sentence that names the file and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from locust_ext.measure.histogram import UNITS, Histogram
from locust_ext.process.files import write_atomically
from locust_ext.reports.options import ReportOptions
from locust_ext.reports.result import RunResult, SeriesRow
from locust_ext.reports.running import RUNNING
from locust_ext.text.lengths import whole

SUMMARY, LOG = "summary.json", "run.hlog"

MOST_BYTES = 64 << 20
"""A file that is larger is none of ours."""

REPORTS: Mapping[str, tuple[str, str]] = {
    SUMMARY: ("", "summary:summary"),
    LOG: ("", "hlog:hlog"),
    "report.html": ("html", "html:html"),
    "junit.xml": ("junit", "junit:junit"),
    "summary.md": ("markdown", "markdown:markdown"),
    "gitlab-load-performance.json": ("gitlab", "gitlab:load_performance"),
    "metrics.txt": ("openmetrics", "openmetrics:openmetrics"),
}
"""By file: the option that turns it off, and the function that makes it. Modules are loaded when they are needed."""


SHOWN = " (`locust-ext report` shows what was on disk)"


class UnreadableRunError(ValueError):
    """A directory that holds no run, or a damaged one; the sentence names the file."""


def directory_of(place: Path) -> Path:
    """Return the report directory that is named by itself, or by the summary in it."""
    return place.parent if place.name == SUMMARY else place


def directories_in(place: Path) -> list[Path]:
    """Return ``place`` alone where it is a report directory, else those in it, sorted, without hidden ones.

    Raises OSError.
    """
    if (place / SUMMARY).exists():
        return [place]
    return sorted(one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))


def render(report: str) -> Callable[[RunResult], str]:
    """Return the function that makes a report, named as ``module:function`` of ``locust_ext.reports``."""
    module, _, function = report.partition(":")
    found: Callable[[RunResult], str] = getattr(import_module(f"locust_ext.reports.{module}"), function)
    return found


def written(result: RunResult, name: str) -> bytes:
    """Return what stands in the file ``name`` of a run's directory."""
    return whole(render(REPORTS[name][1])(result)).encode("utf-8")


def write_report_dir(result: RunResult, directory: Path, options: ReportOptions) -> list[str]:
    """Write a run's reports to ``directory``; return a sentence for each that could not be written."""
    wanted = {name: how for name, (option, how) in REPORTS.items() if not option or getattr(options, option)}
    return list(_failures(result, {directory / name: how for name, how in wanted.items()}))


def write_summary(result: RunResult, directory: Path) -> str:
    """Write a run's summary alone; return a sentence if it could not be written."""
    return "".join(_failures(result, {directory / SUMMARY: REPORTS[SUMMARY][1]}))


def write_export(result: RunResult, file: Path) -> list[str]:
    """Write the run in the form of k6's summary; return a sentence if it could not be written."""
    return list(_failures(result, {file: "export:export"}))


def _failures(result: RunResult, files: Mapping[Path, str]) -> Iterator[str]:
    for target, how in files.items():
        try:
            write_atomically(target, whole(render(how)(result)))
        except OSError as error:
            yield f"{target} was not written: {error.strerror or error}"
        except Exception as error:  # noqa: BLE001 a report that fails takes nothing else with it
            yield f"{target} was not written: {type(error).__name__}: {error}"


def read_report_dir(place: Path) -> RunResult:
    """Return the run in a report directory, or beside its summary.json; raises UnreadableRunError.

    One that has not ended, or was cut off, is refused: it is a measure of nothing.
    """
    from locust_ext.reports.hlog import NoLogError, read_hlog  # noqa: PLC0415 a run that is compared with none reads none

    directory = directory_of(place)
    result = summary_in(directory)
    if result.verdict.word == RUNNING:
        raise UnreadableRunError(
            f"{directory / SUMMARY}: the run is {result.verdict.reason}; there is no verdict{SHOWN}"
        )
    if not any(row.count for row in result.series if _is_trend(row)):
        return result
    log = directory / LOG
    try:
        histograms = read_hlog(_read(log))
    except NoLogError as error:
        raise UnreadableRunError(f"{log}: {error}") from None
    return replace(result, series=tuple(_joined(row, histograms, log) for row in result.series))


def summary_in(directory: Path) -> RunResult:
    """Return the run that a directory's summary tells of, its trends without histograms; raises UnreadableRunError."""
    from locust_ext.reports.reading import NoSummaryError, read_summary  # noqa: PLC0415 as above

    if not directory.is_dir():
        raise UnreadableRunError(f"{directory}: there is no such report directory")
    try:
        return read_summary(_read(directory / SUMMARY))
    except NoSummaryError as error:
        raise UnreadableRunError(f"{directory / SUMMARY}: {error}") from None


def _is_trend(row: SeriesRow) -> bool:
    return row.sink is None and "p99" in row.figures


def bytes_of(file: Path) -> bytes:
    """Return what a file holds, if it is not too much; raises UnreadableRunError."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UnreadableRunError(f"{file}: it is larger than {MOST_BYTES >> 20} MiB")
        return file.read_bytes()
    except OSError as error:
        raise UnreadableRunError(f"{file}: it cannot be read: {error.strerror or error}") from None


def _read(file: Path) -> str:
    content = bytes_of(file)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableRunError(f"{file}: it is not UTF-8 text") from None


def _joined(row: SeriesRow, histograms: Mapping[str, Histogram], log: Path) -> SeriesRow:
    """Return a trend's row with its histogram, whose exact sum and extremes are those of the row."""
    if not _is_trend(row):
        return row
    from locust_ext.reports.hlog import tag_of  # noqa: PLC0415

    found = histograms.get(tag_of(row.metric, row.tags), Histogram())
    if found.count != row.count:
        raise UnreadableRunError(f"{log}: of {row.metric} it has {found.count:,} values, the summary {row.count:,}")
    exact = {name: round((row.figures.get(name) or 0) * UNITS) for name in ("min", "max")}
    odd = {name: int(row.figures.get(name) or 0) for name in ("clamped", "invalid")}
    total = round((row.figures.get("mean") or 0) * UNITS * row.count)
    if not row.count:
        return replace(row, sink=Histogram.of({}, 0, Histogram().low, 0, **odd))
    return replace(row, sink=Histogram.of(found.counts, total, exact["min"], exact["max"], **odd))
