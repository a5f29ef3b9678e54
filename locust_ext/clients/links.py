"""How the users of a process are connected: what storms are handed for it.

Law: a user's own link goes first, then that of its client, then its own ``connect()`` and ``disconnect()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locust_ext.clients.sessions import USERS, session_of

if TYPE_CHECKING:
    from locust_ext.storms.link import Link


class UserLinks:
    """Finds the link of each user."""

    def link(self, user: Any, path: str) -> Link:
        """Return the link of a user: its own, that of its client, or that of its ``connect()``.

        Raises TypeError for a user that has none of them.
        """
        own = getattr(user, "storm_link", None)
        if own is not None:
            return own()  # type: ignore[no-any-return]
        session = session_of(getattr(user, "client", None))
        if session is not None:
            return session.link(user, path)
        if can_storm(type(user)):
            from locust_ext.clients.user_link import UserLink  # noqa: PLC0415 only where there is such a user

            return UserLink(user)
        raise TypeError(f"{type(user).__name__} has no connection that could drop: give it connect() and disconnect()")

    def sends_requests(self, client: Any) -> bool:
        """Tell whether a user's client is one whose requests can be sent again."""
        return session_of(client) is not None


def can_storm(user_class: type[Any]) -> bool:
    """Tell whether users of a class have a connection that we know how to drop and to make again."""
    has_own = hasattr(user_class, "storm_link")
    return has_own or issubclass(user_class, USERS) or _connects(user_class)


def _connects(user_class: type[Any]) -> bool:
    return callable(getattr(user_class, "connect", None)) and callable(getattr(user_class, "disconnect", None))
