"""The clients that a user has as its ``client``, in one table: what is known of each, and of no other.

Law: a new one is a file and a row. Measuring, safety and storms know none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from locust_ext.clients.fasthttp import FastSession
from locust_ext.clients.lean.door import LeanClient
from locust_ext.clients.requests_client import RequestsSession

if TYPE_CHECKING:
    from locust_ext.measure.recorder import Recorder
    from locust_ext.process.seam import Seam
    from locust_ext.safety.interceptors import Door
    from locust_ext.safety.tenant import MarkHolder
    from locust_ext.storms.link import Link


class Session(Protocol):
    """A client that users have as their ``client``."""

    @property
    def users(self) -> type[Any]:
        """Return the class of users that have one."""

    @property
    def kind(self) -> type[Any]:
        """Return its class."""

    @property
    def door(self) -> Door:
        """Return the door through which its requests leave."""

    def begins(self, recorder: Recorder) -> Seam:
        """Return the seam that notes each request when it begins."""

    def mark(self, client: Any, marks: MarkHolder) -> None:
        """Let one client mark its requests, whatever the run does."""

    def leave(self, user: Any) -> None:
        """Close what a user that has stopped still holds."""

    def link(self, user: Any, path: str) -> Link:
        """Return how a user is connected; ``path`` is asked when it connects again."""


SESSIONS: Sequence[Session] = (RequestsSession(), LeanClient(), FastSession())

USERS = tuple(session.users for session in SESSIONS)
"""The classes of users that have one of them."""


def session_of(client: Any) -> Session | None:
    """Return what is known of a client; None: nothing."""
    return next((session for session in SESSIONS if isinstance(client, session.kind)), None)
