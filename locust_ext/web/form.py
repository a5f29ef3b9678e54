"""The form that starts a test in Locust's web UI: refused with a sentence when it cannot mean anything.

Law: this file translates between Flask and the plan; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import jsonify, request

from locust_ext.problems import ConfigurationError


def watch_form(web_ui: Any, prepare: Callable[[Mapping[str, str]], None]) -> None:
    """Call ``prepare`` with the form before Locust starts a test; what it raises is shown and nothing starts."""

    def before_request() -> Any:
        if request.method != "POST" or not request.path.endswith("/swarm"):
            return None
        try:
            prepare(request.form)
        except ConfigurationError as error:
            return jsonify({"success": False, "message": str(error), "host": ""})
        return None

    web_ui.app.before_request(before_request)
