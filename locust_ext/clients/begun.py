"""Every request of Locust's clients, from its beginning on.

Law: what begins is known before it is over, so that what never comes back is counted too.
"""

from __future__ import annotations

from typing import Any

from locust_ext.clients.sessions import SESSIONS
from locust_ext.measure.recorder import Recorder
from locust_ext.process.part import Part


class RequestsBegun(Part[Any, Any]):
    """Stands where the clients of this process begin a request."""

    def __init__(self, recorder: Recorder) -> None:
        self._seams = tuple(session.begins(recorder) for session in SESSIONS)

    def install(self) -> None:
        """Stand there."""
        for seam in self._seams:
            seam.open()

    def let_go(self) -> None:
        """Leave the clients as they were."""
        for seam in reversed(self._seams):
            seam.close()
