"""Where this process speaks to people: standard output, unless Locust writes JSON there for a program to read."""

from __future__ import annotations

import sys
from typing import TextIO

_beside = False


def speak_beside(json: bool) -> None:  # noqa: FBT001 there is one of it
    """Speak on standard error from now on, where standard output is for ``json``."""
    global _beside  # noqa: PLW0603 a process has one standard output
    _beside = json


def stream() -> TextIO:
    """Return where to speak."""
    return sys.stderr if _beside else sys.stdout
