"""What is wrong with a configuration: all of it at once.

Law: a problem names its place, says what is wrong and what would be right; it is shown before anything is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import LONGEST_PLACE, printable, shortened
from locust_ext.text.spelling import plural

EXIT_CODE = 104
"""What a run exits with when its configuration is wrong, as in k6."""

MOST_TOLD = 100
"""Mistakes that are told in full; the rest is counted."""


@dataclass(frozen=True)
class Problem:
    """One mistake: where (a path such as ``shapes.spike.factor``, and a line of the file) and what.

    It is short, whatever somebody wrote: a text that is quoted anywhere in it is cut.
    """

    path: str
    message: str
    line: int | None = None
    source: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source and self.line else self.source
        what = (place, shortened(self.path, LONGEST_PLACE), shortened(self.message))
        return ": ".join(printable(part) for part in what if part)

    def under(self, prefix: str) -> Problem:
        """Return the problem with ``prefix`` before its path."""
        return replace(self, path=".".join(part for part in (prefix, self.path) if part))


class ConfigurationError(Exception):
    """A configuration with mistakes; ``problems`` holds every one of them."""

    def __init__(self, problems: Sequence[Problem], heading: str = "") -> None:
        self.heading = heading
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__(self.render())

    def render(self, where: str = " in the configuration; nothing was sent") -> str:
        """Return the text for the user, one line a mistake; ``where`` says what they are in, if no heading does."""
        mistakes = f"{plural(len(self.problems), 'mistake')}{where}"
        rest = len(self.problems) - MOST_TOLD
        told = [f"  - {problem}" for problem in self.problems[:MOST_TOLD]]
        return "\n".join(
            [f"locust_ext: {self.heading or mistakes}", *told, *([f"  - and {rest:,} more"] if rest > 0 else [])]
        )
