"""What a run was asked for, as far as this process knows: its users over time, its arrivals, its end.

Law: it only looks at Locust, and at the shape that Locust follows; what it saw is judged elsewhere.
"""

from __future__ import annotations

import math
from typing import Any

from locust_ext.load.due import Due, due_by
from locust_ext.load.pieces import Line
from locust_ext.load.planned_curve import Points, curve_of
from locust_ext.load.schedule import Schedule
from locust_ext.load.shapes import ScheduleShape, TrafficShape
from locust_ext.load.user_time import Aim, Planned, never_reached, ramps

BATCH = 1.0
"""Seconds that a user may come late where Locust follows a ramp of its own."""

TICK = 1.5
"""The same where it follows a shape: it looks at one each second."""

MASTER = 1.5
"""What a master adds: it waits for its workers after each step."""


class Asked:
    """What one run was asked for."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self.aims: list[Aim] = []

    @property
    def _shape(self) -> Any:
        return self._environment.shape_class

    @property
    def _clients(self) -> Any:
        return getattr(self._environment.runner, "clients", None)

    def note(self, at: float) -> None:
        """Note what Locust is asked for, ``at`` seconds into the run; the first time it was so from the beginning."""
        runner = self._environment.runner
        dispatcher = getattr(runner, "_users_dispatcher", None)
        rate = float(getattr(dispatcher, "_spawn_rate", 0.0) or getattr(runner, "spawn_rate", 0.0) or 0.0)
        users = float(runner.target_user_count)
        if self.aims and isinstance(self._shape, ScheduleShape):
            return  # of a shape of ours its schedule is asked, and the aims would grow with the run
        if not self.aims:
            self.aims.append(Aim(0.0, users, rate))
        elif users != self.aims[-1].users:
            self.aims.append(Aim(at, users, rate))

    def users(self, until: float, begins: float) -> Planned | None:
        """Return the users that were planned; None where that is up to the pools of arrivals.

        The run lasted ``until``, and its schedule begins ``begins`` seconds into it.
        """
        late = MASTER if self._clients is not None else 0.0
        shape = self._shape
        if isinstance(shape, TrafficShape):
            closed = [one.course for one in shape.scenarios if one.pool is None]
            bounded = all(math.isfinite(course.duration) for course in closed)
            alone = len(closed) == len(shape.scenarios)
            return Planned(_sum(closed), begins, TICK + late) if alone and bounded else None
        if isinstance(shape, ScheduleShape):
            return Planned(shape.current, begins, TICK + late)
        return Planned(ramps(self.aims, until), 0.0, (BATCH if shape is None else TICK) + late) if self.aims else None

    def arrivals(self, begins: float) -> Planned | None:
        """Return the arrivals that were planned, as a level of so many a second; None where there are none."""
        scenarios = self._shape.scenarios if isinstance(self._shape, TrafficShape) else ()
        courses = [one.course for one in scenarios if one.pool is not None]
        if not courses or not all(math.isfinite(course.duration) for course in courses):
            return None
        return Planned(courses[0] if len(courses) == 1 else _sum(courses), begins)

    def curves(self, until: float, begins: float) -> tuple[Points, Points]:
        """Return the users that are planned, and the arrivals a second, as far as each is known by now."""
        shape = self._shape
        if isinstance(shape, TrafficShape):
            closed = [one.course for one in shape.scenarios if one.pool is None]
            opened = [one.course for one in shape.scenarios if one.pool is not None]
            whose = closed if not opened else []  # how many users arrivals need is up to the target
            return curve_of(whose, begins, until), curve_of(opened, begins, until)
        if isinstance(shape, ScheduleShape):
            return curve_of([shape.current], begins, until), []
        return (curve_of([ramps(self.aims, until)], 0.0, until) if self.aims else []), []

    def never_reached(self, until: float) -> str:
        """Return that the users of the command line cannot have come in time; ``""`` where they can."""
        return never_reached(self.aims, until) if self._shape is None else ""

    def due(self) -> list[Due]:
        """Return the arrivals that are due by now."""
        shape = self._shape
        if not isinstance(shape, TrafficShape):
            return []
        return due_by(shape.scenarios, shape.get_run_time(), max(1, len(self._clients or ())))

    def position(self, at: float) -> float:
        """Return how far into its load the run is, ``at`` seconds after it began: arrivals wait for their pools."""
        shape = self._shape
        return float(shape.get_run_time()) if isinstance(shape, TrafficShape) else at

    @property
    def end(self) -> float | None:
        """After how many seconds it was to end; None where nothing says so."""
        shape, run_time = self._shape, getattr(self._environment.parsed_options, "run_time", None)
        if isinstance(shape, ScheduleShape) and shape.is_over:
            return None
        if isinstance(shape, ScheduleShape):
            return min(shape.current.duration, float(run_time or math.inf))
        return float(run_time) if run_time and shape is None else None


def _sum(courses: list[Schedule]) -> Schedule:
    """Return the sum of schedules as straight lines between looks at them, ten a second at the most."""
    length = max((course.duration for course in courses), default=0.0)
    steps = min(20_000, max(1, math.ceil(length * 10)))
    width = length / steps
    levels = [sum(course.level((number + 0.5) * width) for course in courses) for number in range(steps)]
    return Schedule(tuple(Line("", width, level, level) for level in levels))
