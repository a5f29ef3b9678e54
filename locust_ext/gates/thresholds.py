"""Thresholds: from text to a rule, before the first request.

Law: this file only reads. Whatever it lets through can be evaluated; whatever it refuses, it says why.

::

    assertion  -> method ws* operator ws* float          k6's grammar; ours beyond it are marked +
    method     -> counter: "count" | "rate"      gauge: "value"      rate: "rate"
                  trend:   "avg" | "min" | "max" | "med" | "p(" float ")" | "count" +
    operator   -> ">" | ">=" | "<" | "<=" | "==" | "===" | "!="
    selector   -> metric | metric "{" tag ("," tag)* "}"
    tag        -> key ":" value | key ":" beginning "*" +
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from locust_ext.measure.catalogue import CORRECTED
from locust_ext.measure.series import Selector
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_TEXT, quoted
from locust_ext.text.spelling import nearest

METHODS: Mapping[Kind, tuple[str, ...]] = {
    Kind.COUNTER: ("count", "rate"),
    Kind.GAUGE: ("value",),
    Kind.RATE: ("rate",),
    Kind.TIMELINE: (),
    Kind.TREND: ("avg", "min", "max", "med", "p(N)", "count"),
}
"""The methods that each kind of metric has."""

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_ASSERTION = re.compile(
    rf"\s*(?P<method>count|rate|value|avg|min|max|med|p\(\s*(?P<percent>{_NUMBER})\s*\))"
    rf"\s*(?P<operator>===|==|!=|<=|<|>=|>)\s*(?P<bound>{_NUMBER})\s*"
)
_SELECTOR = re.compile(r"(?P<metric>[^{}\s]+)\s*(?:\{(?P<tags>.*)\})?", re.DOTALL)
_TAG_START = re.compile(r",(?=\s*[\"']?[\w.-]+[\"']?\s*:)")


def _text(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return repr(number).removesuffix(".0")


class ThresholdError(ValueError):
    """A threshold that cannot mean anything, with a sentence that says why."""


@dataclass(frozen=True)
class Assertion:
    """What must hold of a metric: ``method operator bound``."""

    method: str
    operator: str
    bound: float
    percent: float | None = None

    @property
    def aggregate(self) -> str:
        """The method as written, e.g. ``p(99.9)``."""
        return self.method if self.percent is None else f"p({_text(self.percent)})"

    def __str__(self) -> str:
        return f"{self.aggregate}{self.operator}{_text(self.bound)}"

    @property
    def least_samples(self) -> int:
        """How many samples the method needs to mean anything: 20 for p95, 100 for p99, 1,000 for p99.9."""
        percent = {"med": 50.0}.get(self.method, self.percent)
        rank = Fraction(0 if percent is None else str(percent))
        tail = min(rank, 100 - rank)
        return math.ceil(100 / tail) if tail else 1


@dataclass(frozen=True)
class Threshold:
    """An assertion about a selection, and what follows from it. Times are seconds."""

    selector: Selector
    assertion: Assertion
    kind: Kind
    abort_on_fail: bool = False
    delay_abort: float = 0.0
    window: float | None = None
    min_samples: int = 0
    optional: bool = False
    corrected: bool | None = None
    """Whether durations count from when iterations were due; None: the run is closed, and measures them once."""

    @property
    def judged(self) -> Selector:
        """The selection whose samples it judges."""
        metric = CORRECTED.get(self.selector.metric, "") if self.corrected else ""
        return replace(self.selector, metric=metric) if metric else self.selector

    @property
    def method(self) -> str:
        """The figure of the samples that it is about."""
        return self.assertion.method

    @property
    def needed(self) -> int:
        """How many samples must be there."""
        return max(self.min_samples, self.assertion.least_samples)

    @property
    def phase(self) -> str:
        """The phase that it judges, or ``""`` for the whole run."""
        return dict(self.selector.tags).get("phase", "")

    @property
    def rule(self) -> str:
        """What must hold, and whether of the other of two durations."""
        plain = self.corrected is False and self.selector.metric in CORRECTED
        return f"{self.assertion}{' (uncorrected)' if plain else ''}"

    def __str__(self) -> str:
        return f"{self.selector}: {self.rule}"


def parse_assertion(text: str) -> Assertion:
    """Return the assertion; raises ThresholdError for what is not one."""
    match = _ASSERTION.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    if not match:
        share = "; write 1% as 0.01" if "%" in text else "; write it as p(95)<400, rate<0.01 or count>=100"
        raise ThresholdError(f"{quoted(text)} is not a threshold{share}")
    if not math.isfinite(float(match["bound"])):
        raise ThresholdError(f"{quoted(text)} compares with a number that is too large")
    percent = match["percent"]
    if percent is not None and not 0 <= float(percent) <= 100:  # noqa: PLR2004 percent
        raise ThresholdError(f"{quoted(text)} asks for p({percent:.20}): a percentile lies between 0 and 100")
    return Assertion(
        method="p" if percent is not None else match["method"],
        operator=match["operator"],
        bound=float(match["bound"]),
        percent=None if percent is None else float(percent),
    )


def parse_selector(text: str) -> Selector:
    """Return the selection that ``metric{key:value,key:value}`` names; raises ThresholdError.

    A value may hold colons, braces and commas: a comma begins a new tag only before ``key:``.
    """
    match = _SELECTOR.fullmatch(text.strip())
    if not match:
        raise ThresholdError(f"{quoted(text)} names no metric; write it as http_req_duration{{name:/feed,phase:surge}}")
    tags: dict[str, str] = {}
    for part in _TAG_START.split(match["tags"] or "") if match["tags"] is not None else []:
        key, colon, value = (piece.strip().strip("\"'") for piece in part.partition(":"))
        if not (key and colon and value):
            raise ThresholdError(f"{quoted(part.strip())} in {quoted(text)} is not a tag; write it as key:value")
        if key in tags:
            raise ThresholdError(f"{quoted(text)} names the tag {quoted(key)} twice")
        tags[key] = value
    return Selector(match["metric"], tuple(sorted(tags.items())))


def kind_for(selector: Selector, kinds: Mapping[str, Kind]) -> Kind:
    """Return the kind of the selected metric; raises ThresholdError, with the nearest name, when there is none."""
    kind = kinds.get(selector.metric)
    if kind is None:
        own = "; one of your own is declared in the locustfile, as Trend, Rate, Counter or Gauge"
        raise ThresholdError(f"there is no metric {quoted(selector.metric)}{nearest(selector.metric, kinds)}{own}")
    return kind


def check_kind(assertion: Assertion, kind: Kind, metric: str) -> None:
    """Raise ThresholdError when metrics of this kind have no such method."""
    method = "p(N)" if assertion.percent is not None else assertion.method
    if method not in METHODS[kind]:
        methods = " and ".join(METHODS[kind]) or "nothing to judge"
        raise ThresholdError(f"{metric} is a {kind}, which has {methods}, and no {assertion.aggregate}")


def check_bound(assertion: Assertion, kind: Kind, metric: str) -> None:
    """Raise ThresholdError when a rate is compared with what no rate can be, such as a number of percent."""
    if kind is not Kind.RATE or 0 <= assertion.bound <= 1:
        return
    bound = _text(assertion.bound)
    start = f"{metric} is a rate, which lies between 0 and 1, and {bound} does not"
    if not 1 < assertion.bound <= 100:  # noqa: PLR2004 percent
        raise ThresholdError(start)
    share = replace(assertion, bound=float(Fraction(str(assertion.bound)) / 100))
    raise ThresholdError(f"{start}; for {bound}% write {share}")
