"""How one user is connected, and how its real sockets drop: HTTP pools, and any class with connect() and disconnect().

Law: a link knows its transport and nothing of policies; whatever goes wrong while connecting is a ConnectFailed.
"""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Protocol
from weakref import WeakSet

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
from locust import FastHttpUser, HttpUser
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession
from urllib3.connection import HTTPConnection

from locust_ext.storms.comeback import ConnectFailed
from locust_ext.storms.sockets import drop_all

TOO_MANY = 429
SERVER_ERROR = 500


class Transport(Protocol):
    """A connection that can drop and be made again."""

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Return when ready; raises ConnectFailed."""

    def drop(self, cause: str) -> None:
        """Drop the real sockets."""

    def forget(self) -> None:
        """Close what a half-open drop left behind."""


def retry_after(headers: Mapping[str, Any] | None) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date; None without or with a wrong one."""
    value = next((str(v) for k, v in (headers or {}).items() if str(k).lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, zoned.timestamp() - time.time())


class AttemptTimeout(gevent.Timeout):  # type: ignore[misc]
    """The end of an attempt's time; the link reports its request itself."""

    locust_ext_reported = True


class HttpLink:
    """The connections of an HttpUser or a FastHttpUser; it is connected again when one request is answered."""

    def __init__(self, user: Any, path: str) -> None:
        self._user, self._path = user, path
        self._held: list[WeakSet[Any]] = []
        """Sockets, or what holds one, by pool: requests has one for each scheme, unless it was given one for both."""
        self._left: list[Any] = []
        self._pools: list[Any] = []
        client = user.client
        self._request = client.request
        if isinstance(client, HttpSession):
            self._held = [track_urllib3(one.poolmanager) for one in client.adapters.values()]  # type: ignore[attr-defined]
        else:
            self._held = [WeakSet()]
            track_gevent(client.client.clientpool, self._held[0], self._pools)

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Send one request on a new connection; an answer below 500 that is not 429 counts as ready."""
        began = time.perf_counter()
        try:
            with AttemptTimeout(timeout), _once(self._pools):
                response = self._ask()
        except AttemptTimeout:
            self._user.environment.events.request.fire(
                request_type="GET",
                name=f"reconnect {self._path}",
                response_time=(time.perf_counter() - began) * 1000,
                response_length=0,
                context={},
                exception=TimeoutError(f"no answer within {timeout:g} s"),
            )
            raise ConnectFailed("timeout") from None
        status = response.status_code or 0
        if not status:
            raise ConnectFailed("refused")
        opened()
        if not _is_ready(status):
            raise ConnectFailed(f"status:{status}", retry_after(response.headers))

    def _ask(self) -> Any:
        """Return the answer to one request; a server that answers 404 is back as well, and that is not a failure."""
        with self._request("GET", self._path, name=f"reconnect {self._path}", catch_response=True) as response:
            if _is_ready(response.status_code or 0):
                response.success()
        return response

    def drop(self, cause: str) -> None:
        """Drop every connection of the user, also one with a request under way."""
        holders = {holder for held in self._held for holder in held}
        pooled = [holder for holder in holders if isinstance(holder, HTTPConnection)]
        socks = [holder for holder in holders if not isinstance(holder, HTTPConnection)]
        socks += [holder.sock for holder in pooled if holder.sock is not None]
        if cause == "half_open":
            self._left += socks  # nobody reads them any more, but the peer does not know
        else:
            drop_all(socks, cause)
        for holder in pooled:
            holder.sock = None  # so that urllib3 sees that it must connect again
        for held in self._held:
            held.clear()

    def forget(self) -> None:
        """Reset what a half-open drop left behind."""
        drop_all(self._left, "reset")
        self._left.clear()


def _is_ready(status: int) -> bool:
    return 0 < status < SERVER_ERROR and status != TOO_MANY


def track_urllib3(manager: Any) -> WeakSet[Any]:
    """Let a urllib3 PoolManager tell which connections it has opened; users that share one share them."""
    known: WeakSet[Any] | None = getattr(manager, "locust_ext_connections", None)
    if known is not None:
        return known
    connections: WeakSet[Any] = WeakSet()
    manager.locust_ext_connections = connections

    def tracked(pool_class: Any) -> Any:
        class Connection(pool_class.ConnectionCls):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                connections.add(self)

        return type(pool_class.__name__, (pool_class,), {"ConnectionCls": Connection})

    manager.pool_classes_by_scheme = {
        scheme: tracked(pool_class) for scheme, pool_class in manager.pool_classes_by_scheme.items()
    }
    return connections


def track_gevent(client_pool: Any, sockets: WeakSet[Any], pools: list[Any]) -> None:
    """Let a geventhttpclient pool put every socket that it opens into ``sockets``, and itself into ``pools``."""
    get_client = client_pool.get_client

    def tracked(url: Any) -> Any:
        client = get_client(url)
        pool = client._connection_pool  # noqa: SLF001 the only place that knows its sockets
        if pool not in pools:
            pool.after_connect = sockets.add
            pools.append(pool)
        return client

    client_pool.get_client = tracked


@contextmanager
def _once(pools: list[Any]) -> Iterator[None]:
    """Let one attempt be one: geventhttpclient repeats a request by itself when its connection was reset."""
    sizes = [pool.size for pool in pools]
    for pool in pools:
        pool.size = -1
    try:
        yield
    finally:
        for pool, size in zip(pools, sizes, strict=False):
            pool.size = size


class UserLink:
    """Any user class that gives ``connect()`` and ``disconnect()``; ``sockets()`` too, if they shall drop for real."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._left: list[Any] = []

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Call the user's ``connect()``; what it raises is why it failed."""
        try:
            with gevent.Timeout(timeout, ConnectFailed("timeout")):
                self._user.connect()
        except (ConnectFailed, gevent.GreenletExit):
            raise
        except Exception as error:
            raise ConnectFailed(type(error).__name__, _seconds(getattr(error, "retry_after", None))) from error
        opened()

    def drop(self, cause: str) -> None:
        """Drop the user's ``sockets()``, where it tells them; else let it disconnect."""
        sockets = getattr(self._user, "sockets", None)
        if sockets is None:
            self._user.disconnect()
        elif cause == "half_open":
            self._left += list(sockets())
        else:
            drop_all(sockets(), cause)

    def forget(self) -> None:
        """Reset what a half-open drop left behind."""
        drop_all(self._left, "reset")
        self._left.clear()


def _seconds(value: object) -> float | None:
    """Return a hint that is a finite number; anything else is none."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def link_for(user: Any, path: str) -> Transport:
    """Return the link of a user: its own, that of its HTTP client, or that of its ``connect()``.

    Raises TypeError for a user that has none of them.
    """
    own = getattr(user, "storm_link", None)
    if own is not None:
        return own()  # type: ignore[no-any-return]
    if isinstance(getattr(user, "client", None), (HttpSession, FastHttpSession)):
        return HttpLink(user, path)
    if can_storm(type(user)):
        return UserLink(user)
    raise TypeError(f"{type(user).__name__} has no connection that could drop: give it connect() and disconnect()")


def can_storm(user_class: type[Any]) -> bool:
    """Tell whether users of a class have a connection that we know how to drop and to make again."""
    has_own = hasattr(user_class, "storm_link")
    return has_own or issubclass(user_class, (HttpUser, FastHttpUser)) or _connects(user_class)


def _connects(user_class: type[Any]) -> bool:
    return callable(getattr(user_class, "connect", None)) and callable(getattr(user_class, "disconnect", None))
