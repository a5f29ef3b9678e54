"""What our own pages are guarded by: they stand under the web UI's base path, and their buttons carry a token.

Law: a GET changes nothing. A button takes POST alone, from our own page, with the token of this process and of the user
who is logged in. No page of another site can read the token: it is not shown to one.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, render_template_string, request
from flask_login import current_user
from markupsafe import Markup

from locust_ext.web.frame import framed
from locust_ext.web.strangers import FORBIDDEN, from_elsewhere, sentence

FIELD = "token"

STALE = (
    "Refused: the button carries no valid token, so nothing was done. It is from a page of another process, or of "
    "another user; load the page again."
)

REFUSED = framed("Refused", "")

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
}
"""A page with a button is kept nowhere, and stands in no frame of another site."""

_FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})


class Buttons:
    """The pages with buttons of one web UI."""

    def __init__(self, web_ui: Any, public: Callable[[], str]) -> None:
        self._web_ui, self._public = web_ui, public
        self._key = secrets.token_bytes(32)

    @property
    def token(self) -> str:
        """The token of this process and of the user who asks."""
        user = current_user.get_id() if self._web_ui.web_login else None
        return hmac.new(self._key, str(user or "").encode(), "sha256").hexdigest()

    @property
    def field(self) -> Markup:
        """The field that carries the token in a form."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, self.token)

    @property
    def may_show(self) -> bool:
        """Whether the one who asks for a page may see a button: no script of another site, no frame in one."""
        is_framed = request.headers.get("Sec-Fetch-Dest") in _FRAMES
        return ("Origin" not in request.headers and not is_framed) or not from_elsewhere(self._public())

    def page(
        self, path: str, name: str, template: str, shown: Callable[[], Mapping[str, Any]], press: Callable[[], None]
    ) -> None:
        """Add the page ``name``, rendered with what ``shown`` gives; its button calls ``press``."""

        def view() -> Any:
            if request.method == "POST":
                if refusal := self.refusal(request.form.get(FIELD, "")):
                    return _guarded(render_template_string(REFUSED, message=refusal), FORBIDDEN)
                press()
                return Response(
                    status=303, headers={"Location": path.rpartition("/")[2]}
                )  # relative, as behind a proxy
            if not self.may_show:
                return self.turned_away()
            return _guarded(render_template_string(template, token=self.field, **shown()))

        guarded = self._web_ui.auth_required_if_enabled(view)
        self._web_ui.app.add_url_rule(base_path(self._web_ui) + path, name, guarded, methods=["GET", "POST"])

    @staticmethod
    def turned_away() -> Response:
        """Return what one sees who may not see a button."""
        return _guarded(render_template_string(REFUSED, message=sentence()), FORBIDDEN)

    def refusal(self, given: str) -> str:
        """Return why the request under way, which carries the token ``given``, may change nothing; "" if it may."""
        if from_elsewhere(self._public()):
            return sentence()
        return "" if hmac.compare_digest(given.encode(errors="replace"), self.token.encode()) else STALE


def base_path(web_ui: Any) -> str:
    """Return the path that Locust's own pages stand under, without a slash at its end."""
    (index,) = web_ui.app.url_map.iter_rules("locust.index")
    return str(index.rule).rstrip("/")


def _guarded(text: str, status: int = 200) -> Response:
    return make_response(text, status, _HEADERS)
