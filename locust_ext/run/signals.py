"""Signals: what ended the run before its end, without a traceback and without a loss.

Law: we remember the signal and let Locust end the run as it always does, in its main greenlet. Three gaps of Locust
are closed: Ctrl-C would strike whichever greenlet is running, SIGTERM kills a headless shape run outright, and while
a master waits for its workers neither ends it cleanly.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import gevent

from locust_ext.process.supervised import Stake, Work, guarded
from locust_ext.run.own_environment import is_attached

LEAVING = Work("the end of the process")

EXIT_CODE = 105
"""What a run exits with that a signal ended, as in k6."""

SIGNALLED = 5.0
"""Seconds that requests have at the most after a signal; after a second one they have none."""

ALIKE = ("SIGHUP", "SIGQUIT")
"""Signals that end a run as SIGTERM does, where nobody else handles or ignores them."""

ENDING = frozenset({"cleanup", "stopping", "stopped"})
"""States of a runner in which a headless process ends by itself."""

_TIME_IS_UP = "stop_and_optionally_quit"
"""The function of Locust's ``main`` that ends a test when its time is up."""

PATIENCE = 2
"""So many signals leave the time to judge and to write reports; one more Ctrl-C ends the process at once."""


class Interruption:
    """Remembers the signal that arrived while ``environment`` was running."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self.signal = ""
        self._left = False
        self.force: Callable[[], None] = lambda: None
        """Is told when somebody does not even want to wait for reports."""
        self.depart: Callable[[], SystemExit] = lambda: SystemExit(EXIT_CODE)
        """Gives the verdict of a process that ends before Locust looks after its end."""
        self.count = 0
        """Signals so far: anyone who sends a second one does not want to wait."""

    @property
    def hurry(self) -> float | None:
        """For how many seconds requests may go on at the most; None: no signal came."""
        return None if not self.count else SIGNALLED if self.count == 1 else 0.0

    def install(self) -> None:
        """Begin to listen; only the main thread of a process can."""
        if threading.current_thread() is not threading.main_thread():
            return
        hub = gevent.get_hub()
        previous = signal.getsignal(signal.SIGINT)

        def on_sigint(number: int, frame: FrameType | None) -> None:
            self.count += 1
            if self.count > PATIENCE and callable(previous):
                self.force()
                previous(number, frame)
            if self.signal:
                return
            self.signal = "SIGINT (Ctrl-C)"
            hub.loop.run_callback_threadsafe(LEAVING.start, self._end, lambda: _raise_in_main(KeyboardInterrupt()))

        signal.signal(signal.SIGINT, on_sigint)
        gevent.signal_handler(signal.SIGTERM, guarded("SIGTERM", self._on_sigterm, Stake.SAFETY))
        for name in ALIKE:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP
                gevent.signal_handler(number, guarded(name, self._as_sigterm, Stake.SAFETY), name)

    def _as_sigterm(self, name: str) -> None:
        self.signal = self.signal or name
        os.kill(os.getpid(), signal.SIGTERM)

    def leave(self, *, worker: bool) -> None:
        """End the process as Ctrl-C does, without a signal, unless it is about to end by itself."""
        environment = self._environment
        ends = environment.runner.state in ENDING and getattr(environment.parsed_options, "headless", False)
        if self._left or (ends and not worker):
            return
        self._left = True
        LEAVING.start(self._end, lambda: _raise_in_main(KeyboardInterrupt()))

    def _on_sigterm(self) -> None:
        self.count += 1
        self.signal = self.signal or "SIGTERM"
        self._end(lambda: end_shape(self._environment))

    def stop_waiting(self) -> None:
        """End a master that waits for its workers: its run is not to begin."""
        LEAVING.start(self._end, lambda: None)  # the caller may be a greenlet of the runner, which ends with it

    def _end(self, otherwise: Callable[[], object]) -> None:
        """End a master that waits for workers; Locust's main greenlet knows no way out of that."""
        runner, options = self._environment.runner, self._environment.parsed_options
        waits = runner.state == "ready" and runner.shape_greenlet is None and hasattr(runner, "clients")
        if waits and getattr(options, "headless", False):
            runner.quit()
            _raise_in_main(self.depart())
        else:
            otherwise()


def _raise_in_main(error: BaseException) -> None:
    gevent.get_hub().handle_system_error(type(error), error)


def is_time_up() -> bool:
    """Tell whether the caller was called by Locust's own ``--run-time``, whose clock starts before a run does."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    while frame is not None and frame.f_code.co_name != _TIME_IS_UP:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "locust.main"


def end_shape(environment: Any) -> bool:
    """End the shape of a headless run, so that Locust goes on to its own end; tell whether there was one.

    Calling ``runner.quit()`` instead would quit twice at once: Locust does it itself when the shape is over.
    """
    shape = getattr(environment.runner, "shape_greenlet", None)
    headless = bool(getattr(environment.parsed_options, "headless", False))
    if not (headless and shape) or is_attached(environment):
        return False
    shape.kill(block=False)
    return True
