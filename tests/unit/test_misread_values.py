"""No value of a configuration is misread in silence: it is read as it was meant, or refused with what was meant."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, BeforeValidator

from locust_ext.config.command_line import CommandLine, parse_params
from locust_ext.config.plan import BUILT_IN_KINDS, make_plan
from locust_ext.config.schema import Config
from locust_ext.load.profiles import PROFILES
from locust_ext.load.stages import Stage
from locust_ext.measure.sinks import Kind
from locust_ext.text import units
from locust_ext.text.problems import ConfigurationError

KINDS = {**BUILT_IN_KINDS, "mine": Kind.RATE, "orders": Kind.COUNTER}


def plan_of(tmp_path: Any, text: str, **command_line: Any) -> Any:
    """Return the plan of a configuration."""
    file = tmp_path / "load.yml"
    file.write_text(text, encoding="utf-8")
    return make_plan(CommandLine(file=str(file), **command_line), KINDS)


def said_of(tmp_path: Any, text: str, **command_line: Any) -> list[str]:
    """Return what is wrong with a configuration: places and sentences."""
    try:
        plan_of(tmp_path, text, **command_line)
    except ConfigurationError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []


MISREAD = [
    ("percent that are a factor", "baseline: {max_regression: 30}", "baseline.max_regression", "30%"),
    ("a fraction that is percent", "baseline: {max_regression: 0.3}", "baseline.max_regression", "30%"),
    ("one, which may be both", "baseline: {max_regression: 1}", "baseline.max_regression", "100% or 1%"),
    ("percent beyond all bounds", "baseline: {max_regression: 300}", "baseline.max_regression", "300%"),
    ("a limit of one figure", "baseline: {max_regression: {http_reqs: 30}}", "max_regression.http_reqs", "30%"),
    (
        "a limit of one method",
        "baseline: {max_regression: {http_req_duration: {p(99): 20}}}",
        "max_regression.http_req_duration",
        "20%",
    ),
    ("milliseconds that are seconds", "baseline: {floor: 5}", "baseline.floor", "5s or 5ms"),
    ("a number in quotation marks", "baseline: {floor: '5'}", "baseline.floor", "'5' is not a duration; write it as"),
    ("a number with an exponent", "graceful_stop: 1.5e+1", "graceful_stop", "15s or 15ms"),
    ("a fraction in quotation marks", "storm: {drop: '0.3', at: 5s}", "storm.drop", "30%"),
    ("percent for a share", "storm: {drop: 30, at: 5s}", "storm.drop", "30%"),
    ("a cap", "safety: {rate_cap: 200}", "safety.rate_cap", "200/s or 200/m"),
    ("a rate of stages", "arrivals: {stages: [{target: 5, duration: 1s}]}", "stages[0].target", "5/s"),
    (
        "a stage in k6's notation",
        "shape: stages\nshapes: {stages: {stages: [{target: 5, duration: 30}]}}",
        "shapes.stages.stages[0].duration",
        "30s or 30ms",
    ),
    (
        "the delay of an abort under k6's name",
        "thresholds: {http_reqs: [{threshold: count>1, delayAbortEval: 10000}]}",
        "delayAbortEval",
        "10000s or 10000ms",
    ),
    ("a fraction for a percentile", "baseline: {quantiles: 0.95}", "baseline.quantiles", "mean 95?"),
    ("one fraction of several percentiles", "baseline: {quantiles: [95, 0.999]}", "quantiles[1]", "mean 99.9?"),
    ("percent of a rate", "thresholds: {http_req_failed: rate<5}", "http_req_failed", "rate<0.05"),
    ("percent of checks", "thresholds: {checks: rate>95}", "thresholds.checks", "rate>0.95"),
    ("percent of a rate of one's own", "thresholds: {mine: [rate<=1.5]}", "thresholds.mine", "rate<=0.015"),
    ("a rate below nothing", "thresholds: {mine: ['rate>-1']}", "thresholds.mine", "lies between 0 and 1"),
    ("a rate beyond all percent", "thresholds: {mine: [rate<500]}", "thresholds.mine", "lies between 0 and 1"),
    ("an octal number", "shapes: {smoke: {users: 010}}", "shapes.smoke.users", "YAML reads 010 as 8"),
    ("an octal number's meaning", "shapes: {smoke: {users: 010}}", "shapes.smoke.users", "write 10"),
    ("a time of day", "shapes: {smoke: {users: 1:30}}", "shapes.smoke.users", 'quote it: "1:30"'),
    ("a date", "tags: {day: 2026-11-24}", "tags.day", 'quote it: "2026-11-24"'),
    ("a date with a time", "name: 2026-11-24 02:00:00", "name", "as a date"),
    ("a switch as a tag's key", "tags: {on: 'a'}", "tags.on", 'quote it: "on"'),
    ("a switch as a tag", "tags: {beta: yes}", "tags.beta", 'YAML reads yes as true; quote it: "yes"'),
    ("a truth as a tag", "tags: {beta: true}", "tags.beta", 'true is not text; quote it: "true"'),
    ("a version as a tag", "tags: {v: 1.10}", "tags.v", 'YAML reads 1.10 as 1.1; quote it: "1.10"'),
    ("underlined digits as a tag", "tags: {v: 1_000}", "tags.v", 'quote it: "1_000"'),
    ("no tag", "tags: {v: }", "tags.v", "there is no value"),
    ("null as a tag", "tags: {v: null}", "tags.v", 'quote it: "null"'),
    ("a list as a tag", "tags: {v: [1, 2]}", "tags.v", "must be text, not [1, 2]"),
    ("keys as a tag", "tags: {v: {a: 1}}", "tags.v", "must be text"),
    (
        "the tag of a scenario",
        "scenarios: {a: {shape: smoke, tags: {v: 1.10}}}",
        "scenarios.a.tags.v",
        'quote it: "1.10"',
    ),
    ("a number for a name", "name: 2024", "name", 'must be text, not 2024; quote it: "2024"'),
    ("a switch for a name", "name: on", "name", 'must be text, not on; quote it: "on"'),
    ("a switch for a shape", "shape: no", "shape", 'must be text, not no; quote it: "no"'),
    ("the version of a client", "storm: {at: 5s, backoff: {client: socket.io, version: 4.10}}", "version", '"4.10"'),
    ("the mark of a tenant", "tenant: {value: yes}", "tenant.value", 'quote it: "yes"'),
    ("a list for the mark of a tenant", "tenant: {value: [a]}", "tenant.value", "cannot be the value of a header"),
    ("a switch for a number", "storm: {at: 5s, times: yes}", "storm.times", "must be a whole number, not yes"),
    ("a switch among numbers", "retry: {statuses: [500, on]}", "retry.statuses[1]", "must be at least 100, not on"),
    ("a switch for a version", "version: yes", "version", "must be"),
    ("a switch for a duration", "graceful_stop: yes", "graceful_stop", "True is not a duration"),
    ("a number without an end", "retry: {budget: {max_tokens: .inf}}", "max_tokens", "must be a number, not .inf"),
    ("no number", "retry: {budget: {capacity: .nan}}", "capacity", "must be"),
    ("a status that there is not", "retry: {statuses: [5]}", "retry.statuses[0]", "must be at least 100"),
    ("a percentage for a ratio", "safety: {abort: {p99_ratio: 150}}", "p99_ratio", "must be at most 100"),
    ("several names in one text", "baseline: {exclude_phases: 'warmup, ramp'}", "exclude_phases", '"warmup", "ramp"'),
    ("several hosts in one text", "safety: {production: {hosts: 'a.org, b.org'}}", "hosts", '"a.org", "b.org"'),
    ("several hosts in one of a list", "safety: {production: {hosts: ['a.org, b.org']}}", "hosts", "is not a name"),
    ("a blank behind a host", "host: 'https://a.example '", "host", "holds blanks"),
    ("a line in a host", 'host: "https://a\\nb"', "host", "holds blanks"),
    ("a blank in a path", "safety: {check_path: '/a b'}", "safety.check_path", "is not a path"),
    ("a path without its slash", "stampede: {metrics_path: metrics}", "stampede.metrics_path", "is not a path"),
    ("a user class without a name", "storm: {at: 5s, users: ''}", "storm.users", "must not be empty"),
    ("a user class without a name in a list", "retry: {users: [A, '']}", "retry.users[1]", "must not be empty"),
    (
        "a phase to leave out that there is not",
        "shape: spike\nbaseline: {dir: r, exclude_phases: [warm-up]}",
        "baseline.exclude_phases",
        "there is no phase 'warm-up'; did you mean 'warmup'?",
    ),
    (
        "a method's limit",
        "baseline: {max_regression: {http_req_duration: {p(99): 20}}}",
        "max_regression.http_req_duration",
        "'p(99)': 20 is not a limit",
    ),
    ("a key in capitals", "SHAPE: smoke", "SHAPE", "did you mean 'shape'?"),
    ("a key in camel's letters", "gracefulStop: 5s", "gracefulStop", "did you mean 'graceful_stop'?"),
    ("a blank behind a shape", "shape: 'smoke '", "shape", "did you mean 'smoke'?"),
]


@pytest.mark.parametrize("text, path, meant", [row[1:] for row in MISREAD], ids=[row[0] for row in MISREAD])
def test_misread_values_are_refused(tmp_path, text, path, meant):
    """Each at its place, with the spelling that was probably meant."""
    said = said_of(tmp_path, text)
    assert [one for one in said if path in one.partition(": ")[0] and meant in one], said


RIGHT = [
    ("nothing needs no unit", "graceful_stop: 0\nshape: smoke\nshapes: {smoke: {ramp: 0}}"),
    ("nothing in quotation marks", "baseline: {floor: '0'}"),
    (
        "a stage of nothing",
        "shape: stages\nshapes: {stages: {stages: [{target: 5, duration: 0}, {target: 1, duration: 1s}]}}",
    ),
    (
        "Locust's notation of stages",
        "shape: stages\nshapes: {stages: {stages: [{duration: 30, users: 20, spawn_rate: 5}, {duration: 9, users: 1}]}}",
    ),
    ("a rate of nothing in stages", "arrivals: {start_rate: 0, stages: [{target: 0, duration: 1s}]}"),
    ("thresholds in k6's units", "thresholds: {http_req_duration: [p(95)<400], http_reqs: [rate>100, count>5]}"),
    ("a counter of one's own", "thresholds: {orders: rate>200}"),
    ("a rate at its bounds", "thresholds: {http_req_failed: [rate<=1, rate>=0, rate==0]}"),
    ("options of a client", "storm: {at: 5s, backoff: {client: socket.io, version: 4, reconnectionDelay: 1000}}"),
    ("a client without an end", "storm: {at: 5s, backoff: {client: socket.io, reconnectionAttempts: .inf}}"),
    ("tags without a name or a value, as k6 has them", "tags: {'': x, v: ''}"),
    ("numbers as tags", "tags: {attempt: 2, ratio: 1.5, low: -3, ok: 'on', 5: five}"),
    ("the truth of a mark", "tenant: {value: true}"),
    ("switches", "reports: {html: off, junit: no, markdown: yes, gitlab: true}"),
    ("underlined digits", "shapes: {soak: {users: 1_000}}"),
    ("a whole number with a point", "shapes: {soak: {users: 10.0}}"),
    ("words of YAML in quotation marks", "tags: {'on': 'yes', v: '1.10', w: \"010\", x: '1:30', d: '2026-11-24'}"),
    ("phases of other shapes", "shape: spike\nbaseline: {dir: r, exclude_phases: [pre-open, mine, ramp]}"),
    ("merged keys", "shapes:\n  a: &a {kind: soak, users: 5}\n  b:\n    <<: *a\n    hold: 1m"),
]


@pytest.mark.parametrize("text", [row[1] for row in RIGHT], ids=[row[0] for row in RIGHT])
def test_what_cannot_be_misread_is_taken(tmp_path, text):
    """A value that means one thing needs no unit and no quotation marks."""
    assert said_of(tmp_path, text) == []


def test_tags_are_what_is_written(tmp_path):
    """Numbers become the text that they are."""
    plan = plan_of(tmp_path, "tags: {attempt: 2, ratio: 1.5, v: '1.10', 5: five}")
    assert plan.config.tags == {"attempt": "2", "ratio": "1.5", "v": "1.10", "5": "five"}


def test_one_limit_for_all_stands_under_its_key(tmp_path):
    """Its place is the one that was written."""
    assert said_of(tmp_path, "baseline: {max_regression: 30}")[0].startswith(
        "baseline.max_regression: 30 is not a limit"
    )
    said = said_of(tmp_path, "baseline: {max_regression: {default: 30}}")
    assert said[0].startswith("baseline.max_regression.default: 30 is not a limit")


def test_all_at_once(tmp_path):
    """What YAML misreads hides no other mistake, and is not said twice."""
    said = said_of(tmp_path, "tags: {on: yes, v: 1.10}\nnmae: a\nshape: smok\nbaseline: {floor: 5}")
    assert len(said) == 6, said


UNITS = {"_duration", "_share", "_rate", "_arrival_rate", "_arrival_level"}


def has_unit(annotation: Any, metadata: Any) -> bool:
    """Tell whether a field is a duration, a share or a rate."""
    parts = [*metadata, *(one for inner in get_args(annotation) for one in getattr(inner, "__metadata__", ()))]
    return any(isinstance(one, BeforeValidator) and one.func.__name__ in UNITS for one in parts)


def keys_with_units(model: type[BaseModel], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all keys that have a unit; a dict's key is called ``x``, an item's 0."""
    for key, field in model.model_fields.items():
        if has_unit(field.annotation, field.metadata):
            yield (*path, key)
        yield from below(field.annotation, (*path, key))


