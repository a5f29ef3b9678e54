"""What the live page asks to be done: each action takes a POST of JSON, and answers in JSON.

Law: an action decides nothing; it asks the object that it was given. The same guard stands before it as before a
button: our own page, the token of this process and of the user who is logged in, never a GET.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import jsonify, request

from locust_ext.safety.outlet import OUTLET
from locust_ext.text.frozen import dataclass
from locust_ext.text.problems import ConfigurationError, Problem
from locust_ext.web.buttons import Buttons, base_path
from locust_ext.web.strangers import FORBIDDEN

TOKEN = "X-Locust-Ext-Token"  # noqa: S105 the name of a header
"""The header that carries the token: no page of another site may set it without being asked first."""

WRONG = 400


@dataclass(frozen=True)
class Done:
    """What was done, in one sentence, and what the page needs beside it."""

    said: str
    more: Mapping[str, Any] | None = None


Action = Callable[[Mapping[str, Any]], Done]
"""Takes what the page sent; raises ConfigurationError for what must not be: its paths are names of fields."""


MOST_BYTES = 4 << 20
"""Of what a page may send."""


def add_action(web_ui: Any, buttons: Buttons, name: str, act: Action) -> None:
    """Add the action ``name`` below the live page; a mistake is answered with its field, and nothing is done."""

    def view() -> Any:
        if refusal := buttons.refusal(request.headers.get(TOKEN, "")):
            return jsonify({"said": refusal, "problems": []}), FORBIDDEN
        try:
            done = act(_given())
        except ConfigurationError as error:
            problems = [{"field": one.path, "said": OUTLET.text(_sentence(one))} for one in error.problems]
            return jsonify({"said": "Nothing was done.", "problems": problems}), WRONG
        return jsonify({"said": OUTLET.text(done.said), "problems": [], **(done.more or {})})

    rule = f"{base_path(web_ui)}/locust-ext/do/{name}"
    guarded = web_ui.auth_required_if_enabled(view)
    web_ui.app.add_url_rule(rule, f"locust_ext_do_{name.replace('-', '_')}", guarded, methods=["POST"])


def _given() -> Mapping[str, Any]:
    """Return what the page sent; raises ConfigurationError where it is not an object of JSON, or too long a one."""
    given: Any = None
    if (request.content_length or 0) <= MOST_BYTES:
        with suppress(RecursionError):
            given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise ConfigurationError(
            [Problem("", f"what was sent is not an object of JSON of at most {MOST_BYTES >> 20} MiB")]
        )
    return given


def _sentence(problem: Problem) -> str:
    """Return what is said at the field: its name stands there already."""
    return str(replace(problem, path=""))
