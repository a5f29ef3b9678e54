"""What a run is judged with that it does not measure itself.

Law: pure data; anyone who starts a run fills it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from locust_ext.safety.options import AbortOptions
from locust_ext.safety.redaction import Redaction
from locust_ext.text.frozen import dataclass

if TYPE_CHECKING:
    from locust_ext.gates.figures import Snapshot


@dataclass(frozen=True)
class RunContext:
    """What a run is compared with, how it was made, and what must not be seen of it."""

    fingerprint: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[Snapshot] = ()
    unreadable: Sequence[str] = ()
    warnings: Sequence[str] = ()
    """What every report of the run must say."""
    reservation: str = ""
    """What a pass must say beside its reason."""
    redaction: Redaction = field(default_factory=Redaction)
    clients: Sequence[str] = ()
    """With whose clients its users send, by the classes of users."""
    abort: AbortOptions | None = None
    """The rules that end the run because it does harm, if any apply."""
