"""What is checked before Locust forks, binds a port or sends anything.

Law: all mistakes at once, a sentence each, exit 104; what is refused leaves nothing running.
"""

from __future__ import annotations

import math
import os
import sys
from argparse import Namespace
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from inspect import getattr_static
from pathlib import Path
from typing import Any, NoReturn

from locust import User, events
from locust.util.load_locustfile import is_shape_class, is_user_class

from locust_ext.config.command_line import CommandLine
from locust_ext.config.horizon import Horizon, never
from locust_ext.config.measuring import LEAN, nobody_lean
from locust_ext.config.plan import Plan, make_plan
from locust_ext.config.quotas import misplaced_quotas, quota_of, shape_name
from locust_ext.config.schema import DEMO, check_host
from locust_ext.config.tags_in_code import tags_of_this_process
from locust_ext.exports.scrape_access import token_of
from locust_ext.load.rate import rates_of
from locust_ext.load.shapes import ProfileShape, ScheduleShape
from locust_ext.measure.metrics import DECLARED
from locust_ext.probes.reach import forbidden, unset
from locust_ext.process.spoken import say
from locust_ext.run.claim import is_free
from locust_ext.run.collectors import problems_of as unfit_collectors
from locust_ext.run.feeding import feeder_problems
from locust_ext.safety.guard import go_ahead_problems, host_of
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.tenant import bearer_of, key_of
from locust_ext.storms.kinds import Kind, is_a
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import EXIT_CODE, ConfigurationError, Problem
from locust_ext.text.spelling import nearest


def checked_plan(command_line: CommandLine, *, final: bool | None = None) -> Plan:
    """Return the plan for ``command_line``, its token checked too; raises ConfigurationError.

    ``final`` tells whether the run will have this load, and no other; None: if it has one.
    """
    plan = make_plan(
        command_line, DECLARED.kinds, _phases_in_code(), opens=_opens_in_code(), code=tags_of_this_process, final=final
    )
    if plan.tenant:
        problems = []
        for path, check in (("tenant.token_env", bearer_of), ("tenant.key_env", key_of)):
            try:
                check(plan.tenant)
            except ValueError as error:
                problems.append(Problem(path, str(error), source=plan.source))
        if problems:
            raise ConfigurationError(problems)
    return plan


def _phases_in_code(base: type[ProfileShape] = ProfileShape) -> set[str]:
    """Return the phases of every shape that the locustfiles define."""
    found: set[str] = set()
    for shape in base.__subclasses__():
        if not shape.abstract:
            found |= {phase.name for phase in shape().schedule.phases}
        found |= _phases_in_code(shape)
    return found


def _opens_in_code(base: type[Any] = User) -> bool:
    """Tell whether a locustfile defines a user class whose wait time is a rate of arrivals."""
    return any(rates_of([user]) or _opens_in_code(user) for user in base.__subclasses__())


def starts_anything(options: Namespace) -> bool:
    """Tell whether Locust will do more than print what there is, for which nothing has to be right."""
    return not (options.list_commands or options.show_task_ratio or options.show_task_ratio_json)


def check_users(options: Namespace, plan: Plan, locustfiles: Sequence[str]) -> None:
    """Raise ConfigurationError when users would have no host, or one that is none, or cannot do what is configured."""
    problems = user_problems(options, plan, locustfiles) + unset_in_export(plan)
    if _starts(options):
        problems += go_ahead_problems(plan.safety, hosts_under_test(options, plan, locustfiles), datetime.now(UTC))
        problems += unset_in_probes(plan)
    if problems:
        raise ConfigurationError(problems)


def user_problems(options: Namespace, plan: Plan, locustfiles: Sequence[str]) -> list[Problem]:
    """Return what is wrong whatever the host and the time of the day; without locustfiles nobody knows their users."""
    users = list(_users_of(locustfiles).values())
    shape, starts = _shape_of(locustfiles), _starts(options)
    problems = _without_host(options, plan, _running(options, locustfiles))
    if locustfiles:
        problems += _cannot_storm(plan, users) + _cannot_retry(plan, users)
        problems += _cannot_stampede(plan, users) + _nobody_in_scenarios(plan, users) + cannot_be_lean(plan, users)
    problems += cannot_read_their_writes(users) + feeder_problems(plan)
    problems += filter(None, [cannot_scale(plan, shape)])
    problems += misplaced_quotas(plan, own_shape=shape_name(shape), opens=bool(rates_of(users)))
    problems += never(plan, horizon_of(plan, shape, options.run_time)) if starts else []
    problems += forbidden_to_probes(plan, hosts_under_test(options, plan, locustfiles), known=False) if starts else []
    problems += filter(None, [cannot_reset(plan) if options.reset_stats and starts else None])
    return problems


