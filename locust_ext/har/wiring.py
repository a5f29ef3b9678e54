"""Values that came from an earlier answer: where each stands in it, and under which name it is kept.

Law: pure; a value is wired where it stands in one place of all earlier JSON answers, and was not sent before. What
stands in several is said. An answer counts once it was there: not while it was under way.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from locust_ext.drafts.journey import Capture, Captured
from locust_ext.har.exchange import Exchange
from locust_ext.har.naming import is_random
from locust_ext.har.secret_names import words_of
from locust_ext.text.frozen import dataclass

SHORTEST = 6
"""Signs that a text must have to be told from others by itself."""

LEAST_NUMBER, LEAST_ID = 10_000, 10
"""Least numbers that are told from others: of any, and of those that are called an id."""

SHORTEST_NUMBER = 5
"""Digits from which on a number that is called an id is told from others wherever it stands."""

LONGEST = 4096
SHORTEST_NAME = 3
"""Letters of a key that says something by itself; of others the key before is a part of the name."""

MOST_VALUES = 20_000
"""Values of one answer that are looked at."""

MOST_ALL = 200_000
MOST_ANSWER = 4 << 20
MOST_DEPTH = 30
MOST_PLACES = 3
"""Places of a value that are told."""

SLACK = 0.002
"""Seconds by which the clocks of a recorder may be wrong."""

Path = tuple[str | int, ...]

_IDS_WORDS = """
    id ids uuid guid token cursor slug code key ref reference hash nonce csrf handle number no ticket sku etag
"""
_IDS = frozenset(_IDS_WORDS.split())
_COUNTS_WORDS = """
    page pages limit size count counts offset quantity qty per width height year month day hour minute amount total skip
    take top rows first last from to start end min max price version v timeout delay interval duration step rating
    score age level index position rank percent
"""
_COUNTS = frozenset(_COUNTS_WORDS.split())
"""Words of names whose numbers are not ids."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_WORD = re.compile(r"[A-Za-z_]\w{0,40}", re.ASCII)
_TAKEN_WORDS = """
    self r response client locust_ext json os re math name tags user
"""
_TAKEN = frozenset(_TAKEN_WORDS.split())


@dataclass(frozen=True)
class Place:
    """Where a value stands: in the answer to which request, and at which path."""

    number: int
    path: Path
    ended: float | None
    is_number: bool

    def __str__(self) -> str:
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:40]}" for step in self.path)
        return f"{steps.lstrip('.')} of the answer to request {self.number}"


