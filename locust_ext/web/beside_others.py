"""What we add to Locust's own page beside what other plugins add: tabs, tables, links.

Law: theirs stay, whether they came before us or come after us; so do ours. Nothing of Locust's page is replaced.
"""

from __future__ import annotations

from typing import Any

TABS, TABLES, FILES = "extended_tabs", "extended_tables", "extended_csv_files"
"""The lists that Locust's page is made of, which plugins fill."""


def add_beside(web_ui: Any, name: str, ours: dict[str, Any]) -> None:
    """Add an item to a list of Locust's page, and add it again where a plugin has put its own list in the place."""

    def stand() -> None:
        arguments = web_ui.template_args
        there = arguments.get(name) or []
        if isinstance(there, (list, tuple)) and ours not in there:
            arguments[name] = [*there, ours]

    stand()
    web_ui.app.before_request(stand)


def answer_last(web_ui: Any, after_request: Any) -> None:
    """Have ``after_request`` see each answer after all others have, whenever they were added: Flask calls it last."""
    web_ui.app.after_request_funcs.setdefault(None, []).insert(0, after_request)
