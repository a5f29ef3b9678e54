"""The clients that a user has as its ``client``, in one table: what is known of each, and of no other.

Law: a new one is a file and a row. Measuring, safety and storms know none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from locust_ext.clients.fasthttp import FastSession
from locust_ext.clients.lean.door import LeanClient
from locust_ext.clients.requests_client import RequestsSession
from locust_ext.storms.kinds import Kind, is_a

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

LEAN_OR_NOT = FastSession.users
"""The class of users that can have LeanHttpUser's client; those that have it anyway are among them."""

NOT_OURS = "a client of its own"
"""What users have whose client nobody knows here."""


def clients_of(users: Iterable[type[Any]], *, lean: bool) -> tuple[str, ...]:
    """Return with whose clients user classes send, each once; ``lean``: FastHttpUsers have LeanHttpUser's."""
    return tuple(sorted({_client_of(user, lean) for user in users}))


def _client_of(user: type[Any], lean: bool) -> str:  # noqa: FBT001
    if lean and issubclass(user, LEAN_OR_NOT):
        return LeanClient.users.__name__
    if is_a(user, Kind.WEB_SOCKET):
        return Kind.WEB_SOCKET.value[1]
    return next((one.users.__name__ for one in SESSIONS if issubclass(user, one.users)), NOT_OURS)


def session_of(client: Any) -> Session | None:
    """Return what is known of a client; None: nothing."""
    return next((session for session in SESSIONS if isinstance(client, session.kind)), None)
