"""What the errors of a run say to people, in lines.

Law: pure; a line is one line of bounded length, and who prints it makes its signs harmless. What occurred most comes
first; the kinds that are left out are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from locust_ext.measure.catalogue import FAILURES
from locust_ext.measure.error_kinds import Answer, ErrorKind
from locust_ext.measure.error_notes import CHECKS, ITERATION_ERRORS
from locust_ext.measure.errors_told import LONGEST_BODY as LONGEST_TEXT
from locust_ext.measure.errors_told import MOST_HEADERS
from locust_ext.measure.series import Selector, shorten
from locust_ext.measure.traces_told import MOST_IDS
from locust_ext.reports.formats import clock
from locust_ext.text.spelling import plural

TITLE = "What failed"

LONGEST_LINE, LONGEST_BODY = 300, 200
"""Characters of a line, and of a body that stands in one."""

_SPACES = re.compile(r"\s+")
_STATUS = re.compile(r"\d{3}")


def label(kind: ErrorKind) -> str:
    """Return where it failed, as people name it."""
    if kind.is_rest:
        return "other kinds"
    name = shorten(f"{kind.method} {kind.name}".strip()) or "without a name"
    return {CHECKS: "check ", ITERATION_ERRORS: "user code "}.get(kind.metric, "") + name


def what(kind: ErrorKind) -> str:
    """Return what it was: ``status 503``, ``ConnectionResetError``."""
    if kind.is_rest:
        return "of more kinds than are kept apart"
    return f"status {kind.what}" if _STATUS.fullmatch(kind.what) else shorten(kind.what).replace("status:", "status ")


def message(kind: ErrorKind) -> str:
    """Return what the first of them said, where that is more than what it was, and where."""
    first = in_a_line(kind.message)
    if kind.metric == ITERATION_ERRORS:
        first = first.removeprefix(kind.what).removeprefix(": ").removesuffix(f"({kind.name})").rstrip()
    if _STATUS.fullmatch(kind.what) and (first.startswith(kind.what) or first.endswith(f"code={kind.what}")):
        return ""  # as clients say it, who know no more than the status
    return "" if first == kind.what else _cut(first, LONGEST_LINE)


def said(kind: ErrorKind) -> list[str]:
    """Return what the first of them said, and what its answer was, each in a line."""
    return [*filter(None, [message(kind)]), *answered(kind)]


def span(kind: ErrorKind) -> str:
    """Return when they occurred."""
    first, last = clock(round(kind.first, 1)), clock(round(kind.last, 1))
    return f"at {first}" if first == last else f"{first} to {last}"


def line(kind: ErrorKind) -> str:
    """Return an error in a line: how often, where, what, when, and what the first of them said."""
    first = message(kind)
    text = f"{kind.count:,} x {label(kind)}: {what(kind)}, {span(kind)}" + (f": {first}" if first else "")
    return _cut(text, LONGEST_LINE)


def answered(kind: ErrorKind) -> Iterator[str]:
    """Yield what the first answer was, in a line or two: what is not known of it yet, and the beginning of its body."""
    answer = kind.response
    if kind.traces:
        yield f"traces: {', '.join(map(shorten, kind.traces[:MOST_IDS]))}"
    if answer is None:
        return
    facts = [f"status {answer.status}" if answer.status and answer.status not in kind.what else ""]
    facts.append(f"trace {answer.trace_id}" if answer.trace_id and answer.trace_id not in kind.traces else "")
    if any(facts):
        yield f"first answer: {', '.join(filter(None, facts))}"
    if shown := body(answer):
        yield f"body: {shown}"


def body(answer: Answer) -> str:
    """Return the beginning of a body in a line, or what there is to know of it."""
    return _cut(in_a_line(answer.body), LONGEST_BODY) or (f"({answer.note})" if answer.note else "")


def body_lines(answer: Answer) -> list[str]:
    """Return the lines of a body."""
    return _cut(answer.body, LONGEST_TEXT).split("\n") if answer.body else []


def headers(answer: Answer) -> list[tuple[str, str]]:
    """Return the headers of an answer."""
    return [(shorten(name), shorten(value)) for name, value in answer.headers[:MOST_HEADERS]]


def total(errors: Sequence[ErrorKind]) -> str:
    """Return how many there were, in a few words."""
    count, kinds = sum(kind.count for kind in errors), sum(not kind.is_rest for kind in errors)
    more = " and more" if any(kind.is_rest for kind in errors) else ""
    return f"{plural(count, 'error')} of {plural(kinds, 'kind')}{more}"


def lines(errors: Sequence[ErrorKind], most: int, *, answers: bool = True) -> list[str]:
    """Return the errors that occurred most, each with its first answer, and how many kinds are left out."""
    found = []
    for kind in errors[:most]:
        found.append(line(kind))
        if answers:
            found += [f"  {one}" for one in answered(kind)]
    left = len(errors) - most
    return [*found, *([f"and {plural(left, 'more kind')}"] if left > 0 else [])]


def errors_behind(selector: Selector, errors: Sequence[ErrorKind]) -> list[ErrorKind]:
    """Return the errors that count in what a threshold selects; of tags that errors do not have, none tells."""
    wanted = dict(selector.tags)
    if selector.metric not in (*FAILURES, CHECKS, ITERATION_ERRORS):
        return []
    name = "check" if selector.metric == CHECKS else "name"
    return [
        kind
        for kind in errors
        if kind.metric == selector.metric
        and all(
            key not in wanted or Selector("", ((key, wanted[key]),)).matches({key: value})
            for key, value in ((name, kind.name), ("method", kind.method), ("type", kind.method))
        )
    ]


def in_a_line(text: str) -> str:
    """Return a text as one line."""
    return _SPACES.sub(" ", text).strip()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
