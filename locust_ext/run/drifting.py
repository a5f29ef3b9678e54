"""What is watched for drift while a run lasts: the histories of its rules, and of all that probes have read.

Law: every time is handed in, in seconds of the run; it knows no runner, no greenlet and no file. What it keeps is
bounded, whatever the length of the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from locust_ext.gates.drift_rules import DriftRule
from locust_ext.measure.rows import Measured
from locust_ext.measure.series import Selector, select_in

if TYPE_CHECKING:
    from locust_ext.gates.drift import Drift, Stretch
    from locust_ext.measure.interval_history import History, IntervalHistory
    from locust_ext.reports.watched import Watched

PROBE = "probe"

IN_THE_TAIL = 3
"""Values beyond a percentile that each point of it is made of: 60 in all for a p95, 300 for a p99."""


class Probed(Protocol):
    """What the probes of a run have read."""

    def histories(self) -> Mapping[tuple[str, str], History]:
        """Return each series of each instance over time, by both."""

    def history(self, selector: Selector) -> History:
        """Return the series that a selection is about; where there are no points it says why."""

    def limit(self, selector: Selector) -> float | None:
        """Return the value at which the selected series breaks, where that is known."""


class Drifting:
    """The histories of one run."""

    def __init__(self, rules: Sequence[DriftRule], common: Mapping[str, str]) -> None:
        self._rules, self._common = rules, common
        self._measured = {rule: _history() for rule in rules if rule.selector.metric != PROBE}
        self.probed: Probed | None = None
        """The probes, where the run has any."""

    def add(self, at: float, measured: Measured, period: float) -> None:
        """Add what was measured in the ``period`` before ``at``."""
        for rule, history in self._measured.items():
            history.add(at, select_in(measured, rule.selector, rule.kind, self._common), period)

    def judged(self, stretch: Stretch) -> tuple[Drift, ...]:
        """Return how each rule stands; one by default that has nothing to judge is left out."""
        return tuple(drift for drift in self.each(stretch) if drift.points or drift.rule.is_written)

    def each(self, stretch: Stretch) -> Iterator[Drift]:
        """Yield how each rule stands, judged when it is asked for; one on probes once for each of their instances."""
        from locust_ext.gates.drift import judge_drift  # noqa: PLC0415 a run without rules needs none of it

        for rule in self._rules:
            if rule.selector.metric == PROBE:
                for own in self._instances(rule):
                    yield judge_drift(own, self._read(own), stretch)
            else:
                yield judge_drift(rule, _figures(rule, self._measured[rule]), stretch)

    def _instances(self, rule: DriftRule) -> list[DriftRule]:
        """Return a rule for each instance that it is about; itself, where nothing was read that it selects."""
        if self.probed is None:
            return [rule]
        read = [{"series": series, "instance": instance} for series, instance in self.probed.histories()]
        selectors = [rule.selector.narrowed(**tags) for tags in read if rule.selector.matches({**self._common, **tags})]
        rules = [replace(rule, selector=selector) for selector in selectors or [rule.selector]]
        return [one if one.limit else replace(one, limit=self.probed.limit(one.selector)) for one in rules]

    def _read(self, rule: DriftRule) -> History:
        if self.probed is not None:
            return self.probed.history(rule.selector)
        return replace(_history().history(), missing="the run has no probes")

    def watched(self) -> tuple[Watched, ...]:
        """Return all that probes have read."""
        if self.probed is None:
            return ()
        from locust_ext.reports.watched import Watched  # noqa: PLC0415 most runs have no probes

        read = sorted(self.probed.histories().items())
        return tuple(Watched(series, instance, one.points, one.restarts) for (series, instance), one in read)


def _figures(rule: DriftRule, history: IntervalHistory) -> History:
    """Return a rule's figure over time; a percentile of as many values as let it be more than their highest."""
    if rule.percent is None:
        return history.history(rule.method)
    tail = 1 - rule.percent / 100
    return history.in_groups(rule.method, math.ceil(IN_THE_TAIL / tail) if tail > 0 else 1)


def _history() -> IntervalHistory:
    from locust_ext.measure.interval_history import IntervalHistory  # noqa: PLC0415 most runs have no rules of drift

    return IntervalHistory()
