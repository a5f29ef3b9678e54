"""No user of a run starts after its stop.

Law: Locust's master goes on with a ramp that it has begun, and its workers obey. So the master ends the ramp when the
run ends, and a worker that has left a run refuses every user of that run: the orders carry its id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

RUN_OPTION = "locust_ext_run"
"""The attribute of the parsed options that carries a run to the workers, in Locust's own spawn message."""

STATE_STOPPING = "stopping"


def end_ramp(runner: Any) -> None:
    """Let a ramp that is under way be over with the users that it has reached."""
    dispatcher = getattr(runner, "_users_dispatcher", None)
    if dispatcher is not None and hasattr(dispatcher, "_current_user_count"):
        dispatcher._target_user_count = dispatcher._current_user_count  # noqa: SLF001 Locust has no way to end it


def stay_stopped(runner: Any) -> None:
    """Take back that a master is running, which Locust says when a ramp ends, of a run that ended before it."""
    if hasattr(runner, "clients"):
        runner.update_state(STATE_STOPPING)  # with the next heartbeat Locust sees that all have stopped


class Refusal:
    """What a worker no longer listens to, once it has left the run that it is about."""

    def __init__(self, runner: Any, left: Callable[[], str], within: Callable[[], str]) -> None:
        """``left`` returns the run that was left last, and ``within`` the one that was joined last."""
        self._runner, self._left, self._within = runner, left, within

    def install(self) -> None:
        """Look at each message before Locust does."""
        handle = self._runner.handle_message

        def handle_message(message: Any) -> None:
            if self.refuses(message):
                logger.info("Discard a %s message of a run that is over", message.type)
            else:
                handle(message)

        self._runner.handle_message = handle_message

    def refuses(self, message: Any) -> bool:
        """Tell whether a message would start users of a run that was left, or say that they have been started."""
        left = self._left()
        if not left:
            return False
        if message.type == "spawning_complete":
            return left == self._within()
        return message.type == "spawn" and left == run_in(message)


def run_in(message: Any) -> str:
    """Return the id of the run whose users a spawn message asks for; ``""`` where it is not one of ours."""
    options = (message.data or {}).get("parsed_options") or {}
    told = options.get(RUN_OPTION) or {}
    return str(told.get("id", ""))
