"""A message to a Slack channel: how a run ended, in a few lines.

Law: within Slack's limits, whatever the run: a section has at most 3,000 characters, the whole under 12,000, counted
as JSON writes them. Names come from outside: they can call nobody and link nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Status
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.series import shorten
from locust_ext.reports import error_lines
from locust_ext.reports.console import format_value, plain
from locust_ext.reports.markdown import mark_of
from locust_ext.reports.result import RunResult
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

MOST_PROBLEMS = 5
MOST_ERRORS = 2
MOST_TAGS = 8
NAME, FALLBACK, REASON, PROBLEM, TAG = 200, 400, 1000, 500, 100
"""Characters that each of these may have, escaped."""

ESCAPES: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b"}
"""Signs that mean something to Slack. An @ has no escape; a space without width after it keeps it from being a name."""


def message(result: RunResult) -> dict[str, Any]:
    """Return the body to post to a webhook: ``text`` for notifications, and ``blocks``."""
    verdict = result.verdict
    name, word = escape(result.name, NAME), escape(verdict.word.upper(), NAME)
    mark = mark_of(verdict)
    head = f"{mark} *Load test {word}*: {name}\n{escape(verdict.reason, REASON)} (exit code {verdict.exit_code})"
    problems = list(problems_of(result))
    lines = [f"• {escape(problem, PROBLEM)}" for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS} more")
    lost = escape(result.open_requests.text, PROBLEM)
    failed = _errors(result.errors)
    texts = [head, *([lost] if lost else []), *(["\n".join(lines)] if lines else []), *([failed] if failed else [])]
    blocks = [*map(_section, texts), _context(result)]
    return {"text": f"{mark} Load test {word}: {name}: {escape(verdict.reason, FALLBACK)}", "blocks": blocks}


def _errors(errors: Sequence[ErrorKind]) -> str:
    """Return the errors that occurred most, a line each."""
    shown = [f"• {escape(line, PROBLEM)}" for line in error_lines.lines(errors, MOST_ERRORS, answers=False)]
    return "\n".join([f"*{error_lines.TITLE}*", *shown]) if shown else ""


def problems_of(result: RunResult) -> Iterator[str]:
    """Return the regressions, the worst first, what drifts, and the failed thresholds, a sentence each."""
    for row in result.comparison.regressions if result.comparison else ():
        yield row.text
    yield from (sentence(drift) for drift in result.drifts if drift.status is Status.FAILED)
    for outcome in result.outcomes:
        if outcome.status is Status.FAILED:
            samples = plural(outcome.count, "sample")
            yield f"{outcome.threshold} failed: {format_value(outcome)} of {samples}"


def escape(text: str, most: int) -> str:
    """Return ``text`` as Slack shows it unchanged, cut where it would have more than ``most`` characters."""
    pieces: list[str] = []
    left = most - 1
    for sign in plain(text):
        piece = ESCAPES.get(sign, sign)
        left -= len(json.dumps(piece)) - 2
        if left < 0:
            return "".join([*pieces, "…"])
        pieces.append(piece)
    return "".join(pieces)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(result: RunResult) -> dict[str, Any]:
    tags = [f"{escape(key, TAG)}: {escape(value, TAG)}" for key, value in list(result.tags.items())[:MOST_TAGS]]
    facts = [*tags, format_duration(result.duration), escape(shorten(result.started_at), TAG)]
    return {"type": "context", "elements": [_mrkdwn("  ·  ".join(facts))]}


def _mrkdwn(text: str) -> dict[str, Any]:
    """Return a text object; ``verbatim`` keeps Slack from making links and mentions out of plain words."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
