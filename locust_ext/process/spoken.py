"""Where this process speaks to people: standard output, unless Locust writes JSON there for a program to read.

Law: what cannot be written changes nothing else.
"""

from __future__ import annotations

import sys
from typing import TextIO, cast

from locust_ext.process.forgiving import Forgiving

_beside = False


def speak_beside(json: bool) -> None:  # noqa: FBT001 there is one of it
    """Speak on standard error from now on, where standard output is for ``json``."""
    global _beside  # noqa: PLW0603 a process has one standard output
    _beside = json


def stream() -> TextIO:
    """Return where to speak."""
    return sys.stderr if _beside else sys.stdout


def say(text: str, *, aloud: bool = False) -> None:
    """Write one or more lines for people, ``aloud`` on standard error; where that cannot be, nothing else changes."""
    out = sys.stderr if aloud else stream()
    if out is not None:  # it was closed when the process began
        forgiving = cast("TextIO", Forgiving(out))
        forgiving.write(f"{text}\n")
        forgiving.flush()
