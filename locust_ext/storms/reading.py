"""Values as other people's configurations write them.

Law: pure; what cannot be read raises ValueError with a sentence that names its key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from locust_ext.text.lengths import quoted
from locust_ext.text.units import parse_duration

_ISO_SPAN = re.compile(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", re.IGNORECASE)
_CLOSE = 0.85


def misspelt(given: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return for each name that is not known but nearly one that is, the one that was probably meant."""
    valid = list(known)
    close = {name: get_close_matches(str(name), valid, n=1, cutoff=_CLOSE) for name in given if name not in valid}
    return {name: matches[0] for name, matches in close.items() if matches}


def refuse_misspelt(given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for the first name that is nearly one that is known; others are none of our business."""
    for name, meant in misspelt(given, known).items():
        raise ValueError(f"there is no option {quoted(name)}; did you mean {quoted(meant)}?")


def read_json(text: str) -> Any:
    """Return the object or the list in JSON text; raises ValueError."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not valid JSON: {error}") from None
    return values if isinstance(values, list) else mapping(values, "the JSON")


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """Return ``value`` if it is an object; raises ValueError that names ``what`` it should be."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} must be an object with keys, not {quoted(value)}")  # noqa: TRY004 one kind of error
    return value


def read_properties(text: str) -> dict[str, str]:
    """Return the keys of Java's ``.properties`` or of an ``.env`` file."""
    joined = re.sub(r"\\\r?\n[ \t]*", "", text)
    lines = (line.strip() for line in joined.splitlines())
    pieces = (re.split(r"\s*[=:]\s*|\s+", line, maxsplit=1) for line in lines if line and line[0] not in "#!")
    return {piece[0]: piece[1] if len(piece) > 1 else "" for piece in pieces}


def numbers(given: Mapping[str, Any], keys: Iterable[str]) -> dict[str, float]:
    """Return those of ``keys`` that are given, as numbers; raises ValueError when none is."""
    found = {key: number(key, given[key]) for key in keys if key in given}
    if not found:
        raise ValueError(f"it sets none of {', '.join(keys)}")
    return found


def number(key: str, value: Any) -> float:
    """Return a finite number of at least 0, also from text; raises ValueError that names ``key``."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = -1.0
    if isinstance(value, bool) or not 0 <= found < float("inf"):
        raise ValueError(f"{key} must be a number of at least 0, not {quoted(value)}")
    return int(found) if found.is_integer() else found


def milliseconds(key: str, value: Any) -> float:
    """Return milliseconds for a plain number of them, ``500ms``, ``1s`` or ``PT1S``; raises ValueError."""
    if isinstance(value, str) and (iso := _ISO_SPAN.fullmatch(value.strip())):
        hours, minutes, seconds = (float(part or 0) for part in iso.groups())
        return number(key, round((hours * 3600 + minutes * 60 + seconds) * 1000, 6))
    if isinstance(value, str) and not value.strip().isdigit():
        try:
            return number(key, round(parse_duration(value) * 1000, 6))
        except ValueError:
            raise ValueError(f"{key} must be a duration such as 500ms, 1s or PT1S, not {quoted(value)}") from None
    return number(key, value)


def switch(key: str, value: Any) -> bool:
    """Return true or false, also from text; raises ValueError that names ``key``."""
    if str(value).lower() not in {"true", "false"}:
        raise ValueError(f"{key} must be true or false, not {quoted(value)}")
    return str(value).lower() == "true"


def camel(options: Mapping[Any, Any]) -> dict[str, Any]:
    """Return options with their names as ``waitDuration`` instead of ``wait-duration``."""
    return {re.sub(r"-(\w)", lambda match: match[1].upper(), str(key)): value for key, value in options.items()}
