"""How a FastHttpUser is connected: the pools of geventhttpclient under its session.

Law: every socket is known from when it opens until it is dropped; an attempt to connect again is one attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from locust_ext.clients.http_link import HttpLink


class FastHttpLink(HttpLink):
    """The connections of a FastHttpUser."""

    def __init__(self, user: Any, path: str) -> None:
        super().__init__(user, path)
        self._held: WeakSet[Any] = WeakSet()
        self._pools: list[Any] = []
        track(user.client.client.clientpool, self._held, self._pools)

    def take(self) -> list[Any]:
        """Return every socket that is open, and know them no more."""
        socks = list(self._held)
        self._held.clear()
        return socks

    @contextmanager
    def one_attempt(self) -> Iterator[None]:
        """Let one attempt be one: geventhttpclient repeats a request by itself when its connection was reset."""
        pools = self._pools
        sizes = [pool.size for pool in pools]
        for pool in pools:
            pool.size = -1
        try:
            yield
        finally:
            for pool, size in zip(pools, sizes, strict=False):
                pool.size = size


def track(client_pool: Any, sockets: WeakSet[Any], pools: list[Any]) -> None:
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
