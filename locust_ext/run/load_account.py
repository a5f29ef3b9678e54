"""The account of a run's load: what it was asked for, and what of that never was.

Law: what is missing is counted only where all measurements are there to tell; else the run is in doubt already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from flask import has_request_context

from locust_ext.gates.planned import cut_short
from locust_ext.load.asked import Asked
from locust_ext.load.due import Due
from locust_ext.load.planned_curve import Points
from locust_ext.load.quota_state import QuotaState, progress_of
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.run.run import Run

DROPPED = "dropped_iterations"


class Permits(Protocol):
    """The loads that end with their iterations."""

    def states(self) -> tuple[QuotaState, ...]:
        """Return how they stand."""

    def stop(self) -> None:
        """Have no more iterations begin."""


class NoPermits:
    """A run that ends by its time."""

    def states(self) -> tuple[QuotaState, ...]:
        """Return that there are none."""
        return ()

    def stop(self) -> None:
        """Do nothing."""


class LoadAccount:
    """The load of one run of an environment."""

    def __init__(self, environment: Any, permits: Permits | None = None) -> None:
        self._environment, self._runner, self._asked = environment, environment.runner, Asked(environment)
        self.permits: Permits = permits or NoPermits()
        self._is_stopped = False
        """Whether somebody has pressed Stop in the web UI since the run began."""
        self._due: Sequence[Due] = ()
        self.warnings: tuple[str, ...] = ()
        """That the run ended before its ramp did, if so."""

    def again(self) -> LoadAccount:
        """Return the account of the next run."""
        return LoadAccount(self._environment, self.permits)

    def note_of(self, run: Run) -> str:
        """Return what there is to know of a run now, beside its thresholds."""
        return "  ".join(filter(None, (progress_of(self.permits.states()), run.note)))

    def curves(self, run: Run, at: float) -> tuple[Points, Points]:
        """Return the users that are planned over the run, and the arrivals a second; ``at``: how far it has come."""
        end = self._asked.end
        phases = run.phases(run.began + at)
        begins = phases[0].start if phases else 0.0
        return self._asked.curves(max(at, end or 0.0), begins)

    @property
    def end(self) -> float | None:
        """After how many seconds of its load the run is to end; None where nothing says so."""
        return self._asked.end

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
        self.permits.stop()
        position, end = self._asked.position(at), self._asked.end
        stopped = self._is_stopped or has_request_context()  # a page of the locustfile's own may have a button, too
        run.cut_short = run.cut_short or cut_short(position, end, told=told, stopped=stopped, workers=self._workers)
        phases = run.phases(run.ended)
        begins = phases[0].start if phases and scheduled else 0.0
        run.planned, run.arrivals = self._asked.users(at, begins), self._asked.arrivals(begins)
        states = self.permits.states()
        made = {one.name for one in states if not one.missing}
        self._due = [due for due in self._asked.due() if due.name not in made]  # what came after the last is not needed
        too_short = self._asked.never_reached(at)
        needed = not states or len(made) < len(states)  # what came before its ramp was over may be all that there was
        self.warnings = (too_short,) if too_short and needed else ()

    def drop_unmade(self, run: Run, recorder: Recorder) -> None:
        """Count as dropped what was due and no process made, and what a longest time left over."""
        run.quotas = self.permits.states()
        for state in run.quotas:
            recorder.listen(DROPPED)
            if state.left_over:
                recorder.add(DROPPED, Kind.COUNTER, state.left_over, {"scenario": state.name} if state.name else None)
        if run.is_incomplete:
            return
        for due in self._due:
            missing = due.missing(run.made(due.name))
            run.unmade += missing
            if missing:
                tags = {"scenario": due.name} if due.name else None
                recorder.add(DROPPED, Kind.COUNTER, missing, tags)

    @property
    def _workers(self) -> int | None:
        """How many workers take part; None in a process that needs none."""
        workers = getattr(self._runner, "worker_count", None)
        return workers if hasattr(self._runner, "clients") else None
