"""/metrics of Locust's web server: the figures of the run for Prometheus.

Law: it stands where nobody else's route does, and nowhere else. Where the web UI has a login, the figures are for those
who know the token, or, without one, for those who are logged in and for this machine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask_login import current_user

from locust_ext.exports.options import PrometheusOptions
from locust_ext.exports.scrape_access import CHALLENGES, NO_TOKEN, NOT_LOCAL, PATH, is_local, is_token, token_of
from locust_ext.run.scraped_text import ScrapedText
from locust_ext.web.buttons import base_path

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD")


def show_metrics(
    web_ui: Any, text: ScrapedText, options: Callable[[], PrometheusOptions | None], public: Callable[[], str]
) -> None:
    """Answer to scrapes; ``public`` is the address at which a proxy shows the web UI, if it is configured."""
    path = base_path(web_ui) + PATH
    said: list[bool] = []

    def before_request() -> Response | None:
        if request.path != path:
            return None
        if request.url_rule is not None:
            if not said:
                said.append(True)
                logger.warning("%s is a route of somebody else, so the figures of locust_ext are not there", path)
            return None
        if request.method not in METHODS:
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed\n", ("Allow", ", ".join(METHODS)))
        return _not_allowed(web_ui, options(), public()) or _answer(text)

    web_ui.app.before_request(before_request)


def _answer(text: ScrapedText) -> Response:
    told = text.answer(request.headers.get("Accept", ""), request.headers.get("Accept-Encoding", ""))
    return Response(told.body, told.status, headers=[*told.headers, ("Cache-Control", "no-store")])


def _not_allowed(web_ui: Any, options: PrometheusOptions | None, public: str) -> Response | None:
    """Return the refusal that the request under way gets; None: it may."""
    try:
        token = token_of(options, os.environ)
    except ValueError:  # the run was refused for it; nobody knows a token that is not there
        token = ""
    if token is not None:
        if token and is_token(request.headers.get("Authorization", ""), token):
            return None
        return _refusal(HTTPStatus.UNAUTHORIZED, NO_TOKEN, *(("WWW-Authenticate", one) for one in CHALLENGES))
    if not web_ui.web_login or _is_logged_in():
        return None
    address, protocol = request.environ.get("REMOTE_ADDR", ""), request.environ.get("SERVER_PROTOCOL", "")
    if not public and is_local(address, dict(request.headers), protocol):
        return None
    return _refusal(HTTPStatus.FORBIDDEN, NOT_LOCAL)


def _is_logged_in() -> bool:
    try:
        return bool(current_user.is_authenticated)
    except Exception:  # noqa: BLE001 the one who is to say it has not been named, or fails
        return False


def _refusal(status: HTTPStatus, said: str, *headers: tuple[str, str]) -> Response:
    return Response(said, status, headers=list(headers), mimetype="text/plain")