def below(annotation: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the paths in what a field holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from keys_with_units(annotation, path)
    step = () if get_origin(annotation) in (None, UnionType) else ("x",) if get_origin(annotation) is dict else (0,)
    for inner in get_args(annotation):
        yield from below(inner, (*path, *step))


def nested(path: tuple[Any, ...], value: Any) -> Any:
    """Return a value inside all that is around it."""
    for part in reversed(path):
        value = [value] if part == 0 else {part: value}
    return value


SHAPES = [("shapes", kind, *path) for kind, profile in PROFILES.items() for path in keys_with_units(profile)]
KEYS = sorted({*keys_with_units(Config), *SHAPES}, key=str)


def test_the_walk_finds_the_keys():
    """The test below is not empty, and finds keys of every kind."""
    assert ("safety", "rate_cap") in KEYS
    assert ("baseline", "floor") in KEYS
    assert ("scenarios", "x", "arrivals", "stages", 0, "target") in KEYS
    assert ("shapes", "stages", "stages", 0, "duration") in KEYS
    assert len(KEYS) > 50


@pytest.mark.parametrize("path", KEYS, ids=lambda path: ".".join(map(str, path)))
def test_every_key_with_a_unit_refuses_a_bare_number(tmp_path, path):
    """Whatever stands around it."""
    said = said_of(tmp_path, yaml.safe_dump(nested(path, 0.7)))
    assert [one for one in said if str(path[-1]) in one.partition(": ")[0] and "did you mean" in one], said


def test_values_of_python_are_seconds():
    """Code hands over numbers, whose unit its reader finds in the documents."""
    assert Stage(target=5, duration=30).duration == 30
    assert PROFILES["spike"](hold=5).hold == 5
    assert units.parse_rise(0.3) == 0.3


COMMAND_LINE = [
    ("a number of seconds", "hold=30", "--shape-params hold", "'30' is not a duration; write it as"),
    ("a share", "precision=0.05", "--shape-params precision", "5%"),
    ("a parameter twice", "hold=5s,hold=6s", "--shape-params hold", "'5s' and '6s' are both given"),
]


@pytest.mark.parametrize("params, path, meant", [row[1:] for row in COMMAND_LINE], ids=[row[0] for row in COMMAND_LINE])
def test_parameters_of_the_command_line(tmp_path, params, path, meant):
    """They are read as those of the file."""
    shape = "stress" if "precision" in params else "spike"
    said = said_of(tmp_path, "version: 1", shape=shape, shape_params=params)
    assert [one for one in said if one.startswith(path) and meant in one], said


def test_nothing_on_the_command_line(tmp_path):
    """It needs no unit there either, and what is said twice alike is said once."""
    assert said_of(tmp_path, "version: 1", shape="spike", shape_params="warmup=0,warmup=0") == []
    assert parse_params("hold=5s hold=5s") == {"hold": "5s"}


@pytest.mark.parametrize("scale", ["1_0", "5%", "nan", "inf", "-1", "0", "0x1"])
def test_time_scales(tmp_path, scale):
    """A scale is a number as people write numbers."""
    assert any("--time-scale" in one for one in said_of(tmp_path, "shape: smoke", time_scale=scale))
