"""A worker's side of the wire: numbered reports, and a last one when its users have stopped.

Law: whatever is taken from the recorder is sent under the next number; after ``final`` nothing is missing. Names of
messages begin with ``locust_ext.``; their keys are text, as msgpack demands.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import isnan, nan
from time import monotonic
from typing import Any, ClassVar, Self

from locust.runners import WorkerRunner

from locust_ext.measure.catalogue import REQUESTS
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.report import CLEARED, FINAL, KEY, MOST_REFUSED, Told
from locust_ext.measure.user_code import UserCode
from locust_ext.process.part import Listener, Part, Registered
from locust_ext.process.seam import Seam
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import Inbox, Message, Name, Number, Seconds, Sentence

PHASE = "locust_ext.phase"
DRAIN = "locust_ext.drain"
RESET = "locust_ext.reset"
KILL = "locust_ext.kill"
"""A worker tells its master why the run must end for safety, and the master tells all of them."""

ENDING = Work("the end that the master asked for", Stake.SAFETY, again=False)


class Phase(Message):
    """The beginning of a phase."""

    type: ClassVar[str] = PHASE

    run: Name
    name: Sentence


class Reset(Message):
    """The statistics of the run are reset, for the so many-th time: what is measured from now on is counted apart."""

    type: ClassVar[str] = RESET

    run: Name
    number: Number


class Drain(Message):
    """The run is over: its users leave, with so many seconds for the requests that they have begun."""

    type: ClassVar[str] = DRAIN

    run: Name
    limit: Seconds | None
    """None: that is Locust's affair."""
    waits: bool


class Kill(Message):
    """The run must end for safety; without a run: somebody outside says so, of whichever is under way."""

    type: ClassVar[str] = KILL

    run: Name = ""
    reason: Sentence = ""
    by: Sentence = ""
    """The worker that says so before any run began."""

    @classmethod
    def of(cls, data: object) -> Self:
        """Return the message that travelled as ``data``: an empty one, too, is a reason to stop."""
        return super().of({} if data is None else data)


FINISHING = frozenset({"stop", "quit"})
"""Locust's messages to a worker that end its users, which takes as long as these need to finish."""

_IDLE_STATES = ("ready", "stopped")


class Reports(Part[Any, Any]):
    """What one worker reports of the run that it is in."""

    def __init__(self, runner: Any, recorder: Recorder, user_code: UserCode | None = None) -> None:
        self._runner, self._recorder = runner, recorder
        self._user_code = user_code or UserCode()
        self.run = ""
        """The run that was joined last."""
        self._sequence, self._resets = 0, 0
        self._final_sent = False
        self._began, self._counted = 0.0, nan
        self._refused: list[str] = []

    def listeners(self) -> list[Listener]:
        """Hear when Locust reports, and how a run ends; in reverse at the process's end: before Locust says goodbye."""
        return [
            ("test_start", lambda **_: self._recorder.forget()),  # what listeners did before is none of the run
            ("report_to_master", lambda data, **_: self.attach(data)),
            ("test_stopping", lambda **_: self.stopping()),
            ("quitting", lambda **_: self.drain()),
        ]

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Hear that the statistics are reset."""
        return [inbox.takes(Reset, lambda _, order: self.reset(order))]

    def reset(self, order: Reset) -> None:
        """Report what was measured until now, and count what follows apart."""
        if order.run == self.run and order.number > self._resets and not self._final_sent:
            self._runner.send_message(CLEARED, self._next())
            self._resets = order.number

    def leave(self) -> None:
        """Send the last report."""
        self.finish()

    def abandon(self) -> None:
        """Do nothing: there is nothing to report of a run that did not begin here."""

    def refuse(self, why: str) -> None:
        """Tell the master with the next report which message of its own was refused."""
        if len(self._refused) < MOST_REFUSED:
            self._refused.append(why)

    def begin(self, run: str) -> None:
        """Start numbering again for ``run``; what was measured before it is not of it."""
        self.run, self._sequence, self._resets, self._final_sent = run, 0, 0, False
        self._began, self._counted = monotonic(), nan
        self._recorder.forget()

    def attach(self, data: dict[str, Any]) -> None:
        """Put the next report into ``data``, which Locust is about to send."""
        data[KEY] = self._late() if self._final_sent else self._next()

    def _late(self) -> dict[str, Any]:
        """Return what users did after the last report, of which the master only learns that there was something."""
        return self._numbered([row for row in self._recorder.take() if row[0] in REQUESTS])

    def _next(self, *, ends: bool = False) -> dict[str, Any]:
        report = self._numbered(self._recorder.take(ends=ends))
        if errors := self._recorder.take_errors(ends=ends):
            report["errors"] = errors
        if traces := self._recorder.take_traces():
            report["traces"] = traces
        return report

    def _numbered(self, rows: list[list[object]]) -> dict[str, Any]:
        self._sequence += 1
        report: dict[str, Any] = {"run": self.run, "sequence": self._sequence, "rows": rows}
        if self._resets:
            report["resets"] = self._resets
        if raised := self._user_code.take():
            report["user_code"] = raised
        if self._refused:
            report["refused"], self._refused = self._refused, []
        return report

    def stopping(self) -> None:
        """Note that the users begin to stop: that long they were counted."""
        if isnan(self._counted):
            self._counted = monotonic() - self._began

    def drain(self, run: str = "") -> None:
        """Stop the users, waiting as long as they may finish; stopping sends the last report.

        ``run`` is the one that is over: this process may not have heard of it before.
        """
        self.stopping()
        if run and run != self.run:
            self.begin(run)  # it got no users of that run, and has nothing to report
            self.stopping()
        if self._runner.state in _IDLE_STATES:
            self.finish()
        else:
            self._runner.stop()

    def finish(self) -> None:
        """Send the last report of the run, once."""
        if self.run and not self._final_sent:
            self._final_sent = True
            self.stopping()
            self._runner.send_message(FINAL, {**self._next(ends=True), "counted": self._counted})

    def depart(self) -> None:
        """Tell what user code did since the last report, as in a listener of ``quitting``."""
        if self.run and (raised := self._user_code.take()):
            Told(run=self.run, **raised).send(self._runner)


def hearing_seams(runner: Any) -> list[Seam]:
    """Return the seam through which a worker hears what else the master says while its users finish."""
    return [Seam(runner, "handle_message", _beside)] if isinstance(runner, WorkerRunner) else []


def _beside(handle: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(handle)
    def handled(message: Any) -> None:
        if message.type in FINISHING:
            ENDING.start(handle, message)
        else:
            handle(message)

    return handled
