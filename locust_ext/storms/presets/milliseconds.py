"""What the presets of clients that count in milliseconds share.

Law: no client is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locust_ext.storms.backoff import MILLISECONDS, Reaction, Timeout
from locust_ext.storms.client import Option

Options = Mapping[str, Any]


def ms(default: float | None, about: str = "") -> Option:
    """Return an option in milliseconds."""
    return Option(default, f"milliseconds{about and ', '}{about}")


def timeout_of(milliseconds: float) -> Timeout:
    """Return a connect timeout that is always the same."""
    return Timeout(milliseconds * MILLISECONDS)


def stops_at(*codes: int) -> dict[str, Reaction]:
    """Return that a client gives up on these close codes."""
    return {f"close:{code}": Reaction.STOP for code in codes}