def missing_hosts(options: Namespace, plan: Plan, locustfiles: Sequence[str]) -> list[Problem]:
    """Return which users would have no host in a headless run."""
    headless = Namespace(**{**vars(options), "headless": True})
    return _without_host(headless, plan, _running(options, locustfiles))


def hosts_under_test(options: Namespace, plan: Plan, locustfiles: Sequence[str]) -> list[str]:
    """Return the hosts that are known before the run."""
    return _hosts(options, plan, _running(options, locustfiles))


def _running(options: Namespace, locustfiles: Sequence[str]) -> list[type[Any]]:
    by_name = _users_of(locustfiles)
    return [user for name, user in by_name.items() if not options.user_classes or name in options.user_classes]


def _starts(options: Namespace) -> bool:
    return bool(options.headless or options.autostart)


def cannot_scale(plan: Plan, shape: type[Any] | None) -> Problem | None:
    """Return what is wrong where a time scale would do nothing: a shape of the locustfile's own keeps its own time."""
    own = shape is not None and not issubclass(shape, ScheduleShape)
    if plan.time_scale == 1 or plan.schedule is not None or not own:
        return None
    what = f"{shape.__name__} of the locustfile keeps its own time, so nothing would be faster; leave it out"  # type: ignore[union-attr]
    return Problem("--time-scale", what)


def horizon_of(plan: Plan, shape: Any, run_time: float | None) -> Horizon:
    """Return how far a run of ``plan`` is known beforehand; ``shape`` is the locustfile's own, or its class."""
    if plan.schedule is None and isinstance(shape, type) and issubclass(shape, ScheduleShape):
        shape = shape()
    own = plan.with_shape_in_code(shape).schedule
    if (quota := quota_of(plan)) is not None and quota.max_duration is not None:
        run_time = min(run_time or math.inf, quota.max_duration)
    return Horizon(
        own if own is not None or not isinstance(shape, ScheduleShape) else shape.schedule,
        run_time,
        is_own=shape is not None,
    )


def forbidden_to_probes(plan: Plan, hosts: Sequence[str], *, known: bool = True) -> list[Problem]:
    """Return which probes may not be read in a run against ``hosts``; not ``known``: there may be others."""
    found = forbidden(plan.config.probes, hosts, plan.config.safety, known=known)
    return [plan.document.problem(("probes", *path), why) for path, why in found]


def unset_in_probes(plan: Plan) -> list[Problem]:
    """Return which probes have headers that the environment does not hold."""
    return [plan.document.problem(("probes", *path), why) for path, why in unset(plan.config.probes, os.environ)]


def unset_in_export(plan: Plan) -> list[Problem]:
    """Return why figures could go nowhere: a variable is not set, or the collector cannot be asked."""
    problems = unfit_collectors(plan)
    try:
        token_of(plan.config.export.prometheus, os.environ)
    except ValueError as error:
        problems.append(plan.document.problem(("export", "prometheus", "token_env"), str(error)))
    return problems


def cannot_reset(plan: Plan) -> Problem | None:
    """Return why ``--reset-stats`` cannot be: figures that start again are others than those that are judged."""
    there = {"thresholds": plan.thresholds, "baseline": plan.baseline, "drift": plan.drift}
    judges = " and ".join(name for name, judged in there.items() if judged)
    if not judges:
        return None
    what = (
        f"{judges} judge the whole run, and Locust's figures would start again when all users are there; leave it out "
        "(LOCUST_RESET_STATS and reset-stats in a file, too), and have them select a phase, as in "
        "http_req_duration{phase:steady}, or judge windows"
    )
    return Problem("--reset-stats", what)


def _shape_of(locustfiles: Iterable[str]) -> type[Any] | None:
    """Return the shape that Locust takes: the first in the locustfiles."""
    for module in _modules_of(locustfiles):
        for item in vars(module).values():
            if is_shape_class(item):
                return item  # type: ignore[no-any-return]
    return None


