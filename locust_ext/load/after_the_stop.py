"""A ramp ends with its run.

Law: Locust's master goes on with a ramp that it has begun, and says in the end that it is running. So the ramp is told
that it is over. That no user starts is not this file's: messages are withheld and refused.
"""

from __future__ import annotations

from typing import Any

from locust.runners import STATE_CLEANUP, STATE_RUNNING, STATE_STOPPING


def end_ramp(runner: Any) -> None:
    """Let a ramp that is under way be over with the users that it has reached."""
    dispatcher = getattr(runner, "_users_dispatcher", None)
    if dispatcher is not None and hasattr(dispatcher, "_current_user_count"):
        dispatcher._target_user_count = dispatcher._current_user_count  # noqa: SLF001 Locust has no way to end it


def stay_stopped(runner: Any) -> None:
    """Take back that a test is running, which Locust says when a ramp ends, of a run that ended before it."""
    if hasattr(runner, "clients"):
        runner.update_state(STATE_STOPPING)
        runner.check_stopped()
    elif runner.state == STATE_RUNNING:
        runner.update_state(STATE_CLEANUP)
