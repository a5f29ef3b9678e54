"""The values of rows that users were handed, looked for in texts: each is a secret of the team's test data.

Law: pure; its memory is bounded, and a text is passed once, whatever the number of values. Those are forgotten first
that were handed out longest ago. Short values, short numbers and parts of longer words are ordinary words, and stay.
Upper and lower case are the same, and a letter is the same however its marks are spelled: who logs in with an address
may write it otherwise.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any
from unicodedata import normalize

from locust_ext.safety.known_secrets import SHORTEST, SHORTEST_ALONE

MOST_VALUES = 50_000
"""Values that are remembered: of more the oldest are forgotten."""

LONGEST_VALUE = 4096
"""Characters of a value that are looked for: of a longer one its beginning is."""

_BEGINNING = SHORTEST_ALONE


class RowValues:
    """Values that are hidden."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: OrderedDict[str, None] = OrderedDict()
        """The one that was handed out longest ago first; a plain dictionary would look for it longer and longer."""
        self._lengths: dict[str, dict[int, int]] = {}
        """By the first characters how many values of which length begin with them."""

    def __len__(self) -> int:
        return len(self._known)

    def add(self, values: Iterable[Any]) -> bool:
        """Hide these values from now on, as far as they can be told from ordinary words; tell whether one is new."""
        is_new = False
        for value in values:
            for text in _texts(value):
                for found in _forms(text.strip()[:LONGEST_VALUE]):
                    if _is_worth_it(found):
                        is_new = self._remember(found) or is_new
        return is_new

    def _remember(self, text: str) -> bool:
        if text in self._known:
            self._known.move_to_end(text)
            return False
        if len(self._known) >= self._most:
            self._forget(self._known.popitem(last=False)[0])
        self._known[text] = None
        lengths = self._lengths.setdefault(text[:_BEGINNING], {})
        lengths[len(text)] = lengths.get(len(text), 0) + 1
        return True

    def _forget(self, text: str) -> None:
        lengths = self._lengths[text[:_BEGINNING]]
        lengths[len(text)] -= 1
        if not lengths[len(text)]:
            del lengths[len(text)]
        if not lengths:
            del self._lengths[text[:_BEGINNING]]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where values stand in the text; they may overlap. What follows a very long value is its rest."""
        text = _folded(text)
        for start in range(len(text) - _BEGINNING + 1):
            lengths = self._lengths.get(text[start : start + _BEGINNING])
            if lengths is None:
                continue
            for length in sorted(lengths, reverse=True):
                end = start + length
                if end <= len(text) and text[start:end] in self._known:
                    end = len(text) if length == LONGEST_VALUE else end
                    if _stands_alone(text, start, end):
                        yield start, end
                        break


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def _forms(text: str) -> Iterable[str]:
    """Return the ways in which a value is looked for: marks of letters stand for themselves, or with their letters."""
    if text.isascii():
        return (_folded(text),)
    return dict.fromkeys(_folded(one[:LONGEST_VALUE]) for one in (text, normalize("NFC", text), normalize("NFD", text)))


def _folded(text: str) -> str:
    """Return the text in lower case, each character where it was."""
    low = text.lower()
    return low if len(low) == len(text) else "".join([c if len(c.lower()) > 1 else c.lower() for c in text])


def _is_worth_it(text: str) -> bool:
    """Tell whether a value can be looked for without hiding ordinary words and numbers."""
    return len(text) >= (SHORTEST if text.isdecimal() else SHORTEST_ALONE)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether it is not the middle of a longer word."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not (before.isalnum() and text[start].isalnum()) and not (after.isalnum() and text[end - 1].isalnum())
