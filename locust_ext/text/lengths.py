"""How long a text of a user's may be, and how a message quotes one.

Law: pure; the length is looked at before any pattern sees the text, and what a message quotes is short whatever was
given. A text that is not text to other programs, with a lone half of a character in it, is named as such.
"""

from __future__ import annotations

from typing import Any

LONGEST_TEXT = 500
"""Characters that a text of a configuration, an option, a variable or a form may have."""

LONGEST_NAME = 200
"""Characters that a name may have: a key, the name of a run, of a phase, of a tag."""

LONGEST_QUOTE = 80
"""Characters of a value that a message repeats."""

LONGEST_PLACE = 300
"""Characters of the name of a file or a directory that a message repeats: it must be found again."""

LONGEST_MESSAGE = 1000
"""Characters of a sentence, whatever it quotes and lists."""

_ENDS = 10
"""Items of a list or a mapping that are quoted."""


def quoted(value: Any, most: int = LONGEST_QUOTE) -> str:
    """Return ``value`` as Python writes it, with no more than its first ``most`` characters and how many there are."""
    if isinstance(value, str):
        return repr(value) if len(value) <= most else f"{value[:most]!r}... ({len(value):,} characters)"
    if isinstance(value, int) and value.bit_length() > 4 * most:  # Python refuses to spell out thousands of digits
        return "so long a number"
    try:
        text = repr(_beginning(value))
    except (ValueError, RecursionError):
        return "so long a value"
    return text if len(text) <= most else f"{text[:most]}..."


def _beginning(value: Any) -> Any:
    """Return no more than the first items of a list or a mapping, so that writing them out takes no time."""
    if isinstance(value, (list, tuple)) and len(value) > _ENDS:
        return value[:_ENDS]
    if isinstance(value, dict) and len(value) > _ENDS:
        return dict(list(value.items())[:_ENDS])
    return value


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """Return a sentence with no more than ``most`` characters: its beginning and its end, which says what to do."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 5]} ... {text[-end:]}"


def excess(text: str, most: int = LONGEST_TEXT, what: str = "a text") -> str:
    """Return what is wrong with a text that is too long, as a sentence; nothing for any other."""
    return f"{quoted(text, 20)} is too long: {what} may have {most:,} characters" if len(text) > most else ""


def check_length(text: str, most: int = LONGEST_TEXT) -> str:
    """Return ``text``; raises ValueError with a sentence when it is too long."""
    if sentence := excess(text, most):
        raise ValueError(sentence)
    return text


def has_half(text: str) -> bool:
    """Tell whether a text holds a lone surrogate, half of a character: no file and no message can carry it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def whole(text: str) -> str:
    """Return ``text`` with each lone half of a character spelled out in ASCII; any other text as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8") if has_half(text) else text


def printable(text: str) -> str:
    """Return ``text`` with everything spelled out that a terminal would act upon, or could not show; lines stay."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)
