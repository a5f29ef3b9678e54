"""The configuration: one YAML file, checked whole before anything is sent.

Law: every mistake at once, each with its path and the nearest valid name; what passes here can run.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from locust_ext.config.measuring import AS_WRITTEN, ClientName, check_client
from locust_ext.config.scenarios import Scenarios
from locust_ext.config.web import WebOptions
from locust_ext.exports.options import ExportOptions
from locust_ext.feeders.options import Feeders
from locust_ext.gates.drift_options import DriftOptions
from locust_ext.gates.options import BaselineOptions, ThresholdOptions, Thresholds
from locust_ext.gates.thresholds import (
    Threshold,
    ThresholdError,
    check_bound,
    check_kind,
    kind_for,
    parse_assertion,
    parse_selector,
)
from locust_ext.load.options import ArrivalOptions
from locust_ext.load.profile import Profile
from locust_ext.load.profiles import PROFILES
from locust_ext.load.quota import IterationsWritten
from locust_ext.measure.sinks import Kind
from locust_ext.measure.trace_options import TraceOptions
from locust_ext.probes.options import Probes
from locust_ext.reports.options import ReportOptions
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.text.document import Document, Path
from locust_ext.text.fields import Section, is_http, is_one_word, tags_as_text
from locust_ext.text.lengths import check_length, quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.units import WRITTEN, Duration, Span
from locust_ext.text.validation import path_of, problems_of

DEMO = "demo"
"""The host that means: start the embedded target."""


class Config(Section):
    """What a configuration file can say."""

    version: Literal[1] = 1
    name: str = ""
    tags: dict[str, str] = Field(default={})
    host: str = ""
    client: ClientName = AS_WRITTEN
    shape: str = ""
    shapes: dict[str, dict[str, Any]] = Field(default={})
    arrivals: ArrivalOptions | None = None
    scenarios: Scenarios = Field(default={})
    iterations: IterationsWritten | None = None
    max_duration: Span | None = None
    thresholds: Thresholds = Field(default={})
    tenant: TenantOptions | None = None
    trace: TraceOptions | None = None
    safety: SafetyOptions = SafetyOptions.model_construct()
    storm: StormOptions | None = None
    retry: RetryOptions | None = None
    stampede: StampedeOptions | None = None
    graceful_stop: Duration = 30.0
    feeders: Feeders = Field(default={})
    probes: Probes = Field(default={})
    baseline: BaselineOptions | None = None
    drift: tuple[DriftOptions, ...] | None = None
    reports: ReportOptions = ReportOptions.model_construct()
    export: ExportOptions = ExportOptions.model_construct()
    web: WebOptions = WebOptions.model_construct()

    _tags = field_validator("tags", mode="before")(tags_as_text)
    _client = field_validator("client", mode="before")(check_client)

    @field_validator(
        *("arrivals", "tenant", "trace", "safety", "storm", "retry", "stampede", "baseline", "export", "web"),
        mode="before",
    )
    @classmethod
    def _nothing_is_the_default(cls, options: Any) -> Any:
        return {} if options is None else options

    @field_validator("host")
    @classmethod
    def _is_origin(cls, host: str) -> str:
        return check_host(host)


def check_host(host: str) -> str:
    """Return ``host``, if it is empty, ``demo`` or a URL of http or https, without a slash at its end.

    Locust puts paths behind it, and ``//feed`` is another path than ``/feed``. Raises ValueError if it is not a host.
    """
    if not is_one_word(check_length(host)):
        raise ValueError(f"{quoted(host)} is not a host: it holds blanks or control characters")
    if host not in ("", DEMO) and not is_http(host):
        raise ValueError(f"{quoted(host)} is not a host; write it as https://staging.example.com, or as {DEMO}")
    return host.rstrip("/")


def read_config(document: Document) -> tuple[Config, list[Problem]]:
    """Return the configuration in ``document``, without what is wrong with its form, and what that is.

    Leaving the wrong parts out lets the rest be checked too, so that one reading shows every mistake.
    """
    values = copy.deepcopy(dict(document.values))
    problems = [document.problem(path, wrong) for path, wrong in document.misread]
    _leave_out(values, [path for path, _ in document.misread])
    while True:
        try:
            return Config.model_validate(values, context=dict(WRITTEN)), problems
        except ValidationError as error:
            problems += news_of(problems_of(error, Config, document), problems)
            _leave_out(values, [path_of(item["loc"]) for item in error.errors(include_url=False)])


def news_of(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Return what was found, without what is wrong only because a part that was wrong has been left out."""
    around = {part for problem in known for part in _beginnings(problem.path)}
    return [one for one in found if one.path not in around]


