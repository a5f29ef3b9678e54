"""Locust's client over geventhttpclient: where its requests begin, and the door through which they leave.

Law: a request begins when it has had its turn, and what it is called is read as the client itself would call it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any

import locust_ext.process.patched  # noqa: F401 before anything that keeps ssl's classes

from geventhttpclient.connectionpool import ConnectionPool
from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent

from locust_ext.clients.beginning import SentByLocust, noting
from locust_ext.clients.http_door import answers_of, repeats_before_the_clock, turn_before_the_clock
from locust_ext.measure.trace_context import HEADER
from locust_ext.process.seam import Seam
from locust_ext.safety.tenant import BAGGAGE, MarkHolder, TenantHeaders

if TYPE_CHECKING:
    from locust_ext.clients.tracer import Tracer
    from locust_ext.measure.recorder import Recorder
    from locust_ext.safety.interceptors import Interceptors
    from locust_ext.storms.link import Link

OPEN = "_urlopen"
"""What every request of an agent and every redirect of it passes."""

_LEARNED = "_locust_ext_mark"
"""The attribute of an agent that holds the mark in its default headers, and what URLs it is good for begin with."""

_NOTHING: tuple[TenantHeaders | None, str] = (None, "")


class SentByFastHttp(SentByLocust):
    """A request of a FastHttpSession: without a name it is called as its address was written."""

    __slots__ = ()

    def unnamed(self) -> object:
        """Return the address as it was given."""
        return self.given("url")


def stamp(holder: MarkHolder, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an agent's way out, which every request and every redirect of it passes.

    An agent learns the mark as a default header with its first request, so that for the others there is only left
    to see that they do not go elsewhere.
    """
    learn = holder.learn

    @functools.wraps(urlopen)
    def stamped(agent: Any, request: Any) -> Any:
        mark = holder.mark
        if mark is None:
            return urlopen(agent, request)
        known, beginning = getattr(agent, _LEARNED, _NOTHING)
        learned = known is mark and request.url.startswith(beginning)
        if not learned or (mark.baggage and request.headers.get(BAGGAGE) != mark.baggage):
            covered = mark.origins.beginning_of(request.url)
            if covered and known is not mark:
                mark.stamp(request.url, agent.default_headers)
                setattr(agent, _LEARNED, (mark, covered))
            if not mark.stamp(request.url, request.headers) and learn(request.url) is not None:
                return stamped(agent, request)
        return urlopen(agent, request)

    stamped.holder = holder  # type: ignore[attr-defined]  # for who builds heads in advance: they are good for one mark
    return stamped


def trace(tracer: Tracer, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an agent's way out: some of the requests that pass it carry a trace."""
    left, carries = tracer.gap(), dict.__contains__  # as Headers looks itself, whose keys are in small letters

    @functools.wraps(urlopen)
    def traced(agent: Any, request: Any) -> Any:
        nonlocal left
        if carries(request.headers, HEADER):
            tracer.again(request.url, request.headers)
        else:
            left -= 1
            if left <= 0 and not getattr(request, "unverifiable", False):  # else it is redirected, and left without
                left = tracer.gap()
                tracer.begin(request.url, request.headers)
        return urlopen(agent, request)

    return traced


def at_open(interceptors: Interceptors, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an agent's way out, which every request and every redirect of it passes."""
    guard = interceptors.guard
    assert guard is not None
    known = guard.beginnings

    @functools.wraps(urlopen)
    def opened(agent: Any, request: Any) -> Any:
        if not request.url.startswith(known):
            interceptors.check(guard, request.url)
        return urlopen(agent, request)

    return opened


def at_socket(interceptors: Interceptors, get_socket: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap geventhttpclient's way to a connection: it needs another one to send the same request again."""
    spend = interceptors.admission.spend

    @functools.wraps(get_socket)
    def taken(pool: Any) -> Any:
        spend()
        return get_socket(pool)

    return taken


class FastHttpDoor:
    """The door of FastHttpUser."""

    marks = ((LocustUserAgent, OPEN, stamp),)
    guards = ((LocustUserAgent, OPEN, at_open),)
    turns = (turn_before_the_clock(FastHttpSession), (ConnectionPool, "get_socket", at_socket))
    answers = (answers_of(FastHttpSession),)
    repeats = (repeats_before_the_clock(FastHttpSession),)
    exits = ((LocustUserAgent, OPEN),)


class FastSession:
    """The session that each FastHttpUser has as its ``client``."""

    users, kind, door = FastHttpUser, FastHttpSession, FastHttpDoor()

    def begins(self, recorder: Recorder) -> Seam:
        """Return the seam that notes each request when it begins."""
        return Seam(FastHttpSession, "request", noting(recorder, SentByFastHttp))

    def mark(self, client: FastHttpSession, marks: MarkHolder) -> None:
        """Let one client mark its requests."""
        agent = client.client
        vars(agent)[OPEN] = MethodType(stamp(marks, getattr(type(agent), OPEN)), agent)

    def leave(self, user: FastHttpUser) -> None:
        """Close what a user that has stopped still holds; a pool that several share stays."""
        if user.client_pool is not None:
            return
        for client in user.client.client.clientpool.clients.values():
            idle = client._connection_pool._socket_queue  # noqa: SLF001 to close the pool itself is for ever
            while not idle.empty():
                idle.get(block=False).close()

    def link(self, user: FastHttpUser, path: str) -> Link:
        """Return how a user is connected."""
        from locust_ext.clients.fasthttp_link import FastHttpLink  # noqa: PLC0415 only a run with storms

        return FastHttpLink(user, path)
