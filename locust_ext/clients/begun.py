"""Every request of Locust's clients, from its beginning on.

Law: what begins is known before it is over, so that what never comes back is counted too.
"""

from __future__ import annotations

from locust_ext.clients.sessions import SESSIONS
from locust_ext.measure.recorder import Recorder
from locust_ext.process.standing import Standing


class RequestsBegun(Standing):
    """Stands where the clients of this process begin a request."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(session.begins(recorder) for session in SESSIONS)
