"""A request event that makes no sense as a whole, read piece by piece.

Law: a request and its failure always count; only the part that cannot be read is left out, and that is told. Nothing
here raises, whatever a client hands over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from locust_ext.measure.series import text_of

T = TypeVar("T")
D = TypeVar("D")

_UNREADABLE = object()


@dataclass(frozen=True)
class Event:
    """What could be read of a request event: its duration in milliseconds, and its tags as texts."""

    method: str
    name: str
    duration: float | None
    status: str | None
    tags: Mapping[str, str]
    failed: bool
    unreadable: bool
    """Whether a part of it could not be read."""


def read_event(
    method: object, name: object, duration: object, response: object, context: object, exception: object
) -> Event:
    """Return what can be read of an event."""
    missing = _UNREADABLE
    status = _attempt(lambda: getattr(response, "status_code", None), missing)
    failed = _attempt(lambda: bool(exception), missing)
    tags = _tags_of(context)
    milliseconds = None if duration is None else number_of(duration)
    unreadable = (
        status is missing or failed is missing or tags is None or name is None
        or (duration is not None and milliseconds is None)
    )  # fmt: skip
    return Event(
        text_of(method if method is not None else ""),
        text_of(name if name is not None else ""),
        milliseconds,
        None if status is missing or status is None else text_of(status),
        tags or {},
        True if failed is missing else bool(failed),
        unreadable,
    )


def _tags_of(context: object) -> Mapping[str, str] | None:
    """Return the tags of a context as texts; None where they are something else."""
    if context is None:
        return {}
    if not isinstance(context, Mapping):
        return None
    tags: Any = _attempt(lambda: context.get("tags"), _UNREADABLE)
    if tags is None:
        return {}
    if not isinstance(tags, Mapping):
        return None
    return _attempt(lambda: {text_of(key): text_of(value) for key, value in tags.items() if value is not None}, None)


def number_of(value: Any) -> float | None:
    """Return a number of any kind (Decimal, Fraction, numpy's) as a finite float or int; None for anything else."""
    if isinstance(value, (str, bytes, bytearray, complex)):
        return None
    number = _attempt(lambda: value if type(value) in {int, float} else float(value), None)
    if number is None or not _attempt(lambda: math.isfinite(number), otherwise=None):
        return None
    return number if abs(number) < 2**63 else float(number)


def _attempt(read: Callable[[], T], otherwise: D) -> T | D:
    try:
        return read()
    except Exception:  # noqa: BLE001 whatever it is, it cannot be read
        return otherwise
