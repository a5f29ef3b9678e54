"""What one run is going to do: the configuration, the command line and the locustfile's metrics, resolved.

Law: command line over environment over file over defaults; a plan that exists can run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from locust_ext.config.command_line import CommandLine, find_files, positive, within_bounds
from locust_ext.config.drift import drift_rules, watched_rules
from locust_ext.config.loads import ARRIVALS, followed, of_a_search, scenarios_of, two_loads
from locust_ext.config.measuring import with_client
from locust_ext.config.schema import Config, check_host, news_of, profile_for, read_config, thresholds_of
from locust_ext.config.storms import STORM_PHASES, misplaced_storms, with_policies_read_in, wrong_policies
from locust_ext.config.union import united
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.labels import CodeTags, Labels
from locust_ext.gates.options import BaselineOptions, policy_of
from locust_ext.gates.policy import WARM_UP, Policy
from locust_ext.gates.thresholds import Threshold, ThresholdError, parse_selector
from locust_ext.load.profile import Profile
from locust_ext.load.profiles import PROFILES
from locust_ext.load.scenario import Scenario, most_users, overlay
from locust_ext.load.schedule import Schedule
from locust_ext.load.stress import Stress
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.probes.selection import never_in
from locust_ext.process.writable import no_directory, no_file
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.options import TenantOptions
from locust_ext.text.document import Document, FlawedDocumentError, read
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import misspelt_name

NO_BASELINE = "none"
"""What ``--baseline`` is called with to compare with nothing, whatever the configuration says."""

NO_SHAPE = "none"
"""What ``--shape`` is called with to run without one, as plain users."""

BUILT_IN_KINDS: Mapping[str, Kind] = {name: metric.kind for name, metric in BUILT_IN.items()}


@dataclass(frozen=True)
class Plan:
    """One run, ready to start."""

    name: str
    config: Config = field(default_factory=Config)
    thresholds: tuple[Threshold, ...] = ()
    shape: str = ""
    profile: Profile | None = None
    time_scale: float = 1.0
    report_dir: str = ""
    host: str = ""
    source: str = ""
    baseline: str = ""
    """The directory of the runs to compare with; empty: there is no comparison. A stress run ends where it breaks."""
    policy: Policy = field(default_factory=Policy)
    confirm: bool = False
    summary_export: str = ""
    document: Document = field(default=Document(""), compare=False, repr=False)
    """What the configuration was read from: it knows the line of each key."""
    scenarios: tuple[Scenario, ...] = ()
    """The loads of an open run, or of one with several; rehearsed at the time scale."""
    drift: tuple[DriftRule, ...] = ()
    """What is watched for drift."""

    @cached_property
    def schedule(self) -> Schedule | None:
        """The load over time, rehearsed at the time scale; None without a shape."""
        if self.scenarios:
            return overlay(self.scenarios)
        return followed(self.profile, self.config).scaled(time=self.time_scale) if self.profile else None

    @property
    def is_open(self) -> bool:
        """Whether iterations start when they are due, in any of its loads."""
        return any(scenario.pool for scenario in self.scenarios)

    @property
    def load_name(self) -> str:
        """What its load is called: a shape, arrivals, or scenarios; empty: plain users."""
        if len(self.scenarios) > 1 or self.config.scenarios:
            return "scenarios"
        return " at the rate of ".join(filter(None, [ARRIVALS if self.scenarios else "", self.shape]))

    @property
    def most_users(self) -> float | None:
        """How many users it may have at once; None where the command line says it."""
        if self.scenarios:
            return most_users(self.scenarios)
        return self.schedule.peak if self.schedule else None

    @property
    def shape_names(self) -> list[str]:
        """Every name that ``--shape`` takes here."""
        kinds = [kind for kind, profile in PROFILES.items() if not profile.needs or kind in self.config.shapes]
        return [*kinds, *(name for name in self.config.shapes if name not in kinds)]

    def with_shape_in_code(self, shape: Any) -> Plan:
        """Return the plan that follows a shape of the locustfile, if it is one of ours and none was chosen."""
        if self.profile or not isinstance(settings := getattr(shape, "settings", None), Profile):
            return self
        drift = watched_rules(self.drift, self.config, settings)
        return replace(self, profile=settings, shape=type(shape).__name__, drift=drift)

    def wants(self, metrics: Collection[str]) -> bool:
        """Tell whether a threshold is about one of these metrics."""
        return any(threshold.selector.metric in metrics for threshold in self.thresholds)

    @cached_property
    def safety(self) -> SafetyIntent:
        """What safety must know of the run."""
        return SafetyIntent(
            self.config.safety,
            self.tenant,
            self.name,
            self.source,
            self.schedule,
            isinstance(self.profile, Stress),
            self.shape,
            self.secret_variables,
            users=self.most_users,
        )

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The names of the variables that hold secrets by the configuration's word; never what they hold."""
        safety, tenant = self.config.safety, self.tenant
        alarm = safety.abort.alarm if safety.abort else None
        named = [tenant.token_env, tenant.key_env] if tenant else []
        for asked in filter(None, (safety.kill_switch, alarm)):
            named += asked.headers_env.values()
        named += [variable for probe in self.config.probes.values() for variable in probe.headers_env.values()]
        return tuple(sorted(filter(None, {*named, *self.config.export.variables, self.config.reports.slack_env})))

    @property
    def tenant(self) -> TenantOptions | None:
        """How synthetic requests are marked, if they are."""
        return self.config.tenant


