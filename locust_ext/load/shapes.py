"""Schedules as Locust's LoadTestShape: subclass one, set class attributes, done.

Law: every class here is abstract, so importing one never activates it. Its parameters stand in it with their types and
defaults, for readers, editors and type checkers; the profile checks what a subclass says. A tick asks the schedule for
the level now and reaches it in one step, so that users never lag behind by more than a tick, whatever the slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import get_annotations
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from locust import LoadTestShape
from pydantic import ValidationError

from locust_ext.load.profile import Profile
from locust_ext.load.profiles import MarketOpen, Smoke, Soak, Spike
from locust_ext.load.replay import Replay
from locust_ext.load.scenario import Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.load.stages import Stage, Stages
from locust_ext.load.stress import Stress
from locust_ext.process.spoken import say
from locust_ext.text.document import Document
from locust_ext.text.option_names import given
from locust_ext.text.problems import EXIT_CODE, ConfigurationError, Problem
from locust_ext.text.spelling import misspelt_name
from locust_ext.text.validation import problems_of

if TYPE_CHECKING:
    from locust_ext.load.coordinator import ArrivalsCoordinator

Tick = tuple[int, float]

Time = float | str
"""A duration in Python code: seconds, or text such as ``"90s"``."""

_OF_YOUR_OWN = "An attribute of your own is annotated (x: int = 1), or begins with an underscore."


class ScheduleShape(LoadTestShape):
    """Follows a schedule: one step a tick, at any slope, until its end or ``--run-time``."""

    abstract: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._last: Tick | None = None
        self._changed: Schedule | None = None
        self.has_waited = False
        """Whether it came to its end, and gave what was under way the time that it may have."""
        self.is_over = False
        """Whether all that it follows has ended, be that before its schedule says so."""

    @property
    def schedule(self) -> Schedule:
        """The load to follow, in users over seconds."""
        raise NotImplementedError

    @property
    def current(self) -> Schedule:
        """The load as it is known now: the schedule, unless a search has changed what is still to come."""
        return self._changed or self.schedule

    @property
    def begun(self) -> bool:
        """Whether the load has begun; what is measured before belongs to no phase."""
        return True

    def follow(self, schedule: Schedule) -> None:
        """Follow another schedule from now on, which agrees with the one before so far."""
        self._changed = schedule

    def reset_time(self) -> None:
        """Start the clock again."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self._last = self._changed = None
        self.has_waited = self.is_over = False

    def tick(self) -> Any:
        """Return (users, spawn rate) for now, or None at the end.

        The rate is the whole step, so that one dispatch does it; the same users give the same tuple, so that
        Locust does not dispatch again.
        """
        at, schedule = float(self.get_run_time()), self.current
        run_time = self._option("run_time")
        if at >= schedule.duration or (run_time and at >= run_time):
            return None
        users = int(schedule.level(at) + 0.5)
        if self._last is None or users != self._last[0]:
            step = abs(users - (self._last[0] if self._last else 0))
            self._last = (users, float(max(1, step)))
        return self._last

    def _option(self, name: str) -> Any:
        environment = getattr(self.runner, "environment", None)
        return getattr(getattr(environment, "parsed_options", None), name, None)


