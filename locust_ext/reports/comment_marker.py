"""The first line of a comment on a pull request: whose comment it is, and of which run of CI.

Law: pure; what is written is read back, and nothing else is read as one. A name, whatever stands in it, ends no HTML
comment, and two names never have the same key.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Self

from locust_ext.reports.markdown import marker_of
from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import whole

_MARKER = re.compile(r"<!-- locust_ext:comment ([A-Za-z0-9_.-]{1,80}) ([0-9]{1,18})\.([0-9]{1,18}) -->", re.ASCII)


@dataclass(frozen=True)
class Marker:
    """What tells our comments from each other."""

    key: str
    """Of the load test: each has one comment."""
    run: tuple[int, int] = (0, 0)
    """The run of CI and which attempt of it; a greater one is newer. Zeros: not known."""

    @classmethod
    def of(cls, name: str, run: tuple[int, int] = (0, 0)) -> Self:
        """Return the marker of the load test with this name."""
        return cls(f"{marker_of(name)}-{sha256(whole(name).encode()).hexdigest()[:8]}", run)

    @classmethod
    def read(cls, body: str) -> Self | None:
        """Return the marker that a comment begins with; None for a comment of anybody else."""
        match = _MARKER.match(body)
        return cls(match[1], (int(match[2]), int(match[3]))) if match else None

    def __str__(self) -> str:
        return f"<!-- locust_ext:comment {self.key} {self.run[0]}.{self.run[1]} -->"
