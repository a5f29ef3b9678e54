"""A message to a Slack channel: how a run ended, in a few lines.

Law: within Slack's limits, whatever the run: a section has at most 3,000 characters, the whole under 12,000, counted
as JSON writes them. Names come from outside: they can call nobody and link nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Outcome, Status
from locust_ext.gates.values import stated
from locust_ext.measure.error_kinds import ErrorKind
from locust_ext.measure.series import shorten
from locust_ext.reports import error_lines
from locust_ext.reports.console import plain
from locust_ext.reports.markdown import mark_of
from locust_ext.reports.result import RunResult
from locust_ext.text.spelling import plural
from locust_ext.text.units import format_duration

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift
    from locust_ext.gates.regression import Compared

BROKE = 99
"""The exit code of a run that broke a threshold, got worse, or drifts."""

MOST_LISTED, MOST_SECTION = 4000, 2900
"""Characters, counted as JSON writes them, that all problems may have, and those of one section."""

MOST_ERRORS = 2
MOST_TAGS = 8
NAME, FALLBACK, REASON, PROBLEM, TAG = 200, 400, 1000, 500, 100
"""Characters that each of these may have, escaped."""

ESCAPES: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b"}
"""Signs that mean something to Slack. An @ has no escape; a space without width after it keeps it from being a name."""


def message(result: RunResult, link: str = "") -> dict[str, Any]:
    """Return the body to post to a webhook: ``text`` for notifications, and ``blocks``; ``link`` is of the CI run."""
    verdict = result.verdict
    name, word = escape(result.name, NAME), escape(verdict.word.upper(), NAME)
    mark = mark_of(verdict)
    problems = list(problems_of(result))
    reason = escape(_reason(result) or verdict.reason, REASON)
    head = f"{mark} *Load test {word}*: {name}\n{reason} (exit code {verdict.exit_code})"
    head += f"\n<{link.replace('&', '&amp;')}|The run in CI>" if link else ""
    lost = escape(result.open_requests.text, PROBLEM)
    failed = _errors(result.errors)
    texts = [head, *([lost] if lost else []), *_in_sections(problems), *([failed] if failed else [])]
    blocks = [*map(_section, texts), _context(result)]
    return {"text": f"{mark} Load test {word}: {name}: {escape(verdict.reason, FALLBACK)}", "blocks": blocks}


def _errors(errors: Sequence[ErrorKind]) -> str:
    """Return the errors that occurred most, a line each."""
    shown = [f"• {escape(line, PROBLEM)}" for line in error_lines.lines(errors, MOST_ERRORS, answers=False)]
    return "\n".join([f"*{error_lines.TITLE}*", *shown]) if shown else ""


def problems_of(result: RunResult) -> Iterator[str]:
    """Return the failed thresholds, the regressions, the worst first, and what drifts, a sentence each."""
    yield from (f"{stated(outcome)} of {plural(outcome.count, 'sample')}" for outcome in _failed(result))
    yield from (row.text for row in _worse(result))
    yield from (sentence(drift) for drift in _drifting(result))


def _failed(result: RunResult) -> list[Outcome]:
    return [outcome for outcome in result.outcomes if outcome.status is Status.FAILED]


def _worse(result: RunResult) -> Sequence[Compared]:
    return result.comparison.regressions if result.comparison else ()


def _drifting(result: RunResult) -> list[Drift]:
    return [drift for drift in result.drifts if drift.status is Status.FAILED]


def _reason(result: RunResult) -> str:
    """Return how much failed, where that is the reason: what it is stands below; else ``""``."""
    if result.verdict.exit_code != BROKE:
        return ""
    failed, worse, drifting = len(_failed(result)), len(_worse(result)), len(_drifting(result))
    thresholds = f"{failed} of {plural(len(result.outcomes), 'threshold')} failed" if failed else ""
    regressions = plural(worse, "regression") if worse else ""
    return ", ".join(filter(None, (thresholds, regressions, plural(drifting, "drift") if drifting else "")))


def _in_sections(problems: Sequence[str]) -> list[str]:
    """Return the problems, a line each, in as many sections as they need; those that have no room are counted."""
    sections: list[list[str]] = []
    room, left = MOST_LISTED, 0
    for number, problem in enumerate(problems):
        line = f"• {escape(problem, PROBLEM)}"
        length = len(json.dumps(line))
        if length > room:
            sections.append([f"and {len(problems) - number:,} more"])
            break
        if length > left:
            sections.append([])
            left = MOST_SECTION
        sections[-1].append(line)
        room, left = room - length, left - length
    return ["\n".join(lines) for lines in sections]


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
