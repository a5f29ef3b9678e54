"""The door through which websocket-client leaves, in a WebSocketUser or in a user's own hands.

Law: it is guarded before it asks the name service, and marked below its redirects.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

from requests.structures import CaseInsensitiveDict
from websocket import _core

from locust_ext.measure.trace_context import HEADER
from locust_ext.safety.interceptors import Interceptors
from locust_ext.safety.tenant import MarkHolder

if TYPE_CHECKING:
    from locust_ext.clients.tracer import Tracer


def stamp(holder: MarkHolder, handshake: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's handshake, which every connection and every redirect of it passes."""
    learn = holder.learn

    @functools.wraps(handshake)
    def stamped(sock: Any, url: str, *address: Any, **options: Any) -> Any:
        mark = holder.mark
        if mark is not None:
            headers = _headers_in(options)
            if not mark.stamp(url, headers):
                learned = learn(url)
                if learned is not None:
                    learned.stamp(url, headers)
            options["header"] = dict(headers)
        return handshake(sock, url, *address, **options)

    return stamped


def trace(tracer: Tracer, handshake: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's handshake: some of them carry a trace, each one of its own."""
    left = tracer.gap()

    @functools.wraps(handshake)
    def traced(sock: Any, url: str, *address: Any, **options: Any) -> Any:
        nonlocal left
        headers = _headers_in(options)
        if HEADER in headers:  # the user's own
            tracer.note(headers[HEADER], headers)
            return handshake(sock, url, *address, **options)
        left -= 1
        if left <= 0:
            left = tracer.gap()
            tracer.begin(url, headers)
            options["header"] = dict(headers)
        return handshake(sock, url, *address, **options)

    return traced


def _headers_in(options: dict[str, Any]) -> CaseInsensitiveDict[str]:
    """Return the headers of a handshake, which are given as a mapping or in lines."""
    given = options.get("header") or {}
    pairs = given.items() if isinstance(given, dict) else (line.partition(":")[::2] for line in given)
    return CaseInsensitiveDict({name.strip(): value.strip() for name, value in pairs})


def _at_connect(interceptors: Interceptors, connect: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap how websocket-client connects, which every redirect of it passes too."""
    guard = interceptors.guard
    assert guard is not None

    @functools.wraps(connect)
    def connected(url: str, *arguments: Any, **options: Any) -> Any:
        interceptors.check(guard, url)
        return connect(url, *arguments, **options)

    return connected


def _at_handshake(interceptors: Interceptors, handshake: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's handshake, which every connection and every redirect of it passes."""

    @functools.wraps(handshake)
    def shaken(sock: Any, url: str, *address: Any, **options: Any) -> Any:
        if interceptors.is_waiting:
            interceptors.admission.spend()
        return handshake(sock, url, *address, **options)

    return shaken


class WebSocketDoor:
    """The door of websocket-client; it has no clock, and its answers are messages."""

    marks = ((_core, "handshake", stamp),)
    guards = ((_core, "connect", _at_connect), (_core, "handshake", _at_handshake))
    turns = answers = repeats = ()
    exits = ((_core, "connect"), (_core, "handshake"))
