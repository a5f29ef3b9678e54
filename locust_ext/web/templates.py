"""The templates of pages in Locust's web UI, rendered as those of reports are.

Law: everything that a template shows is escaped, and free of control characters.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Template

from locust_ext.reports.drawing import templates


@cache
def page_template(name: str) -> Template:
    """Return a template of this room, which may include others of it and of the reports; compiled once."""
    return templates("locust_ext.web", "locust_ext.reports").get_template(name)
