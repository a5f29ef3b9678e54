"""What a configuration says of arrivals and scenarios, as the loads of the run that is planned.

Law: a run has one load, or several that have names; whatever passes here can be offered.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from locust_ext.config.scenarios import ScenarioOptions
from locust_ext.config.schema import Config
from locust_ext.load.profile import Profile
from locust_ext.load.quota import Quota, misfits, without_iterations
from locust_ext.load.scenario import Scenario
from locust_ext.load.schedule import Schedule
from locust_ext.load.stress import Stress
from locust_ext.text.document import Document
from locust_ext.text.problems import ConfigurationError, Problem

ARRIVALS = "arrivals"
"""The name of the only load of an open run."""

ProfileFor = Callable[[str], Profile]
"""Returns the shape of that name; raises ConfigurationError."""


def scenarios_of(
    config: Config, profile: Profile | None, document: Document, profile_for: ProfileFor, *, plain: bool = False
) -> tuple[tuple[Scenario, ...], list[Problem]]:
    """Return the loads of a run that follows ``profile``, and what is wrong with them; none is a load of plain users.

    ``plain`` tells that the command line asks for users without any shape.
    """
    if config.scenarios:
        return _named(config, document, profile_for)
    quota = Quota.of(config.iterations, config.max_duration)
    if config.arrivals is None or plain:
        schedule = profile.schedule() if profile is not None and not isinstance(profile, Stress) else None
        return (), _misfits((), quota, schedule, document, is_open=False)
    if profile is None and not config.arrivals.has_rate:
        what = "it has no rate: write rate: 200/s, or stages, or name a shape whose levels are the rate"
        return (), [document.problem((ARRIVALS,), what)]
    schedule = config.arrivals.schedule() if profile is None else profile.schedule()
    problems = _misfits((), quota, schedule, document, is_open=True)
    schedule = quota.within(schedule) if quota else schedule
    return (Scenario(ARRIVALS, schedule, pool=config.arrivals.pool, quota=quota),), problems


def two_loads(config: Config, document: Document) -> list[Problem]:
    """Return what is wrong with a file that says more than one load."""
    problems = []
    if config.scenarios:
        for key in ("shape", ARRIVALS):
            if getattr(config, key):
                what = "the run has scenarios, and each has a load of its own; move this into one of them"
                problems.append(document.problem((key,), what))
        for key in ("iterations", "max_duration"):
            if getattr(config, key) is not None:
                what = "the run has scenarios, and each ends by itself; move this into those that it is for"
                problems.append(document.problem((key,), what))
    elif config.shape and config.arrivals and config.arrivals.has_rate:
        what = "it has two loads: take the rate out of arrivals, and the levels of the shape are the rate"
        problems.append(document.problem((ARRIVALS,), what))
    if not config.scenarios and (wrong := without_iterations(config.iterations, config.max_duration)):
        problems.append(document.problem(("max_duration",), wrong))
    return problems


def of_a_search(config: Config, profile: Profile | None, document: Document) -> list[Problem]:
    """Return what is wrong with iterations where the load is a search for the limit."""
    if not isinstance(profile, Stress) or config.iterations is None:
        return []
    what = "a stress run is judged level by level, and ends where it has found its limit; take another shape"
    return [document.problem(("iterations",), what)]


def followed(profile: Profile, config: Config) -> Schedule:
    """Return the schedule of a run that follows ``profile``, as far as it is followed at the most."""
    quota = Quota.of(config.iterations, config.max_duration)
    return quota.within(profile.schedule()) if quota else profile.schedule()


def _named(config: Config, document: Document, profile_for: ProfileFor) -> tuple[tuple[Scenario, ...], list[Problem]]:
    found, problems = [], []
    for name, options in config.scenarios.items():
        try:
            schedule = _schedule(options, profile_for)
        except ConfigurationError as error:
            problems += [
                document.problem(("scenarios", name, "shape"), problem.message) if problem.path == "shape" else problem
                for problem in error.problems
            ]
            continue
        except ValueError as error:
            problems.append(document.problem(("scenarios", name, "shape"), str(error)))
            continue
        pool, quota = options.arrivals.pool if options.arrivals else None, options.quota
        problems += _misfits(("scenarios", name), quota, schedule, document, is_open=pool is not None)
        schedule = quota.within(schedule) if quota else schedule
        found.append(Scenario(name, schedule, options.users, options.start_time, pool, options.tags, quota))
    return tuple(found), problems


def _misfits(
    at: tuple[str, ...], quota: Quota | None, schedule: Schedule | None, document: Document, *, is_open: bool
) -> list[Problem]:
    """Return what of the iterations of a load does not go with it; ``at`` is where the load stands."""
    found = misfits(quota, schedule, is_open=is_open) if quota else []
    return [document.problem((*at, key), what) for key, what in found]


def _schedule(options: ScenarioOptions, profile_for: ProfileFor) -> Schedule:
    if options.arrivals is not None and options.arrivals.has_rate:
        return options.arrivals.schedule(options.duration)
    profile = profile_for(options.shape)
    if isinstance(profile, Stress):
        raise ValueError("a stress run is judged level by level, and has no other load beside it; name it as shape")  # noqa: TRY004
    schedule = profile.schedule()
    return schedule.until(options.duration or math.inf)
