"""What a configuration can say of the comparison with the earlier runs.

Law: whatever passes here can be compared; limits are how much worse a figure may become.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
)

from locust_ext.gates.policy import FEWER_IS_WORSE, WARM_UP, Policy
from locust_ext.gates.thresholds import ThresholdError, kind_for, parse_assertion, parse_selector
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.fields import Section, one_is_a_list
from locust_ext.text.lengths import quoted
from locust_ext.text.units import Duration, Span, is_written, parse_rise
from locust_ext.text.validation import DEFAULT

COMPARED_METHODS: Mapping[Kind, str] = {Kind.TREND: "p(N)", Kind.RATE: "rate", Kind.COUNTER: "rate"}
"""What is compared of each kind of metric."""


def parse_limits(value: Any, info: ValidationInfo) -> float | dict[str, float]:
    """Return one limit, or limits by method such as ``{p(99): 20%}``; raises ValueError."""
    bare = not is_written(info)
    if isinstance(value, dict):
        return {str(method): _limit_of(str(method), limit, bare=bare) for method, limit in value.items()}
    return parse_rise(value, bare=bare)


def _limit_of(method: str, limit: Any, *, bare: bool) -> float:
    try:
        return parse_rise(limit, bare=bare)
    except ValueError as error:
        raise ValueError(f"{quoted(method)}: {error}") from None


def check_percentile(percent: float) -> float:
    """Return ``percent``, which must not be a fraction: 0.95 would be the fastest request of a hundred."""
    if percent < 1:
        meant = f"{percent * 100:.12g}"
        raise ValueError(f"{percent:.12g} is less than one percent, and percentiles are percent; did you mean {meant}?")
    return percent


Limits = dict[str, Annotated[float | dict[str, float], PlainValidator(parse_limits)]]


class ThresholdOptions(Section):
    """A threshold with options, under our names or under k6's."""

    model_config = ConfigDict(populate_by_name=True)

    threshold: str
    abort_on_fail: bool = Field(default=False, validation_alias=AliasChoices("abort_on_fail", "abortOnFail"))
    delay_abort: Duration = Field(default=0.0, validation_alias=AliasChoices("delay_abort", "delayAbortEval"))
    window: Span | None = None
    min_samples: Annotated[int, Field(ge=0)] = 0
    optional: bool = False
    corrected: bool = True


def _short_forms(thresholds: Any) -> Any:
    if not isinstance(thresholds, dict):
        return thresholds
    lists = {key: value if isinstance(value, list) else [value] for key, value in thresholds.items()}
    return {
        key: [{"threshold": item} if isinstance(item, str) else item for item in items] for key, items in lists.items()
    }


Thresholds = Annotated[dict[str, list[ThresholdOptions]], BeforeValidator(_short_forms)]
"""Thresholds by what they select; one is a text, or a list of texts and options."""


class BaselineOptions(Section):
    """The runs to compare with, and how much worse this one may be."""

    dir: str = ""
    keep: Annotated[int, Field(ge=1, le=100)] = 10
    min_runs: Annotated[int, Field(ge=1, le=100)] = 3
    max_regression: Limits = Field(default={DEFAULT: 0.3})
    floor: Duration = 0.005
    quantiles: tuple[Annotated[float, Field(gt=0, lt=100), AfterValidator(check_percentile)], ...] = (95.0, 99.0)
    exclude_phases: tuple[str, ...] = WARM_UP
    optional: bool = False

    @field_validator("max_regression", mode="before")
    @classmethod
    def _one_for_all(cls, limits: Any) -> Any:
        return limits if isinstance(limits, dict) else {DEFAULT: limits}

    @field_validator("quantiles", "exclude_phases", mode="before")
    @classmethod
    def _one_is_a_list(cls, values: Any) -> Any:
        return [values] if isinstance(values, (int, float)) else one_is_a_list(values)

    @field_validator("quantiles")
    @classmethod
    def _some(cls, quantiles: tuple[float, ...]) -> tuple[float, ...]:
        if not quantiles:
            raise ValueError("name at least one, such as 99")
        return tuple(dict.fromkeys(quantiles))


def policy_of(options: BaselineOptions, kinds: Mapping[str, Kind]) -> tuple[Policy, list[tuple[str, str]]]:
    """Return the policy, and what is wrong with the limits: pairs of a key and a sentence."""
    own: dict[Selector, Mapping[str, float]] = {}
    problems: list[tuple[str, str]] = []
    default = options.max_regression.get(DEFAULT, 0.3)
    if isinstance(default, dict):
        problems.append((DEFAULT, "this must be one limit, such as 30%"))
        default = 0.3
    for key, limits in options.max_regression.items():
        if key == DEFAULT:
            continue
        try:
            selector = parse_selector(key)
            own[selector] = _limits(selector, kind_for(selector, kinds), limits)
        except ThresholdError as error:
            problems.append((key, str(error)))
    policy = Policy(
        max_regression=default,
        own_limits=own,
        kinds={selector.metric: kinds[selector.metric] for selector in own},
        floor=options.floor * 1000,
        quantiles=options.quantiles,
        excluded=options.exclude_phases,
        min_runs=options.min_runs,
        most_runs=max(options.keep, options.min_runs),
        optional=options.optional,
    )
    return policy, problems


def _limits(selector: Selector, kind: Kind, limits: float | Mapping[str, float]) -> Mapping[str, float]:
    """Return limits by method, ``""`` for all; raises ThresholdError for what cannot be compared."""
    wanted = COMPARED_METHODS.get(kind)
    if wanted is None:
        raise ThresholdError(f"{selector.metric} is a {kind}, which is not compared between runs")
    given = limits if isinstance(limits, Mapping) else {"": limits}
    found = {}
    for method, limit in given.items():
        name = parse_assertion(f"{method}>0").aggregate if method else ""
        if name and name.startswith("p(") != (wanted == "p(N)"):
            raise ThresholdError(f"of {selector.metric}, a {kind}, {wanted} is compared, and not {method}")
        if limit >= 1 and selector.metric in FEWER_IS_WORSE:
            raise ThresholdError(f"{selector.metric} gets worse by falling, and cannot fall by {limit:.0%}")
        found[name] = limit
    return found
