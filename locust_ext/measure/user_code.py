"""What code of a team did in this process that no test should: exceptions that nobody caught, and exits.

Law: what Locust swallows, logs or never sees counts like an exception in a task, on workers as locally. StopUser,
RescheduleTask and their like are control flow. An exception counts once, however often it is met.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from locust_ext.measure.report import Raised, Told
from locust_ext.process.control_flow import CONTROL_FLOW
from locust_ext.process.exceptions import in_a_line, place_of
from locust_ext.text.frozen import dataclass

logger = logging.getLogger(__name__)

INTERRUPTED = 130
"""What a shell shows of a process that dies of Ctrl-C."""

_SEEN = "_locust_ext_seen"


@dataclass(frozen=True)
class Departure:
    """How user code ended the process: with which exit code, and where."""

    code: int | None
    """None: it left the choice to Locust, as Ctrl-C does."""
    text: str


class UserCode:
    """Counts, and keeps the first exception's text; one a process."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""
        self.departure: Departure | None = None
        self._reported = 0
        self._had_run = False
        self.on_raised: Callable[[BaseException, str, str], object] = lambda *_: None
        """Called with each exception that counts here, with what is said of it, and its place."""

    @property
    def state(self) -> tuple[int, Departure | None]:
        """What changes whenever something is noted."""
        return self.count, self.departure

    def begin(self) -> None:
        """Begin a run: what was raised before it is of the run before, if there was one."""
        if self._had_run:
            self.count, self.first, self._reported = 0, "", 0
        self._had_run = True

    def raised(self, error: BaseException) -> None:
        """Count an exception, unless it was counted before or is control flow."""
        if isinstance(error, CONTROL_FLOW) or not _is_new(error):
            return
        place = place_of(error)
        line = in_a_line(error, place)
        self.add(1, line)
        self.on_raised(error, line, place)

    def left(self, error: BaseException, *, uncaught: bool = False) -> None:
        """Note that user code ended the process; the first to do so chose the exit code.

        The first KeyboardInterrupt is caught by Locust, unless it is ``uncaught``; a second one is not.
        """
        code = _code_of(error)
        before = self.departure
        if before is None:
            self.departure = Departure(INTERRUPTED if uncaught and code is None else code, in_a_line(error))
            logger.error("user code ends the process: %s", self.departure.text)
        elif before.code is None and code is None:
            self.departure = replace(before, code=INTERRUPTED)

    def add(self, count: int, first: str) -> None:
        """Add what another process met."""
        self.count += count
        self.first = self.first or first

    def take(self) -> dict[str, Any]:
        """Return what is new since the last call, for a worker's report."""
        new, self._reported = self.count - self._reported, self.count
        left = self.departure.text if self.departure else ""
        return {"count": new, "first": self.first if new else "", "left": left} if new or left else {}

    def receive(self, told: Raised | Told | None, worker: str) -> None:
        """Take what a worker reports."""
        if told is None:
            return
        self.add(told.count, f"{told.first} on worker {worker}")
        if told.left and self.departure is None:
            self.departure = Departure(None, f"{told.left} on worker {worker}")


def _code_of(error: BaseException) -> int | None:
    """Return what a process would end with that dies of ``error``."""
    if isinstance(error, SystemExit):
        return exit_code_of(error.code)
    return None if isinstance(error, KeyboardInterrupt) else 1


def exit_code_of(value: object) -> int:
    """Return the code that a process has after ``sys.exit(value)``."""
    if value is None:
        return 0
    return int(value) & 0xFF if isinstance(value, int) else 1


def _is_new(error: BaseException) -> bool:
    try:
        if getattr(error, _SEEN, False):
            return False
        setattr(error, _SEEN, True)
    except Exception:  # noqa: BLE001 an exception of theirs may refuse attributes; then it may count twice
        return True
    return True
