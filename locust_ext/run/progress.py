"""The line that shows a run while it lasts.

Law: on a terminal one line that renews itself each second; elsewhere one line every ten seconds.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TextIO

from locust_ext.gates.outcomes import Outcome
from locust_ext.process.forgiving import Forgiving
from locust_ext.reports.console import progress_line

PLAIN_EVERY = 10.0
_RENEW = "\r\x1b[2K"


class Progress:
    """Writes the progress to ``stream``."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = Forgiving(stream or sys.stderr or io.StringIO())
        self._shown = 0.0

    def show(
        self, phase: str, at: float, total: float | None, users: int, outcomes: Sequence[Outcome], note: str = ""
    ) -> None:
        """Show the state ``at`` seconds into a run of ``total``; ``note`` is what else there is to know."""
        live = self._stream.isatty()
        if at < self._shown:
            self._shown = 0.0
        if not live and at - self._shown < PLAIN_EVERY:
            return
        self._shown = at - at % PLAIN_EVERY
        line = progress_line(phase, at, total, users, outcomes, note)
        self._stream.write(f"{_RENEW}{line[:110]}\r" if live else f"{line}\n")
        self._stream.flush()
