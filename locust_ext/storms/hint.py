"""What a server's answer says of when to come again.

Law: a wrong hint is none.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from datetime import UTC
from typing import Any

TOO_MANY = 429
"""The status that asks to come less often."""


def retry_after(headers: Mapping[str, Any] | None) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date; None without or with a wrong one."""
    value = next((str(v) for k, v in (headers or {}).items() if str(k).lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, zoned.timestamp() - time.time())
