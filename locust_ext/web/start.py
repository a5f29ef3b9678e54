"""A start from our own page: it takes every step that Locust's form takes, in the same code.

Law: what starts a test is Locust's own route, asked within the process as a browser would ask it: with the login, the
origin and the guards of the request under way. What is ours beside the form's fields travels with it, and nobody
outside of this process can send it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import request

from locust_ext.config.edits import Edits
from locust_ext.text.problems import ConfigurationError, Problem

EDITS, WHY_NOT = "locust_ext.edits", "locust_ext.why_not"
"""Where they are in the environment of the inner request; what comes in a header stands there under other names."""

SWARM = "locust.swarm"

_OF_THE_OUTER = ("werkzeug.", "wsgi.input_terminated", "HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "RAW_URI")
"""What belongs to the request under way alone."""


def start(web_ui: Any, fields: Mapping[str, str | list[str]], edits: Edits) -> None:
    """Start a test as Locust's form does; raises ConfigurationError where nothing was started.

    ``edits`` are handed to whatever stands before Locust's form.
    """
    app = web_ui.app
    (rule,) = (rule.rule for rule in app.url_map.iter_rules(SWARM))
    body = urlencode(fields, doseq=True).encode()
    refused: list[ConfigurationError] = []
    environ = {key: value for key, value in request.environ.items() if not key.startswith(_OF_THE_OUTER)} | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": rule,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        EDITS: edits,
        WHY_NOT: refused,
    }
    with app.request_context(environ):
        response = app.full_dispatch_request()
        answer = response.get_json(silent=True) if response.status_code == HTTPStatus.OK else None
    if refused:
        raise refused[0]
    if not isinstance(answer, dict) or not answer.get("success"):
        said = answer.get("message") if isinstance(answer, dict) else ""
        raise ConfigurationError([Problem("", str(said or f"Locust answered {response.status}"))])