def make_plan(
    command_line: CommandLine,
    kinds: Mapping[str, Kind] = BUILT_IN_KINDS,
    phases_in_code: Collection[str] = (),
    *,
    opens: bool = False,
    code: Callable[[], CodeTags] = CodeTags,
    final: bool | None = None,
) -> Plan:
    """Return the plan for what was chosen.

    ``kinds`` are the metrics that exist, ``phases_in_code`` the phases of shapes that the locustfile itself brings,
    ``opens`` tells that one of its user classes is open, and ``code`` which tags it may set. ``final``: the load is the
    one of the run; None: it is, if there is one; False: somebody may still take another shape.

    Raises ConfigurationError with every mistake, of the file and of the choices.
    """
    command_line, problems = within_bounds(command_line)
    document = command_line.edits.put_into(_document(command_line, problems).with_own(command_line.own))
    config, found = read_config(document)
    problems += news_of(found, problems)
    config, found = with_client(config, command_line)
    problems += found
    config, found = with_policies_read_in(config, document)
    problems += found
    thresholds, found = thresholds_of(config, document, kinds)
    problems += found + wrong_policies(config, document)
    shape = command_line.shape or config.shape
    profile = None
    phases = set(phases_in_code) | _struck(config)
    for name in config.shapes:
        try:
            phases |= {phase.name for phase in profile_for(name, config, document).schedule().phases}
        except ConfigurationError as error:
            problems += error.problems
    if shape and shape != NO_SHAPE:
        try:
            profile = _chosen(command_line, config, document)
            phases |= {phase.name for phase in profile.schedule().phases}
        except ConfigurationError as error:
            known = set(problems)
            problems += [problem for problem in error.problems if problem not in known]
    elif command_line.has_params:
        problems.append(Problem("--shape-params", "there is no shape to give them to; name one with --shape"))
    problems += two_loads(config, document) + of_a_search(config, profile, document)
    scenarios, found = scenarios_of(
        config, profile, document, lambda name: profile_for(name, config, document), plain=shape == NO_SHAPE
    )
    problems += news_of(found, problems)
    if config.scenarios and command_line.shape:
        problems.append(Problem("--shape", "the run has scenarios, and each has a load of its own; leave --shape out"))
    load = overlay(scenarios) if scenarios else profile.schedule() if profile else None
    phases |= {phase.name for phase in load.phases} if load else set()
    settled = (final or (final is None and load is not None)) and not problems and not isinstance(profile, Stress)
    if settled:
        phases = {phase.name for phase in load.phases} if load else set(phases_in_code)
        phases |= _struck(config)
    labels = Labels(
        frozenset(phases),
        settled,
        {name: scenario.tags for name, scenario in config.scenarios.items()},
        config.tags,
        code,
        tuple if settled else lambda: _phases_as_shipped(config, document),
        never_in(config.probes, [problem.path for problem in problems]),
    )
    drift, found = drift_rules(config.drift, kinds, labels, document)
    problems += found + _unmatched(thresholds, labels, config, document)
    problems += _misspelt_phases(config, phases, document) if settled else []
    problems += misplaced_storms(config, profile, document)
    scale = positive(command_line.time_scale, "--time-scale", problems)
    host = _host(config, problems)
    report_dir, summary_export = _outputs(command_line, config, problems)
    baseline, policy = _baseline(command_line, config, document, kinds, problems)
    problems += _never_compared(policy, labels, document)
    if problems:
        raise ConfigurationError(problems)
    return Plan(
        name=config.name or Path(document.source or (*command_line.locustfiles, "locust")[0]).stem,
        config=config,
        thresholds=tuple(
            threshold if opens or any(one.pool for one in scenarios) else replace(threshold, corrected=None)
            for threshold in thresholds
        ),
        scenarios=tuple(scenario.scaled(scale) for scenario in scenarios),
        shape=shape if profile else "",
        profile=profile,
        time_scale=scale,
        report_dir=report_dir,
        host=host,
        source=document.source,
        document=document,
        baseline="" if isinstance(profile, Stress) else baseline,
        policy=policy,
        confirm=command_line.confirm,
        summary_export=summary_export,
        drift=watched_rules(drift, config, profile),
    )


