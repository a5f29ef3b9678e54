"""What a configuration can say of the web UI.

Law: pure.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import field_validator

from locust_ext.safety.origin import authority_of, origin_of
from locust_ext.text.fields import Section
from locust_ext.text.lengths import quoted


class WebOptions(Section):
    """Where people reach the web UI, as far as it cannot know that itself."""

    origin: str = ""

    @field_validator("origin")
    @classmethod
    def _is_an_origin(cls, text: str) -> str:
        parts, origin = urlsplit(text), origin_of(text)
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
        if text and not (origin and is_bare and parts.scheme.lower() in ("http", "https")):
            raise ValueError(f"{quoted(text)} is not an origin; write it as https://load.example.com, without a path")
        return f"{origin[0]}://{authority_of(origin)}" if origin else ""
