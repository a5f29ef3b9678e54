"""What a process tells of requests that carry a trace, as it travels.

Law: bounded, and read whole or refused whole, as all of a report. Times are ages: seconds before it was told, so that
no two clocks are compared. An id is 32 digits of base 16, of anybody's making.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from locust_ext.process.wire import MOST_SECONDS, Item, Name, Seconds

MOST_TOLD = 50
"""Requests that one report tells of."""

LONGEST = 1000 * MOST_SECONDS
"""Milliseconds."""

MOST_IDS = 3
"""Traces of a kind of errors."""

TraceId = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{32}\z")]
TraceIds = Annotated[tuple[TraceId, ...], Field(max_length=MOST_IDS, strict=False)]


class TracedTold(Item):
    """One request; ``age``: so many seconds ago it began."""

    name: Name
    method: Name
    phase: Name = ""
    status: Name = ""
    duration: Annotated[float, Field(ge=0, le=LONGEST)]
    age: Seconds
    trace_id: TraceId
    lost: bool = False


Traces = Annotated[tuple[TracedTold, ...], Field(max_length=MOST_TOLD, strict=False)]
"""What one report tells of them."""
