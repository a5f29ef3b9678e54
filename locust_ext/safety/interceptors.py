"""The doors through which requests leave this process: HttpUser, FastHttpUser, WebSocket handshakes.

Law: anyone who stands at a door sees every request, hop by hop: redirects, retries of the client's own, resends on a
connection that was reset. First comes the guard, then the turn, then the mark. A wait for the turn comes before the
client's clock starts; where it cannot, it is taken off what the clock says.

Plain ``requests`` sessions are watched where a user makes them, and marked nowhere: what they are for is not known.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
import requests
import websocket
from geventhttpclient.connectionpool import ConnectionPool
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
from urllib3.util.retry import Retry

from locust_ext.process.seam import Seam
from locust_ext.safety.acknowledgement import Acknowledgements
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Blocked, Guard
from locust_ext.safety.origin import origin_of
from locust_ext.safety.repeats import Repeats
from locust_ext.safety.tenant import TenantHeaders, stamp_fast, stamp_handshake, stamp_requests

_DEEPEST = 32
"""Generations of greenlets that are asked whose child they are."""

_SENDING = "_locust_ext_sending"
"""The attribute of a greenlet that is inside of a request that passed a door."""


class Interceptors:
    """The doors of one process, open while a run lasts."""

    def __init__(self, environment: Any, admission: Admission) -> None:
        self._environment, self.admission = environment, admission
        self.mark: TenantHeaders | None = None
        self.guard: Guard | None = None
        self.acks: Acknowledgements | None = None
        self.mark_too: Callable[[str], TenantHeaders | None] = lambda _: None
        """Returns the mark for one more host."""
        self.is_waiting = False
        """Whether requests may have to wait for their turn."""
        self._open: list[Seam] = []
        self._marking = tuple(
            Seam(owner, name, functools.partial(wrap, self))
            for owner, name, wrap in (
                (HttpSession, "send", stamp_requests),
                (LocustUserAgent, "_urlopen", stamp_fast),
                (websocket._core, "handshake", stamp_handshake),  # noqa: SLF001 the only place below its redirects
            )
        )
        self._guarding = tuple(
            Seam(owner, name, functools.partial(wrap, self))
            for owner, name, wrap in (
                (HttpSession, "send", _at_send),
                (requests.Session, "send", _at_plain_send),  # after the other one, which inherits it
                (LocustUserAgent, "_urlopen", _at_fast),
                (websocket._core, "connect", _at_connect),  # noqa: SLF001 before it asks the name service
                (websocket._core, "handshake", _at_handshake),  # noqa: SLF001
            )
        )
        self._asking = tuple(
            Seam(owner, name, functools.partial(wrap, self))
            for owner, name, wrap in (
                (HttpSession, "_build_url", _ask_before_the_clock),
                (FastHttpSession, "_build_url", _ask_before_the_clock),
                (Retry, "sleep", _at_retry),
                (ConnectionPool, "get_socket", _at_socket),
            )
        )
        self._looking = tuple(
            Seam(owner, "request", functools.partial(_look_at_answers, self))
            for owner in (HttpSession, FastHttpSession)
        )
        self._holding = tuple(
            Seam(owner, "_build_url", functools.partial(_hold_repeats, self))
            for owner in (HttpSession, FastHttpSession)
        )
        self._repeats = Repeats(self.user_greenlet)
        self._telling = Seam(environment.events.request, "fire", functools.partial(_tell_without_the_wait, self))
        admission.on_late = lambda: self._stand_at(self._telling)
        admission.on_close, admission.is_locusts = self.shut, self._is_locusts

    def open(
        self, *, mark: TenantHeaders | None, guard: Guard, acks: Acknowledgements | None = None, waits: bool = False
    ) -> None:
        """Stand at the doors from now on; ``waits``: requests may have to wait for their turn."""
        self.close()
        self.mark, self.guard, self.acks = mark, guard, acks
        self.is_waiting = waits
        self._take_turns(waits=waits)
        groups = ((self._marking, mark), (self._guarding, guard), (self._asking, waits), (self._looking, acks))
        for seams, wanted in groups:
            for seam in seams if wanted else ():
                self._stand_at(seam)

    def shut(self) -> None:
        """Let nobody through without asking the admission, which is closed, whatever the run began with."""
        self.is_waiting = True
        self._take_turns(waits=bool(self.guard))
        for seam in self._asking if self.guard else ():
            self._stand_at(seam)

    def _take_turns(self, *, waits: bool) -> None:
        """Let requests wait for their turn before they count as begun."""
        self.admission.begun.turn = self.admission.prepay if waits else None

    def _stand_at(self, seam: Seam) -> None:
        if seam not in self._open:
            seam.open()
            self._open.append(seam)

    def close(self) -> None:
        """Leave the doors; who came first goes last."""
        self._take_turns(waits=False)
        while self._open:
            self._open.pop().close()
        self.mark = self.guard = self.acks = None
        self.mark_too = lambda _: None

    def check(self, guard: Guard, url: str) -> None:
        """Raise Blocked where ``guard`` does, yielding first; from the first time on repeats wait before the clock."""
        try:
            guard.check(url)
        except Blocked:
            for seam in self._holding if self.guard is guard else ():  # else the run is over
                self._stand_at(seam)
            self._repeats.refuse()
            raise

    def learn(self, url: str) -> TenantHeaders | None:
        """Return the mark with the host of the user that sends, if ``url`` goes there and only its code knew it.

        The guard has let it pass before: it is not production.
        """
        host = _host_of_user(self.user_greenlet())
        origin = origin_of(host)
        if origin is None or origin != origin_of(url):
            return None
        mark = self.mark_too(host)
        if mark is None or not mark.origins.covers(url):
            return None
        self.mark = mark
        return mark

    def expect(self, url: str) -> None:
        """Wait, before the client's clock starts, where the guard is going to block ``url``."""
        if self.guard is not None and self.guard.blocks(url):
            self._repeats.expect()

    def _is_locusts(self) -> bool:
        return gevent.getcurrent() in getattr(self._environment.runner, "greenlet", ())

    def is_users(self) -> bool:
        """Tell whether the current greenlet is a user's, or was started by one."""
        return self.user_greenlet() is not None

    def user_greenlet(self) -> Any:
        """Return the greenlet of the user that the current one is, or was started by; None where it is nobody's."""
        users = self._environment.runner.user_greenlets
        finishing = getattr(self._environment, "locust_ext_finishing", ())
        greenlet: Any = gevent.getcurrent()
        for _ in range(_DEEPEST):
            if greenlet is None or greenlet in users or greenlet in finishing:
                return greenlet
            parent = getattr(greenlet, "spawning_greenlet", None)
            greenlet = parent() if parent is not None else None
        return None


