"""summary.md: the run for a pull request's comment or a step's summary.

Law: whatever came from outside stands in a code span, where Markdown, HTML, mentions, references and links mean
nothing. At most 60 kB: rows beyond are counted in a sentence, and what failed comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from locust_ext.gates.baseline import Comparison
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.regression import Compared
from locust_ext.gates.verdict import Verdict
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.series import shorten
from locust_ext.reports import error_lines
from locust_ext.reports.console import plain
from locust_ext.reports.drift_rows import HEADS, drift_rows
from locust_ext.reports.formats import COLUMNS, before, clock, endpoint_rows, interval, ranked, spell, times
from locust_ext.reports.markdown_blocks import listing, table
from locust_ext.reports.open_requests import OpenRequests
from locust_ext.reports.result import RunResult
from locust_ext.reports.threshold_rows import HEADS as THRESHOLD_HEADS
from locust_ext.reports.threshold_rows import threshold_rows
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_age, format_duration

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift

MOST_ENDPOINTS = 20
MOST_ERRORS = 10
MOST_SENTENCE, MOST_REASON = 500, 2000
"""Characters of a sentence, and of the verdict's reason, which names what failed; names have at most 200."""

MARKS = {Status.PASSED: "✅", Status.FAILED: "❌", Status.INCONCLUSIVE: "⚠️"}


def markdown(result: RunResult) -> str:
    """Return the text of ``summary.md``; its first line is a comment by which a bot finds what it wrote before."""
    parts = [
        [f"<!-- locust_ext:{marker_of(result.name)} -->"],
        _head(result),
        threshold_table(result.outcomes),
        error_table(result.errors),
        drift_table(result.drifts),
        open_table(result.open_requests),
        _comparison(result.comparison) if result.comparison else [],
        listing("Findings", [f"{code(f.kind)}: {code(f.text, MOST_SENTENCE)}" for f in result.findings], 5000),
        listing("Warnings", [code(warning, MOST_SENTENCE) for warning in result.warnings], 4000),
        _endpoints(result),
        _phases(result),
    ]
    return "\n".join(line for part in parts if part for line in [*part, ""])


