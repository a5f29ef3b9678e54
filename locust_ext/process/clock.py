"""The wall clock that nobody moves: what it said once, and the time that has passed since.

Law: it is read from the machine once; after that no leap of the machine's clock, either way, changes what it says.
"""

from __future__ import annotations

import time


class SteadyClock:
    """Seconds since 1970, as the machine had them when this was made."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time."""
        return self._offset + time.monotonic()
