r"""Is one figure worse than it was? The rule that decides, and nothing else.

Law: pure. A regression is large (the ratio), it matters (the floor), and it is neither an accident of sampling (the
interval) nor one of the machine (the noise between runs); what lacks any of the four is not a regression.

::

    worse   = ln(median of this run's repeats / median of the earlier runs), turned so that more is worse
    room    = max(ln(1 + max_regression),  z(error / m) * s * sqrt(v(repeats) + v(runs)))
    flagged = worse > room  and  |difference| > floor  and  the interval lies beyond the median
    suspect = the same with two thirds of ln(1 + max_regression) as room: worth two more runs

``m`` is the number of figures compared: the error is shared among them (Bonferroni). ``s`` is the standard deviation
of the logarithm from run to run; five runs tell little of it, so its square is half the figure's own and half that of
all figures of its kind (a moderated variance, after G. K. Smyth, 2004). ``v(n)`` is the variance of a median of ``n``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from statistics import fmean, median, variance

from locust_ext.gates.intervals import median_variance, normal_quantile
from locust_ext.gates.outcomes import Status
from locust_ext.gates.rules import Figure, Rule
from locust_ext.measure.sinks import Kind
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural

ALARMS = 0.005
"""Share of comparisons without any change that may be flagged by noise between runs, over all figures together."""

CONFIDENCE_ERROR = 0.05
"""1 minus the confidence of the intervals, over all figures together."""

SUSPECT = 2 / 3
"""Share of the limit's logarithm from which on a confirming run is worth its time."""

REPEATS = 3
"""Runs whose median is judged when a suspicion is looked into, the suspicious one among them."""

POWER = 0.95
"""With which probability the smallest detectable regression is detected."""


@dataclass(frozen=True)
class Compared:
    """One figure of this run beside those of the runs before it. Ratios are of this run to their median."""

    rule: Rule
    status: Status
    value: float | None = None
    count: int = 0
    low: float | None = None
    high: float | None = None
    before: tuple[float, ...] = ()
    """The figure in the earlier runs, oldest first."""
    median: float | None = None
    ratio: float | None = None
    limit: float | None = None
    """The ratio beyond which it would be a regression: the configured one, or what the noise demands."""
    detectable: float | None = None
    """The ratio that a single run would be flagged for with a probability of 95 %."""
    suspect: bool = False
    reason: str = ""

    @property
    def text(self) -> str:
        """What a reader must know of it, in a sentence: the figure, the ratio and the interval."""
        if self.value is None or self.median is None or self.limit is None:
            return f"{self.rule}: {self.reason}"
        times = f", {self.value / self.median:.2f} times the {self.spell(self.median)} before" if self.median else ""
        interval = f"interval {self.spell(self.low)} to {self.spell(self.high)}"
        return (
            f"{self.rule} {self.spell(self.value)}{times or ', none before'}"
            f" (limit {self.limit:.2f}; {interval} of {plural(self.count, 'sample')})"
        )

    @property
    def beside_limit(self) -> str:
        """The figure and its limit, in a few words."""
        if self.value is None or self.median is None or self.limit is None:
            return self.text
        times = f", {self.value / self.median:.2f} times the {self.spell(self.median)} before" if self.median else ""
        return f"{self.rule} {self.spell(self.value)} (limit {self.spell(self.median * self.limit)}{times})"

    def spell(self, value: float | None) -> str:
        """Return a value of this figure in its unit; ``?`` for none."""
        return "?" if value is None else self.rule.spell(value)


@dataclass(frozen=True)
class Noise:
    """How much figures vary from run to run: variances of their logarithms, by kind and method."""

    pooled: dict[tuple[Kind, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Sequence[tuple[Rule, Sequence[Figure]]]) -> Noise:
        """Return the noise in the figures of the earlier runs."""
        seen: dict[tuple[Kind, str], list[float]] = {}
        for rule, figures in runs:
            spread = log_variance(figures)
            if spread is not None:
                seen.setdefault((rule.kind, rule.method), []).append(spread)
        return cls({key: fmean(spreads) for key, spreads in seen.items()})

    def deviation(self, rule: Rule, before: Sequence[Figure]) -> float:
        """Return the standard deviation of a figure's logarithm from run to run."""
        own = log_variance(before)
        pooled = self.pooled.get((rule.kind, rule.method))
        return math.sqrt(fmean(part for part in (own, pooled) if part is not None)) if own is not None else 0.0


def log_variance(figures: Sequence[Figure]) -> float | None:
    """Return the variance of the logarithms; None of fewer than two, or where one is not a logarithm."""
    if len(figures) < 2 or any(figure.value <= 0 for figure in figures):  # noqa: PLR2004 of one there is no variance
        return None
    return variance(math.log(figure.value) for figure in figures)


def judge_figure(rule: Rule, repeats: Sequence[Figure], before: Sequence[Figure], noise: Noise, among: int) -> Compared:
    """Return whether a figure got worse.

    ``repeats`` are its values in this run, or in three of it; ``before`` those in the earlier runs; ``among`` says how
    many figures are compared in all. Neither may be empty.
    """
    value, old = median(f.value for f in repeats), median(f.value for f in before)
    low, high = _middle([f.low for f in repeats]), _middle([f.high for f in repeats])
    worse = _worse(rule, value, old)
    deviation = 0.0 if rule.kind is Kind.RATE else noise.deviation(rule, before)
    spread = deviation * math.sqrt(median_variance(len(repeats)) + median_variance(len(before)))
    room = max(rule.room, normal_quantile(1 - ALARMS / among) * spread)
    beyond = abs(value - old) > rule.floor and _is_beyond(rule, low, high, [f.value for f in before])
    sign = 1 if rule.rising else -1
    return Compared(
        rule,
        Status.FAILED if beyond and worse > room else Status.PASSED,
        value,
        min(f.count for f in repeats),
        low,
        high,
        tuple(f.value for f in before),
        old,
        value / old if old else (math.inf if value else 1.0),
        math.exp(sign * room),
        math.exp(sign * (room + normal_quantile(POWER) * spread)),
        suspect=beyond and worse > SUSPECT * rule.room,
    )


def _middle(bounds: Sequence[float | None]) -> float | None:
    known = [bound for bound in bounds if bound is not None]
    return median(known) if len(known) == len(bounds) else None


def _worse(rule: Rule, value: float, old: float) -> float:
    """Return by how much it is worse, as a logarithm; minus when it is better."""
    if value == old:
        return 0.0
    if value <= 0 or old <= 0:
        return math.inf if (value > old) is rule.rising else -math.inf
    return math.log(value / old) if rule.rising else math.log(old / value)


def _is_beyond(rule: Rule, low: float | None, high: float | None, before: Sequence[float]) -> bool:
    """Tell whether the interval lies beyond the median before; that of a share, which may be 0, beyond every one."""
    bound = low if rule.rising else high
    if bound is None:
        return False
    mark = median(before) if rule.kind is not Kind.RATE else (max(before) if rule.rising else min(before))
    return bound > mark if rule.rising else bound < mark
