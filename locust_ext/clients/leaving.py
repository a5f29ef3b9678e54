"""Users that stop close their connections, whatever ended them.

Law: who has stopped holds nothing open. Locust leaves that to the collection of garbage, which comes when it likes: the
target would see users that are long gone. What a user does with its client after its end, it still can.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from locust import User

from locust_ext.clients.sessions import session_of
from locust_ext.process.seam import Seam
from locust_ext.process.standing import Standing

logger = logging.getLogger(__name__)


def closing(run: Callable[[Any], None]) -> Callable[[Any], None]:
    """Wrap the life of a user, ``on_stop`` and all: what it leaves open is closed."""

    @functools.wraps(run)
    def ran(user: Any) -> None:
        try:
            run(user)
        finally:
            leave(user)

    return ran


def leave(user: Any) -> None:
    """Close the connections of a user, where we know its client; one that is not as it was made is let be."""
    try:
        session = session_of(getattr(user, "client", None))
        if session is not None:
            session.leave(user)
    except Exception:
        logger.debug("the connections of %s were not closed", type(user).__name__, exc_info=True)


class Leaving(Standing):
    """Has users close their connections at their end."""

    def __init__(self) -> None:
        super().__init__([Seam(User, "run", closing)])
