"""Secrets that are looked for in a text: all of them at once.

Law: pure; a text is passed once, whatever the number of secrets. A short one is found only where it stands alone, since
it may be a part of an ordinary word. Where another process has cut a text, the beginning of a secret is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from locust_ext.measure.series import CUT
from locust_ext.safety.known_secrets import SHORTEST, SHORTEST_ALONE
from locust_ext.safety.spellings import MOST_ROUNDS, canonical, in_base64
from locust_ext.text.frozen import dataclass

_MOST_A_CHARACTER: int = 6**MOST_ROUNDS
"""Characters that one character takes when it is encoded as often as is read."""


@dataclass(frozen=True)
class Needles:
    """The spellings of secrets to look for in texts."""

    texts: frozenset[str]

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Needles:
        """Return the needles for these secrets and for other spellings of them."""
        found: set[str] = set()
        for secret in secrets:
            spelled = {secret, *(in_base64(secret) if len(secret) >= SHORTEST else ())}
            spelled |= {canonical(text) for text in spelled}
            found |= {text for text in spelled if len(text) >= max(SHORTEST_ALONE, min(SHORTEST, len(secret)))}
        return cls(frozenset(found))

    @cached_property
    def longest(self) -> int:
        """The most characters that one of them can take in a text."""
        return max((len(text) for text in self.texts), default=0) * _MOST_A_CHARACTER

    @cached_property
    def _by_beginning(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for text in sorted(self.texts, key=lambda text: (-len(text), text)):
            found.setdefault(text[:SHORTEST_ALONE], []).append(text)
        return found

    @cached_property
    def _beginnings(self) -> re.Pattern[str]:
        """All beginnings, ordered by their first characters: most places of a text are passed by with one look."""
        by_first: dict[str, list[str]] = {}
        for beginning in sorted(self._by_beginning):
            by_first.setdefault(beginning[0], []).append(re.escape(beginning[1:]))
        return re.compile("|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in by_first.items()))

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where they stand in the text; they may overlap."""
        match = self._beginnings.search(text) if self.texts else None
        while match:
            start = match.start()
            ends = (_end_of(needle, text, start) for needle in self._by_beginning[match[0]])
            if end := next(filter(None, ends), 0):
                yield start, end
            match = self._beginnings.search(text, start + 1)


def _end_of(needle: str, text: str, start: int) -> int:
    """Return where the needle ends that begins at ``start``, or its beginning where the text was cut; 0 if neither."""
    end = start + len(needle)
    if text.startswith(needle, start):
        return end if len(needle) >= SHORTEST or _is_alone(text, start, end) else 0
    cut = text.find(CUT, start, end)
    return cut if cut > 0 and needle.startswith(text[start:cut]) else 0


def _is_alone(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
