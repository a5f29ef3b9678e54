"""What a configuration can say of storms, retries and stampedes.

Law: whatever passes here can run; a policy is written as its client ships it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from locust_ext.text.fields import Names, Section, is_a_path
from locust_ext.text.lengths import quoted
from locust_ext.text.units import Duration, Share, Span

DEFAULT_CLIENT = "socket.io"
FROM = "from"
"""The key of a policy whose options stand elsewhere: where."""


class StormOptions(Section):
    """A reconnect storm: whose connections drop, when, how, and how they come back."""

    users: Names = ()
    at: Duration | None = None
    phase: str = ""
    every: Span | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    drop: Share = 0.3
    cause: Literal["reset", "close", "half_open"] = "reset"
    outage: Duration = 0.0
    backoff: dict[str, Any] = Field(default={"client": DEFAULT_CLIENT})
    server_hint: Literal["client", "respect", "ignore"] = "client"
    connect_path: str = "/"
    connect_timeout: Span | None = None
    detect: Span | None = None
    max_attempts: Annotated[int, Field(ge=1, le=100_000)] = 1000
    lasts: Span = 10.0
    recovery: Span = 30.0

    @field_validator("drop")
    @classmethod
    def _is_some(cls, drop: float) -> float:
        if not drop:
            raise ValueError("a storm that drops nobody does nothing; leave it out, or write 30%")
        return drop

    _connect_path = field_validator("connect_path")(is_a_path)


class BudgetOptions(Section):
    """How many retries a client allows itself."""

    kind: Literal["none", "finagle", "grpc", "aws", "envoy"] = "none"
    percent: Share = 0.2
    min_per_second: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 10.0
    ttl: Span = 10.0
    max_tokens: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10.0
    token_ratio: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1
    capacity: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 500.0
    retry_cost: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 14.0
    throttling_cost: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 5.0
    min_concurrency: Annotated[int, Field(ge=0)] = 3
    scope: Literal["shared", "per_user"] = "shared"


class RetryOptions(Section):
    """Retries of failed requests: by which policy, on what, and within which budget."""

    users: Names = ()
    policy: dict[str, Any] = Field(default={"client": "aws-standard"})
    attempts: Annotated[int, Field(ge=1, le=100)] | None = None
    statuses: tuple[Annotated[int, Field(ge=100, le=599)], ...] = (429, 500, 502, 503, 504)
    methods: tuple[str, ...] = ()
    server_hint: Literal["client", "respect", "ignore"] = "client"
    budget: BudgetOptions = BudgetOptions.model_construct()


class StampedeOptions(Section):
    """A cache stampede: when keys go cold, and what says how often the origin computed."""

    path: str = "/hot/{key}"
    at: Duration = 5.0
    every: Span = 5.0
    times: Annotated[int, Field(ge=1, le=1000)] = 3
    life: Span = 1.0
    origin_metric: str = "app_origin_computations_total"
    metrics_path: str = "/metrics"

    _metrics_path = field_validator("metrics_path")(is_a_path)

    @field_validator("path")
    @classmethod
    def _holds_the_key(cls, path: str) -> str:
        if not path.startswith("/") or path.count("{key}") != 1 or "{" in path.replace("{key}", ""):
            raise ValueError(f"{quoted(path)} must be a path with one {{key}} in it, such as /hot/{{key}}")
        return path