def _host_of_user(greenlet: Any) -> str:
    """Return where the user of a greenlet sends its requests; ``""`` where it does not say."""
    try:
        user = greenlet.args[0]
        host = getattr(getattr(user, "client", None), "base_url", None) or user.host
    except Exception:  # noqa: BLE001 nobody's greenlet, or code of the user's that raises
        return ""
    return host if isinstance(host, str) else ""


def _hold_repeats(doors: Interceptors, build_url: Callable[..., str]) -> Callable[..., str]:
    """Wrap what ``request`` of Locust's clients does before it starts the clock: what will be blocked waits there."""

    @functools.wraps(build_url)
    def built(client: Any, path: str) -> str:
        url = build_url(client, path)
        doors.expect(url)
        return url

    return built


def _ask_before_the_clock(doors: Interceptors, build_url: Callable[..., str]) -> Callable[..., str]:
    """Wrap what ``request`` of Locust's clients does before it starts the clock: the turn comes first."""
    prepay, has_turn = doors.admission.prepay, doors.admission.has_turn

    @functools.wraps(build_url)
    def built(client: Any, path: str) -> str:
        if not has_turn():
            prepay(client.user)
        return build_url(client, path)

    return built


def _look_at_answers(doors: Interceptors, request: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``request`` of Locust's clients: some of its answers are looked at."""
    acks = doors.acks
    assert acks is not None

    @functools.wraps(request)
    def answered(client: Any, *arguments: Any, **options: Any) -> Any:
        response = request(client, *arguments, **options)
        acks.look(response)
        return response

    return answered


def _tell_without_the_wait(doors: Interceptors, fire: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the request event: what was waited within the measurement is not the target's."""
    settle = doors.admission.settle

    def fired(**event: Any) -> None:
        if late := settle():
            _take_off(event, late)
        fire(**event)

    return fired


def _take_off(event: dict[str, Any], seconds: float) -> None:
    if event.get("response_time") is not None:
        event["response_time"] = max(0.0, event["response_time"] - seconds * 1000)


def _at_send(doors: Interceptors, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``HttpSession.send``, which every request and every redirect of it passes."""
    guard = doors.guard
    assert guard is not None

    @functools.wraps(send)
    def sent(session: Any, request: Any, **options: Any) -> Any:
        _look(doors, guard, request)
        if not doors.is_waiting:
            return send(session, request, **options)
        doors.admission.spend()
        greenlet = gevent.getcurrent()
        before = getattr(greenlet, _SENDING, False)
        setattr(greenlet, _SENDING, True)
        try:
            return send(session, request, **options)
        finally:
            setattr(greenlet, _SENDING, before)

    return sent


def _look(doors: Interceptors, guard: Guard, request: Any) -> None:
    """Look at where a prepared request goes; raises what the callers of requests expect."""
    try:
        doors.check(guard, request.url)
    except Blocked as blocked:
        raise requests.ConnectionError(str(blocked), request=request) from None


def _at_plain_send(doors: Interceptors, send: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``requests.Session.send``: that of a user is watched, that of a listener or an exporter is not."""
    watched = _at_send(doors, send)
    guard = doors.guard
    assert guard is not None

    @functools.wraps(send)
    def sent(session: Any, request: Any, **options: Any) -> Any:
        if not doors.is_users():
            return send(session, request, **options)
        if doors.is_waiting:
            _look(doors, guard, request)
            doors.admission.prepay()  # nobody of ours measures it
        return watched(session, request, **options)

    return sent


def _at_retry(doors: Interceptors, sleep: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``urllib3``'s pause before it sends the same request again by itself."""

    @functools.wraps(sleep)
    def paused(retry: Any, *arguments: Any, **options: Any) -> Any:
        sleep(retry, *arguments, **options)
        if getattr(gevent.getcurrent(), _SENDING, False):
            doors.admission.spend()

    return paused


def _at_fast(doors: Interceptors, urlopen: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``LocustUserAgent._urlopen``, which every request and every redirect of it passes."""
    guard = doors.guard
    assert guard is not None
    known = guard.beginnings

    @functools.wraps(urlopen)
    def opened(agent: Any, request: Any) -> Any:
        if not request.url.startswith(known):
            doors.check(guard, request.url)
        return urlopen(agent, request)

    return opened


def _at_socket(doors: Interceptors, get_socket: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap geventhttpclient's way to a connection: it needs another one to send the same request again."""
    spend = doors.admission.spend

    @functools.wraps(get_socket)
    def taken(pool: Any) -> Any:
        spend()
        return get_socket(pool)

    return taken


def _at_connect(doors: Interceptors, connect: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap how websocket-client connects, which every redirect of it passes too."""
    guard = doors.guard
    assert guard is not None

    @functools.wraps(connect)
    def connected(url: str, *arguments: Any, **options: Any) -> Any:
        doors.check(guard, url)
        return connect(url, *arguments, **options)

    return connected


def _at_handshake(doors: Interceptors, handshake: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's handshake, which every connection and every redirect of it passes."""

    @functools.wraps(handshake)
    def shaken(sock: Any, url: str, *address: Any, **options: Any) -> Any:
        if doors.is_waiting:
            doors.admission.spend()
        return handshake(sock, url, *address, **options)

    return shaken