def marker_of(name: str) -> str:
    """Return the name in characters that end no comment."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name)[:60].strip("-") or "run"


def mark_of(verdict: Verdict) -> str:
    """Return the mark of a verdict: whatever neither passed nor is inconclusive failed."""
    return {"passed": "✅", "inconclusive": "⚠️"}.get(verdict.word, "❌")


def code(text: str, most: int = 0) -> str:
    """Return ``text`` as a code span, on one line; with ``most`` characters, else as many as a name has."""
    shown = plain(text[:most] if most else shorten(text))
    pieces = re.split(r"([|`]+)", shown)  # backticks would end the span, and pipes the cell of a table
    return "".join(
        f"<code>{''.join(f'&#{ord(sign)};' for sign in piece)}</code>" if number % 2 else f"`{piece}`"
        for number, piece in enumerate(pieces)
        if piece
    )


def _head(result: RunResult) -> list[str]:
    verdict = result.verdict
    facts = [format_duration(result.duration), plural(result.workers, "worker"), f"began {code(result.started_at)}"]
    if result.clients:
        facts.append(f"measured with {', '.join(map(code, result.clients))}")
    if not result.complete:
        facts.append("incomplete")
    tags = [f"{code(key)} {code(value)}" for key, value in result.tags.items()]
    return [
        f"## {mark_of(verdict)} {''.join(filter(str.isalpha, verdict.word.upper()))}: {code(result.name)}",
        "",
        f"**Exit code {verdict.exit_code}**: {code(verdict.reason, MOST_REASON)}",
        "",
        ", ".join(facts),
        *listing("", tags, 3000),
    ]


def threshold_table(outcomes: Sequence[Outcome], most: int = 12_000) -> list[str]:
    """Return the thresholds as a table, those that failed first."""
    rows = [
        (
            MARKS[row.status],
            f"{code(row.selector)} {code(row.rule)}",
            row.cells[0],
            code(row.cells[1]),  # its sign would be the beginning of an element
            *row.cells[2:],
            f"{row.status}{': ' + code(row.reason) if row.reason else ''}",
        )
        for row in threshold_rows(outcomes)
    ]
    heads = "|".join(["", "threshold", *(f"{head}:" for head in THRESHOLD_HEADS), "outcome"])
    return table("### Thresholds", heads, rows, most)


def error_table(errors: Sequence[ErrorKind]) -> list[str]:
    """Return which errors occurred as a table, those that occurred most first."""
    rows = [
        (
            f"{kind.count:,}",
            code(error_lines.label(kind)),
            code(error_lines.what(kind)),
            error_lines.span(kind),
            " ".join(code(said, MOST_SENTENCE) for said in error_lines.said(kind)),
        )
        for kind in errors[:MOST_ERRORS]
    ]
    left = len(errors) - len(rows)
    more = ["", f"{plural(left, 'more kind')}: see `summary.json`."] if left else []
    return [*table(f"### {error_lines.TITLE}", "times:|where|what|when|what was said first", rows, 4000), *more]


def drift_table(drifts: Sequence[Drift]) -> list[str]:
    """Return what was watched for drift as a table."""
    rows = [
        (MARKS[row.status], code(row.name), *row.cells, code(row.text, MOST_SENTENCE)) for row in drift_rows(drifts)
    ]
    heads = "|".join(["", "watched", *(f"{head}:" for head in HEADS), ""])
    return table("### Drift", heads, rows, 5000)


def open_table(found: OpenRequests) -> list[str]:
    """Return what did not come back: a sentence, and a table by endpoint."""
    if not found.count:
        return []
    rows = [(code(row.label) or "without a name", f"{row.count:,}", format_age(row.oldest)) for row in found.by]
    shown = table("", "endpoint|open requests:|oldest:", rows, 3000)
    return ["### What did not come back", "", code(found.text, MOST_SENTENCE), *shown]


def _comparison(comparison: Comparison) -> list[str]:
    repeats = f": the median of {comparison.repeats} runs" if comparison.repeats > 1 else ""
    title = f"### Compared with {plural(len(comparison.runs), 'earlier run')}{repeats}"
    heads = "|figure|value:|before:|ratio:|limit:|interval:|samples:"
    shown = table(title, heads, [_compared(row) for row in ranked(comparison)], 10_000) or [title]
    said = [f"inconclusive: {code(gap, MOST_SENTENCE)}" for gap in comparison.gaps]
    said += [code(note, MOST_SENTENCE) for note in comparison.notes]
    return [*shown, *listing("", said, 4000)]


def _compared(row: Compared) -> tuple[str, ...]:
    figure = f"{code(str(row.rule.selector))} {code(row.rule.method)}" + (f": {code(row.reason)}" if row.reason else "")
    values = spell(row.value, row), before(row), times(row.ratio), times(row.limit), interval(row)
    return MARKS[row.status], figure, *values, f"{row.count:,}"


def _endpoints(result: RunResult) -> list[str]:
    rows = endpoint_rows(result)
    if not rows:
        return []
    *endpoints, whole = [(code(label) or "without a name", *(cell.text for cell in cells)) for label, cells in rows]
    shown = [("all", *whole[1:]), *endpoints[:MOST_ENDPOINTS]]
    title = f"Endpoints: {len(shown) - 1} of {len(endpoints)}, those with the most requests"
    heads = "|".join(["endpoint", *(f"{name}:" for name in COLUMNS)])
    return ["<details>", f"<summary>{title}</summary>", *table("", heads, shown, 7000), "", "</details>"]


def _phases(result: RunResult) -> list[str]:
    rows = [(code(phase.name), clock(phase.start), clock(phase.end)) for phase in result.phases]
    return table("### Phases", "phase|from:|to:", rows, 3000)
