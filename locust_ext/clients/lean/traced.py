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
from locust_ext.clients.tracer import Tracer, replay, replayed, stamped_since
from locust_ext.measure.trace_context import HEADER

if TYPE_CHECKING:
    from locust_ext.clients.lean.heads import Address, Head
    from locust_ext.clients.lean.kind import Kind
    from locust_ext.clients.lean.session import LeanSession

_END = b"\r\n\r\n"
_NAME = f"\r\n{HEADER}: ".encode()


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
        end = sent.find(_END)
        if _NAME in sent[:end].lower():
            return sent  # the user's own
        headers: dict[str, str] = {}
        tracer.begin(kind.url, headers)
        return b"%b%b%b%b" % (sent[:end], _NAME, headers[HEADER].encode(), sent[end:]) if headers else sent

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
