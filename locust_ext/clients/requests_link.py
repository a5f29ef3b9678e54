"""How an HttpUser is connected: the pools of urllib3 under its session.

Law: every connection is known from when it opens until it is dropped; urllib3 sees that it must connect again.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from locust_ext.clients.http_link import HttpLink


class RequestsLink(HttpLink):
    """The connections of an HttpUser."""

    def __init__(self, user: Any, path: str) -> None:
        super().__init__(user, path)
        self._held = [track(adapter.poolmanager) for adapter in user.client.adapters.values()]
        """Connections by pool: requests has one for each scheme, unless it was given one for both."""

    def take(self) -> list[Any]:
        """Return the sockets of every connection that is open, and know them no more."""
        connections = {connection for held in self._held for connection in held}
        socks = [connection.sock for connection in connections if connection.sock is not None]
        for connection in connections:
            connection.sock = None  # so that urllib3 sees that it must connect again
        for held in self._held:
            held.clear()
        return socks


def track(manager: Any) -> WeakSet[Any]:
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
