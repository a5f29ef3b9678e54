"""What the judging of a run hears of Locust and of its workers.

Law: it only hands on: the controller judges.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from locust_ext.measure.report import KEY, Cleared, Final, Report, Told
from locust_ext.process.part import Listener, Part, Registered
from locust_ext.process.wire import Inbox
from locust_ext.run.controller import RunController


class Judging(Part[Any, Any]):
    """Hands on to the controller of one environment, on the process that judges."""

    def __init__(self, controller: RunController, inbox: Inbox) -> None:
        self._controller, self._inbox = controller, inbox

    def listeners(self) -> list[Listener]:
        """Hear of workers, of the end of a ramp, of a reset of the statistics, and of the end of the run."""
        return [
            ("worker_connect", lambda client_id, **_: self._controller.enrol(client_id)),
            ("worker_report", lambda client_id, data, **_: self._on_report(client_id, data)),
            ("test_stopping", lambda **_: self._controller.stopping()),
            ("spawning_complete", lambda **_: self._controller.spawned()),
            ("reset_stats", lambda **_: self._controller.reset()),
        ]

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Take the last words of workers."""
        return [
            inbox.takes(Told, self._controller.receive_user_code),
            inbox.takes(Cleared, self._controller.receive),
            inbox.takes(Final, self._controller.receive_final),
        ]

    def leave(self) -> None:
        """Gather what is still under way, judge, report."""
        self._controller.stop()

    def abandon(self) -> None:
        """Do nothing: why the run did not begin is still to be said."""

    def _on_report(self, client_id: Any, data: Any) -> None:
        """Take our part of a worker's report to Locust, if it has one."""
        payload = data.get(KEY) if isinstance(data, dict) else None
        report = self._inbox.read(Report, SimpleNamespace(node_id=client_id, data=payload)) if payload else None
        if isinstance(client_id, str) and (report or not payload):
            self._controller.receive(client_id, report)
