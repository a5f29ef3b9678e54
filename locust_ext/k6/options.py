"""k6's options as it reads them: the executors and their fields, under k6's names.

Law: what k6 refuses is refused here, with its path; defaults are k6's.
"""

# ruff: noqa: N815 the fields have k6's names, so that a mistake is told in them

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from locust_ext.k6.spans import SECOND, Nanoseconds, SomeNanoseconds
from locust_ext.text.models import Model

MINUTES = 60 * SECOND


def _no_switch(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("this must be a number")  # noqa: TRY004 pydantic reads it
    return value


Count = Annotated[int, BeforeValidator(_no_switch), Field(ge=0)]
SomeCount = Annotated[int, BeforeValidator(_no_switch), Field(ge=1)]


class _Model(Model):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RampStage(_Model):
    """A straight line to ``target`` over ``duration``; over no time at all, a jump."""

    duration: Nanoseconds
    target: Count


Stages = Annotated[tuple[RampStage, ...], Field(min_length=1)]


class Executor(_Model):
    """What all executors have."""

    executor: str = ""
    startTime: Nanoseconds = 0
    gracefulStop: Nanoseconds | None = None
    env: dict[str, Any] = Field(default_factory=dict)
    exec: Annotated[str, Field(min_length=1)] = "default"
    tags: dict[str, str] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)


class _Arrivals(Executor):
    timeUnit: SomeNanoseconds = SECOND
    preAllocatedVUs: Count
    maxVUs: Count | None = None

    @model_validator(mode="after")
    def _pool_fits(self) -> Self:
        if self.maxVUs is not None and self.maxVUs < self.preAllocatedVUs:
            raise ValueError("maxVUs must not be less than preAllocatedVUs")
        return self


class ConstantArrivalRate(_Arrivals):
    """``rate`` iterations each ``timeUnit``, whatever the answers."""

    rate: SomeCount
    duration: SomeNanoseconds


class RampingArrivalRate(_Arrivals):
    """The same, with a rate that follows stages."""

    startRate: Count = 0
    stages: Stages


class ConstantVUs(Executor):
    """``vus`` users in a loop."""

    vus: SomeCount = 1
    duration: SomeNanoseconds


class RampingVUs(Executor):
    """Users in a loop, as many as the stages say."""

    startVUs: Count = 1
    stages: Stages
    gracefulRampDown: Nanoseconds | None = None


class _Iterations(Executor):
    vus: SomeCount = 1
    iterations: SomeCount = 1
    maxDuration: SomeNanoseconds = 10 * MINUTES


class SharedIterations(_Iterations):
    """A number of iterations, shared among the users."""

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.iterations < self.vus:
            raise ValueError("iterations must not be less than vus")
        return self


class PerVUIterations(_Iterations):
    """A number of iterations for each user."""


class Threshold(_Model):
    """A threshold with options."""

    threshold: str
    abortOnFail: bool = False
    delayAbortEval: Nanoseconds | None = None


class Shortcuts(_Model):
    """The options that stand for one scenario, called ``default``."""

    vus: SomeCount | None = None
    duration: SomeNanoseconds | None = None
    iterations: SomeCount | None = None
    stages: tuple[RampStage, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.stages and (self.duration is not None or self.iterations is not None):
            raise ValueError("stages do not go with duration or iterations")
        if self.iterations is not None and self.iterations < (self.vus or 1):
            raise ValueError("iterations must not be less than vus")
        return self

    def scenario(self) -> Executor | None:
        """Return the scenario that k6 makes of them, or None if they say nothing of the load."""
        vus = self.vus or 1
        if self.iterations is not None:
            limit = self.duration or SharedIterations.model_fields["maxDuration"].default
            return SharedIterations.model_construct(vus=vus, iterations=self.iterations, maxDuration=limit)
        if self.duration is not None:
            return ConstantVUs.model_construct(vus=vus, duration=self.duration)
        if self.stages:
            return RampingVUs.model_construct(startVUs=vus, stages=self.stages)
        return SharedIterations.model_construct(vus=vus, iterations=vus) if self.vus is not None else None


EXECUTORS: Mapping[str, type[Executor]] = {
    "constant-arrival-rate": ConstantArrivalRate,
    "ramping-arrival-rate": RampingArrivalRate,
    "constant-vus": ConstantVUs,
    "ramping-vus": RampingVUs,
    "shared-iterations": SharedIterations,
    "per-vu-iterations": PerVUIterations,
}
"""The executors by the names that scripts use."""

GONE = "externally-controlled"
"""The executor that k6 has taken out in its version 2.0."""


def present(value: Any) -> Any:
    """Return ``value`` without what is null: to k6 that means the default, and ``k6 inspect`` writes it everywhere."""
    if isinstance(value, Mapping):
        return {key: present(each) for key, each in value.items() if each is not None}
    return [present(each) for each in value] if isinstance(value, list) else value