class ProfileShape(ScheduleShape):
    """A shape whose parameters are class attributes; see the profile for their names and defaults."""

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]]

    def __init__(self) -> None:
        """Check the parameters; a mistake ends the process with exit 104 before anything is sent."""
        super().__init__()
        self._rehearsal: tuple[float, Schedule] | None = None
        self._settled: tuple[dict[str, Any], Profile] = self._settle()

    @property
    def settings(self) -> Profile:
        """The parameters, checked; those that ``__init__`` sets count too, before and after ours.

        What is set once the load has begun is a state of the shape's own, and no parameter any more.
        """
        if self._rehearsal is None and self._settled[0] != self._given():
            self._settled = self._settle()
        return self._settled[1]

    def _given(self) -> dict[str, Any]:
        """Return the parameters that the class or the instance says itself; what our classes hold are the defaults."""
        places = [vars(self), *map(vars, _written(type(self)))]
        return {n: getattr(self, n) for n in self.profile.model_fields if any(n in place for place in places)}

    def _settle(self) -> tuple[dict[str, Any], Profile]:
        name, said = type(self).__name__, self._given()
        problems = [Problem(f"{name}.{attribute}", wrong) for attribute, wrong in _misnamed(type(self))]
        try:
            settings = self.profile.model_validate(said)
        except ValidationError as error:
            problems += [p.under(name) for p in problems_of(error, self.profile, Document(""))]
        if problems:
            say(str(ConfigurationError(problems)), aloud=True)
            raise SystemExit(EXIT_CODE)
        return said, settings

    @property
    def schedule(self) -> Schedule:
        """The profile's schedule, rehearsed at ``--time-scale``."""
        environment = getattr(self.runner, "environment", None)
        scale = float(given(getattr(environment, "parsed_options", None), "time_scale") or 1.0)
        if self._rehearsal is None or self._rehearsal[0] != scale:  # a tick must not make a long recording again
            self._rehearsal = scale, self.settings.schedule().scaled(time=scale)
        return self._rehearsal[1]


def _written(shape: type[ProfileShape]) -> Iterator[type[Any]]:
    """Yield the classes of a shape that are neither ours nor Locust's, the nearest first."""
    theirs = (one for one in shape.__mro__ if one not in LoadTestShape.__mro__)
    return (one for one in theirs if globals().get(one.__name__) is not one)


def _misnamed(shape: type[ProfileShape]) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a shape that were probably meant as parameters, each with what is wrong with it."""
    parameters = list(shape.profile.model_fields)
    for one in _written(shape):
        own = {name for name, value in vars(one).items() if not (name.startswith("_") or hasattr(value, "__get__"))}
        for name in sorted(own - set(get_annotations(one)) - set(dir(ScheduleShape)) - set(parameters)):
            if meant := misspelt_name(name, parameters):
                yield name, f"there is no such parameter; did you mean {meant!r}? {_OF_YOUR_OWN}"


class SmokeShape(ProfileShape):
    """A few users for a minute. Attributes: ``users = 10``, ``duration = "60s"``, ``ramp = "5s"``."""

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Smoke
    users: int = 10
    duration: Time = "60s"
    ramp: Time = "5s"


class SpikeShape(ProfileShape):
    """Baseline, ten times as much within 30 s, back, recovery.

    Attributes: ``baseline_users = 20``, ``factor = 10``, ``warmup = "30s"``, ``climb = "30s"``, ``hold = "60s"``,
    ``fall = "10s"``, ``recovery = "60s"``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Spike
    baseline_users: int = 20
    factor: float = 10.0
    warmup: Time = "30s"
    climb: Time = "30s"
    hold: Time = "60s"
    fall: Time = "10s"
    recovery: Time = "60s"


class SoakShape(ProfileShape):
    """Moderate for hours, then a rest without users.

    Attributes: ``users = 200``, ``ramp = "5m"``, ``hold = "2h"``, ``cooldown = "2m"``, ``rest = "60s"``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Soak
    users: int = 200
    ramp: Time = "5m"
    hold: Time = "2h"
    cooldown: Time = "2m"
    rest: Time = "60s"


class StressShape(ProfileShape):
    """Climbs until a threshold breaks, then searches between the levels that held and those that did not.

    Attributes: ``start_users = 50``, ``step_users = 50``, ``step = "60s"``, ``max_users = 2000``, ``climb = "steps"``,
    ``probes = 6``, ``precision = "5%"``, ``rest = None``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Stress
    start_users: int = 50
    step_users: int = 50
    step: Time = "60s"
    max_users: int = 2000
    climb: Literal["steps", "ramp"] = "steps"
    probes: int = 6
    precision: float | str = "5%"
    rest: Time | None = None


