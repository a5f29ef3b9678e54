"""The scripts and styles of the live page: they come from this package and from Plotly's, never from the network.

Law: a closed table of names; a file is read once, packed once, and may be kept by a browser for as long as its address
says the same.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Response, abort, request

from locust_ext.reports.drawing import plotly_script
from locust_ext.web.buttons import base_path

SCRIPT, STYLE = "text/javascript", "text/css"


def _ours(room: str, name: str) -> Callable[[], bytes]:
    return lambda: files(room).joinpath(name).read_bytes()


ASSETS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "plotly.js": (SCRIPT, plotly_script),
    "report.css": (STYLE, _ours("locust_ext.reports", "report.css")),
    "live.css": (STYLE, _ours("locust_ext.web", "live.css")),
    "live.js": (SCRIPT, _ours("locust_ext.web", "live.js")),
    "steering.css": (STYLE, _ours("locust_ext.web", "steering.css")),
    "steering.js": (SCRIPT, _ours("locust_ext.web", "steering.js")),
    "runs.js": (SCRIPT, _ours("locust_ext.web", "runs.js")),
}


@cache
def _content(name: str) -> tuple[bytes, bytes, str]:
    """Return a file, the same packed, and the address of its content."""
    content = ASSETS[name][1]()
    return content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:16]


def address(name: str) -> str:
    """Return where the page finds a file, beside itself."""
    return f"assets/{name}?v={_content(name)[2]}"


def serve_assets(web_ui: Any) -> None:
    """Add the files to the web UI."""

    def view(name: str) -> Any:
        if name not in ASSETS:
            abort(404)
        whole, packed, _ = _content(name)
        takes = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        if takes:
            headers["Content-Encoding"] = "gzip"
        return Response(packed if takes else whole, mimetype=ASSETS[name][0], headers=headers)

    guarded = web_ui.auth_required_if_enabled(view)
    web_ui.app.add_url_rule(f"{base_path(web_ui)}/locust-ext/assets/<name>", "locust_ext_assets", guarded)
