"""Locust's client over requests: where its requests begin, and the door through which they leave.

Law: a request begins when it has had its turn, and what it is called is read as the client itself would call it. Plain
``requests`` sessions are watched where a user makes them, and marked nowhere: what they are for is not known.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import MethodType
from typing import TYPE_CHECKING, Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import requests
from gevent import getcurrent
from locust import HttpUser
from locust.clients import HttpSession
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from locust_ext.clients.beginning import SentByLocust, noting
from locust_ext.clients.http_door import CLOCK, answers_of, repeats_before_the_clock, turn_before_the_clock
from locust_ext.measure.trace_context import HEADER
from locust_ext.process.seam import Seam
from locust_ext.safety.guard import Blocked

if TYPE_CHECKING:
    from locust_ext.clients.tracer import Tracer
    from locust_ext.measure.recorder import Recorder
    from locust_ext.safety.guard import Guard
    from locust_ext.safety.interceptors import Interceptors
    from locust_ext.safety.tenant import MarkHolder
    from locust_ext.storms.link import Link

_WATCHES = "_locust_ext_watches"
"""The attribute of what takes traces from requests that are redirected."""

_SENDING = "_locust_ext_sending"
"""The attribute of a greenlet that is inside of a request that passed this door."""


class SentByRequests(SentByLocust):
    """A request of an HttpSession: without a name it is called by its path, with the query that was built."""

    __slots__ = ()

    def unnamed(self) -> object:
        """Return the path of the request, as the session will report it."""
        options: Mapping[str, Any] = self.options
        build = inspect.unwrap(getattr(type(self.client), CLOCK))  # without the turn that a request waits for there
        url = build(self.client, str(self.given("url")))
        return requests.Request("GET", url, params=options.get("params")).prepare().path_url


def stamp(holder: MarkHolder, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``HttpSession.send``, which every request and every redirect of it passes."""
    learn = holder.learn

    @functools.wraps(send)
    def stamped(session: Any, request: Any, **options: Any) -> Any:
        mark = holder.mark
        if mark is not None and not mark.stamp(request.url, request.headers):
            learned = learn(request.url)
            if learned is not None:
                learned.stamp(request.url, request.headers)
        return send(session, request, **options)

    return stamped


def trace(tracer: Tracer, prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``HttpSession.prepare_request``, which each request passes once: some of them carry a trace.

    ``send`` would see redirects, too, but is called with so many options that to hand them on costs more than all else.
    """
    left = tracer.gap()

    @functools.wraps(prepare)
    def traced(session: Any, request: Any) -> Any:
        nonlocal left
        prepared = prepare(session, request)
        headers = prepared.headers
        if HEADER in headers._store:  # noqa: SLF001 its own look raises where there is none, which costs more
            tracer.again(prepared.url, headers)
        else:
            left -= 1
            if left <= 0:
                left = tracer.gap()
                if hasattr(session.rebuild_auth, _WATCHES):  # else nobody would see that it is redirected elsewhere
                    tracer.begin(prepared.url, headers)
        return prepared

    return traced


def trace_redirect(tracer: Tracer, rebuild_auth: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``HttpSession.rebuild_auth``, which each redirect passes before it is followed."""

    @functools.wraps(rebuild_auth)
    def traced(session: Any, request: Any, response: Any) -> Any:
        tracer.again(request.url, request.headers)
        return rebuild_auth(session, request, response)

    setattr(traced, _WATCHES, True)
    return traced


def _at_send(interceptors: Interceptors, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``HttpSession.send``, which every request and every redirect of it passes."""
    guard = interceptors.guard
    assert guard is not None

    @functools.wraps(send)
    def sent(session: Any, request: Any, **options: Any) -> Any:
        _look(interceptors, guard, request)
        if not interceptors.is_waiting:
            return send(session, request, **options)
        interceptors.admission.spend()
        greenlet = getcurrent()
        before = getattr(greenlet, _SENDING, False)
        setattr(greenlet, _SENDING, True)
        try:
            return send(session, request, **options)
        finally:
            setattr(greenlet, _SENDING, before)

    return sent


def _look(interceptors: Interceptors, guard: Guard, request: Any) -> None:
    """Look at where a prepared request goes; raises what the callers of requests expect."""
    try:
        interceptors.check(guard, request.url)
    except Blocked as blocked:
        raise requests.ConnectionError(str(blocked), request=request) from None


def _at_plain_send(interceptors: Interceptors, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``requests.Session.send``: that of a user is watched, that of a listener or an exporter is not."""
    watched = _at_send(interceptors, send)
    guard = interceptors.guard
    assert guard is not None

    @functools.wraps(send)
    def sent(session: Any, request: Any, **options: Any) -> Any:
        if not interceptors.is_users():
            return send(session, request, **options)
        if interceptors.is_waiting:
            _look(interceptors, guard, request)
            interceptors.admission.prepay()  # nobody of ours measures it
        return watched(session, request, **options)

    return sent


def _at_retry(interceptors: Interceptors, sleep: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``urllib3``'s pause before it sends the same request again by itself."""

    @functools.wraps(sleep)
    def paused(retry: Any, *arguments: Any, **options: Any) -> Any:
        sleep(retry, *arguments, **options)
        if getattr(getcurrent(), _SENDING, False):
            interceptors.admission.spend()

    return paused


class RequestsDoor:
    """The door of HttpUser, and of any session of requests that a user makes."""

    marks = ((HttpSession, "send", stamp),)
    guards = (
        (HttpSession, "send", _at_send),
        (requests.Session, "send", _at_plain_send),  # after the other one, which inherits it
    )
    turns = (turn_before_the_clock(HttpSession), (Retry, "sleep", _at_retry))
    answers = (answers_of(HttpSession),)
    repeats = (repeats_before_the_clock(HttpSession),)
    exits = ((requests.Session, "send"),)


class RequestsSession:
    """The session that each HttpUser has as its ``client``."""

    users, kind, door = HttpUser, HttpSession, RequestsDoor()

    def begins(self, recorder: Recorder) -> Seam:
        """Return the seam that notes each request when it begins."""
        return Seam(HttpSession, "request", noting(recorder, SentByRequests))

    def mark(self, client: HttpSession, marks: MarkHolder) -> None:
        """Let one client mark its requests."""
        vars(client)["send"] = MethodType(stamp(marks, type(client).send), client)

    def leave(self, user: HttpUser) -> None:
        """Close what a user that has stopped still holds; a pool that several share stays."""
        if user.pool_manager is not None:
            return
        for adapter in user.client.adapters.values():
            if not isinstance(adapter, HTTPAdapter):
                continue
            for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
                for key in manager.pools.keys():  # noqa: SIM118 it has no iterator
                    if (pool := manager.pools.get(key)) is not None:
                        pool.close()  # urllib3 leaves that to garbage, too
        user.client.close()

    def link(self, user: HttpUser, path: str) -> Link:
        """Return how a user is connected."""
        from locust_ext.clients.requests_link import RequestsLink  # noqa: PLC0415 only a run with storms

        return RequestsLink(user, path)
