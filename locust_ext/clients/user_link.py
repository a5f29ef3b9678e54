"""How a user is connected that brings its own ``connect()`` and ``disconnect()``.

Law: what it raises while connecting is why it failed; without ``sockets()`` a drop is a ``disconnect()``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gevent

from locust_ext.clients.sockets import drop_all
from locust_ext.storms.link import ConnectFailed


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
