"""How a LeanHttpUser is connected.

Law: every connection is known from when it opens until it is dropped; an attempt to connect again is one attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from locust_ext.clients.fasthttp_link import FastHttpLink


class LeanLink(FastHttpLink):
    """The connections of a LeanHttpUser: its own, and those of its requests that go FastHttpUser's way."""

    def take(self) -> list[Any]:
        """Return every connection that is open, and know them no more."""
        own = [connection for pool in self._own() for connection in pool.give_up()]
        return [*own, *super().take()]

    @contextmanager
    def one_attempt(self) -> Iterator[None]:
        """Let one attempt be one."""
        pools = self._own()
        sizes = [pool.size for pool in pools]
        for pool in pools:
            pool.size = -1
        try:
            with super().one_attempt():
                yield
        finally:
            for pool, size in zip(pools, sizes, strict=True):
                pool.size = size

    def _own(self) -> list[Any]:
        client = self._user.client
        return client.lean.pools.pools() if client.is_lean else []
