"""Whose orders a process follows: those of one run, whole, or none; without them no user starts here.

Law: the gate is shut until the orders of a run have been followed whole, and shut again when the run is over. A run
that was left, or that this process could not follow, is never joined again. Locust only logs what a listener of
``test_start`` raises, and its master goes on with a ramp after a stop: so the gate is where users are made, and at the
messages that ask for them.

::

    shut --orders of a run, followed whole--> open for that run --it is over, it was killed--> shut
         --one part raises------------------> shut, and the master is told why
"""

from __future__ import annotations

import functools
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from locust.exception import StopTest
from locust.runners import STATE_INIT, STATE_SPAWNING, STATE_STOPPED, WorkerRunner

from locust_ext.process.seam import Seam
from locust_ext.safety.outlet import OUTLET

logger = logging.getLogger(__name__)

RUN_OPTION = "locust_ext_run"
"""The attribute of the parsed options that tells whose users a spawn message asks for, in Locust's own message."""

NO_HOST = "You must specify the base host"
"""What Locust says of users that it cannot make."""

MOST_LEFT = 1_000
"""Runs that were left and are remembered."""


class Following:
    """The gate of one process; ``follow`` does what orders say, and ``forbidden`` returns why none may be followed."""

    def __init__(
        self,
        runner: Any,
        follow: Callable[[Mapping[str, Any]], None],
        forbidden: Callable[[], str] = lambda: "",
        on_homeless: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._runner, self._follow, self._forbidden = runner, follow, forbidden
        self._on_homeless = on_homeless
        """Is told of users without the host that they had before the run: Locust would end with a traceback."""
        self.run = ""
        """The run whose orders are followed; empty while the gate is shut."""
        self._left: deque[str] = deque(maxlen=MOST_LEFT)
        self._seams = (
            Seam(runner, "spawn_users", self._at_the_gate),
            Seam(runner, "handle_message", self._at_messages),
        )
        self._said = ""
        self.reads: Callable[[Any], object] = lambda message: message
        """Returns None of a message that asks for users and does not fit."""

    def install(self) -> None:
        """Stand at the gate, which is shut."""
        for seam in self._seams:
            if seam.name != "handle_message" or isinstance(self._runner, WorkerRunner):
                seam.open()

    def obey(self, told: Mapping[str, Any]) -> str:
        """Follow the orders of a run; return why that could not be, or ``""``. The same orders again change nothing."""
        run = str(told.get("id") or "")
        if run and run == self.run:
            return ""
        why = self._objection(run)
        if not why:
            self.shut()
            try:
                self._follow(told)
            except Exception as error:
                why = f"cannot follow the run's orders: {said(error)}"
                logger.debug("orders not followed", exc_info=True)
            else:
                self.run = run
        if why:
            self._leave(run)
            logger.error("no user starts here: this process %s", why)
        return why

    def _objection(self, run: str) -> str:
        if not run:
            return "got orders that name no run"
        return "has left this run" if run in self._left else self._forbidden()

    def shut(self, run: str = "") -> None:
        """Shut the gate: the run that was followed is over, and so is ``run``."""
        self._leave(self.run)
        self._leave(run)
        self.run = ""

    def _leave(self, run: str) -> None:
        if run and run not in self._left:
            self._left.append(run)

    def refuses(self, message: Any) -> bool:
        """Tell whether a message of a master would start users of another run, or say that they have been started."""
        if message.type == "spawn":
            return not self.run or run_in(message) != self.run or self.reads(message) is None
        return message.type == "spawning_complete" and not self.run

    def _at_the_gate(self, spawn_users: Callable[..., Any]) -> Callable[..., Any]:
        """Stand in for ``Runner.spawn_users``, which makes users."""

        @functools.wraps(spawn_users)
        def spawned(counts: dict[str, int], wait: bool = False) -> Any:  # noqa: FBT001, FBT002 as Locust's
            if self.run:
                try:
                    return spawn_users(counts, wait)
                except StopTest as error:
                    if not str(error).startswith(NO_HOST):
                        raise  # it is the locustfile's
                    self._on_homeless(f"{' or '.join(sorted(counts))} has no host any more: code has taken it away")
                    return []
            if self._runner.state in (STATE_INIT, STATE_STOPPED):
                self._runner.update_state(STATE_SPAWNING)  # as Locust does: else it would not stop what it has begun
            return []

        return spawned

    def _at_messages(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        """Stand in for a worker's ``handle_message``."""

        @functools.wraps(handle)
        def handled(message: Any) -> None:
            if not self.refuses(message):
                handle(message)
            elif message.type == "spawn":
                self._say(run_in(message))

        return handled

    def _say(self, run: str) -> None:
        """Say once that users of a run are not started."""
        if run != self._said:
            self._said = run
            what = "a run that is over" if run in self._left else "a run whose orders did not come here"
            logger.warning("no user starts here for %s", what)


def run_in(message: Any) -> str:
    """Return the id of the run whose users a spawn message asks for; ``""`` where it is not one of ours."""
    found: object = message.data
    for key in ("parsed_options", RUN_OPTION, "id"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def said(error: BaseException) -> str:
    """Return an exception in one line: its text, and its kind where that does not speak for itself."""
    text = " ".join(OUTLET.text(str(error)).split())[:300]
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"
