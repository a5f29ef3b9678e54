"""The errors of a run in summary.json, by kind.

Law: as in ``schema``: a field is named here and nowhere else. Older summaries have none.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field

from locust_ext.measure.error_kinds import Answer, ErrorKind
from locust_ext.reports.entry import Entry, Number


class AnswerEntry(Entry):
    """The first answer of its kind, without secrets."""

    status: str = ""
    headers: tuple[tuple[str, str], ...] = Field(default=(), description="name and value, in their order; at most 30")
    body: str = Field(default="", description="its beginning, at most 1,024 characters")
    note: str = Field(default="", description="of the body: that it is longer, binary, or was not read")
    trace_id: str = Field(default="", description="by which the target's own traces know it")

    def answer(self) -> Answer:
        """Return the answer again."""
        return self.to(Answer)


class ErrorEntry(Entry):
    """All errors of one kind; seconds since the start of the run."""

    metric: str = Field(description="where they count, such as http_req_failed; empty: kinds that were too many")
    name: str = Field(description="of the endpoint or the check, or the place in user code")
    method: str = Field(default="", description="or the type, where it is not HTTP")
    what: str = Field(description="the status, or the type of the exception")
    count: int
    first_s: Number
    last_s: Number
    message: str = Field(default="", description="of the first of them")
    response: AnswerEntry | None = Field(default=None, description="the first of its kind, where there was one")
    traces: tuple[str, ...] = Field(default=(), description="ids of some that carried a trace; at most 3")

    @classmethod
    def of_kind(cls, kind: ErrorKind) -> Self:
        """Return the entry of a kind."""
        return cls.of(
            kind,
            first_s=round(kind.first, 3),
            last_s=round(kind.last, 3),
            response=AnswerEntry.of(kind.response) if kind.response else None,
        )

    def kind(self) -> ErrorKind:
        """Return the kind again, to the millisecond."""
        answer = self.response.answer() if self.response else None
        return self.to(ErrorKind, first=self.first_s, last=self.last_s, response=answer)