def _document(command_line: CommandLine, problems: list[Problem]) -> Document:
    """Return the configuration of the run, and note what is wrong with its files; raises ConfigurationError."""
    documents: list[Document] = []
    is_readable = True
    for file in find_files(command_line):
        try:
            documents.append(read(file))
        except FlawedDocumentError as error:
            problems += error.problems
            documents.append(error.rest)
        except ConfigurationError as error:
            problems += error.problems
            is_readable = False
    if not is_readable:
        raise ConfigurationError(problems)
    document, found = united(documents)
    problems += news_of(found, problems)
    if len(documents) > 1:  # what one file hides of another is wrong all the same
        problems += [problem for one in documents for problem in read_config(one)[1]]
    return document


def _outputs(command_line: CommandLine, config: Config, problems: list[Problem]) -> tuple[str, str]:
    """Return the directory of the reports and the file of the export, and note where they cannot be."""
    directory = command_line.report_dir or config.reports.dir or ""
    file = command_line.summary_export or config.reports.summary_export
    problems += _unusable(directory, "--report-dir")
    if file and (what := no_file(file)):
        problems.append(Problem("--summary-export", what))
    return directory, file


def _baseline(
    command_line: CommandLine, config: Config, document: Document, kinds: Mapping[str, Kind], problems: list[Problem]
) -> tuple[str, Policy]:
    """Return the directory of the runs to compare with, and the policy of the comparison."""
    options = config.baseline or BaselineOptions.model_construct()  # defaults need no check, which takes its time
    directory = command_line.baseline or options.dir
    directory = "" if directory == NO_BASELINE else directory
    policy, wrong = policy_of(options, kinds)
    problems += [document.problem(("baseline", "max_regression", key), sentence) for key, sentence in wrong]
    problems += _unusable(directory, "--baseline")
    if command_line.confirm and not directory:
        problems.append(
            Problem("--confirm", "there is nothing to confirm without runs to compare with: add --baseline")
        )
    return directory, policy


