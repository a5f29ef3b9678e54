"""Who may change something in the web UI: its own pages, and anyone who is not a browser at another site.

Law: a browser says where a request comes from (``Origin``, ``Sec-Fetch-Site``), and no page can make it lie. What comes
from elsewhere changes nothing. Headers that a proxy may set are not believed, since a page may set them too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import jsonify, request

from locust_ext.reports.console import plain
from locust_ext.safety.origin import authority_of, origin_of

logger = logging.getLogger(__name__)

CHANGING = frozenset({"locust.swarm", "locust.stop", "locust.reset_stats", "locust.update_user"})
"""Locust's own routes that change something, by whatever method a release of it takes."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

FORBIDDEN = 403

_SAME = "same-origin"
_NOBODY = "none"
"""What a browser says of an address that somebody has typed."""

_MOST_TOLD = 10
_LONGEST = 100


def is_foreign(given: str | None, site: str | None, here: str, public: str = "") -> bool:
    """Tell whether a request comes from another site than the web UI at ``here``, or at the origin ``public``.

    ``given`` is its ``Origin`` and ``site`` its ``Sec-Fetch-Site``; what has neither, as from curl, is not foreign.
    """
    site = (site or _NOBODY).strip().lower()
    if site not in (_SAME, _NOBODY):
        return True
    if given is None:
        return False
    if site == _SAME and given == "null":
        return False  # of our own page, where a policy hides where it is
    origin, own = origin_of(given), origin_of(here)
    if origin is None or own is None:
        return True
    if site == _SAME and authority_of(origin) == authority_of(own):
        return False  # a proxy has ended TLS
    return origin not in (own, origin_of(public))


def from_elsewhere(public: str) -> bool:
    """Tell whether the request under way is foreign."""
    headers = request.headers
    return is_foreign(headers.get("Origin"), headers.get("Sec-Fetch-Site"), request.host_url, public)


def sentence() -> str:
    """Return what the sender of the request under way is told."""
    where = plain(request.headers.get("Origin", ""))[:_LONGEST]
    came = f"{where} is" if where not in ("", "null") else "it comes from"
    return (
        f"Refused: {came} another site than this web UI, so nothing was done. If people reach the web UI there, "
        "through a proxy, name that address in the configuration, such as web: {origin: https://load.example.com}"
    )


def keep_out(web_ui: Any, public: Callable[[], str]) -> None:
    """Refuse what a page of another site asks Locust's own routes to change; ``public`` is the configured origin."""
    told: set[str] = set()

    def before_request() -> Any:
        endpoint = request.endpoint or ""
        changes = endpoint in CHANGING or (endpoint.startswith("locust.") and request.method not in SAFE_METHODS)
        if not changes or request.method == "OPTIONS" or not from_elsewhere(public()):
            return None
        said = sentence()
        if said not in told and len(told) < _MOST_TOLD:
            told.add(said)
            logger.warning("%s %s: %s", request.method, request.path, said)
        return jsonify({"success": False, "message": said, "host": ""}), FORBIDDEN

    web_ui.app.before_request(before_request)
