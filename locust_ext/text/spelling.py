"""Which name was meant, and how to say a number of things.

Law: a suggestion is near, or it is a list of what there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from locust_ext.text.lengths import LONGEST_NAME, quoted

MOST_LISTED = 20

_VERY_NEAR = 0.8
"""How alike a slip of the pen is to what was meant: one letter of five."""


def plural(count: float, noun: str) -> str:
    """Return ``"1 threshold"`` or ``"3 thresholds"``."""
    return f"{count:,.0f} {noun}" + ("" if count == 1 else "s")


def _in_other_letters(word: str, known: Iterable[str]) -> list[str]:
    """Return the names that are ``word`` in other capitals, or with other signs between its parts."""
    letters = _letters(word)
    return [name for name in known if _letters(name) == letters]


def _letters(word: str) -> str:
    return "".join(sign for sign in word.casefold() if sign.isalnum())


def misspelt_name(word: str, names: Iterable[str]) -> str:
    """Return the name that ``word`` is a slip of the pen for; ``""`` where it may as well be something else."""
    known = sorted(names)
    letters = sorted(_letters(word))
    same = [name for name in known if sorted(_letters(name)) == letters]
    return next(iter([*same, *get_close_matches(word, known, n=1, cutoff=_VERY_NEAR)]), "")


def nearest(word: str, names: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the name nearest to ``word``, else the list of all, else ``""``."""
    known = sorted(names)
    close = get_close_matches(word, known, n=1, cutoff=0.6) or _in_other_letters(word, known)
    if close:
        return f"; did you mean {quoted(close[0], LONGEST_NAME)}?"
    if not known:
        return ""
    return f"; there are {', '.join(known[:MOST_LISTED])}" + (", ..." if len(known) > MOST_LISTED else "")
