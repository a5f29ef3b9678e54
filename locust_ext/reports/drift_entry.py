"""What was watched for drift, and what the probes saw, as summary.json has it, and back.

Law: pure; what is read back equals what was written: at most 240 points a series, and 64 that a trend was fitted to.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Self

from pydantic import Field

from locust_ext.gates.breaks import Step
from locust_ext.gates.drift import Drift, Retained
from locust_ext.gates.drift_rules import DriftRule
from locust_ext.gates.drift_units import is_number
from locust_ext.gates.drift_words import sentence
from locust_ext.gates.outcomes import Status
from locust_ext.measure.sinks import Kind
from locust_ext.reports.compared_entry import selector_of
from locust_ext.reports.entry import Entry, Judged
from locust_ext.reports.thinning import thin_drift, thin_watched
from locust_ext.reports.watched import Watched

Points = tuple[tuple[float, float], ...]


class StepEntry(Entry):
    """A change of level that stayed."""

    at_s: float
    by: float

    @classmethod
    def of_step(cls, step: Step) -> Self:
        """Return the entry of a step."""
        return cls.of(step, at_s=step.at)

    def step(self) -> Step:
        """Return the step again."""
        return self.to(Step, at=self.at_s)


class RetainedEntry(Entry):
    """What came back after the load: the values before it, under it, and after the hold without load."""

    before: float
    under: float
    after: float
    share: float | None = Field(default=None, description="of what the load took, still held; 0 where it took nothing")


class DriftEntry(Entry):
    """One rule of drift, judged; rates are in the unit of the series an hour, times are seconds since the start."""

    metric: str
    selector: str = Field(description="as it was written, for people")
    selector_tags: dict[str, str] = Field(default={})
    kind: str
    method: str = "value"
    percent: float | None = Field(default=None, description="the percentile, where the method is one")
    min_growth: float | None = Field(default=None, description="the least growth over the load that fails, as a share")
    is_written: bool = Field(default=True, description="false: a rule by default")
    must_return: bool = False
    rule_limit: float | None = Field(default=None, description="the limit that the rule gives")
    text: str = Field(default="", description="the verdict in a sentence")
    status: Judged
    reason: str | None = None
    rate: float | None = Field(default=None, description="an hour")
    low: float | None = Field(default=None, description="the lower bound of the rate, with an error of 1 %")
    visible: float | None = Field(default=None, description="the smallest rate that this run could have seen")
    growth: float | None = Field(default=None, description="over the load, as a share of the level")
    level: float | None = None
    start_s: float | None = Field(default=None, description="where the judged part begins")
    end_s: float | None = None
    settled_s: float | None = Field(
        default=None, description="where the start-up transient ended; null: there was none"
    )
    hours_left: float | None = Field(default=None, description="until the limit, at this rate")
    limit: float | None = None
    restarts: int = 0
    teeth: int = Field(default=0, description="teeth of a saw whose lowest points were judged")
    steps: tuple[StepEntry, ...] = ()
    retained: RetainedEntry | None = None
    points: Points = Field(default=(), description="pairs of seconds and value; at most 240")
    judged: Points = Field(default=(), description="what the trend was fitted to; at most 64")

    @classmethod
    def of_drift(cls, drift: Drift) -> Self:
        """Return the entry of one rule: what it says, and what was found."""
        rule, kept = drift.rule, drift.retained
        return cls.of(
            thin_drift(drift),
            metric=rule.selector.metric,
            selector=str(rule.selector),
            selector_tags=dict(rule.selector.tags),
            kind=rule.kind.value,
            rule_limit=rule.limit,
            text=sentence(drift),
            status=drift.status.value,
            reason=drift.reason or None,
            start_s=drift.start,
            end_s=drift.end,
            settled_s=drift.settled,
            steps=tuple(StepEntry.of_step(step) for step in drift.steps if is_number(step.at) and is_number(step.by)),
            retained=RetainedEntry.of(kept) if kept and all(map(is_number, astuple(kept))) else None,
            **{name: getattr(rule, name) for name in ("method", "percent", "min_growth", "is_written", "must_return")},
        )

    def drift(self) -> Drift:
        """Return the verdict again; raises ValueError for a kind that there is not."""
        rule = self.to(
            DriftRule,
            selector=selector_of(self.metric, self.selector_tags),
            kind=Kind(self.kind),
            min_growth=self.min_growth or 0.0,
            limit=self.rule_limit,
        )
        return self.to(
            Drift,
            rule=rule,
            status=Status(self.status),
            reason=self.reason or "",
            start=self.start_s,
            end=self.end_s,
            settled=self.settled_s,
            steps=tuple(entry.step() for entry in self.steps),
            retained=self.retained.to(Retained) if self.retained else None,
        )


class WatchedEntry(Entry):
    """One series of one instance, as a probe read it; a counter's values are rates a second."""

    series: str
    instance: str
    points: Points = Field(default=(), description="pairs of seconds and value; at most 240")
    restarts_s: tuple[float, ...] = Field(default=(), description="when its process began again")

    @classmethod
    def of_watched(cls, series: Watched) -> Self:
        """Return the entry of a series."""
        thin = thin_watched(series)
        return cls.of(thin, restarts_s=thin.restarts)

    def watched(self) -> Watched:
        """Return the series again."""
        return self.to(Watched, restarts=self.restarts_s)
