"""The errors of the run under way, or the last: each kind with how often, when last, and its first answer.

Law: bounded, and free of secrets: a run hides them as it takes them, and what became secret since is hidden here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from locust_ext.measure.error_kinds import ErrorKind, renamed
from locust_ext.reports.error_lines import label, message, what
from locust_ext.reports.figure import shorten
from locust_ext.run.run import Run
from locust_ext.safety.outlet import OUTLET

MOST_KINDS = 12
MOST_MESSAGE = 300
MOST_LINES = 30
"""Headers of an answer, and lines of its body."""


class ErrorsSoFar:
    """The piece of the page's state that has them."""

    def __init__(self, run: Callable[[], Run | None]) -> None:
        self._run = run

    def piece(self, asked: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the kinds that occurred most, and how many there are beside them; None where nobody asks for them."""
        if "errors" not in asked:
            return None
        run = self._run()
        errors = run.errors() if run is not None else ()
        hide = OUTLET.redaction.text  # once: each look at the environment takes its time
        return {
            "rows": [_row(kind) for kind in renamed(errors[:MOST_KINDS], hide)],
            "more": len(errors[MOST_KINDS:]),
        }


def _row(kind: ErrorKind) -> dict[str, Any]:
    return {
        "what": shorten(what(kind), MOST_MESSAGE),
        "where": shorten(label(kind), MOST_MESSAGE),
        "count": kind.count,
        "last": round(kind.last, 1),
        "message": shorten(message(kind), MOST_MESSAGE),
        "answer": _answer(kind),
    }


def _answer(kind: ErrorKind) -> str:
    """Return the first answer of a kind, as it came over the wire, as far as it was kept."""
    answer = kind.response
    traces = [f"traces {', '.join(kind.traces)}"] if kind.traces else []
    if answer is None:
        return "\n".join(shorten(line, MOST_MESSAGE) for line in traces)
    lines = [f"status {answer.status}"] if answer.status else []
    lines += [f"{name}: {value}" for name, value in answer.headers[:MOST_LINES]]
    lines += [f"trace {answer.trace_id}"] if answer.trace_id and answer.trace_id not in kind.traces else []
    lines += traces
    lines += ["", *answer.body.split("\n")[:MOST_LINES]] if answer.body else [f"({answer.note})"] if answer.note else []
    return "\n".join(shorten(line, MOST_MESSAGE) for line in lines)
