"""A seam: a function of Locust or its clients that we stand in for while a run lasts.

Law: used only where Locust fires no event; opened and closed by the plugin, never by an import; what stood there
before stands there after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NOTHING = object()


class Seam:
    """One function of ``owner`` (a class or a module), and what to wrap around it."""

    def __init__(self, owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        self.owner, self.name, self.wrap = owner, name, wrap
        self._before: Any = _NOTHING
        self._open = False

    def open(self) -> None:
        """Put the wrapper in place; a second time it does nothing."""
        if not self._open:
            self._before = vars(self.owner).get(self.name, _NOTHING)
            setattr(self.owner, self.name, self.wrap(getattr(self.owner, self.name)))
            self._open = True

    def close(self) -> None:
        """Restore what was there; a second time it does nothing."""
        if self._open:
            self._open = False
            if self._before is _NOTHING:
                delattr(self.owner, self.name)
            else:
                setattr(self.owner, self.name, self._before)
