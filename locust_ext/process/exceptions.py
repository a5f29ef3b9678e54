"""What exceptions say to people.

Law: a text of an exception may hold a secret; anyone who knows secrets has them hidden here before anything is cut.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

EXITS = (SystemExit, KeyboardInterrupt)
"""What ends a process, wherever it is raised."""

LONGEST = 200
"""Characters of an exception's text that are kept."""

_hide: list[Callable[[str], str]] = []


def hide_with(hide: Callable[[str], str]) -> None:
    """Have ``hide`` take secrets out of every text from now on."""
    _hide[:] = [hide]


def in_a_line(error: BaseException, place: str | None = None) -> str:
    """Return the exception in one line: what it is, and the last line of code that is not Python's own.

    ``place`` is that line, where it is known already. Secrets are hidden before it is cut: the beginning of one is a
    part of it, too.
    """
    try:
        text = " ".join(_hidden(str(error)).split())
    except Exception:  # noqa: BLE001 their __str__ may raise
        text = "?"
    place = place_of(error) if place is None else place
    name = "sys.exit" if isinstance(error, SystemExit) else type(error).__name__
    what = f"{name}({text})" if isinstance(error, EXITS) else f"{name}: {text}" if text else name
    return what[:LONGEST] + (f" ({place})" if place else "")


def place_of(error: BaseException) -> str:
    """Return file and line of the last code that is not Python's own, such as ``locustfile.py:12``; "" for none."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<")]
    frames = [f for f in frames if not f.filename.endswith("_sitebuiltins.py")]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _hidden(text: str) -> str:
    for hide in _hide:
        text = hide(text)
    return text
