"""Tell people, in Locust's web UI."""

from __future__ import annotations

from typing import Any


def add_to(web_ui: Any, *parts: Any) -> None:
    """Add our pages to Locust's web UI, if there is one: a headless run loads none of them."""
    if web_ui:
        from locust_ext.web.pages import add_pages  # noqa: PLC0415

        add_pages(web_ui, *parts)
