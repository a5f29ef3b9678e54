"""The way from Locust's own page to the live page: a link in the header, and a tab.

Law: Locust's page and the tabs of others stay as they are; all addresses are relative, as behind a proxy.
"""

from __future__ import annotations

from typing import Any

from flask import Response, render_template_string, request

from locust_ext.web.assets import address

OK = 200

TAB = "Live"
KEY = "locust-ext-live"

SCRIPT = """<script src="./locust-ext/{{ place }}" defer></script></body>"""


def show_link(web_ui: Any) -> None:
    """Add the tab, and the script that puts the link into the header and has the tab lead to the page."""
    arguments = web_ui.template_args
    tab = {"title": TAB, "key": KEY}
    table = {"key": KEY, "structure": [{"key": "page", "title": "The live page is below this one: locust-ext/"}]}
    arguments["extended_tabs"] = [*(arguments.get("extended_tabs") or []), tab]
    arguments["extended_tables"] = [*(arguments.get("extended_tables") or []), table]

    def after_request(response: Response) -> Response:
        is_index = request.endpoint == "locust.index" and response.mimetype == "text/html" and not response.is_streamed
        if is_index and response.status_code == OK:
            script = render_template_string(SCRIPT, place=address("link.js"))
            response.set_data(response.get_data(as_text=True).replace("</body>", script, 1))
        return response

    web_ui.app.after_request(after_request)
