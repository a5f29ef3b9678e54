"""The run's tables on a console: the verdict at its end, and its figures beside those of the earlier runs.

Law: names come from outside, so they are printed as text, never as markup. Only who prints a table loads what draws it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Status
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.reports.compared_rows import ComparedRow, compared_rows, heads_of, title_of
from locust_ext.reports.console import MARK, plain
from locust_ext.reports.drift_rows import HEADS, DriftRow, drift_rows
from locust_ext.reports.error_lines import TITLE, lines, total
from locust_ext.reports.result import RunResult
from locust_ext.reports.threshold_rows import HEADS as THRESHOLD_HEADS
from locust_ext.reports.threshold_rows import ThresholdRow, threshold_rows
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift

STYLE = {Status.PASSED: "green", Status.FAILED: "bold red", Status.INCONCLUSIVE: "yellow"}
MOST_ERRORS = 5
"""Kinds of errors that are printed."""

WORD_STYLE = {"passed": "bold green", "failed": "bold red"}


def _console(stream: TextIO, width: int, *, color: bool) -> Console:
    return Console(file=stream, width=width, force_terminal=color, no_color=not color, highlight=False)


def final_table(result: RunResult, width: int = 200, *, color: bool = False, reports: str = "") -> str:
    """Return the verdict with every threshold, its value and its limit; ``reports`` says where the reports are."""
    stream = io.StringIO()
    console = _console(stream, width, color=color)
    if result.outcomes:
        table = Table(title=Text(f"Thresholds of {plain(result.name)}"), title_justify="left", title_style="bold")
        for heading in ("", "threshold", *THRESHOLD_HEADS, ""):
            table.add_column(heading, justify="right" if heading in THRESHOLD_HEADS else "left", overflow="fold")
        _fill(table, threshold_rows(result.outcomes))
        console.print(table)
    if result.errors:
        _print_errors(result.errors, console)
    if result.drifts:
        _print_drift(result.drifts, console)
    if result.comparison is not None:
        _print_comparison(result.comparison, console)
    if result.open_requests.count:
        console.print(Text(plain(result.open_requests.text), style="yellow"))
    for finding in result.findings:
        console.print(Text(plain(f"{finding.kind}: {finding.text}")))
    for warning in result.warnings:
        console.print(Text(plain(f"warning: {warning}"), style="yellow"))
    _print_verdict(result, reports, console)
    return stream.getvalue()


def _fill(table: Table, rows: Iterable[ThresholdRow | DriftRow | ComparedRow]) -> None:
    for row in rows:
        mark = Text(MARK[row.status], style=STYLE[row.status])
        table.add_row(mark, Text(plain(row.name)), *row.cells, Text(plain(row.text)))


def _print_verdict(result: RunResult, reports: str, console: Console) -> None:
    if reports:
        console.print(Text(plain(reports)), soft_wrap=True)
    verdict = result.verdict
    line = Text(verdict.word.upper(), style=WORD_STYLE.get(verdict.word, "bold yellow"))
    line.append(plain(f": {verdict.reason}  (exit code {verdict.exit_code}, {format_duration(result.duration)})"))
    console.print(line, soft_wrap=True)


def _print_errors(errors: Sequence[ErrorKind], console: Console) -> None:
    console.print(Text(f"{TITLE}: {total(errors)}", style="bold"))
    for line in lines(errors, MOST_ERRORS):
        console.print(Text(plain(f"  {line}")), overflow="fold")


def _print_drift(drifts: Sequence[Drift], console: Console) -> None:
    table = Table(title=Text("Drift while the load stayed the same"), title_justify="left", title_style="bold")
    for heading in ("", "watched", *HEADS, ""):
        table.add_column(heading, justify="right" if heading in HEADS else "left", overflow="fold")
    _fill(table, drift_rows(drifts))
    console.print(table)


def comparison_table(comparison: Comparison, width: int = 200, *, color: bool = False) -> str:
    """Return the figures of a run beside those of the earlier runs, regressions first."""
    stream = io.StringIO()
    _print_comparison(comparison, _console(stream, width, color=color))
    return stream.getvalue()


def _print_comparison(comparison: Comparison, console: Console) -> None:
    table = Table(title=Text(title_of(comparison)), title_justify="left", title_style="bold")
    for heading in ("", "figure", *heads_of(comparison), ""):
        left = heading in ("", "figure")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    _fill(table, compared_rows(comparison))
    if comparison.rows:
        console.print(table)
    for note in [*comparison.gaps, *comparison.notes]:
        console.print(Text(plain(f"baseline: {note}"), style="yellow"))
