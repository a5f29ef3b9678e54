"""What a configuration can say of drift: which figures are watched, and how much each may grow.

Law: whatever passes here can be judged; a growth is a share of the level, over the load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.thresholds import METHODS, ThresholdError, check_kind, kind_for, parse_assertion, parse_selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.fields import Section
from locust_ext.text.lengths import quoted
from locust_ext.text.units import is_written, parse_rise

LEAST, LEAST_OF_TAILS = 0.05, 0.25
"""The growths that matter by default: of anything, and of percentiles that few samples make."""

TAIL = 90.0
"""The percentile from which on it is a tail."""

_FIGURE = re.compile(r"(?P<selector>.*?)(?::\s+(?P<method>[^\s{}:][^{}:]*))?", re.DOTALL)

_BY_DEFAULT: Mapping[Kind, str] = {Kind.GAUGE: "value", Kind.RATE: "rate", Kind.COUNTER: "rate"}
"""The method of a metric that is written alone; a trend has several to choose from."""


def _growth(value: Any, info: ValidationInfo) -> float:
    return parse_rise(value, bare=not is_written(info))


class DriftOptions(Section):
    """A figure that is watched for drift, and how much it may grow."""

    of: str
    min_growth: Annotated[float, BeforeValidator(_growth)] | None = None
    limit: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    hold: Literal["must_return"] | None = None


def drift_rule(options: DriftOptions, kinds: Mapping[str, Kind]) -> DriftRule:
    """Return the rule; raises ThresholdError, with a sentence, for a figure that there is not."""
    match = _FIGURE.fullmatch(options.of.strip())
    assert match is not None  # any text is a selection and perhaps a method
    selector = parse_selector(match["selector"])
    kind = kind_for(selector, kinds)
    method, percent = _method(match["method"], kind, selector.metric)
    least = options.min_growth or (LEAST_OF_TAILS if percent is not None and percent >= TAIL else LEAST)
    return DriftRule(selector, kind, method, percent, least, options.limit, options.hold is not None)


def _method(written: str | None, kind: Kind, metric: str) -> tuple[str, float | None]:
    if written is None:
        if kind in _BY_DEFAULT:
            return _BY_DEFAULT[kind], None
        raise ThresholdError(f"{metric} is a {kind}: say which figure of it, such as {metric}: p(99)")
    try:
        assertion = parse_assertion(f"{written.strip()}<0")
    except ThresholdError:
        listed = " or ".join(METHODS[kind]) or "nothing to watch"
        figure = quoted(written.strip())
        raise ThresholdError(f"{figure} is not a figure of {metric}, a {kind}: it has {listed}") from None
    check_kind(assertion, kind, metric)
    return assertion.aggregate, assertion.percent
