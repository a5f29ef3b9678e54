"""What a process tells of its errors since it last told, as it travels.

Law: bounded, and read whole or refused whole, as all of a report. Times are ages: seconds before it was told, so that
no two clocks are compared. The first answer of a kind is told once.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from locust_ext.measure.traces_told import TraceIds
from locust_ext.process.wire import Count, Item, Name, Seconds

MOST_TOLD = 51
"""Kinds that one report tells of: 50, and the rest."""

MOST_HEADERS = 30
LONGEST_VALUE = 200
MOST_OF_HEADERS = 2000
"""Characters of all headers of an answer."""

LONGEST_MESSAGE = 300
LONGEST_BODY = 1024
"""Characters of a body that are told."""


def _demand_lines(text: str) -> str:
    if not all(sign == "\n" or sign.isprintable() for sign in text):
        raise ValueError("every character must be printable")
    return text


_Value = Annotated[str, StringConstraints(max_length=LONGEST_VALUE), AfterValidator(_demand_lines)]
_Message = Annotated[str, StringConstraints(max_length=LONGEST_MESSAGE), AfterValidator(_demand_lines)]
_Body = Annotated[str, StringConstraints(max_length=LONGEST_BODY), AfterValidator(_demand_lines)]
_Header = Annotated[tuple[Name, _Value], Field(strict=False)]


def _demand_few(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    if sum(len(name) + len(value) for name, value in headers) > MOST_OF_HEADERS:
        raise ValueError(f"headers have at most {MOST_OF_HEADERS:,} characters")
    return headers


class AnswerTold(Item):
    """The first answer of a kind."""

    status: Name = ""
    headers: Annotated[
        tuple[_Header, ...], Field(max_length=MOST_HEADERS, strict=False), AfterValidator(_demand_few)
    ] = ()
    body: _Body = ""
    note: Name = ""
    trace_id: Name = ""


class ErrorTold(Item):
    """Errors of one kind since the process last told; ``first`` and ``last`` are ages in seconds."""

    metric: Name
    name: Name
    method: Name
    what: Name
    count: Count
    """None came since, where only the answer of the first is told, which took its time."""
    first: Seconds
    last: Seconds
    message: _Message = ""
    response: AnswerTold | None = None
    traces: TraceIds = ()
    """Of the first of them that carried one."""


Errors = Annotated[tuple[ErrorTold, ...], Field(max_length=MOST_TOLD, strict=False)]
"""What one report tells of errors."""
