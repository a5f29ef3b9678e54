"""The report of a test, by default of the last one, from Locust's web UI: the same page as ``report.html``.

Law: it only shows what is there; anyone who may not use Locust's UI may not see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, render_template_string, request

from locust_ext.reports.html import html
from locust_ext.reports.result import RunResult
from locust_ext.web.beside_others import FILES, add_beside
from locust_ext.web.buttons import base_path

PATH = "/locust-ext/report"
LINK = {"href": f".{PATH}", "title": "Open the report of locust_ext"}

WAITING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>No report yet</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 36rem; margin: 3rem auto; padding: 0 1rem }
</style></head><body>
<h1>No report yet</h1>
<p role="status">It is made when a test ends. This page looks for it every five seconds.</p>
<p>The thresholds are on <a href="..">Locust's own page</a>, while the test runs.</p>
</body></html>
"""


def show_report(
    web_ui: Any, result: Callable[[], RunResult | None], page_of: Callable[[str], Response] | None = None
) -> None:
    """Add the page to ``web_ui``, and a link to it under "Download data"; ``result`` is that of the last test.

    ``page_of`` answers with the report of a run by its id, where that is asked for.
    """
    add_beside(web_ui, FILES, LINK)

    @web_ui.app.route(base_path(web_ui) + PATH, endpoint="locust_ext_report")  # type: ignore[untyped-decorator]
    @web_ui.auth_required_if_enabled  # type: ignore[untyped-decorator]
    def report() -> Any:
        if page_of is not None and "run" in request.args:
            return page_of(request.args["run"])
        found = result()
        return Response(html(found) if found else render_template_string(WAITING), mimetype="text/html")
