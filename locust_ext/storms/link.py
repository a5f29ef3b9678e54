"""What storms need of a client: to drop the connections of one user, and to make them again.

Law: a link knows its client and nothing of policies; whatever goes wrong while connecting is a ConnectFailed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable


class ConnectFailed(Exception):  # noqa: N818 it reads as what happened
    """An attempt failed: why, and for how many seconds the server asked to stay away."""

    def __init__(self, cause: str, hint: float | None = None) -> None:
        super().__init__(cause)
        self.cause, self.hint = cause, hint


class Connects(Protocol):
    """What can be connected again."""

    def connect(self, timeout: float, opened: Callable[[], None]) -> None:
        """Return when the client is ready; call ``opened`` when the connection opens. Raises ConnectFailed."""


class Link(Connects, Protocol):
    """The connections of one user, which can drop and be made again."""

    def drop(self, cause: str) -> None:
        """Drop the real sockets."""

    def forget(self) -> None:
        """Close what a half-open drop left behind."""


@runtime_checkable
class RequestLink(Link, Protocol):
    """A link whose connections come with requests: a user need not connect first, and its requests can be held."""

    def gate(self, wait: Callable[[], None], saw_data: Callable[[], None]) -> None:
        """Have the user's requests ``wait`` before they go, and tell of fresh data; not those of its way back."""


class Links(Protocol):
    """How the users of a process are connected."""

    def link(self, user: Any, path: str) -> Link:
        """Return the link of a user; raises TypeError for one that has no connection that could drop."""

    def sends_requests(self, client: Any) -> bool:
        """Tell whether a user's client is one whose requests can be sent again."""
