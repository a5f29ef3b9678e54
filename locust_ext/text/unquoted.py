"""Text that YAML reads as something else: ``on`` is a switch, ``1.10`` is 1.1, ``010`` is 8, ``1:30`` is 90.

Law: pure; what reads back as it is written is right, and everything else is a mistake, at its place, with the quotation
marks that were meant. Numbers of another base and dates are mistakes everywhere, all others where text belongs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from locust_ext.text.lengths import LONGEST_TEXT, quoted
from locust_ext.text.paths import Path

_OCTAL = re.compile(r"[-+]?0[0-7_]+")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")

_WORDS = {True: "true", False: "false", None: "nothing"}

TEXTS: tuple[tuple[str, ...], ...] = (
    ("tags", "*"),
    ("scenarios", "*", "tags", "*"),
    ("tenant", "value"),
    ("storm", "backoff", "version"),
    ("retry", "policy", "version"),
)
"""Where a number is taken as text: it must be the text that is written. All other texts take no numbers."""


def reads_back(text: str, value: Any) -> bool:
    """Tell whether a plain text, which YAML reads as ``value``, is what that value is written as."""
    if isinstance(value, bool) or value is None:
        return False
    return bool(_INTEGER.fullmatch(text)) if isinstance(value, int) else str(value) == text


def wrong_key(text: str, value: Any) -> str:
    """Return what is wrong with a key that YAML reads as ``value``, or ``""``."""
    if isinstance(value, str) or len(text) > LONGEST_TEXT or reads_back(text, value):
        return ""
    return f"YAML reads the key {text} as {_said(value)}; quote it: {in_marks(text)}"


def wrong_everywhere(text: str, value: Any) -> str:
    """Return what is wrong with a value wherever it stands, or ``""``."""
    if isinstance(value, (int, float)) and _SIXTIES.fullmatch(text):
        return f"YAML reads {text} as {_said(value)}, a number to the base of 60; quote it: {in_marks(text)}"
    if type(value) is int and _OCTAL.fullmatch(text):
        meant = text.lstrip("-+0_") or "0"
        return f"YAML reads {text} as {_said(value)}, an octal number; write {meant}, or quote it: {in_marks(text)}"
    if isinstance(value, date):
        return f"YAML reads {text} as a date; quote it: {in_marks(text)}"
    return ""


def wrong_as_text(text: str, value: Any) -> str:
    """Return what is wrong with a value where a text belongs, or ``""``."""
    if reads_back(text, value):
        return ""
    if not text:
        return f"there is no value; write a text, or {in_marks(text)} for none"
    said = _said(value)
    reads = f"{text} is not text" if text == said else f"YAML reads {text} as {said}"
    return f"{reads}; quote it: {in_marks(text)}"


def misreadings(plain: Mapping[Path, str], values: Any) -> Iterator[tuple[Path, str]]:
    """Yield where YAML reads something else than what is written, and what would be right.

    ``plain`` are the texts of all plain values that YAML does not read as text; ``values`` is what it reads.
    """
    for path, text in plain.items():
        if len(text) > LONGEST_TEXT:
            continue  # too long to be anything but a mistake, which is said where it is read
        try:
            value = _at(values, path)
        except (LookupError, TypeError):  # it is merged into another place, or the key comes twice: that is said there
            continue
        wrong = wrong_everywhere(text, value)
        if not wrong and any(_fits(path, pattern) for pattern in TEXTS) and not _is_truth_of_a_mark(path, text):
            wrong = wrong_as_text(text, value)
        if wrong:
            yield path, wrong


def _at(values: Any, path: Path) -> Any:
    for part in path:
        values = values[part]
    return values


def _is_truth_of_a_mark(path: Path, text: str) -> bool:
    """Tell whether it is the mark of a tenant that is just ``true``."""
    return path == ("tenant", "value") and text in {"true", "false"}


def _fits(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        fnmatchcase(str(part), one) for part, one in zip(path, pattern, strict=True)
    )


def in_marks(text: str) -> str:
    """Return ``text`` as YAML reads it back: in quotation marks."""
    return json.dumps(text, ensure_ascii=False)


def _said(value: Any) -> str:
    return _WORDS[value] if isinstance(value, bool) or value is None else quoted(value)
