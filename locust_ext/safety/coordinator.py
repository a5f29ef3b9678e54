"""The master's part in safety: what workers are told, what ends a run from outside, and what is written down of it.

Law: a run that may not go where it goes is stopped before its first request, however it was started.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import gevent

from locust_ext.measure.catalogue import REQUESTS
from locust_ext.process import part
from locust_ext.process.part import Part
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import Inbox
from locust_ext.safety.agent import KILLED, SafetyAgent
from locust_ext.safety.guard import Targets, go_ahead_problems, told_in_one
from locust_ext.safety.intent import SafetyIntent
from locust_ext.safety.killing import Look
from locust_ext.safety.logbook import RUN_LOG, append, entry_ended, entry_started
from locust_ext.safety.messages import SafetyTold
from locust_ext.safety.registry import Registered
from locust_ext.safety.tenant import key_of
from locust_ext.safety.window import parse_window
from locust_ext.text.units import format_rate

if TYPE_CHECKING:
    from locust_ext.gates.verdict import Verdict

LETTERS = Work("the look for letters that ask to stop", Stake.SAFETY, lasts=True)

LETTERS_EVERY = 0.5
"""Seconds between two looks for a letter that asks to stop."""

logger = logging.getLogger(__name__)


class Judged(Protocol):
    """A run that was judged, as far as the run log tells of it."""

    @property
    def id(self) -> str:
        """Its own name."""

    @property
    def name(self) -> str:
        """The test's name."""

    @property
    def duration(self) -> float:
        """Its seconds."""

    @property
    def verdict(self) -> Verdict:
        """What became of it."""

    @property
    def series(self) -> Sequence[Any]:
        """What it measured, by metric."""


class SafetyCoordinator(Part[SafetyIntent, SafetyTold]):
    """Looks after the runs of one environment, one after the other; ``is_running`` tells if one is, or will be."""

    name = SafetyAgent.name

    def __init__(self, agent: SafetyAgent, runner: Any, test: str, is_running: Callable[[], bool]) -> None:
        self._agent, self._runner, self._test, self._is_running = agent, runner, test, is_running
        self._registered: Registered | None = None
        self._log: Path | None = None

    def install(self) -> None:
        """List this process, so that it can be told to stop."""
        self._registered = Registered(self._test, running=self._is_running)
        if not self._agent.listen(self._registered.note):
            self._registered.keep_signal()
            logger.warning("SIGUSR1 is the locustfile's own here and does not stop the run; locust-ext kill does")
        try:
            self._registered.enter()
            LETTERS.start(self._read_letters, self._registered)
        except OSError as error:
            logger.warning("locust-ext kill will not find this run: %s", error)

    def _read_letters(self, registered: Registered) -> None:
        """Stop when somebody asks in writing: whose signal SIGUSR1 is may change while it runs."""
        while registered is self._registered:
            gevent.sleep(LETTERS_EVERY)
            if registered.is_asked():
                registered.note(self._agent.stop_now("somebody called locust-ext kill"))
            registered.look()

    def messages(self, inbox: Inbox) -> list[part.Registered]:
        """Take the question whether the run is over."""

        def answer(client: str, _: Look) -> None:
            """Tell the one who has stopped a run from outside whether it is over."""
            self._runner.send_message(KILLED, {"running": self._is_running()}, client_id=client)

        return [inbox.takes(Look, answer)]

    def orders(self, intent: SafetyIntent) -> SafetyTold:
        """Return what every process is told."""
        targets = Targets.of(intent.hosts, intent.options)
        tenant, rules = intent.tenant, targets.abort
        return SafetyTold(
            tenant=tenant.model_dump() if tenant else None,
            signed=bool(tenant and key_of(tenant)),
            acks=bool(tenant and rules and rules.ack and targets.is_production),
            safety=intent.options.model_dump(mode="json", exclude_unset=True),
            named=intent.named,
            production=tuple(targets.production),
            secret_variables=intent.secret_variables,
        )

    @staticmethod
    def locks(intent: SafetyIntent) -> bool:
        """Tell whether a process that does not follow the safety rules could do harm."""
        safety = intent.options
        held = safety.rate_cap is not None or safety.kill_switch is not None
        return held or intent.tenant is not None or Targets.of(intent.hosts, safety).is_production

    def begins(self, intent: SafetyIntent, run: str) -> None:
        """Begin a run: lend the cap, watch the alarm and the window, write it down."""
        safety, now = intent.options, datetime.now(UTC)
        targets = Targets.of(intent.hosts, safety)
        self._agent.lend(safety, run)
        window = safety.production.window if targets.is_production else ""
        rules = targets.abort
        self._agent.watch(rules.alarm if rules else None, parse_window(window).remaining(now) if window else 0.0)
        self._log = Path(safety.run_log or RUN_LOG) if safety.run_log or targets.is_production else None
        self._write(
            entry_started(
                run=run,
                name=intent.name,
                hosts=list(intent.hosts),
                kind=targets.kind,
                shape=intent.shape,
                users=intent.users,
                cap=format_rate(safety.rate_cap) if safety.rate_cap else "",
                window=window,
                on_call=safety.production.on_call,
                announcement=safety.production.announcement,
                git_sha=intent.git_sha,
            )
        )
        if problems := go_ahead_problems(intent, intent.hosts, now):
            self._agent.stop_now(f"the guard: {told_in_one(problems)}")

    def write_down(self, result: Judged) -> None:
        """Write the verdict of a run into the run log."""
        requests = sum(row.figures.get("value") or 0 for row in result.series if row.metric in REQUESTS)
        self._write(
            entry_ended(
                run=result.id,
                name=result.name,
                verdict=result.verdict.word,
                exit_code=result.verdict.exit_code,
                reason=result.verdict.reason,
                duration_s=result.duration,
                requests=round(requests),
            )
        )

    def _write(self, entry: dict[str, object]) -> None:
        if self._log is not None:
            try:
                append(self._log, entry)
            except OSError as error:
                reason = error.strerror or error
                logger.error("the run log %s was not written: %s", self._log, reason)  # noqa: TRY400 no traceback for users

    def let_go(self) -> None:
        """List this process no more."""
        if self._registered:
            self._registered.leave()
            self._registered = None
