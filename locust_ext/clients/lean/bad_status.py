"""The failure of an answer whose status says so.

Law: it is FastHttpUser's, and knows as much; most of it is put together only when somebody asks for it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from locust.contrib.fasthttp import LocustBadStatusCode, LocustUserAgent

from locust_ext.clients.lean.response import LeanResponse


class BadStatus(LocustBadStatusCode):
    """Why a request failed that was answered; it goes by the name that statistics know."""

    def __init__(self, response: LeanResponse) -> None:
        super().__init__(response.exchange.kind.url, code=response.status_code)
        self.response = response

    @cached_property
    def request(self) -> Any:
        """The request that failed."""
        return self.response.request

    @cached_property
    def http_log(self) -> str:
        """What was said on the wire."""
        conversation = LocustUserAgent._conversation_str  # noqa: SLF001 as FastHttpUser's has it
        return conversation(str(self.url), self.response, payload=self.request.payload)


BadStatus.__name__ = BadStatus.__qualname__ = LocustBadStatusCode.__name__


def is_text(body: bytes) -> bool:
    """Tell whether a body can be read: FastHttpUser reads that of a failure at once, and raises where it cannot."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
