"""The run on a console: the table at its end, and the line while it runs.

Law: names come from outside, so they are printed as text, never as markup, and control characters not at all.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.verdict import Outcome, Status
from locust_ext.measure.sinks import Kind
from locust_ext.reports.formats import interval, ranked, spell, times
from locust_ext.reports.result import RunResult
from locust_ext.spelling import plural
from locust_ext.units import format_duration

STYLE = {Status.PASSED: "green", Status.FAILED: "bold red", Status.INCONCLUSIVE: "yellow"}
MARK = {Status.PASSED: "✓", Status.FAILED: "✗", Status.INCONCLUSIVE: "?"}
WORD_STYLE = {"passed": "bold green", "failed": "bold red"}


def plain(text: str) -> str:
    """Return ``text`` without control characters."""
    return "".join(character if character.isprintable() else "�" for character in text)


def format_value(outcome: Outcome) -> str:
    """Return the value in the unit of its metric: ``148.21 ms``, ``0.53 %``, ``12.3``."""
    if outcome.value is None:
        return "-"
    threshold = outcome.threshold
    if threshold.kind is Kind.RATE:
        return f"{outcome.value * 100:.2f} %"
    if threshold.kind is Kind.TREND and threshold.assertion.method != "count":
        return f"{outcome.value:.2f}"
    return f"{outcome.value:g}"


def _console(stream: TextIO, width: int, *, color: bool) -> Console:
    return Console(file=stream, width=width, force_terminal=color, no_color=not color, highlight=False)


def final_table(result: RunResult, width: int = 200, *, color: bool = False) -> str:
    """Return the verdict with every threshold, its value, its samples and its outcome."""
    stream = io.StringIO()
    console = _console(stream, width, color=color)
    if result.outcomes:
        table = Table(title=Text(f"Thresholds of {plain(result.name)}"), title_justify="left", title_style="bold")
        for heading, right in (("", False), ("threshold", False), ("value", True), ("samples", True), ("", False)):
            table.add_column(heading, justify="right" if right else "left", overflow="fold")
        for outcome in result.outcomes:
            table.add_row(
                Text(MARK[outcome.status], style=STYLE[outcome.status]),
                Text(plain(str(outcome.threshold))),
                format_value(outcome),
                f"{outcome.count:,}",
                Text(plain(outcome.status + (f": {outcome.reason}" if outcome.reason else ""))),
            )
        console.print(table)
    if result.comparison is not None:
        _print_comparison(result.comparison, console)
    if result.open_requests.count:
        console.print(Text(plain(result.open_requests.text), style="yellow"))
    for finding in result.findings:
        console.print(Text(plain(f"{finding.kind}: {finding.text}")))
    for warning in result.warnings:
        console.print(Text(plain(f"warning: {warning}"), style="yellow"))
    verdict = result.verdict
    line = Text(verdict.word.upper(), style=WORD_STYLE.get(verdict.word, "bold yellow"))
    line.append(plain(f": {verdict.reason}  (exit code {verdict.exit_code}, {format_duration(result.duration)})"))
    console.print(line, soft_wrap=True)
    return stream.getvalue()


def comparison_table(comparison: Comparison, width: int = 200, *, color: bool = False) -> str:
    """Return the figures of a run beside those of the runs before, regressions first."""
    stream = io.StringIO()
    _print_comparison(comparison, _console(stream, width, color=color))
    return stream.getvalue()


def _print_comparison(comparison: Comparison, console: Console) -> None:
    runs = plural(len(comparison.runs), "run") + " before"
    repeats = f"the median of {comparison.repeats} runs" if comparison.repeats > 1 else "this run"
    table = Table(title=Text(f"Beside {runs}"), title_justify="left", title_style="bold")
    for heading in ("", "figure", repeats, "before", "ratio", "limit", "samples", ""):
        left = heading in ("", "figure")
        table.add_column(heading, justify="left" if left else "right", overflow="fold")
    for row in ranked(comparison):
        table.add_row(
            Text(MARK[row.status], style=STYLE[row.status]),
            Text(plain(str(row.rule))),
            spell(row.value, row),
            spell(row.median, row),
            times(row.ratio),
            times(row.limit),
            f"{row.count:,}",
            Text(plain(row.reason or f"{row.status}, {interval(row)}")),
        )
    if comparison.rows:
        console.print(table)
    for note in [*comparison.gaps, *comparison.notes]:
        console.print(Text(plain(f"baseline: {note}"), style="yellow"))


def progress_line(
    phase: str, at: float, total: float | None, users: int, outcomes: Sequence[Outcome], note: str = ""
) -> str:
    """Return one line: phase, time, users, what there is to note, and the threshold that is worst off."""
    time = format_duration(round(at)) + (f"/{format_duration(round(total))}" if total else "")
    line = f"{phase or 'run'}  {time}  {users} users" + (f"  {note}" if note else "")
    if outcomes:
        worst = min(outcomes, key=_goodness)
        line += f"  {MARK[worst.status]} {worst.threshold} = {format_value(worst)} of {worst.count:,}"
    return plain(line)


def _goodness(outcome: Outcome) -> tuple[int, float]:
    """Order outcomes from worst to best: failed, then the least room below the bound, then the unclear ones."""
    bound, value = outcome.threshold.assertion.bound, outcome.value
    room = abs(bound - value) / abs(bound) if value is not None and bound else 1.0
    if outcome.status is Status.FAILED:
        return (0, -room)
    return (1, room) if outcome.status is Status.PASSED else (2, room)
