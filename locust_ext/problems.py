"""What is wrong with a configuration: all of it at once.

Law: a problem names its place, says what is wrong and what would be right; it is shown before anything is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from locust_ext.spelling import plural

EXIT_CODE = 104
"""What a run exits with when its configuration is wrong, as in k6."""


@dataclass(frozen=True)
class Problem:
    """One mistake: where (a path such as ``shapes.spike.factor``, and a line of the file) and what."""

    path: str
    message: str
    line: int | None = None
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source and self.line else self.source
        return ": ".join(part for part in (place, self.path, self.message) if part)

    def under(self, prefix: str) -> Problem:
        """Return the problem with ``prefix`` before its path."""
        return replace(self, path=".".join(part for part in (prefix, self.path) if part))


class ConfigurationError(Exception):
    """A configuration with mistakes; ``problems`` holds every one of them."""

    def __init__(self, problems: Sequence[Problem], heading: str = "") -> None:
        self._heading = heading
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(self.render())

    def render(self) -> str:
        """Return the text for the user, one line a mistake."""
        mistakes = f"{plural(len(self.problems), 'mistake')} in the configuration; nothing was sent"
        return "\n".join([f"locust_ext: {self._heading or mistakes}", *(f"  - {problem}" for problem in self.problems)])