class MarketOpenShape(ProfileShape):
    """A build-up, the bell, the surge, its decay to a plateau, cooldown.

    Attributes: ``pre_open_users = 200``, ``open_users = 2000``, ``pre_open = "60s"``, ``bell = "5s"``,
    ``surge = "60s"``, ``half_life = "60s"``, ``plateau_users = 1200``, ``plateau = "5m"``, ``cooldown = "60s"``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = MarketOpen
    pre_open_users: int = 200
    open_users: int = 2000
    pre_open: Time = "60s"
    bell: Time = "5s"
    surge: Time = "60s"
    half_life: Time = "60s"
    plateau_users: int = 1200
    plateau: Time = "5m"
    cooldown: Time = "60s"


class StagesShape(ProfileShape):
    """Stages of one's own, in k6's notation or in Locust's, or mixed.

    Attributes: ``stages = [{"target": 800, "duration": "5m"}, {"duration": 30, "users": 20, "spawn_rate": 5}]``,
    ``start_users = 0``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Stages
    stages: Sequence[Stage | Mapping[str, Any]] = ()
    """It must be given."""
    start_users: int = 0


class ReplayShape(ProfileShape):
    """Recorded traffic, from CSV or from Prometheus' answer to a range query.

    Attributes: ``file = Path(__file__).parent / "open.csv"`` (a relative one is seen from the working directory),
    ``height = 1``, ``speed = 1``, ``interpolate = "lines"`` or ``"steps"``, ``time_column``, ``value_column``,
    ``series``, ``phase = "replay"``.
    """

    abstract: ClassVar[bool] = True
    profile: ClassVar[type[Profile]] = Replay
    file: str | PurePath = ""
    """It must be given."""
    time_column: str = ""
    value_column: str = ""
    series: str = ""
    interpolate: Literal["lines", "steps"] = "lines"
    height: float = 1.0
    speed: float = 1.0
    phase: str = "replay"


class TrafficShape(ScheduleShape):
    """Follows the scenarios of a run: as many users of each class as they want now, and on until all have ended."""

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True

    def __init__(self, schedule: Callable[[], Schedule], coordinator: ArrivalsCoordinator) -> None:
        super().__init__()
        self._schedule, self._coordinator = schedule, coordinator
        self._mix: dict[str, int] = {}

    @property
    def schedule(self) -> Schedule:
        """What the whole run looks like."""
        return self._schedule()

    @property
    def begun(self) -> bool:
        """Whether the pools are ready, and the first arrival is due now or at once."""
        return self._coordinator.begins

    def follow(self, schedule: Schedule) -> None:
        """Follow another schedule, and let all who make arrivals do so."""
        super().follow(schedule)
        self._coordinator.extend(schedule)

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios that it follows, as they are known now."""
        return self._coordinator.scenarios

    def get_run_time(self) -> float:
        """Return the seconds since the arrivals began: a pool that is being made is not part of the load."""
        return self._coordinator.elapsed

    def tick(self) -> Any:
        """Return (users, spawn rate) for now, or None at the end; another mix is another tuple, so it is placed."""
        at, run_time = self.get_run_time(), self._option("run_time")
        if run_time and at >= run_time:
            return None
        if self._coordinator.over(at):
            self.has_waited, self.is_over = self._coordinator.is_open, True
            return None
        mix = {**self._coordinator.wanted(at), "": len(getattr(self.runner, "clients", ()))}
        if self._last is None or mix != self._mix:
            users = sum(mix.values()) - mix[""]
            step = float(max(1, abs(users - (self._last[0] if self._last else 0))))
            self._last = (users, step + 0.001 if (users, step) == self._last else step)
            self._mix = mix
        return self._last


class PlannedShape(ScheduleShape):
    """The shape that the configuration, the command line or the web UI's form has chosen."""

    abstract: ClassVar[bool] = True
    use_common_options: ClassVar[bool] = True
    """The web UI keeps its fields for users: ``--shape none`` needs them."""

    def __init__(self, schedule: Callable[[], Schedule]) -> None:
        super().__init__()
        self._schedule = schedule

    @property
    def schedule(self) -> Schedule:
        """The plan's schedule."""
        return self._schedule()
