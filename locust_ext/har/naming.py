"""Under which name a request is measured: its path, with what differs from one to the next folded into ``:id``.

Law: pure; a name is short, holds no query and no sign that a selector, a report or a page would read as more than a
letter. Requests that differ by an id only have one name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from operator import ne
from string import ascii_letters, digits
from typing import Any
from urllib.parse import parse_qs, unquote

from locust_ext.har.exchange import Exchange

LONGEST = 120
"""Characters of a name."""

ID = ":id"

MOST_LOOKED_AT = 500
"""Letters of a text that tell whether it was drawn."""

_NUMBER = re.compile(r"[+-]?\d+([.,:]\d+)*")
_UUID = re.compile(r"\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_HEX = re.compile(r"(0x)?[0-9a-f]{8,}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ].*)?)?|\d{4}-w\d{2}|\d{2}-\d{2}-\d{4}", re.IGNORECASE)
_NUMBERED = re.compile(r"[A-Za-z]{1,12}[-_]?\d{4,}|[A-Za-z]{1,12}[-_]\d{2,}|[A-Za-z]{1,12}(-\d+){2,}")
_RANDOM = re.compile(r"[A-Za-z0-9_=~-]{16,}")
_KINDS = str.maketrans(ascii_letters + digits, "a" * 26 + "A" * 26 + "0" * 10, "_=~-")
_EXTENSION = re.compile(r"(?P<stem>.+)(?P<extension>\.[A-Za-z]{2,5})")
_ODD = re.compile(r"[^A-Za-z0-9._~/:@%+-]")
_OPERATION = re.compile(r"^[ \t]*(?:query|mutation|subscription)\s+(?P<name>[A-Za-z_]\w{0,60})", re.MULTILINE)


def name_of(exchange: Exchange, filled: Container[int] = ()) -> str:
    """Return the name of a request: its folded path, and its operation where that is GraphQL.

    ``filled`` are the places of segments that come from elsewhere: they differ from one request to the next.
    """
    operation = _operation(exchange)
    segments = [segment.partition(";")[0] for segment in exchange.url.path.split("/")]
    folded = "/".join(ID if place in filled else _folded(segment) for place, segment in enumerate(segments))
    name = _ODD.sub("_", folded)[:LONGEST]
    return f"{name}:{operation}" if operation else name


def is_id(text: str) -> bool:
    """Tell whether a segment of a path names one thing of many."""
    patterns = (_NUMBER, _UUID, _ULID, _DATE, _NUMBERED)
    is_hex = _HEX.fullmatch(text) is not None and any(letter.isdigit() for letter in text.removeprefix("0x"))
    return is_hex or any(pattern.fullmatch(text) for pattern in patterns) or is_random(text) or "@" in text


def is_random(text: str, shortest: int = 16) -> bool:
    """Tell whether a text looks as if it was drawn: long, of several kinds of letters, and mixed."""
    if len(text) < shortest or not _RANDOM.fullmatch(text) or text.isalpha():
        return False
    kinds = text[:MOST_LOOKED_AT].translate(_KINDS)  # words with signs between them are not drawn
    changes: int = sum(map(ne, kinds, kinds[1:]))
    return bool(kinds) and 4 * changes >= len(kinds)


def _folded(segment: str) -> str:
    text = unquote(segment)
    if is_id(text):
        return ID
    match = _EXTENSION.fullmatch(text)
    return f"{ID}{match['extension']}" if match and is_id(match["stem"]) else segment[:LONGEST]


def _operation(exchange: Exchange) -> str:
    """Return the name of an operation of GraphQL; nothing for what is not one."""
    if exchange.method == "GET" and "operationName=" in exchange.url.query:
        return _word(parse_qs(exchange.url.query).get("operationName", [""])[0])
    text = exchange.sent.text if exchange.sent else None
    if not text or len(text) > 1 << 20 or ('"query"' not in text and "operationName" not in text):
        return ""
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, Mapping):
        return ""
    named, query = first.get("operationName"), first.get("query")
    if isinstance(named, str) and named:
        return _word(named)
    match = _OPERATION.search(query) if isinstance(query, str) else None
    return match["name"] if match else ""


def _word(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z_]\w{0,60}", text, re.ASCII) else ""
