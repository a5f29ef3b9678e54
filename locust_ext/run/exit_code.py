"""Whose exit code the process has: ours, that of its locustfile, or Locust's own.

Law: what we gave is not taken for what somebody else chose; the one who chose last before us is asked what it would be
without us.
"""

from __future__ import annotations

from typing import Any

from locust import log as locust_log

from locust_ext.measure.user_code import UserCode, exit_code_of

BY_A_LISTENER = "a listener of the locustfile set that"


class ExitCode:
    """The exit code of one environment's process."""

    def __init__(self, environment: Any, user_code: UserCode) -> None:
        self._environment, self._user_code = environment, user_code
        self._chosen: tuple[int | None, str] = (None, "")
        """What the locustfile chose, or Locust, and how."""
        self._given: int | None = None
        """What we gave the process."""
        self._was_flagged = False
        """Whether Locust had met an exception before the run."""

    def begin(self, *, again: bool) -> None:
        """Begin a run; ``again``: it is not the first, and an exception before it is none of it."""
        if self._environment.process_exit_code == self._given:
            self._environment.process_exit_code = None
        self._given, self._was_flagged = None, again and bool(locust_log.unhandled_greenlet_exception)

    def give(self, code: int) -> None:
        """Let the process end with ``code``."""
        self._environment.process_exit_code = self._given = code

    def choose(self, code: int | None, how: str) -> None:
        """Note what somebody else chose for the process."""
        self._chosen = (code, how)

    @property
    def is_flagged(self) -> bool:
        """Whether Locust met an exception in this run that it only remembers."""
        return bool(locust_log.unhandled_greenlet_exception) and not self._was_flagged

    @property
    def on_error(self) -> int:
        """What Locust ends with when a request failed."""
        return int(getattr(self._environment.parsed_options, "exit_code_on_error", 1))

    def theirs(self, no_run: str) -> tuple[int | None, str]:
        """Return what the process would end with without us, where that is not Locust's own choice, and how.

        ``no_run`` says that no run began in a process that had to make one.
        """
        departure, set_to = self._user_code.departure, self._environment.process_exit_code
        if departure is not None and departure.code is not None:
            return departure.code, departure.text
        if set_to != self._given:
            self._chosen = (None if set_to is None else exit_code_of(set_to), BY_A_LISTENER)
        code, how = self._chosen
        if code is None and (departure is not None or no_run):
            return self._stock(), departure.text if departure else no_run
        return code, how

    def _stock(self) -> int:
        """Return what Locust ends with when nobody chooses an exit code."""
        runner = self._environment.runner
        if runner.errors or runner.exceptions:
            return self.on_error
        return 2 if locust_log.unhandled_greenlet_exception else 0
