"""Names in written Python: whatever they are made from, Python takes them, they mean one thing, and they hide nothing.

Law: pure; the same words in the same order give the same names.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
"""Letters of a name that is made of a text."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_HIDDEN = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})


class Names:
    """The names of one scope, and those of the scopes around it, which are not to be hidden."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*taken}

    def inner(self) -> Names:
        """Return the names of a scope within this one."""
        return Names(self._taken)

    def variable(self, text: str, fallback: str = "value") -> str:
        """Return a name such as ``access_token``, and keep it."""
        return self._unique("_".join(word.lower() for word in _words(text)) or fallback, fallback)

    def constant(self, text: str, fallback: str = "VALUE") -> str:
        """Return a name such as ``API_TOKEN``, and keep it."""
        plain = re.sub(r"[^0-9A-Z_]", "_", _ascii(text).upper())[:LONGEST].strip("_")
        return self._unique(plain or fallback, fallback)

    def class_(self, text: str, fallback: str = "User") -> str:
        """Return ``text`` itself if Python takes it for a class, else a name such as ``FeedUser``; and keep it."""
        is_fine = text.isascii() and text.isidentifier() and text[0].isupper() and len(text) <= 2 * LONGEST
        made = text if is_fine else "".join(word[:1].upper() + word[1:] for word in _words(text))
        return self._unique(made or fallback, fallback)

    def _unique(self, name: str, fallback: str) -> str:
        if not name[:1].isalpha():
            name = f"{fallback}_{name}".rstrip("_")
        name = f"{name}_" if name in _HIDDEN else name
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found


def _words(text: str) -> list[str]:
    """Return the words of a text such as ``accessToken``, ``access-token`` or ``Access token``."""
    return _WORD.findall(_ascii(text)[:LONGEST])


def _ascii(text: str) -> str:
    """Return a text in plain letters; others leave a gap."""
    plain = unicodedata.normalize("NFKD", text[: 4 * LONGEST])
    return "".join(sign if sign.isascii() else "" if unicodedata.combining(sign) else " " for sign in plain)
