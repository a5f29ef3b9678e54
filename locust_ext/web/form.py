"""What Locust's web UI sends to start a test, or to set a user class: refused with a sentence when it must not be.

Law: this file translates between Flask and the plan; it decides nothing. It stands where Locust's own code for the form
stands: behind the login, and behind whatever else a locustfile has put before that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from flask import jsonify, request

from locust_ext.text.problems import ConfigurationError
from locust_ext.web.start import EDITS, WHY_NOT

PATH = "/swarm"

USERS = "locust.update_user"
"""Locust's own route that sets a user class, where its picker is on."""

REFUSED = 400

IDLE = ("ready", "stopped")
"""States in which no test is under way."""


def watch_form(web_ui: Any, prepare: Callable[..., None], hide: Callable[[str], str]) -> None:
    """Call ``prepare`` with the form before Locust starts a test; what it raises is shown and nothing starts.

    Where our own page starts it, ``prepare`` is given the edits of that page, too. ``hide`` takes secrets out of what
    is shown.
    """

    def watched(start: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(start)
        def started(**arguments: Any) -> Any:
            edits = request.environ.get(EDITS)
            try:
                prepare(request.form, *([] if edits is None else [edits]))
            except ConfigurationError as error:
                request.environ.get(WHY_NOT, []).append(error)
                return jsonify({"success": False, "message": hide(str(error)), "host": ""})
            forget_old_time(web_ui)
            return start(**arguments)

        return started

    _keep_shape(web_ui)
    views = web_ui.app.view_functions
    for endpoint in {rule.endpoint for rule in web_ui.app.url_map.iter_rules() if _is_form(rule)}:
        views[endpoint] = web_ui.auth_required_if_enabled(watched(views[endpoint]))


def forget_old_time(web_ui: Any) -> None:
    """Have the run time of an earlier test not end the next one.

    Locust forgets to stop that clock where a test ended before its time, not by Stop, and the next one has a shape.
    """
    if web_ui.environment.runner.state in IDLE:
        getattr(web_ui, "_cancel_run_time_timer", lambda: None)()


def _keep_shape(web_ui: Any) -> None:
    """With its class picker Locust takes "Default" for no shape at all; the one that was prepared stays."""
    update = getattr(web_ui, "_update_shape_class", None)
    if update is not None:  # else a release of Locust without it
        web_ui._update_shape_class = lambda name: update(name) if name else None  # noqa: SLF001 Locust's own


def _is_form(rule: Any) -> bool:
    return rule.rule.endswith(PATH) and "POST" in (rule.methods or ())


def watch_users(web_ui: Any, prepare: Callable[[Mapping[str, Any]], None], hide: Callable[[str], str]) -> None:
    """Call ``prepare`` with what a user class is to be set to, before Locust does; what it raises is answered."""
    views = web_ui.app.view_functions
    update = views.get(USERS)
    if update is None:  # a release of Locust without it
        return

    def updated() -> Any:
        settings = request.get_json(force=True, silent=True)
        try:
            prepare(settings if isinstance(settings, dict) else {})
        except ConfigurationError as error:
            return jsonify({"success": False, "message": hide(str(error))}), REFUSED
        return update()

    views[USERS] = web_ui.auth_required_if_enabled(updated)
