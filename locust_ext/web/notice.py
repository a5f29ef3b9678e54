"""What a page with a button says of the last press.

Law: a notice is about one run; when another one has begun it is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable

Current = Callable[[], str]
"""Returns the id of the run that is under way, or was the last."""


class Notice:
    """The sentence of one page; ``usual`` is what it says when nobody has pressed anything in this run."""

    def __init__(self, usual: str, current: Current) -> None:
        self._usual, self._current = usual, current
        self._said, self._of = usual, ""

    def say(self, sentence: str) -> None:
        """Say this as long as the run is the same."""
        self._said, self._of = sentence, self._current()

    @property
    def text(self) -> str:
        """What is to be said now."""
        return self._said if self._of == self._current() else self._usual
