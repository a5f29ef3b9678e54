"""The slowest requests that carry a trace, in summary.json.

Law: as in ``schema``: a field is named here and nowhere else. Older summaries have none.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field

from locust_ext.measure.traced_requests import TracedRequest
from locust_ext.reports.entry import Entry, Number


class TraceEntry(Entry):
    """A request that carried a trace."""

    name: str
    method: str = Field(default="", description="or the type, where it is not HTTP")
    phase: str = Field(default="", description="in which it began")
    status: str = Field(default="", description="empty where no answer came")
    duration_ms: Number = Field(description="of one that never came back, at least")
    at_s: Number = Field(description="when it began, in seconds since the start of the run")
    trace_id: str
    lost: bool = Field(default=False, description="whether it never came back")

    @classmethod
    def of_request(cls, one: TracedRequest) -> Self:
        """Return the entry of a request."""
        return cls.of(one, duration_ms=round(one.duration, 3), at_s=round(one.at, 3))

    def request(self) -> TracedRequest:
        """Return the request again, to the microsecond and the millisecond."""
        return self.to(TracedRequest, duration=self.duration_ms, at=self.at_s)
