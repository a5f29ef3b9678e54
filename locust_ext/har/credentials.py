"""What is secret of an ``Authorization`` header: all of it, what stands behind its scheme, and each of its parts.

Law: pure; the user's name is not a part, the password is, however the header spells it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_PARAMETER = re.compile(r"(?P<name>[A-Za-z][\w-]{0,40})=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s,\"]+))")
_PLAIN_WORDS = """
    username realm uri algorithm qop nc signedheaders opaque userhash stale charset version
    oauth_consumer_key oauth_version oauth_signature_method oauth_timestamp ts keyid headers
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Parameters of Digest, OAuth 1, AWS and the like that are not secret by themselves."""


def parts_of_credentials(value: str) -> Iterator[str]:
    """Yield what is secret of the value of the header."""
    behind = value.partition(" ")[2].strip() or value.partition("\t")[2].strip()
    yield from (value, behind)
    found = list(_PARAMETER.finditer(behind))
    for match in found:
        if match["name"].lower() not in _PLAIN:
            text = match["quoted"] or match["bare"] or ""
            yield text
            yield text.partition("/")[0] if match["name"].lower() == "credential" else ""
    user, colon, password = _decoded(behind).partition(":")
    if colon and user.isprintable() and password.isprintable():
        yield password


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
