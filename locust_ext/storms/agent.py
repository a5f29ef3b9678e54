"""A process's part in storms: its members, the drop at the instant that the master named, and what is measured.

Law: every worker acts at the same instant, which it learns ahead of time; nothing here decides who or when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from random import Random
from time import monotonic
from typing import Any

import gevent

from locust_ext.measure.feeds import Feeds
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.supervised import Work
from locust_ext.process.task_seam import Rank, TaskSeam
from locust_ext.safety.admission import Admission
from locust_ext.storms.backoff import Backoff, HintRule
from locust_ext.storms.budget import Budget, budget_for
from locust_ext.storms.cohort import choose
from locust_ext.storms.comeback import Attempt, Limits
from locust_ext.storms.herd import slot_of
from locust_ext.storms.link import Links
from locust_ext.storms.messages import STORM, StormCount, StormCounted, StormDrop, StormsTold
from locust_ext.storms.options import BudgetOptions, RetryOptions, StormOptions
from locust_ext.storms.policy import read_policy
from locust_ext.storms.reconnect import Member, ReconnectStormUser, State, guarded
from locust_ext.storms.retry import RetryStormUser

DROPPING = Work("the drop of a storm", again=False)

NEVER = 1e12
"""Milliseconds that stand for a user who never came back: beyond every bound, and the end of a histogram's range."""

DETECTED = 30.0
"""Seconds until a half-open connection is noticed, where neither client nor configuration says."""

_HINTS = {"respect": HintRule.AT_LEAST, "ignore": HintRule.IGNORE}


