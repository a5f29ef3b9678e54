"""What a gate can see: its false alarms and the smallest regression it notices, from runs in which nothing changed.

Law: pure. Two answers stand side by side: what happened when each of the runs was judged by the others, and what the
noise between them lets expect. Few runs say little, and the interval tells how little.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import NormalDist

from locust_ext.gates.baseline import compare
from locust_ext.gates.figures import Snapshot, figure_of
from locust_ext.gates.intervals import median_variance, share_interval
from locust_ext.gates.outcomes import Status
from locust_ext.gates.policy import Policy
from locust_ext.gates.regression import CONFIDENCE_ERROR, POWER, REPEATS, Compared, log_variance
from locust_ext.text.frozen import dataclass
from locust_ext.text.spelling import plural


@dataclass(frozen=True)
class Sensitivity:
    """How small a change of one figure the gate notices, and how often it is wrong."""

    row: Compared
    deviation: float
    """Standard deviation from run to run, as a share of the figure."""
    single: float
    """The ratio that one run is flagged for with a probability of 95 %."""
    confirmed: float
    """The same of the median of three runs."""
    false_alarm: float
    """Probability that one run without a change is flagged, if the noise is log-normal."""


@dataclass(frozen=True)
class Calibration:
    """How often runs without a change were flagged, and what would be noticed."""

    runs: int
    judged: int
    flagged: int
    confirmed_judged: int
    confirmed_flagged: int
    sensitivities: tuple[Sensitivity, ...]
    unjudged: tuple[Compared, ...]
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> tuple[float, float, float]:
        """The share of single runs that were flagged, and its 95 % interval."""
        low, high = share_interval(self.flagged, self.judged, CONFIDENCE_ERROR)
        return (self.flagged / self.judged if self.judged else 0.0), low, high


def calibrate(runs: Sequence[Snapshot], policy: Policy, orders: Iterable[Sequence[Snapshot]] = ()) -> Calibration:
    """Return what is seen in ``runs``, in which nothing was changed; one more than a judgement needs, or more.

    ``orders`` are the runs in orders that chance made: of each the first three are candidates, the others come before.
    """
    policy = replace(policy, optional=False)
    alone = [compare([run], [other for other in runs if other is not run], policy) for run in runs]
    enough = len(runs) >= REPEATS + policy.min_runs
    threes = [_cries_wolf(order, policy) for order in orders] if enough else []
    whole = alone[-1]
    sensitivities = tuple(
        _sensitivity(row, runs, policy, len(whole.runs)) for row in whole.rows if row.ratio is not None
    )
    unjudged = tuple(row for row in whole.rows if row.ratio is None)
    judged = [one for one in alone if one.rows and not one.gaps]
    return Calibration(
        len(runs),
        len(judged),
        sum(one.status is Status.FAILED for one in judged),
        len(threes),
        sum(threes),
        sensitivities,
        unjudged,
        (*whole.gaps, *whole.notes),
    )


def _cries_wolf(order: Sequence[Snapshot], policy: Policy) -> bool:
    """Tell whether a confirmed regression is found where there is none, the first three runs being the candidates."""
    candidates, before = order[:REPEATS], order[REPEATS:]
    first = compare(candidates[:1], before, policy)
    return first.suspect and compare(candidates, before, policy).status is Status.FAILED


def _sensitivity(row: Compared, runs: Sequence[Snapshot], policy: Policy, before: int) -> Sensitivity:
    figures = [figure for run in runs if (figure := figure_of(row.rule, run, policy, CONFIDENCE_ERROR)) is not None]
    deviation = math.sqrt(log_variance(figures) or 0.0)
    room = max(row.rule.room, abs(math.log(row.limit or 1.0)))
    reach = NormalDist().inv_cdf(POWER)
    single, confirmed = (
        deviation * math.sqrt(median_variance(repeats) + median_variance(before)) for repeats in (1, REPEATS)
    )
    sign = 1 if row.rule.rising else -1
    alarm = 1 - NormalDist().cdf(room / single) if single else 0.0
    return Sensitivity(
        row,
        math.expm1(deviation),
        math.exp(sign * (room + reach * single)),
        math.exp(sign * (room + reach * confirmed)),
        alarm,
    )


def describe(calibration: Calibration) -> list[str]:
    """Return what people want to know of it, in sentences."""
    rate, low, high = calibration.rate
    alarms = plural(calibration.flagged, "false alarm")
    single = f"{calibration.runs} runs without a change, each judged by the others: {alarms} in {calibration.judged}"
    sentences = [f"{single} ({rate:.1%}; between {low:.1%} and {high:.1%})"]
    if calibration.confirmed_judged:
        share = calibration.confirmed_flagged / calibration.confirmed_judged
        sentences.append(
            f"with --confirm, over {calibration.confirmed_judged} draws of three runs against the rest: {share:.1%}"
        )
    expected = 1 - math.prod(1 - sensitivity.false_alarm for sensitivity in calibration.sensitivities)
    sentences.append(f"expected of this noise without --confirm, over all figures: {expected:.2%}")
    return sentences
