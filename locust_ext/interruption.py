"""Signals: what ended the run before its end, and a SIGTERM that stock Locust would die of.

Law: we only remember the signal and let Locust end the run as it always does, except where it has no handler yet:
during a headless shape run (it installs one only afterwards), when the shape is ended instead.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

import gevent


class Interruption:
    """Remembers the signal that arrived while ``environment`` was running."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self.signal = ""

    def install(self) -> None:
        """Begin to listen; only the main thread of a process can."""
        if threading.current_thread() is not threading.main_thread():
            return
        previous = signal.getsignal(signal.SIGINT)

        def on_sigint(number: int, frame: FrameType | None) -> None:
            self.signal = "SIGINT (Ctrl-C)"
            if callable(previous):
                previous(number, frame)

        signal.signal(signal.SIGINT, on_sigint)
        gevent.signal_handler(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self) -> None:
        self.signal = "SIGTERM"
        end_shape(self._environment)


def end_shape(environment: Any) -> bool:
    """End the shape of a headless run, so that Locust goes on to its own end; tell whether there was one.

    Calling ``runner.quit()`` instead would quit twice at once: Locust does it itself when the shape is over.
    """
    shape = getattr(environment.runner, "shape_greenlet", None)
    headless = bool(getattr(environment.parsed_options, "headless", False))
    if not (headless and shape):
        return False
    shape.kill(block=False)
    return True