class StormAgent:
    """Storms and retries in this process; user classes find it as ``environment.locust_ext_storms``."""

    def __init__(self, environment: Any, recorder: Recorder, tasks: TaskSeam, links: Links) -> None:
        self._environment, self.recorder, self._tasks, self.links = environment, recorder, tasks, links
        self._admission: Admission | None = getattr(environment, "locust_ext_admission", None)
        self.options = StormOptions()
        self._policy: Backoff | None = None
        self.retry: RetryOptions | None = None
        self.retry_policy = Backoff()
        self.retry_budget: Budget = budget_for(BudgetOptions())
        self.members: dict[Member, None] = {}
        self.feeds = Feeds(recorder)
        self._run, self._ordinals = "", count()
        self._due: dict[int, float] = {}
        self._struck_at, self._storm = 0.0, 0

    def follow(self, told: StormsTold | None, run: str) -> None:
        """Take the options of a run, before its first user is made."""
        self._run, self._ordinals = run, count()
        self._due.clear()
        self.feeds.begin()
        self.options = StormOptions.model_validate((told and told.storm) or {})
        self._policy = None
        self.retry = RetryOptions.model_validate(told.retry) if told and told.retry is not None else None
        if self.retry:
            self.retry_policy = _policy(self.retry.policy, self.retry.server_hint)
            self.retry_budget = budget_for(self.retry.budget)
        classes = self._environment.user_classes
        mix_in(classes, self.options.users, ReconnectStormUser)
        mix_in(classes, self.retry.users if self.retry else (), RetryStormUser)
        stormy = any(issubclass(user, ReconnectStormUser) for user in classes)
        self._tasks.put(Rank.CONNECTION, guarded if stormy else None)
        if stormy:
            self._policy = self.policy  # the clients' table is loaded now, not when the first user comes back

    @property
    def policy(self) -> Backoff:
        """How users of this run come back."""
        return self._policy or _policy(self.options.backoff, self.options.server_hint)

    def next_rng(self) -> Random:
        """Return the chance of one more user: its own, and the same when the run is repeated by its id."""
        runner = self._environment.runner
        return Random(f"{self._run}:{getattr(runner, 'worker_index', 0)}:{next(self._ordinals)}")  # noqa: S311

    def forget(self) -> None:
        """Drop nobody any more: an order belongs to its run."""
        self._due = {}

    def turn(self, user: Any = None) -> float:
        """Wait until a connect may begin, as requests do under a cap, and return for how many seconds."""
        return self._admission.prepay(user) if self._admission is not None else 0.0

    def limits(self, refused_until: float = float("-inf")) -> Limits:
        """Return what bounds each way back."""
        return Limits(self.options.max_attempts, self.options.connect_timeout, refused_until)

    def on_count(self, order: StormCount) -> None:
        """Tell the master how many members could drop."""
        StormCounted(storm=order.storm, live=len(self._live())).send(self._environment.runner)

    def _live(self) -> list[Member]:
        """Return the members that could drop; who is leaving has nothing to come back to."""
        leaving = self.recorder.open.leaving
        return [member for member in self.members if member.state is State.READY and member.user not in leaving]

    def on_drop(self, order: StormDrop) -> None:
        """Drop in ``due`` seconds; an order that comes again can only bring the instant nearer to the truth."""
        number, due = order.storm, monotonic() + order.due
        known = number in self._due
        self._due[number] = min(due, self._due.get(number, due))
        if not known:
            DROPPING.start(self._drop, order)

    def _drop(self, order: StormDrop) -> None:
        number = order.storm
        while (rest := self._due.get(number, 0.0) - monotonic()) > 0:
            gevent.sleep(min(rest, 0.05))
        if number not in self._due:
            return  # an order belongs to its run, and that is over
        self._struck_at, self._storm = self._due[number], number
        self.recorder.enter_phase(STORM)
        victims = choose(self._live(), order.quota, Random(f"{self._run}:{number}:{order.seed}"))  # noqa: S311
        limits = self.limits(self._struck_at + self.options.outage)
        detection = self._detection() if order.cause == "half_open" else 0.0
        began = monotonic()
        for member in victims:
            member.drop(order.cause, detection, limits)
        self._add("reconnect_drops", Kind.COUNTER, len(victims), STORM)
        self._add("reconnect_drop_spread", Kind.TREND, (monotonic() - began) * 1000, STORM)

    def _detection(self) -> float:
        return self.options.detect or self.policy.detection or DETECTED

    def _add(self, metric: str, kind: Kind, value: float, phase: str) -> None:
        self.recorder.add(metric, kind, value, {"phase": phase})

    def count_attempt(self, at: float) -> None:
        """Count one attempt of the herd."""
        slot = slot_of(at - self._struck_at)
        self.recorder.add("reconnect_herd", Kind.TIMELINE, slot, {"storm": str(self._storm), "phase": STORM})

    def lag(self, seconds: float, phase: str) -> None:
        """Record how much later than planned an attempt began."""
        self._add("reconnect_lag", Kind.TREND, max(0.0, seconds) * 1000, phase)

    def note_attempt(self, attempt: Attempt) -> None:
        """Count an attempt that the server answered with a wait of its own."""
        if attempt.hint is not None:
            self.recorder.add("reconnect_hints", Kind.COUNTER, 1)

    def came_back(self, seconds: float, attempts: int, phase: str, *, back: bool) -> None:
        """Record the end of one way back; who never came back is slower than anybody."""
        self._add("reconnect_time", Kind.TREND, seconds * 1000 if back else NEVER, phase)
        self._add("reconnect_attempts", Kind.TREND, attempts, phase)
        self._add("reconnects_failed", Kind.RATE, not back, phase)

    def stale(self, seconds: float, phase: str) -> None:
        """Record for how long a user saw no fresh data."""
        self._add("stale_time", Kind.TREND, seconds * 1000, phase)


def _policy(given: Mapping[str, Any], server_hint: str) -> Backoff:
    policy, _ = read_policy(given, "")
    rule = _HINTS.get(server_hint)
    return policy if rule is None else replace(policy, hint=replace(policy.hint, rule=rule))


def mix_in(classes: list[type[Any]], names: tuple[str, ...], mixin: type[Any]) -> None:
    """Let the named classes storm by configuration alone: each makes way for a subclass of its own name."""
    for index, user in enumerate(classes):
        if user.__name__ in names and not issubclass(user, mixin):
            made = type(user.__name__, (mixin, user), {"__module__": user.__module__, "__doc__": user.__doc__})
            made.abstract = False  # type: ignore[attr-defined]
            made.weight, made.fixed_count = user.weight, user.fixed_count  # type: ignore[attr-defined]
            classes[index] = made