def _hosts(options: Namespace, plan: Plan, users: Sequence[type[Any]]) -> list[str]:
    """Return the hosts that Locust will take: that of the command line, else those of the users, else the plan's.

    Those of ``--config-users`` are not among them: they are asked for when the run starts.
    """
    configured = hosts_configured(options)
    own = [host for user in users if user.__name__ not in configured and (host := host_of(user))]
    hosts = [options.host] if options.host else own or ([] if any(configured.values()) else [plan.host])
    return [host for host in hosts if host not in ("", DEMO)]


def cannot_be_lean(plan: Plan, users: Sequence[type[Any]]) -> list[Problem]:
    """Return what is wrong where nobody could be measured with the client that is asked for."""
    if plan.config.client != LEAN:
        return []
    from locust_ext.clients.sessions import LEAN_OR_NOT  # noqa: PLC0415 what a run does not need is not loaded for it

    return [nobody_lean(plan.document)] if users and not any(issubclass(user, LEAN_OR_NOT) for user in users) else []


def _cannot_storm(plan: Plan, users: Sequence[type[Any]]) -> list[Problem]:
    storm = plan.config.storm
    if storm is None:
        return []
    from locust_ext.clients.links import can_storm  # noqa: PLC0415 what a run does not need is not loaded for it

    by_name = {user.__name__: user for user in users}
    problems = _unknown(plan, "storm.users", storm.users, by_name)
    problems += [
        Problem(
            "storm.users",
            f"{name} has no connection that could drop: give it connect() and disconnect(), or use WebSocketUser",
            source=plan.source,
        )
        for name in storm.users
        if name in by_name and not can_storm(by_name[name])
    ]
    if not storm.users and users and not any(is_a(user, Kind.RECONNECTS) for user in users):
        first = users[0].__name__
        what = f"no user class is a ReconnectStormUser; name those that drop, such as storm: {{users: [{first}]}}"
        problems.append(Problem("storm.users", what, source=plan.source))
    return problems


def _cannot_retry(plan: Plan, users: Sequence[type[Any]]) -> list[Problem]:
    retry = plan.config.retry
    if retry is None:
        return []
    from locust_ext.clients.sessions import USERS  # noqa: PLC0415 what a run does not need is not loaded for it

    by_name = {user.__name__: user for user in users}
    return _unknown(plan, "retry.users", retry.users, by_name) + [
        Problem(
            "retry.users",
            f"{name} is neither an HttpUser nor a FastHttpUser: its requests cannot be repeated",
            source=plan.source,
        )
        for name in retry.users
        if name in by_name and not issubclass(by_name[name], USERS)
    ]


def _cannot_stampede(plan: Plan, users: Sequence[type[Any]]) -> list[Problem]:
    if plan.config.stampede is None or not users or any(is_a(user, Kind.STAMPEDES) for user in users):
        return []
    what = "no user class is a CacheStampedeUser, so that nobody waits for the release"
    return [Problem("stampede", what, source=plan.source)]


def cannot_read_their_writes(users: Sequence[type[Any]]) -> list[Problem]:
    """Return what is wrong with classes that write and do not say what, or look for it on terms that are none."""
    those = [user for user in users if is_a(user, Kind.READS_ITS_WRITES)]
    if not those:
        return []
    from locust_ext.replicas.read_your_writes import ReadYourWritesUser  # noqa: PLC0415 only a run with replicas
    from locust_ext.replicas.terms import problems_of  # noqa: PLC0415

    return [problem for user in those for problem in problems_of(user, ReadYourWritesUser)]


def _nobody_in_scenarios(plan: Plan, users: Sequence[type[Any]]) -> list[Problem]:
    by_name = {user.__name__ for user in users}
    return [
        problem
        for name, scenario in plan.config.scenarios.items()
        for problem in _unknown(plan, f"scenarios.{name}.users", scenario.users, by_name)
    ]


def _unknown(plan: Plan, path: str, names: Sequence[str], users: Collection[str]) -> list[Problem]:
    return [
        Problem(path, f"there is no user class {quoted(name)}{nearest(name, users)}", source=plan.source)
        for name in names
        if name not in users
    ]


