"""How requests of a LeanHttpUser carry traces.

Law: a head that is used again and again holds no trace: that is put into what is sent, as the last of its headers.
What geventhttpclient goes through once more carries what it carried when it left.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from locust_ext.clients.fasthttp import trace
from locust_ext.clients.lean.agent import Rehearsal
from locust_ext.clients.lean.heads import Head
from locust_ext.clients.tracer import Tracer, replay, replayed, stamped_since
from locust_ext.measure.trace_context import HEADER, LINE

if TYPE_CHECKING:
    from locust_ext.clients.lean.heads import Address
    from locust_ext.clients.lean.kind import Kind
    from locust_ext.clients.lean.session import LeanSession

_END = b"\r\n\r\n"


def in_own_heads(tracer: Tracer, build: Callable[..., Head | None]) -> Callable[..., Head | None]:
    """Wrap how a head is built: one that has a trace of the user's own says so each time that it is used."""
    fill = Head.fill  # as it is without traces: such a head is given none

    class Own(Head):
        value = ""

        def fill(self, kind: Kind, address: Address) -> bytes:
            tracer.note(self.value, {HEADER: self.value})
            return fill(self, kind, address)

    @functools.wraps(build)
    def built(client: Any, text: str, request: Any) -> Head | None:
        head = build(client, text, request)
        if head is None or HEADER not in request.headers:
            return head
        own, value = Own(*head), request.headers[HEADER]
        own.value = value if type(value) is str else ""
        return own

    return built


def in_heads(tracer: Tracer, fill: Callable[..., bytes]) -> Callable[..., bytes]:
    """Wrap how a head becomes a request: some of them carry a trace."""
    left = tracer.gap()

    @functools.wraps(fill)
    def filled(head: Head, kind: Kind, address: Address) -> bytes:
        nonlocal left
        left -= 1
        if left > 0:
            return fill(head, kind, address)
        left = tracer.gap()
        sent = fill(head, kind, address)
        headers: dict[str, str] = {}
        tracer.begin(kind.url, headers)
        if not headers:
            return sent
        end = sent.find(_END)
        return b"%b%b%b%b" % (sent[:end], LINE, headers[HEADER].encode(), sent[end:])

    return filled


def at_open(tracer: Tracer, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the way of what is not plain."""
    traced = trace(tracer, urlopen)

    @functools.wraps(urlopen)
    def opened(agent: Any, request: Any) -> Any:
        if isinstance(request, Rehearsal):
            return urlopen(agent, request)
        value = replayed()
        if value is None:
            return traced(agent, request)
        if value:
            request.headers[HEADER] = value
        return urlopen(agent, request)

    return opened


def at_replay(_: Tracer, other: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap how a session has geventhttpclient go through a request, which may have left already."""

    @functools.wraps(other)
    def gone(session: LeanSession, kind: Kind, follows: bool, began: float) -> Any:  # noqa: FBT001 as it is called
        if session.lean.pools.has_replay():
            replay(stamped_since(began))
        try:
            return other(session, kind, follows, began)
        finally:
            replayed()

    return gone
