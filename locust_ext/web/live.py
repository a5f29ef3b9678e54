"""The live page: one page to watch a test, to steer it, and to read what came of it, also after it has stopped.

Law: the page is the same for all who may see Locust's UI, and holds nothing of a run but its token; all else comes in
its one small request a second, made of pieces that know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, request

from locust_ext.process.supervised import Stake, guarded
from locust_ext.reports.live_charts import empty_charts
from locust_ext.web.answers import Answers
from locust_ext.web.assets import address, serve_assets
from locust_ext.web.buttons import Buttons, base_path
from locust_ext.web.encoded import encoded
from locust_ext.web.polling import Polling
from locust_ext.web.templates import page_template

PATH = "/locust-ext/"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
"""Plotly writes styles into the page; no script stands in it."""

Piece = Callable[[Mapping[str, str]], Any]
"""Takes what the page says that it has already, and returns what is new, as JSON has it, or as JSON.

What it returns depends on that and on the run alone: it is told to all who ask the same within a moment.
"""


def show_live(web_ui: Any, buttons: Buttons, pieces: Mapping[str, Piece]) -> None:
    """Add the page to the web UI; ``pieces`` make the parts of its state, each under its name."""
    serve_assets(web_ui)

    def page() -> Any:
        if not buttons.may_show:
            return buttons.turned_away()
        shown = page_template("live.html.j2").render(token=buttons.token, asset=address, charts=empty_charts())
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Frame-Options": "SAMEORIGIN"}
        return make_response(shown, 200, headers)

    def made() -> bytes:
        asked = request.args
        wanted = [name for name in asked.get("pieces", "").split(",") if name in pieces] or pieces
        parts = (f'"{name}":{_told(name, pieces[name], asked)}' for name in wanted)
        return ("{" + ",".join(parts) + "}").encode()

    def state() -> Any:
        content, packed = answers.get(request.query_string, made)
        headers = {"Cache-Control": "no-store"}
        if "pieces" not in request.args:  # the rest of a portion is asked for at once, by a page that has just come
            headers["X-Poll-Interval"] = f"{polling.asked():.1f}"
        if packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            content, headers["Content-Encoding"] = packed, "gzip"
        return Response(content, mimetype="application/json", headers=headers)

    def after_request(response: Response) -> Response:
        if request.method == "POST":  # it may have changed what the answers say
            answers.forget()
        return response

    answers, polling = Answers(), Polling()
    web_ui.app.after_request(after_request)
    guard, base = web_ui.auth_required_if_enabled, base_path(web_ui)
    web_ui.app.add_url_rule(base + PATH, "locust_ext_live", guard(page))
    web_ui.app.add_url_rule(f"{base}{PATH}state", "locust_ext_state", guard(state))


def _told(name: str, piece: Piece, asked: Mapping[str, str]) -> str:
    """Return what a piece says, as JSON; null where it raises, which is said once and keeps no other from its turn."""
    told = guarded(f"the part {name!r} of the live page", lambda: encoded(piece(asked)), Stake.LOOKS)()
    return "null" if told is None else told
