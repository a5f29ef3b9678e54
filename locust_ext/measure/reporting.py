"""A worker's side of the wire: numbered reports, and a last one when its users have stopped.

Law: whatever is taken from the recorder is sent under the next number; after ``final`` nothing is missing. Names of
messages begin with ``locust_ext.``; their keys are text, as msgpack demands.
"""

from __future__ import annotations

from typing import Any

from locust_ext.measure.recorder import Recorder

KEY = "locust_ext"
"""Where our part of a worker's report to the master stands."""

PHASE = "locust_ext.phase"
DRAIN = "locust_ext.drain"
FINAL = "locust_ext.final"
KILL = "locust_ext.kill"
"""A worker tells its master why the run must end for safety, and the master tells all of them."""

_IDLE_STATES = ("ready", "stopped")


class Reports:
    """What one worker reports of the run that it is in."""

    def __init__(self, runner: Any, recorder: Recorder) -> None:
        self._runner, self._recorder = runner, recorder
        self._run = ""
        self._sequence = 0
        self._final_sent = False

    def begin(self, run: str) -> None:
        """Start numbering anew for ``run``; what was measured before it is not of it."""
        self._run, self._sequence, self._final_sent = run, 0, False
        self._recorder.forget()

    def attach(self, data: dict[str, Any]) -> None:
        """Put the next report into ``data``, which Locust is about to send."""
        data[KEY] = self._next()

    def _next(self, *, ends: bool = False) -> dict[str, Any]:
        self._sequence += 1
        return {"run": self._run, "sequence": self._sequence, "rows": self._recorder.take(ends=ends)}

    def drain(self) -> None:
        """Stop the users, waiting as long as ``--stop-timeout`` says; stopping sends the last report."""
        if self._runner.state in _IDLE_STATES:
            self.finish()
        else:
            self._runner.stop()

    def finish(self) -> None:
        """Send the last report of the run, once."""
        if self._run and not self._final_sent:
            self._final_sent = True
            self._runner.send_message(FINAL, self._next(ends=True))
