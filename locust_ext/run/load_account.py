"""The account of a run's load: what it was asked for, and what of that never was.

Law: what is missing is counted only where all measurements are there to tell; else the run is in doubt already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import has_request_context

from locust_ext.gates.planned import cut_short
from locust_ext.load.asked import Asked
from locust_ext.load.due import Due
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.run.run import Run


class LoadAccount:
    """The load of one run of an environment."""

    def __init__(self, environment: Any) -> None:
        self._runner, self._asked = environment.runner, Asked(environment)
        self._is_stopped = False
        """Whether somebody has pressed Stop in the web UI since the run began."""
        self._due: Sequence[Due] = ()
        self.warnings: tuple[str, ...] = ()
        """That the run ended before its ramp did, if so."""

    def note(self, at: float) -> None:
        """Note what is asked for ``at`` seconds into the run."""
        self._asked.note(at)

    def note_stop(self) -> None:
        """Note that somebody has pressed Stop in the web UI."""
        self._is_stopped = True

    def close(self, run: Run, *, told: bool, scheduled: bool) -> None:
        """Note what the run was asked for, now that it is over; ``told``: a signal, a rule or its time had it end."""
        assert run.ended is not None
        at = run.ended - run.began
        self._asked.note(at)
        position, end = self._asked.position(at), self._asked.end
        stopped = self._is_stopped or has_request_context()  # a page of the locustfile's own may have a button, too
        run.cut_short = run.cut_short or cut_short(position, end, told=told, stopped=stopped, workers=self._workers)
        phases = run.phases(run.ended)
        run.planned = self._asked.users(at, phases[0].start if phases and scheduled else 0.0)
        self._due, too_short = self._asked.due(), self._asked.never_reached(at)
        self.warnings = (too_short,) if too_short else ()

    def drop_unmade(self, run: Run, recorder: Recorder) -> None:
        """Count as dropped what was due and no process made."""
        if run.is_incomplete:
            return
        for due in self._due:
            missing = due.missing(run.made(due.name))
            run.unmade += missing
            if missing:
                tags = {"scenario": due.name} if due.name else None
                recorder.add("dropped_iterations", Kind.COUNTER, missing, tags)

    @property
    def _workers(self) -> int | None:
        """How many workers take part; None in a process that needs none."""
        workers = getattr(self._runner, "worker_count", None)
        return workers if hasattr(self._runner, "clients") else None