def _chosen(command_line: CommandLine, config: Config, document: Document) -> Profile:
    """Return the profile of this run; what is wrong on the command line is not blamed on the file."""
    name, params = command_line.shape or config.shape, command_line.params
    try:
        return profile_for(name, config, document, params)
    except ConfigurationError as error:
        problems = []
        for problem in error.problems:
            key = problem.path.rpartition(".")[2]
            if key in params:
                problems.append(Problem(f"--shape-params {key}", problem.message))
            elif problem.path == "shape" and command_line.shape:
                problems.append(Problem("--shape", problem.message))
            else:
                problems.append(problem)
        raise ConfigurationError(problems) from None


def _misspelt_phases(config: Config, phases: Collection[str], document: Document) -> list[Problem]:
    """Return a problem for each phase to leave out that the run has not, but for one of nearly that name."""
    excluded = config.baseline.exclude_phases if config.baseline else ()
    known = {*phases, *WARM_UP}
    found = [(name, misspelt_name(name, known)) for name in excluded if name not in known]
    return [
        document.problem(("baseline", "exclude_phases"), f"there is no phase {quoted(name)}; did you mean {meant!r}?")
        for name, meant in found
        if meant
    ]


def _phases_as_shipped(config: Config, document: Document) -> set[str]:
    """Return the phases of the kinds of shapes that the configuration leaves as they are."""
    phases = set()
    for name in PROFILES.keys() - config.shapes.keys():
        with suppress(ConfigurationError):  # it needs parameters, and nobody gives any
            phases |= {phase.name for phase in profile_for(name, config, document).schedule().phases}
    return phases


def _struck(config: Config) -> set[str]:
    """Return the phases that storms and stampedes bring along, whatever the load is."""
    return {*(STORM_PHASES if config.storm else ()), *(["stampede"] if config.stampede else ())}


def _places(config: Config) -> dict[Selector, tuple[str, ...]]:
    """Return where the thresholds of each selection stand: in its scenario, or among those of the run."""
    places: dict[Selector, tuple[str, ...]]
    places = {selector: ("thresholds", key) for selector, key in _written(config.thresholds).items()}
    for name, scenario in config.scenarios.items():
        for selector, key in _written(scenario.thresholds).items():
            places[selector.narrowed(scenario=name)] = ("scenarios", name, "thresholds", key)
    return places


def _written(keys: Iterable[Any]) -> dict[Selector, str]:
    """Return the selections that are well written, as the configuration writes them first."""
    found: dict[Selector, str] = {}
    for key in map(str, keys):
        with suppress(ThresholdError):
            found.setdefault(parse_selector(key), key)
    return found


def _unmatched(thresholds: list[Threshold], labels: Labels, config: Config, document: Document) -> list[Problem]:
    """Return a problem for each selection that nothing in the run can match, unless it is optional."""
    judged = dict.fromkeys(threshold.selector for threshold in thresholds if not threshold.optional)
    found = [(selector, labels.never(selector)) for selector in judged]
    places = _places(config)
    return [
        document.problem(places.get(selector, ("thresholds", str(selector))), why) for selector, why in found if why
    ]


def _never_compared(policy: Policy, labels: Labels, document: Document) -> list[Problem]:
    """Return a problem for each limit of the comparison on what nothing in the run can match."""
    keys = (document.values.get("baseline") or {}).get("max_regression") if policy.own_limits else {}
    found = [(selector, labels.never(selector)) for selector in policy.own_limits if not policy.optional]
    written = _written(keys or ())
    return [
        document.problem(("baseline", "max_regression", written.get(selector, str(selector))), why)
        for selector, why in found
        if why
    ]


def _host(config: Config, problems: list[Problem]) -> str:
    base_url = os.environ.get("BASE_URL", "").strip()
    try:
        return check_host(base_url) or config.host
    except ValueError as error:
        problems.append(Problem("BASE_URL", str(error)))
        return ""


def _unusable(directory: str, option: str) -> list[Problem]:
    what = no_directory(directory) if directory else ""
    return [Problem(option, what)] if what else []