def _without_host(options: Namespace, plan: Plan, everyone: Sequence[type[Any]]) -> list[Problem]:
    from locust_ext.clients.sessions import USERS  # noqa: PLC0415 a configuration alone is checked without

    users = [user for user in everyone if issubclass(user, USERS) or is_a(user, Kind.WEB_SOCKET)]
    if not users:
        return []
    configured = hosts_configured(options)
    said = any(configured.get(user.__name__, getattr_static(user, "host", None)) is not None for user in everyone)
    host = options.host or ("" if said else plan.host)
    problems: list[Problem] = []
    if options.host:
        try:
            check_host(options.host)
        except ValueError as error:
            problems.append(Problem("--host", str(error)))
    elif not host and options.headless:
        problems += _no_hosts(users, configured)
        users = [user for user in users if configured.get(user.__name__) is None]
        problems += [
            Problem(
                "--host", f"{user.__name__} has no host; give it with --host, BASE_URL or host: in the configuration"
            )
            for user in users
            if user.__name__ in configured or not (host_of(user) or _says_later(user))
        ]
    return problems


def hosts_configured(options: Namespace) -> dict[str, Any]:
    """Return the hosts that ``--config-users`` gives to user classes, by their names."""
    given = [one for some in getattr(options, "config_users", None) or () for one in some if isinstance(one, dict)]
    return {str(one.get("user_class_name")): one["host"] for one in given if "host" in one}


def _no_hosts(users: Iterable[type[Any]], configured: Mapping[str, Any]) -> list[Problem]:
    """Return a problem for each host of ``--config-users`` that is none."""
    problems = []
    for name in (user.__name__ for user in users if configured.get(user.__name__)):
        try:
            check_host(str(configured[name]))
        except ValueError as error:
            problems.append(Problem("--config-users", f"{name}: {error}"))
    return problems


def _says_later(user: type[Any]) -> bool:
    """Tell whether code of the locustfile may still give a host: a listener, or the user itself."""
    listeners = (*events.init._handlers, *events.test_start._handlers)  # noqa: SLF001 Locust tells it nowhere else
    return (
        getattr_static(user, "host", None) is not None
        or any(not _is_ours(listener) for listener in listeners)
        or any("__init__" in vars(base) and not _is_ours(base) for base in user.__mro__ if base is not object)
    )


def _is_ours(code: Any) -> bool:
    """Tell whether a class or a function is Locust's or ours, and not the locustfile's."""
    return str(getattr(code, "__module__", "")).partition(".")[0] in ("locust", "locust_ext")


def _users_of(locustfiles: Iterable[str]) -> dict[str, type[Any]]:
    """Return by name the user classes in the locustfiles, which Locust has imported under their stems."""
    modules = _modules_of(locustfiles)
    return {name: item for module in modules for name, item in vars(module).items() if is_user_class(item)}


def _modules_of(locustfiles: Iterable[str]) -> list[Any]:
    stems = [Path(file).stem for file in locustfiles]
    modules = [sys.modules.get("locustfile" if stem == "locust" else stem) for stem in stems]
    return [module for module in modules if module is not None]


def refuse(error: ConfigurationError, command_line: CommandLine) -> NoReturn:
    """Say what is wrong and end the process with 104; the report directory gets a summary that says the same."""
    from locust_ext.archive.publish import save, tell  # noqa: PLC0415 only a mistake needs it
    from locust_ext.gates.run_health import RunHealth  # noqa: PLC0415
    from locust_ext.gates.verdict import conclude  # noqa: PLC0415
    from locust_ext.reports.redacted import redacted  # noqa: PLC0415
    from locust_ext.reports.result import Finding, RunResult  # noqa: PLC0415

    redaction = OUTLET.redaction
    say(redaction.text(str(error)), aloud=True)
    verdict = conclude((), RunHealth(configuration_errors=len(error.problems)))
    findings = tuple(Finding("mistake", str(problem)) for problem in error.problems)
    name = Path(command_line.locustfiles[0]).stem if command_line.locustfiles else "locust"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result = redacted(RunResult(name, verdict, now, 0.0, 0, complete=False, findings=findings), redaction)
    free = is_free(command_line.report_dir)  # else it is another run's: this one leaves no trace there
    plan = Plan(name, report_dir=command_line.report_dir if free else "", summary_export=command_line.summary_export)
    save(result, plan)
    tell(result, plan)
    raise SystemExit(EXIT_CODE)
