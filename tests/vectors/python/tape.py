"""What a client does between its attempts: the waits, and whether it gave up.

Law: nothing sleeps; time is what the client was told to wait. ``delays[k]`` is the wait before attempt ``k`` after the
one that failed first; None stands for the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

COUNT = 16
"""Attempts that are recorded of a client that never stops."""


class EnoughError(BaseException):
    """The tape is full. No ``Exception``, so that no client takes it for a failure."""


class Tape:
    """Records the waits of one incident; ``unseen`` attempts come before it, such as the call that is retried."""

    def __init__(self, unseen: int = 0) -> None:
        self.delays: list[float | None] = []
        self.now = 1000.0
        self._unseen = unseen
        self._pending: float = 0

    def sleep(self, seconds: float) -> None:
        """Stand for the client's sleep."""
        assert self._pending == 0, "two waits before one attempt"
        self._pending = seconds
        self.now += max(0.0, seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Stand for an asynchronous client's sleep."""
        self.sleep(seconds)

    def monotonic(self) -> float:
        """Stand for the clock."""
        return self.now

    def attempt(self) -> None:
        """Note that the client tries again."""
        if self._unseen:
            self._unseen -= 1
            return
        self.delays.append(self._pending)
        self._pending = 0
        if len(self.delays) == COUNT:
            raise EnoughError

    def follow(self, client: Callable[[], Any], gives_up: tuple[type[Exception], ...]) -> list[float | None]:
        """Run a client until it gives up or the tape is full, and return the waits."""
        try:
            client()
        except EnoughError:
            return self.delays
        except gives_up:
            pass
        return [*self.delays, None]
