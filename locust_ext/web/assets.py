"""The scripts and styles of the live page: they come from this package and from Plotly's, never from the network.

Law: a closed table of names; a file is read once, packed once, and may be kept by a browser for as long as its address
says the same. A large one is packed beside all else: no user of this process waits for that.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import gevent
from flask import Response, abort, request

from locust_ext.reports.drawing import plotly_script
from locust_ext.reports.live_charts import live_charts
from locust_ext.text.strict_json import compact_json
from locust_ext.web.buttons import base_path

SCRIPT, STYLE, JSON = "text/javascript", "text/css", "application/json"

LARGE = 100_000
"""Bytes from which on a file is packed in a thread of its own."""


def _ours(room: str, name: str) -> Callable[[], bytes]:
    return lambda: files(room).joinpath(name).read_bytes()


def _of_web(*names: str) -> Mapping[str, tuple[str, Callable[[], bytes]]]:
    return {name: (SCRIPT, _ours("locust_ext.web", name)) for name in names}


ASSETS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "plotly.js": (SCRIPT, plotly_script),
    "drawing.js": (SCRIPT, _ours("locust_ext.reports", "drawing.js")),
    "charts.json": (JSON, lambda: compact_json(live_charts()).encode()),
    "report.css": (STYLE, _ours("locust_ext.reports", "report.css")),
    "live.css": (STYLE, _ours("locust_ext.web", "live.css")),
    "runs.css": (STYLE, _ours("locust_ext.web", "runs.css")),
    "steering.css": (STYLE, _ours("locust_ext.web", "steering.css")),
    **_of_web("live.js", "link.js", "course.js", "endpoints.js", "live_charts.js", "watching.js"),
    **_of_web("steering.js", "runs.js"),
}


@cache
def _content(name: str) -> tuple[bytes, str]:
    """Return a file, and the address of its content."""
    content = ASSETS[name][1]()
    return content, hashlib.sha256(content).hexdigest()[:16]


_PACKED: dict[str, bytes] = {}


def _packed(name: str) -> bytes:
    if name not in _PACKED:
        content, _ = _content(name)
        large = len(content) >= LARGE
        _PACKED[name] = gevent.get_hub().threadpool.apply(_pack, (content,)) if large else _pack(content)
    return _PACKED[name]


def _pack(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def address(name: str) -> str:
    """Return where the page finds a file, beside itself."""
    return f"assets/{name}?v={_content(name)[1]}"


def serve_assets(web_ui: Any) -> None:
    """Add the files to the web UI."""

    def view(name: str) -> Any:
        if name not in ASSETS:
            abort(404)
        takes = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        if takes:
            headers["Content-Encoding"] = "gzip"
        return Response(_packed(name) if takes else _content(name)[0], mimetype=ASSETS[name][0], headers=headers)

    guarded = web_ui.auth_required_if_enabled(view)
    web_ui.app.add_url_rule(f"{base_path(web_ui)}/locust-ext/assets/<name>", "locust_ext_assets", guarded)
