"""A configuration with comments: keys, values, and what a reader must know of them.

Law: pure; what is written reads back as the same values, whatever text they hold. A comment is never anything else,
and a line that is switched off is right as soon as its ``#`` is taken away.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from locust_ext.text.frozen import dataclass

WIDTH = 118
INDENT = "  "
_WORD = re.compile(r"[\w./-]+", re.ASCII)
"""Text that YAML quotes only where it would be read as something else, such as ``yes`` or ``1e3``."""


@dataclass(frozen=True)
class ConfigEntry:
    """One key with its value, the notes above it, and whether it is switched off.

    The value is a scalar, a list or a mapping, which stand on one line; a tuple of entries, which stand below; or a
    tuple of other values, one a line.
    """

    key: str
    value: Any
    notes: tuple[str, ...] = ()
    off: bool = False

    @property
    def is_off(self) -> bool:
        """Whether nothing of the entry counts."""
        below = self.value if isinstance(self.value, tuple) else ()
        return self.off or (bool(below) and all(isinstance(each, ConfigEntry) and each.is_off for each in below))


def render(entries: Sequence[ConfigEntry], heading: Sequence[str] = ()) -> str:
    """Return the YAML of ``entries``, below a comment."""
    lines = [*(line for text in heading for line in _comment(text, "")), *_lines(entries, "", hashed=False)]
    return "\n".join(lines) + "\n"


def notes_of(entries: Sequence[ConfigEntry], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield all notes with the paths of their entries, in the order in which they stand."""
    for entry in entries:
        path = f"{above}.{entry.key}" if above else entry.key
        yield from ((path, note) for note in entry.notes)
        if isinstance(entry.value, tuple):
            yield from notes_of([each for each in entry.value if isinstance(each, ConfigEntry)], path)


def _lines(entries: Sequence[ConfigEntry], indent: str, *, hashed: bool) -> Iterator[str]:
    """Yield the lines of ``entries``; ``hashed`` says that the indentation holds a ``#`` already."""
    for entry in entries:
        for note in entry.notes:
            yield from _comment(note, indent)
        start = f"{indent}#" if entry.is_off and not hashed else indent
        if not isinstance(entry.value, tuple):
            yield f"{start}{_key(entry.key)}: {inline(entry.value)}"
            continue
        yield f"{start}{_key(entry.key)}:"
        for value in entry.value:
            if isinstance(value, ConfigEntry):
                yield from _lines((value,), f"{start}{INDENT}", hashed=hashed or entry.is_off)
            else:
                yield f"{start}{INDENT}- {inline(value)}"


def _comment(text: str, indent: str) -> Iterator[str]:
    """Yield a comment, on as many lines as it needs."""
    words = "".join(sign if sign.isprintable() else " " for sign in text)
    start = f"{indent}# "
    yield from textwrap.wrap(words, WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)


def _key(text: str) -> str:
    """Return a key as YAML reads it back, without quotes where it needs none."""
    line = yaml.safe_dump({text: 0}, width=float("inf"), allow_unicode=True)
    is_plain = text.isprintable() and line.endswith(": 0\n") and line.count("\n") == 1 and not line.startswith("? ")
    return line.removesuffix(": 0\n") if is_plain else inline(text)


def inline(value: Any) -> str:
    """Return a value as YAML reads it back, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{inline(key)}: {inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(each) for each in value) + "]"
    is_word = not isinstance(value, str) or _WORD.fullmatch(value)
    text = yaml.safe_dump(
        [value],
        default_flow_style=True,
        default_style=None if is_word else '"',
        width=float("inf"),
        allow_unicode=not isinstance(value, str) or value.isprintable(),
    )
    return text.strip()[1:-1]