class Wires:
    """The values of the answers so far, and which of them later requests use.

    ``is_hidden`` tells which keys of an answer must not be written: nothing is taken from below them.
    """

    def __init__(self, is_hidden: Callable[[str], bool] = lambda _: False) -> None:
        self._is_hidden = is_hidden
        self._places: dict[str, list[Place]] = {}
        self._sent: set[str] = set()
        self._kept: dict[str, tuple[Captured, Place]] = {}
        self._names: set[str] = set()
        self._read = 0
        self.captures: dict[int, list[Capture]] = {}
        """By request: what is kept of its answer."""
        self.ambiguous: dict[str, tuple[int, str, tuple[Place, ...]]] = {}
        """By value that stands in several places: which request uses it, for what, and those."""

    def take(self, value: str, at: Exchange, what: str, name: str = "") -> tuple[Captured, bool] | None:
        """Return the reference to a value, and whether it is a number in the answer; None: it came from none.

        ``name`` is what it stands under: a short number is an id only where that says so.
        """
        known = self._kept.get(value)
        if known is None:
            places = [each for each in self._places.get(value, ()) if _was_there(each, at)]
            if not places or any(self._is_hidden(key) for each in places for key in each.path if isinstance(key, str)):
                return None
            if len(places) > 1:
                self.ambiguous.setdefault(value, (at.number, what, tuple(places[:MOST_PLACES])))
                return None
            if not _agrees(value, name, places[0].path):
                return None
            known = self._kept[value] = (Captured(self._name(places[0].path)), places[0])
            capture = Capture(known[0].name, places[0].path)
            self.captures.setdefault(places[0].number, []).append(capture)
        captured, place = known
        is_it = _was_there(place, at) and _agrees(value, name, place.path)
        return (captured, place.is_number) if is_it else None

    def kept(self, value: str) -> Place | None:
        """Return where a value that is wired came from."""
        known = self._kept.get(value)
        return known[1] if known else None

    def sent(self, value: str) -> None:
        """Remember a value that was sent as it stands: an answer that repeats it is not where it came from."""
        if value not in self._places:
            self._sent.add(value)

    def learn(self, exchange: Exchange) -> None:
        """Take the answer to a request in."""
        text = exchange.answer()
        if len(text) > MOST_ANSWER or self._read > MOST_ALL or not text.lstrip().startswith(("{", "[")):
            return
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            return
        for count, (path, value) in enumerate(values_in(answer, (), 0)):
            if count >= MOST_VALUES:
                break
            self._read += 1
            if (key := _key(path, value)) and key not in self._sent:
                place = Place(exchange.number, path, exchange.ended, not isinstance(value, str))
                places = self._places.setdefault(key, [])
                if len(places) < MOST_PLACES:
                    places.append(place)

    def _name(self, path: Path) -> str:
        """Return a name for what stands at a path: its last key, with the one before it where that says little."""
        keys = [word for step in path if isinstance(step, str) and (word := "_".join(words_of(step)))]
        last = keys[-1:] if keys and len(keys[-1]) >= SHORTEST_NAME else keys[-2:]
        name = "_".join(last)
        if not _WORD.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
            name = f"value_{name}" if _WORD.fullmatch(f"value_{name}") else "value"
        found = next(each for each in (name, *(f"{name}_{n}" for n in range(2, 10_000))) if each not in self._names)
        self._names.add(found)
        return found


def _was_there(place: Place, at: Exchange) -> bool:
    """Tell whether an answer had come when a request was sent."""
    return place.ended is None or at.started is None or place.ended <= at.started + SLACK


def is_counting(name: str) -> bool:
    """Tell whether a name is that of a number or a size, and not of a thing."""
    return bool(_COUNTS & set(words_of(name)))


def _agrees(value: str, name: str, path: Path) -> bool:
    """Tell whether a value may be the one at a path of an answer: short numbers are equal by chance, too."""
    if not value.isdigit() or len(value) >= SHORTEST_NUMBER:
        return True
    words = words_of(name)
    if words[-1:] and words[-1] in _IDS:
        return True
    keys = {_stem(word) for step in path if isinstance(step, str) for word in words_of(step)}
    return not is_counting(name) and any(_stem(word) in keys for word in words)


def _stem(word: str) -> str:
    """Return what a word has in common with its plural."""
    return re.sub(r"(?<=\w\w)(ies|y|es|s|e)$", "", word)


def values_in(value: Any, path: Path, depth: int) -> Iterator[tuple[Path, str | int]]:
    """Yield the texts and whole numbers in a value of JSON, each with the path to it."""
    if depth > MOST_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from values_in(each, (*path, key), depth + 1)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from values_in(each, (*path, place), depth + 1)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield path, value


def _key(path: Path, value: str | int) -> str:
    """Return the text of a value that can be told from others; nothing for one that cannot."""
    named = next((step for step in reversed(path) if isinstance(step, str)), "")
    is_called_id = bool(_IDS & set(words_of(named)[-1:]))
    if isinstance(value, int):
        is_round = value % 100 == 0 or value & (value - 1) == 0 or value & (value + 1) == 0
        is_special = is_called_id or (value >= LEAST_NUMBER and not is_round)
        return str(value) if LEAST_ID <= value < 1 << 63 and is_special else ""
    if value.isdigit() and is_called_id and len(value) > 1:
        return value
    is_long = SHORTEST <= len(value) <= LONGEST
    is_special = is_called_id or is_random(value) or (any(map(str.isdigit, value)) and " " not in value)
    is_other = _DATE.fullmatch(value) or "://" in value or value.startswith("/")
    return value if is_long and is_special and not is_other else ""
