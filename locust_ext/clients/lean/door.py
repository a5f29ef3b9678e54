"""Where requests of a LeanHttpUser begin, and the door through which they leave.

Law: what is not plain passes here hop by hop; what is plain has a head that passed here, and is built again whenever
somebody else stands here, or marks it otherwise.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

from locust_ext.clients.beginning import noting
from locust_ext.clients.fasthttp import OPEN, FastSession, SentByFastHttp, at_open, at_socket, stamp
from locust_ext.clients.http_door import answers_of
from locust_ext.clients.lean.agent import LeanAgent
from locust_ext.clients.lean.pool import Connections
from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.lean.user import LeanHttpUser
from locust_ext.process.seam import Seam
from locust_ext.safety.tenant import MarkHolder

if TYPE_CHECKING:
    from locust_ext.measure.recorder import Recorder
    from locust_ext.storms.link import Link


class LeanDoor:
    """The door of LeanHttpUser; what comes before the clock is FastHttpUser's own, which it inherits."""

    marks = ((LeanAgent, OPEN, stamp),)
    guards = ((LeanAgent, OPEN, at_open),)
    turns = ((Connections, "take", at_socket),)
    answers = (answers_of(LeanSession),)
    repeats = ()
    exits = ((LeanAgent, OPEN), (Connections, "take"))


class LeanClient:
    """The session that each LeanHttpUser has as its ``client``."""

    users, kind, door = LeanHttpUser, LeanSession, LeanDoor()

    def begins(self, recorder: Recorder) -> Seam:
        """Return the seam that notes each request when it begins."""
        return Seam(LeanSession, "request", noting(recorder, SentByFastHttp))

    def mark(self, client: LeanSession, marks: MarkHolder) -> None:
        """Let one client mark its requests."""
        FastSession().mark(client, marks)
        if client.is_lean:
            vars(client.lean)[OPEN] = MethodType(stamp(marks, getattr(LeanAgent, OPEN)), client.lean)

    def leave(self, user: Any) -> None:
        """Close what a user that has stopped still holds."""
        FastSession().leave(user)
        if user.client.is_lean:
            for pool in user.client.lean.pools.pools():
                pool.close_idle()

    def link(self, user: Any, path: str) -> Link:
        """Return how a user is connected."""
        from locust_ext.clients.lean.link import LeanLink  # noqa: PLC0415 only a run with storms

        return LeanLink(user, path)
