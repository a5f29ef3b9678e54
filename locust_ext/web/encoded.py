"""A piece of the live page's state that is JSON already.

Law: it is text that was made as JSON, and is put into an answer as it is.
"""

from __future__ import annotations

from typing import Any

from locust_ext.text.strict_json import compact_json


class Encoded(str):
    """JSON."""

    __slots__ = ()


def encoded(value: Any) -> str:
    """Return any value as JSON."""
    return value if isinstance(value, Encoded) else compact_json(value).rstrip()
