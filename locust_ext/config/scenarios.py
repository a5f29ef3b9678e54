"""Several loads in one run: what ``scenarios:`` says of each.

Law: pure; each has one load, and an end.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from locust_ext.gates.options import Thresholds
from locust_ext.load.options import ArrivalOptions
from locust_ext.load.quota import IterationsWritten, Quota, without_iterations
from locust_ext.text.fields import Names, Section, tags_as_text
from locust_ext.text.units import Duration, Span


class ScenarioOptions(Section):
    """One of several loads in a run: its users, its schedule, its tags, its thresholds."""

    users: Names = ()
    arrivals: ArrivalOptions | None = None
    shape: str = ""
    start_time: Duration = 0.0
    duration: Span | None = None
    iterations: IterationsWritten | None = None
    max_duration: Span | None = None
    tags: dict[str, str] = Field(default={})
    thresholds: Thresholds = Field(default={})

    _tags = field_validator("tags", mode="before")(tags_as_text)

    @model_validator(mode="after")
    def _has_a_load(self) -> Self:
        rated = self.arrivals is not None and self.arrivals.has_rate
        if not rated and not self.shape:
            raise ValueError("it has no load: write arrivals with a rate or stages, or name a shape")
        if rated and self.shape:
            raise ValueError(
                "it has two loads: take the rate out of arrivals, and the levels of the shape are the rate"
            )
        lasts = self.arrivals is not None and (self.arrivals.stages or self.arrivals.duration or self.duration)
        if rated and not lasts and self.iterations is None:
            raise ValueError("a constant rate needs a duration or iterations, so that the run has an end")
        if self.arrivals and self.arrivals.stages and self.duration is not None:
            raise ValueError("stages have durations of their own; leave duration out")
        if wrong := without_iterations(self.iterations, self.max_duration):
            raise ValueError(f"max_duration: {wrong}")
        return self

    @property
    def quota(self) -> Quota | None:
        """How many iterations it makes, where it says so."""
        return Quota.of(self.iterations, self.max_duration)


Scenarios = Annotated[dict[str, ScenarioOptions], Field(max_length=20)]
"""At most 20, so that their names are a bounded set of tags."""
