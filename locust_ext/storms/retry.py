"""RetryStormUser: failed requests are sent again, by the policy and within the budget of the configuration.

Law: every attempt is visible, as a request event of its own under the same name; the caller sees the last one alone.
Bounded whatever the policy and the server say: in attempts, and in the wait that a server can ask for.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from random import Random
from time import monotonic
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import gevent

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.storms.backoff import Backoff, Clock
from locust_ext.storms.budget import Budget, budget_for
from locust_ext.storms.comeback import LONGEST_HINT
from locust_ext.storms.hint import TOO_MANY, retry_after
from locust_ext.storms.link import Links
from locust_ext.storms.options import RetryOptions
from locust_ext.storms.waits import Waits
from locust_ext.text.frozen import dataclass

MOST_ATTEMPTS = 100
"""Attempts of one logical request, whatever is configured."""

ATTEMPTS_OF_THE_ENDLESS = 10
"""Attempts of one logical request, where neither the configuration nor the policy says when to give up."""

LAST_LABEL = 5
"""From this attempt on, attempts share the label ``5+``."""

BAD_REQUEST = 400

_logger = logging.getLogger(__name__)


class Retries(Protocol):
    """What a user needs to know; ``environment.locust_ext_storms`` is one."""

    recorder: Recorder
    links: Links
    """They know which clients can send a request again."""
    retry: RetryOptions | None
    retry_policy: Backoff
    """Its hint says what ``server_hint`` asks for."""
    retry_budget: Budget
    """Shared by the users of this process."""

    def next_rng(self) -> Random:
        """Return the chance of one more user."""


class RetryStormUser:
    """Mixin before HttpUser or FastHttpUser: ``class ShopUser(RetryStormUser, FastHttpUser)``.

    How its requests are retried stands under ``retry:`` in the configuration; without it nothing is. Needs
    ``locust_ext.install()``.
    """

    environment: ClassVar[Any]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)  # type: ignore[call-arg]
        retries: Retries | None = getattr(environment, "locust_ext_storms", None)
        if retries is None:
            _warn()
        elif retries.retry is not None:
            arm(getattr(self, "client", None), retries, retries.retry)


@cache
def _warn() -> None:
    _logger.warning("RetryStormUser retries nothing: call locust_ext.install() in the locustfile")


def arm(client: Any, retries: Retries, options: RetryOptions) -> None:
    """Let one client, that of an HttpUser or a FastHttpUser, retry its requests; any other is left alone."""
    if retries.links.sends_requests(client):
        retries.recorder.listen("retries_refused")
        vars(client)["request"] = _retried(client, retries, options)


def _retried(client: Any, retries: Retries, options: RetryOptions) -> Callable[..., Any]:
    request, recorder = client.request, retries.recorder
    names = tuple(signature(type(client).request).parameters)[3:]  # after self, method and url
    rng = retries.next_rng()
    policy = retries.retry_policy.settled(rng)
    own = options.budget.scope == "per_user"
    terms = Terms(
        policy=policy,
        attempts=most_attempts(options.attempts, policy),
        statuses=frozenset(options.statuses),
        methods=frozenset(method.upper() for method in options.methods),
        budget=budget_for(options.budget) if own else retries.retry_budget,
    )

    def retried(method: str, url: str, *arguments: Any, **given: Any) -> Any:
        given |= zip(names, arguments, strict=False)
        given["name"] = given.get("name") or client.request_name
        user = client.user
        context = {**(user.context() if user else {}), **(given.pop("context", None) or {})}
        logical, phase = uuid4().hex, recorder.phases.name

        def send(attempt: int) -> Any:
            return request(method, url, context=marked(context, logical, attempt), **given)

        story = Story()
        try:
            repeats = terms.covers(method) and can_repeat(given)
            return with_retries(
                send, terms if repeats else terms.once(), rng, clock=monotonic, sleep=gevent.sleep, story=story
            )
        finally:
            tags = {"name": story.name or given["name"] or url, "phase": phase}
            if story.attempts:
                recorder.add("retry_amplification", Kind.TREND, story.attempts, tags)
            if story.refused:
                recorder.add("retries_refused", Kind.COUNTER, story.refused, tags)

    return retried


def marked(context: Mapping[str, Any], logical: str, attempt: int) -> dict[str, Any]:
    """Return the context of one attempt: its tags say which one it is, ``logical_request`` of what."""
    label = str(attempt) if attempt < LAST_LABEL else f"{LAST_LABEL}+"
    tags = context.get("tags") or {}
    if isinstance(tags, Mapping):  # else it makes no sense, which the recorder counts
        tags = {**tags, "attempt": label}
    return {**context, "tags": tags, "logical_request": logical}


def can_repeat(given: Mapping[str, Any]) -> bool:
    """Tell whether the body can be sent again: a file or a generator is at its end after the first time."""
    data = given.get("data")
    return not (given.get("files") or hasattr(data, "read") or hasattr(data, "__next__"))


def most_attempts(configured: int | None, policy: Backoff) -> int:
    """Return how many attempts one logical request may take, the first included."""
    if configured is not None:
        return min(configured, MOST_ATTEMPTS)
    says = policy.then is None and math.isfinite(min(policy.attempts, policy.elapsed))
    ends = says or len(policy.first(MOST_ATTEMPTS, Random(0))) < MOST_ATTEMPTS  # noqa: S311 only counted
    return MOST_ATTEMPTS if ends else ATTEMPTS_OF_THE_ENDLESS


@dataclass(frozen=True)
class Terms:
    """On what terms one user retries."""

    policy: Backoff
    attempts: int
    statuses: frozenset[int]
    methods: frozenset[str]
    """In capitals; empty: all of them."""
    budget: Budget

    def covers(self, method: str) -> bool:
        """Tell whether requests of this method are retried."""
        return not self.methods or method.upper() in self.methods

    def once(self) -> Terms:
        """Return the terms of a request that is not retried, though its outcome counts."""
        return Terms(self.policy, 1, self.statuses, self.methods, self.budget)

    def fails(self, response: Any) -> bool:
        """Tell whether an attempt failed in a way that is retried: unanswered, or by its status."""
        return not response.status_code or response.status_code in self.statuses


@dataclass
class Story:
    """What became of one logical request, as far as it got."""

    attempts: int = 0
    """Those that are over, as request events are: not one in the middle of which a user was stopped."""
    refused: int = 0
    name: str = ""
    """As the client reported it."""


def with_retries(
    send: Callable[[int], Any],
    terms: Terms,
    rng: Random,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    story: Story,
) -> Any:
    """Send one logical request until it succeeds or its terms say no more, and return the last response.

    ``send`` sends the attempt of that number, from 1. ``story`` is kept up to date, for a caller that is interrupted.
    """
    budget, waits = terms.budget, Waits(terms.policy, rng)
    retrying = throttled = False
    budget.asked(clock())
    try:
        while True:
            started = clock()
            response = send(story.attempts + 1)
            ended = clock()
            story.attempts += 1
            story.name = (getattr(response, "request_meta", None) or {}).get("name") or story.name
            if not terms.fails(response):
                if response.status_code < BAD_REQUEST:
                    budget.succeeded(ended, retried=retrying, throttled=throttled)
                    retrying = False
                return response
            budget.failed(ended, retried=retrying)
            retrying = False
            wait = _next_wait(waits, response) if story.attempts < terms.attempts else None
            if wait is None:
                return response
            throttled = response.status_code == TOO_MANY
            retrying = budget.may_retry(ended, throttled=throttled)
            if not retrying:
                story.refused += 1
                return response
            report_failed(response)
            due = wait + (started if terms.policy.clock is Clock.ATTEMPT_START else ended)
            while (rest := due - clock()) > 0:
                sleep(rest)
    finally:
        budget.ended(clock(), retrying=retrying)


def _next_wait(waits: Waits, response: Any) -> float | None:
    status = response.status_code
    hint = retry_after(response.headers)
    return waits.next(f"status:{status}" if status else "refused", None if hint is None else min(hint, LONGEST_HINT))


def report_failed(response: Any) -> None:
    """Report an attempt that the caller will not see, where the client has left that to its caller."""
    if getattr(response, "_catch_response", False):
        with response:
            if response.status_code and response.status_code < BAD_REQUEST:  # which by itself is not a failure
                response.failure(f"status {response.status_code}, retried")
