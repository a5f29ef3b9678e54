"""The configuration: one YAML file, checked whole before anything is sent.

Law: every mistake at once, each with its path and the nearest valid name; what passes here can run.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator

from locust_ext.config.web import WebOptions
from locust_ext.gates.options import DEFAULT, BaselineOptions, ThresholdOptions, Thresholds
from locust_ext.gates.thresholds import (
    Threshold,
    ThresholdError,
    check_bound,
    check_kind,
    kind_for,
    parse_assertion,
    parse_selector,
)
from locust_ext.load.options import ArrivalOptions, RateStage, ScenarioOptions, Scenarios
from locust_ext.load.profile import Profile
from locust_ext.load.profiles import PROFILES
from locust_ext.load.stages import Stage
from locust_ext.measure.sinks import Kind
from locust_ext.reports.options import ReportOptions
from locust_ext.safety.options import SafetyOptions, TenantOptions
from locust_ext.storms.options import RetryOptions, StampedeOptions, StormOptions
from locust_ext.text.document import Document, Path
from locust_ext.text.fields import Section, is_http, is_one_word, tags_as_text
from locust_ext.text.lengths import LONGEST_QUOTE, check_length, quoted
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.text.spelling import nearest
from locust_ext.text.units import WRITTEN, Duration
from locust_ext.text.unquoted import in_marks

DEMO = "demo"
"""The host that means: start the embedded target."""

WANTED: Mapping[str, str] = {
    "greater_than": "must be more than {gt:,}",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than_equal": "must be at most {le:,}",
    "too_long": "must be at most {max_length:,}",
    "literal_error": "must be {expected}",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must hold keys and values"),
    **dict.fromkeys(("list_type", "tuple_type"), "must be a list"),
    "string_type": "must be text",
    "string_too_short": "must not be empty",
}
"""What pydantic's types of errors mean, in words of the configuration."""


class Config(Section):
    """What a configuration file can say."""

    version: Literal[1] = 1
    name: str = ""
    tags: dict[str, str] = Field(default={})
    host: str = ""
    shape: str = ""
    shapes: dict[str, dict[str, Any]] = Field(default={})
    arrivals: ArrivalOptions | None = None
    scenarios: Scenarios = Field(default={})
    thresholds: Thresholds = Field(default={})
    tenant: TenantOptions | None = None
    safety: SafetyOptions = SafetyOptions.model_construct()
    storm: StormOptions | None = None
    retry: RetryOptions | None = None
    stampede: StampedeOptions | None = None
    graceful_stop: Duration = 30.0
    baseline: BaselineOptions | None = None
    reports: ReportOptions = ReportOptions.model_construct()
    web: WebOptions = WebOptions.model_construct()

    _tags = field_validator("tags", mode="before")(tags_as_text)

    @field_validator("arrivals", "tenant", "safety", "storm", "retry", "stampede", "baseline", "web", mode="before")
    @classmethod
    def _nothing_is_the_default(cls, options: Any) -> Any:
        return {} if options is None else options

    @field_validator("host")
    @classmethod
    def _is_origin(cls, host: str) -> str:
        return check_host(host)


def check_host(host: str) -> str:
    """Return ``host``, if it is empty, ``demo`` or a URL of http or https, without a slash at its end.

    Locust puts paths behind it, and ``//feed`` is another path than ``/feed``. Raises ValueError for what is no host.
    """
    if not is_one_word(check_length(host)):
        raise ValueError(f"{quoted(host)} is no host: it holds blanks or control characters")
    if host not in ("", DEMO) and not is_http(host):
        raise ValueError(f"{quoted(host)} is no host; write it as https://staging.example.com, or as {DEMO}")
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
            _leave_out(values, [_path_of(item["loc"]) for item in error.errors(include_url=False)])


def news_of(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Return what was found, without what is wrong only because a part that was wrong has been left out."""
    around = {part for problem in known for part in _beginnings(problem.path)}
    return [one for one in found if one.path not in around]


def _beginnings(path: str) -> Iterator[str]:
    """Yield a path, and those of all that it is in."""
    yield path
    yield from (path[:at] for at, sign in enumerate(path) if sign in ".[")


def _path_of(location: Path) -> Path:
    """Return where pydantic's error stands, without its mark for a wrong key."""
    return tuple(part for part in location if part != "[key]")


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


def problems_of(error: ValidationError, model: type[BaseModel], document: Document, at: Path = ()) -> list[Problem]:
    """Return pydantic's errors as problems, unknown keys with the nearest valid one."""
    found: dict[Path, Problem] = {}
    for item in error.errors(include_url=False):
        path = _path_of(item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"unknown key{nearest(str(path[-1]), _keys_at(model, path[:-1]))}"
        elif item["type"] == "missing":
            message = "this key is missing"
        elif item["type"] != "value_error":
            wanted = WANTED.get(item["type"], f"{message[:1].lower()}{message[1:]}").format(**item.get("ctx", {}))
            message = (
                wanted
                if item["type"] == "string_too_short"
                else f"{wanted}, not {_written(document, (*at, *path)) or quoted(item['input'])}"
            )
            message += _quote_it(document, (*at, *path)) if item["type"] == "string_type" else ""
        if path[-1:] == (DEFAULT,) and (*at, *path) not in document.lines:
            path = path[:-1]  # one limit for all stands under its key itself
        found.setdefault((*at, *path), document.problem((*at, *path), message))
    inner = {path[:length] for path in found for length in range(len(path))}
    return [problem for path, problem in found.items() if path not in inner]


def _written(document: Document, path: Path) -> str:
    """Return a short plain text that YAML does not read as text, as it is written; else ``""``."""
    plain = document.plain.get(path, "")
    return plain if len(plain) <= LONGEST_QUOTE else ""


def _quote_it(document: Document, path: Path) -> str:
    """Return the text that was meant where YAML reads something else."""
    plain = _written(document, path)
    return f"; quote it: {in_marks(plain)}" if plain else ""


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that are valid where ``path`` ends."""
    if path[:1] == ("scenarios",):  # a scenario's own name is no key
        model, path = ScenarioOptions, path[2:]
    inner: dict[str, type[BaseModel]] = {
        "thresholds": ThresholdOptions,
        "stages": Stage if path[:1] == ("stages",) else RateStage,
    }
    for key, known in inner.items():
        if key in path:
            return list(known.model_fields)
    for part in path:
        model = _model_of(model, str(part)) or model
    return list(model.model_fields)


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """Return the model of what stands under ``key``, if it is one."""
    field = model.model_fields.get(key)
    types = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((found for found in types if isinstance(found, type) and issubclass(found, BaseModel)), None)


def profile_for(name: str, config: Config, document: Document, overrides: Mapping[str, Any] | None = None) -> Profile:
    """Return the profile called ``name``, with ``overrides`` above what the configuration says.

    Raises ConfigurationError for an unknown name, kind or parameter, and for values that cannot be.
    """
    given = dict(config.shapes.get(name, {}))
    if name not in config.shapes and name not in PROFILES:
        names = [*PROFILES, *config.shapes]
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
        problems = problems_of(error, PROFILES[kind], document, ("shapes", name))
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
