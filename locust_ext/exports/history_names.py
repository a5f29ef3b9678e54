"""Names of figures as other tools can carry them: on one line, bounded, and still each its own.

Law: pure; a name follows from what it names alone, so that it is the same in every run. Where signs had to go or it
had to be cut, it ends in eight digits of the whole, so that two that differ stay apart.
"""

from __future__ import annotations

import hashlib
import re

LONGEST = 240
"""Characters of a name at the most: Bencher takes 1,024 bytes, and a character has up to four."""

_TABLE = re.compile(r"[`|<>]")
_ODD = re.compile(r"[^A-Za-z0-9_/.:{}\[\]()*= -]")
_ENDED = re.compile(r"~[0-9a-f]{8}\Z")
_FORMULA = ("=", "+", "-", "@")
"""What a cell of a table begins with that a spreadsheet would compute."""


def told(text: str) -> str:
    """Return a name for tables, comments and pages: without signs that end a cell, a piece of code or a line."""
    return _kept(text, _TABLE.sub("_", "".join(sign if sign.isprintable() else "_" for sign in text)))


def identifier(text: str) -> str:
    """Return a name for columns and command lines: ASCII, without commas and quotes, and never a formula."""
    name = _ODD.sub("_", text)
    return _kept(text, f"_{name}" if name.startswith(_FORMULA) else name)


def cell(text: str) -> str:
    """Return a text as a cell of a table: on one line, bounded, and never a formula."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST].strip()
    return f"'{line}" if line.startswith(_FORMULA) else line


def _kept(text: str, name: str) -> str:
    end = f"~{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    if len(name) > LONGEST:
        return f"{name[: LONGEST - len(end)]}{end}"
    return name if name == text and text and not _ENDED.search(text) else f"{name}{end}"
