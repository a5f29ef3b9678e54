"""Something that can be read: an endpoint, or a process.

Law: it says what it read or why it could not, within its time, and keeps nobody waiting.
"""

from __future__ import annotations

from typing import Protocol

from locust_ext.probes.readings import Read


class UnreadError(Exception):
    """Why nothing was read: a short sentence without secrets, the same one each time for the same reason."""


class Source(Protocol):
    """What an instance is read from."""

    def read(self, timeout: float) -> Read:
        """Return what it says; raises UnreadError."""

    def close(self) -> None:
        """Let go of what it needs; nobody reads it any more."""
