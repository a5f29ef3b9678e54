"""Which phase the run is in: that of its schedule, or one of a storm that covers it.

Law: every process is told when a phase begins; a run whose load is not a schedule has none but those of storms.
"""

from __future__ import annotations

import time
from typing import Any

import gevent

from locust_ext.load.shapes import ScheduleShape
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.reporting import Phase
from locust_ext.process.supervised import Work
from locust_ext.run.run import Run

PHASES = Work("the phases of the schedule")

SOON = 0.02
LOOK_AGAIN = 0.5
"""Seconds after which a phase that comes later is looked up again: a search may have changed the schedule."""


class PhaseFollower:
    """Leads the runs of one environment through their phases, one after the other."""

    def __init__(self, environment: Any, recorder: Recorder) -> None:
        self._environment, self._recorder = environment, recorder
        self._run: Run | None = None
        self._phase, self._covered = "", False
        """The phase of the schedule, and whether a storm's phase covers it."""

    @property
    def shape(self) -> ScheduleShape | None:
        """The shape of the run, where it has one with phases."""
        shape = self._environment.shape_class
        return shape if isinstance(shape, ScheduleShape) else None

    def begin(self, run: Run) -> None:
        """Begin a run, in no phase."""
        self._run, self._phase, self._covered = run, "", False

    def follow(self, run: Run) -> None:
        """Enter each phase of the schedule when it comes, until the run is over."""
        shape = self.shape
        if shape is None:
            return
        while run.ended is None:
            if not shape.begun:
                gevent.sleep(SOON)
                continue
            schedule, at = shape.current, float(shape.get_run_time())
            phase = schedule.phase(at)
            if phase != self._phase:
                self._phase = phase
                if not self._covered:
                    self._enter(run, phase)
            gevent.sleep(min(LOOK_AGAIN, max(0.0, schedule.next_phase(at) - at)))

    def cover(self, phase: str) -> None:
        """Enter a phase that covers those of the schedule until :meth:`uncover`."""
        if self._run and self._run.ended is None:
            self._covered = True
            self._enter(self._run, phase)

    def uncover(self) -> None:
        """Return to the phase of the schedule."""
        self._covered = False
        if self._run and self._run.ended is None:
            self._enter(self._run, self._phase)

    def _enter(self, run: Run, phase: str) -> None:
        run.enter_phase(phase, time.monotonic())
        self._recorder.enter_phase(phase)
        Phase(run=run.id, name=phase).send(self._environment.runner)
