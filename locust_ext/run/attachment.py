"""Locust as a library: what is said of the runs of an Environment that a script has made.

Law: the script stays the master: nothing here starts a run, takes a signal or ends the process. A configuration that is
wrong ends it with 104 before anything is sent, as it does everywhere.
"""

from __future__ import annotations

import json
from typing import Any

from locust_ext.run.participation import Participation


class Attached:
    """The runs of an environment that ``attach`` has been called for; what it says is of the last one."""

    def __init__(self, environment: Any, run: Participation) -> None:
        self._environment, self._run = environment, run

    @property
    def exit_code(self) -> int | None:
        """What the process should end with; None before the run has ended. As ``environment.process_exit_code``."""
        return self._environment.process_exit_code if self._run.result is not None else None

    @property
    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says; empty before the run has ended."""
        if self._run.result is None:
            return {}
        from locust_ext.reports.summary import summary  # noqa: PLC0415 what a run needs at its end, it loads then

        found: dict[str, Any] = json.loads(summary(self._run.result))
        return found

    def finish(self) -> int:
        """Quit the runner, where nobody has, judge, print the verdict, let go; return the exit code."""
        self._environment.runner.quit()
        self._run.quitting()
        self._run.let_go()
        return int(self._environment.process_exit_code or 0)
