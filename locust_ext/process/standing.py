"""A part that stands at seams for as long as its process has the environment.

Law: they are opened in their order and closed in the other one; it hears nothing, and is told nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from locust_ext.process.part import Part
from locust_ext.process.seam import Seam


class Standing(Part[Any, Any]):
    """Stands at ``seams``."""

    def __init__(self, seams: Iterable[Seam]) -> None:
        self._seams = tuple(seams)

    def install(self) -> None:
        """Stand there."""
        for seam in self._seams:
            seam.open()

    def let_go(self) -> None:
        """Leave all as it was."""
        for seam in reversed(self._seams):
            seam.close()
