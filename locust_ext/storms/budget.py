"""Retry budgets: how many retries a client allows itself, whatever its back-off would like.

Law: pure. Times are handed in, in seconds of one monotonic clock; memory does not grow with requests. A budget never
grants more than its bound, and where the bound is a window of time, in no window at all.

A logical request tells its budget what becomes of it::

    asked --> failed --> may_retry --granted--> failed --> may_retry --granted--> succeeded --> ended
                              +--> refused --> ended
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

from locust_ext.storms.options import BudgetOptions

SLICES = 10
"""Slices of a window: what it forgets, it forgets by the slice."""

_ROUNDING = 1e-9
"""What adding fractions may be wrong by: 0.29 * 100 allows 29 retries."""


class Budget(Protocol):
    """How many retries are allowed; of one client, or shared by all of a process."""

    def asked(self, now: float) -> None:
        """Note that a logical request begins."""

    def may_retry(self, now: float, *, throttled: bool) -> bool:
        """Take one retry from the budget, and tell whether it was there; ``throttled``: the server asked for less."""

    def succeeded(self, now: float, *, retried: bool, throttled: bool = False) -> None:
        """Note an attempt that succeeded: a retry, and for that a throttled one was granted, or the first attempt."""

    def failed(self, now: float, *, retried: bool = False) -> None:
        """Note an attempt that failed in a way that can be retried: a retry, or the first attempt."""

    def ended(self, now: float, *, retrying: bool = False) -> None:
        """Note that a logical request is over; ``retrying`` when a granted retry neither succeeded nor failed."""


class NoBudget:
    """Every retry is allowed."""

    def asked(self, now: float) -> None:
        """Note nothing."""

    def may_retry(self, now: float, *, throttled: bool) -> bool:  # noqa: ARG002
        """Allow it."""
        return True

    def succeeded(self, now: float, *, retried: bool, throttled: bool = False) -> None:
        """Note nothing."""

    def failed(self, now: float, *, retried: bool = False) -> None:
        """Note nothing."""

    def ended(self, now: float, *, retrying: bool = False) -> None:
        """Note nothing."""


@dataclass(slots=True)
class _Slice:
    number: int
    requests: int = 0
    retries: int = 0


class Finagle(NoBudget):
    """Finagle's: within ``ttl`` seconds a share of the requests, and some retries a second besides.

    Requests count for nine to ten slices and retries for ten to eleven, so that the bound holds in each window of
    ``ttl`` seconds that ends with a retry, and not only on average.
    """

    def __init__(self, percent: float = 0.2, min_per_second: float = 10.0, ttl: float = 10.0) -> None:
        self._percent, self._reserve, self._width = percent, min_per_second * ttl, ttl / SLICES
        self._slices: deque[_Slice] = deque()

    def _slice(self, now: float) -> _Slice:
        number = int(now // self._width)
        while self._slices and self._slices[0].number < number - SLICES:
            self._slices.popleft()
        if not self._slices or self._slices[-1].number < number:
            self._slices.append(_Slice(number))
        return self._slices[-1]

    def asked(self, now: float) -> None:
        """Deposit."""
        self._slice(now).requests += 1

    def may_retry(self, now: float, *, throttled: bool) -> bool:  # noqa: ARG002
        """Withdraw, if that many retries are covered by the deposits that have not expired."""
        current = self._slice(now)
        oldest = current.number - SLICES
        requests = sum(one.requests for one in self._slices if one.number > oldest)
        retries = sum(one.retries for one in self._slices)
        if retries + 1 > self._percent * requests + self._reserve + _ROUNDING:
            return False
        current.retries += 1
        return True


class GrpcThrottling(NoBudget):
    """gRPC's: a failure costs a token, a success brings back a fraction; no retry below half of them."""

    def __init__(self, max_tokens: float = 10.0, token_ratio: float = 0.1) -> None:
        self._most, self._ratio = max_tokens, token_ratio
        self.tokens = max_tokens

    def may_retry(self, now: float, *, throttled: bool) -> bool:  # noqa: ARG002
        """Allow it while more than half of the tokens are there; it is failures that cost."""
        return self.tokens > self._most / 2

    def succeeded(self, now: float, *, retried: bool, throttled: bool = False) -> None:  # noqa: ARG002
        """Bring back a fraction of a token."""
        self.tokens = min(self._most, self.tokens + self._ratio)

    def failed(self, now: float, *, retried: bool = False) -> None:  # noqa: ARG002
        """Take a token."""
        self.tokens = max(0.0, self.tokens - 1)


class AwsQuota(NoBudget):
    """The AWS SDKs': a retry costs tokens, and brings its own back when it succeeds; a first success brings one."""

    def __init__(self, capacity: float = 500.0, retry_cost: float = 14.0, throttling_cost: float = 5.0) -> None:
        self._capacity, self._cost, self._throttling_cost = capacity, retry_cost, throttling_cost
        self.tokens = capacity

    def _cost_of(self, *, throttled: bool) -> float:
        return self._throttling_cost if throttled else self._cost

    def may_retry(self, now: float, *, throttled: bool) -> bool:  # noqa: ARG002
        """Pay, if there is enough."""
        cost = self._cost_of(throttled=throttled)
        if cost > self.tokens:
            return False
        self.tokens -= cost
        return True

    def succeeded(self, now: float, *, retried: bool, throttled: bool = False) -> None:  # noqa: ARG002
        """Refund the last retry, or earn one token; never beyond the capacity."""
        refund = self._cost_of(throttled=throttled) if retried else 1.0
        self.tokens = min(self._capacity, self.tokens + refund)


class Envoy(NoBudget):
    """Envoy's: so many requests may be retrying at once, a share of those in flight or a minimum.

    One that waits for its retry is retrying already.
    """

    def __init__(self, percent: float = 0.2, min_concurrency: int = 3) -> None:
        self._percent, self._least = percent, min_concurrency
        self.requests = self.retries = 0

    def asked(self, now: float) -> None:  # noqa: ARG002
        """Count the request in."""
        self.requests += 1

    def may_retry(self, now: float, *, throttled: bool) -> bool:  # noqa: ARG002
        """Count the retry in, if there is room."""
        if self.retries + 1 > max(self._least, self._percent * self.requests + _ROUNDING):
            return False
        self.retries += 1
        return True

    def succeeded(self, now: float, *, retried: bool, throttled: bool = False) -> None:  # noqa: ARG002
        """Count a retry out."""
        self.retries -= retried

    def failed(self, now: float, *, retried: bool = False) -> None:  # noqa: ARG002
        """Count a retry out."""
        self.retries -= retried

    def ended(self, now: float, *, retrying: bool = False) -> None:  # noqa: ARG002
        """Count the request out, and the retry that it was in."""
        self.requests -= 1
        self.retries -= retrying


def budget_for(options: BudgetOptions) -> Budget:
    """Return a new budget, full, of the kind that the options name."""
    match options.kind:
        case "finagle":
            return Finagle(options.percent, options.min_per_second, options.ttl)
        case "grpc":
            return GrpcThrottling(options.max_tokens, options.token_ratio)
        case "aws":
            return AwsQuota(options.capacity, options.retry_cost, options.throttling_cost)
        case "envoy":
            return Envoy(options.percent, options.min_concurrency)
        case "none":
            return NoBudget()
