"""Stop on Locust's page: it is noted, and a run that was asked for and still waits for its workers never begins.

Law: Locust answers "Test stopped" and starts the run when the last worker comes: who pressed Stop was told a lie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STOP = "locust.stop"
"""Locust's own route."""

REASON = "somebody pressed Stop in the web UI before the run began; to run it all the same, start locust again"


def watch_stop(web_ui: Any, never_begin: Callable[[str], object], note: Callable[[], object]) -> None:
    """Call ``never_begin`` with the reason, and ``note``, before Locust stops what is under way."""
    views = web_ui.app.view_functions
    stop = views[STOP]

    def stopped() -> Any:
        never_begin(REASON)
        note()
        return stop()

    views[STOP] = web_ui.auth_required_if_enabled(stopped)