def _beginnings(path: str) -> Iterator[str]:
    """Yield a path, and those of all that it is in."""
    yield path
    yield from (path[:at] for at, sign in enumerate(path) if sign in ".[")


def _leave_out(values: dict[str, Any], wrong: Iterable[Path]) -> None:
    """Remove the smallest parts of ``values`` that hold what is wrong: keys, and of lists whole items."""
    parts = {_part_at(values, path) for path in wrong}
    outermost = [path for path in parts if not any(path[:length] in parts for length in range(len(path)))]
    for path in sorted(outermost, key=_index, reverse=True):
        holder: Any = values
        for part in path[:-1]:
            holder = holder[part]
        if path:
            del holder[path[-1]]
        else:
            values.clear()


def _index(path: Path) -> int:
    """Return the place in a list: the last item must go first, so that the others keep theirs."""
    return path[-1] if path and isinstance(path[-1], int) else 0


def _part_at(values: Any, path: Path) -> Path:
    """Return as much of ``path`` as there is in ``values``, down to the first item of a list."""
    found: Path = ()
    for part in path:
        if isinstance(values, list):
            return (*found, part)
        if not isinstance(values, dict) or part not in values:
            break
        found, values = (*found, part), values[part]
    return found


def profile_for(name: str, config: Config, document: Document, overrides: Mapping[str, Any] | None = None) -> Profile:
    """Return the profile called ``name``, with ``overrides`` above what the configuration says.

    Raises ConfigurationError for an unknown name, kind or parameter, and for values that cannot be.
    """
    given = dict(config.shapes.get(name, {}))
    if name not in config.shapes and name not in PROFILES:
        names = {*PROFILES, *config.shapes}
        raise ConfigurationError(
            [document.problem(("shape",), f"there is no shape {quoted(name)}{nearest(name, names)}")]
        )
    kind = str(given.pop("kind", name))
    if kind not in PROFILES:
        hint = nearest(kind, PROFILES)
        what = (
            f"there is no kind of shape {quoted(kind)}{hint}"
            if "kind" in config.shapes[name]
            else (f"a name of your own needs a kind: {', '.join(PROFILES)}")
        )
        raise ConfigurationError([document.problem(("shapes", name, "kind"), what)])
    source = (
        "" if "file" in (overrides or {}) else document.source_of(("shapes", name))
    )  # relative to it are the files that it names
    try:
        return PROFILES[kind].model_validate({**given, **(overrides or {})}, context={**WRITTEN, "source": source})
    except ValidationError as error:
        others = {path: text for path, text in document.plain.items() if path[-1] not in (overrides or {})}
        problems = problems_of(error, PROFILES[kind], replace(document, plain=others), ("shapes", name))
    raise ConfigurationError(problems)


def thresholds_of(
    config: Config, document: Document, kinds: Mapping[str, Kind]
) -> tuple[list[Threshold], list[Problem]]:
    """Return the thresholds that make sense, and a problem for each that does not."""
    thresholds: list[Threshold] = []
    problems: list[Problem] = []
    written: list[tuple[Path, dict[str, str], list[ThresholdOptions]]] = [
        (("thresholds", key), {}, items) for key, items in config.thresholds.items()
    ]
    for name, scenario in config.scenarios.items():
        for key, items in scenario.thresholds.items():
            written.append((("scenarios", name, "thresholds", key), {"scenario": name}, items))
    for at, tags, items in written:
        try:
            selector = parse_selector(str(at[-1])).narrowed(**tags)
            kind = kind_for(selector, kinds)
        except ThresholdError as error:
            problems.append(document.problem(at, str(error)))
            continue
        for index, options in enumerate(items):
            try:
                assertion = parse_assertion(options.threshold)
                check_kind(assertion, kind, selector.metric)
                check_bound(assertion, kind, selector.metric)
            except ThresholdError as error:
                problems.append(document.problem((*at, index), str(error)))
                continue
            rest = options.model_dump(exclude={"threshold"})
            thresholds.append(Threshold(selector, assertion, kind, **rest))
    return thresholds, problems
