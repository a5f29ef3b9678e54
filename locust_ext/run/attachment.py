"""Locust as a library: an Environment of one's own is measured and judged, with one call.

Law: the script stays the master: nothing here starts a run, takes a signal or ends the process. A configuration that is
wrong ends it with 104 before anything is sent, as it does everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from locust_ext.config.choices import Choices
from locust_ext.parts import Parts
from locust_ext.reports.summary import summary
from locust_ext.run.own_environment import planned, take_in


class Attached:
    """The runs of an environment that ``attach`` has been called for; what it says is of the last one."""

    def __init__(self, environment: Any, parts: Parts) -> None:
        self._environment, self._parts = environment, parts

    @property
    def exit_code(self) -> int | None:
        """What the process should end with; None before the run has ended. As ``environment.process_exit_code``."""
        return self._environment.process_exit_code if self._parts.result is not None else None

    @property
    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` says; empty before the run has ended."""
        return json.loads(summary(self._parts.result)) if self._parts.result is not None else {}

    def finish(self) -> int:
        """Quit the runner, where nobody has, judge, print the verdict, let go; return the exit code."""
        self._environment.runner.quit()
        self._parts.quitting()
        self._parts.let_go()
        return int(self._environment.process_exit_code or 0)


def attach(
    environment: Any,
    loadtest: str = "",
    thresholds: Mapping[str, Sequence[Any]] | None = None,
    *,
    report_dir: str = "",
    baseline: str = "",
    name: str = "",
) -> Attached:
    """Measure and judge the runs of an ``Environment`` that a script has made.

    Call it after the runner was created and before it starts. ``loadtest`` names a configuration, and ``thresholds``
    are added to its own, in the same words. When the runner quits, or stops, the run is judged: the verdict is printed,
    the reports are written to ``report_dir``, and ``environment.process_exit_code`` is set. The handle that is returned
    says the same, and its ``finish()`` does it all at once.
    """
    if environment.runner is None:
        raise RuntimeError("create the runner first: environment.create_local_runner(), then locust_ext.attach()")
    if environment.runner.state not in ("ready", "stopped"):
        raise RuntimeError("the runner has started: call locust_ext.attach() before, so that every request is seen")
    own = {"name": name, "thresholds": dict(thresholds or {})}
    choices = Choices(
        loadtest, report_dir=report_dir, baseline=baseline, own={key: value for key, value in own.items() if value}
    )
    take_in(environment)
    return Attached(environment, Parts(environment, planned(choices), choices, environment.web_ui))
