"""The ways in which one text can be spelled: as it is, percent-encoded, form-encoded, escaped, and in base64.

Law: pure, and linear in the text. Each reading of a text remembers where its characters stood in it, so that what is
found in a reading can be hidden in the text. Encodings that are mixed, partial or made twice are read, too.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

MOST_ROUNDS = 3
"""How often a text may have been encoded."""

_ESCAPES = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|(?P<units>(?:\\u[0-9A-Fa-f]{4})+)"
    r"|(?P<escape>\\[\"'\\/abfnrtv])"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)"
)
"""What stands for other characters: in URLs, in Python's bytes, in JSON, in Python and JSON, in HTML."""

_MAY_BE_ENCODED = re.compile(r"[%\\&+]")

_MEANT = str.maketrans("abfnrtv", "\a\b\f\n\r\t\v")


@dataclass(frozen=True)
class Reading:
    """What a text says when it is decoded, and where each character of that begins and ends in the text."""

    text: str
    starts: range | list[int]
    ends: range | list[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the text stands what is at ``start:end`` of this reading."""
        return self.starts[start], self.ends[end - 1]


def readings(text: str) -> Iterator[Reading]:
    """Yield the text as it is, and then decoded again and again as long as that changes it, at most three times."""
    found = Reading(text, range(len(text)), range(1, len(text) + 1))
    yield found
    if not _MAY_BE_ENCODED.search(text):
        return
    for _ in range(MOST_ROUNDS):
        before, found = found, _decoded(found)
        if found.text == before.text:
            return
        yield found


def canonical(text: str) -> str:
    """Return the last of all readings: what is left when everything is decoded."""
    return list(readings(text))[-1].text


def _decoded(reading: Reading) -> Reading:
    """Return the reading decoded once; a plus and a space are the same, as in forms."""
    text, found = reading.text, _Decoded()
    done = 0
    for match in _ESCAPES.finditer(text):
        start, end = match.span()
        found.keep(reading, done, start)
        meaning, width = _MEANING[match.lastgroup or ""](match[0])
        found.pieces.append(meaning)
        for number in range(len(meaning)):  # of characters that cannot be told apart each stands for all of them
            first, last = (start + number * width, start + (number + 1) * width) if width else (start, end)
            found.starts.append(reading.starts[first])
            found.ends.append(reading.ends[last - 1])
        done = end
    if not done:
        return Reading(text.replace("+", " "), reading.starts, reading.ends)
    found.keep(reading, done, len(text))
    return Reading("".join(found.pieces), found.starts, found.ends)


@dataclass
class _Decoded:
    """A reading in the making."""

    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def keep(self, reading: Reading, start: int, end: int) -> None:
        """Add a part of another reading as it is."""
        self.pieces.append(reading.text[start:end].replace("+", " "))
        self.starts += reading.starts[start:end]
        self.ends += reading.ends[start:end]


def _bytes(digits: str, width: int) -> tuple[str, int]:
    raw = bytes.fromhex(digits)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:  # Python writes characters up to 255 so
        text = raw.decode("latin-1")
    return text, width if len(text) == len(raw) else 0


def _units(text: str) -> tuple[str, int]:
    codes = [int(part, 16) for part in text.split("\\u")[1:]]
    raw = b"".join(code.to_bytes(2, "little") for code in codes)
    decoded = raw.decode("utf-16-le", "replace")
    return decoded, 6 if len(decoded) == len(codes) else 0


_MEANING: Mapping[str, Callable[[str], tuple[str, int]]] = {
    "percent": lambda text: _bytes(text.replace("%", ""), 3),
    "bytes": lambda text: _bytes(text.replace("\\x", ""), 4),
    "units": _units,
    "escape": lambda text: (text[1].translate(_MEANT), 2),
    "entity": lambda text: (html.unescape(text), 0),
}
"""By kind of escape: what one means, and how many characters of it each character takes; 0 where that is not known."""


def in_base64(secret: str) -> set[str]:
    """Return what stands in base64 wherever ``secret`` is a part of what was encoded, as in ``user:secret``.

    Where it begins among the groups of three bytes is not known, so there are three, in both alphabets.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    found: set[str] = set()
    for shift in range(3):
        first, last = -(-shift * 8 // 6), (shift + len(raw)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            found.add(encode(bytes(shift) + raw)[first:last].decode("ascii"))
    return found


def is_user_in_base64(text: str) -> bool:
    """Tell whether ``text``, which is of its letters, is base64 for ``user:password``, be it cut."""
    letters = text.rstrip("=").replace("+", "-").replace("/", "_")
    whole = letters[: len(letters) // 4 * 4]
    try:
        decoded = urlsafe_b64decode(whole).decode("utf-8")
    except ValueError:
        return False
    return ":" in decoded and decoded.isprintable()
