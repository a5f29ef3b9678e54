"""What GitHub Actions reads from a step: one annotation, and outputs for the steps after it.

Law: one line each, whatever the names; a name can begin no command and no output of its own. There is one annotation,
because GitHub shows but ten of a step.
"""

from __future__ import annotations

from collections.abc import Mapping

from locust_ext.measure.series import shorten
from locust_ext.reports.console import plain
from locust_ext.reports.result import RunResult

LEVELS: Mapping[str, str] = {"passed": "notice", "inconclusive": "warning"}
"""The command for a verdict; for any other it is an error."""

MOST_TEXT = 4000

IN_MESSAGES: Mapping[int, str] = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTIES: Mapping[int, str] = {**IN_MESSAGES, **str.maketrans({":": "%3A", ",": "%2C"})}


def annotation(result: RunResult) -> str:
    """Return the workflow command that shows the verdict beside the run; print it on a line of its own."""
    verdict = result.verdict
    level = LEVELS.get(verdict.word, "error")
    title = plain(f"Load test {shorten(result.name)}: {shorten(verdict.word)}").translate(IN_PROPERTIES)
    lost = f"; {result.open_requests.text[:MOST_TEXT]}" if result.open_requests.count else ""
    message = plain(f"{verdict.reason[:MOST_TEXT]} (exit code {verdict.exit_code}){lost}").translate(IN_MESSAGES)
    return f"::{level} title={title}::{message}"


def outputs(result: RunResult) -> str:
    """Return the lines to add to ``$GITHUB_OUTPUT``: ``verdict``, ``exit_code``, ``regressions`` and ``reason``."""
    verdict = result.verdict
    values = {
        "verdict": verdict.word,
        "exit_code": verdict.exit_code,
        "regressions": len(result.comparison.regressions) if result.comparison else 0,
        "reason": verdict.reason[:MOST_TEXT],
    }
    return "".join(f"{name}={plain(str(value))}\n" for name, value in values.items())
