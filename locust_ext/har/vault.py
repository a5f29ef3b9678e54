"""The secrets of a recording: all of them, and the variables of the environment that stand in their place.

Law: pure; no value that is one goes into what is written, wherever it stands and however it is spelled. Each has one
variable, whose name says what it is and is a secret's to every report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from urllib.parse import unquote, unquote_plus

from locust_ext.drafts.journey import Env
from locust_ext.har.credentials import parts_of_credentials
from locust_ext.har.exchange import Exchange
from locust_ext.har.secret_names import words_of
from locust_ext.har.secret_signs import (
    is_drawn,
    is_long_in_a_url,
    is_secret,
    is_secret_in_a_header,
    is_secret_in_a_path,
    looks_secret,
    marks,
    nested_json,
    parts_of,
    secrets_in,
)
from locust_ext.har.selection import is_static
from locust_ext.safety.known_secrets import SHORTEST_ALONE, says_secret
from locust_ext.safety.needles import Needles
from locust_ext.safety.spellings import readings
from locust_ext.text.frozen import dataclass

MOST_VARIABLES = 3
"""Variables of one name; where a value changes more often than that, one stands for all."""

LONGEST_NAME = 60
LONG_COOKIE = 12
"""Characters from which on a cookie is a secret whatever its name is."""

FINDABLE = 16
"""Characters from which on a secret of letters alone is looked for within texts."""

MOST_TEXT = 1 << 20
"""Characters of a body or an answer that are looked through for secrets; longer ones are not copied at all."""

MOST_LOOKED_AT = 16 << 20
"""Characters of all answers that are looked through."""

CREDENTIALS = ("authorization", "proxy-authorization")
PLACES = ("location", "content-location", "referer", "refresh", "link")
"""Headers that hold addresses."""

SOCKETS = "sec-websocket-protocol"
"""The only header of a WebSocket that a page can set, so tokens stand in it."""

COOKIES = ("cookie", "set-cookie", "cookie2", "set-cookie2")

_FORM = re.compile(r"[\w.\[\]%+-]{1,100}=[^\s<>{]*(?:&|$)")
"""The beginning of a form whose type nobody says."""

_LOGIN_WORDS = """
    state session_state grant_type code_verifier scope iss client_id redirect_uri response_type
"""
_OF_A_LOGIN = frozenset(_LOGIN_WORDS.split())

_ODD = re.compile(r"[^A-Z0-9]+")
_OURS = ("LOCUST", "LOAD_TEST", "PYTHON", "BASE_URL", "LD_", "HTTP_PROXY", "HTTPS_PROXY", "GITHUB_", "CI_", "AWS_")
"""Beginnings of names that mean something to the run, or to the machine that it runs on."""


@dataclass(frozen=True)
class Known:
    """The values of a recording that are secrets, and where they are looked for."""

    values: frozenset[str]

    @classmethod
    def of(cls, exchanges: Iterable[Exchange], hosts: Sequence[str] = ()) -> Known:
        """Return all secrets of a recording; what is a part of the name of a host is none."""
        found, left = set(), MOST_LOOKED_AT
        for each in exchanges:
            found |= {value.strip() for value in _secrets_of(each)}
            if left > 0 and not is_static(each):
                found |= {value.strip() for value in _of_answer(each.answer())}
                left -= len(each.content[0])
        long = {value for value in found if len(value) >= SHORTEST_ALONE}  # shorter ones are hidden where they stand
        return cls(frozenset(value for value in long if not any(value in host for host in hosts)))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in a text secrets stand, in any spelling."""
        found = []
        for reading in readings(text):
            spans = (*self._needles.find(reading.text), *marks(reading.text))
            found += [reading.place(*span) for span in spans if span[0] < span[1]]
        return sorted(found)

    def holds(self, text: str) -> bool:
        """Tell whether a text is a secret, or holds one."""
        return text in self.values or bool(self.spans(text))

    def leaks(self, text: str) -> bool:
        """Tell whether a text that was written holds one of the values, in any spelling."""
        return any(True for reading in readings(text) for _ in self._needles.find(reading.text))

    @cached_property
    def _needles(self) -> Needles:
        return Needles.of(value for value in self.values if _is_findable(value))


class Vault:
    """Which variable stands in the place of which secret."""

    def __init__(self, known: Known, changing: Iterable[str] = ()) -> None:
        self.known = known
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self.values: dict[str, str] = {}
        """By variable: the first value that it stands for."""
        self.uses: dict[str, list[tuple[int, str]]] = {}
        """By variable: the requests, by number, and what it is there."""
        self.changing: set[str] = {*changing}
        """Variables that stand for more values than are told apart."""

    def variable(self, name: str, value: str, number: int, what: str) -> Env:
        """Return the variable for a secret: ``name`` is that of its header or field, ``what`` is told of it."""
        variable = self._names.get(value)
        if variable is None:
            base = variable_name("" if self.known.holds(name) else name)
            count = self._counts[base] = self._counts.get(base, 0) + 1
            if count > MOST_VARIABLES:
                self.changing.add(base)
            variable = base if count == 1 or base in self.changing else f"{base}_{count}"
            self._names[value] = variable
            self.values.setdefault(variable, value)
        self.uses.setdefault(variable, []).append((number, what))
        return Env(variable)


def variable_name(name: str) -> str:
    """Return the name of a variable for what stands under a name, such as ``API_KEY`` for ``X-Api-Key``."""
    words = words_of(name)
    words = words[1:] if len(words) > 1 and words[0] == "x" else words
    found = _ODD.sub("_", "_".join(words).upper()).strip("_")[:LONGEST_NAME] or "VALUE"
    if "_" not in found or not found[0].isalpha() or found.startswith(_OURS):
        found = f"TEST_{found}"
    return found if says_secret(found) else f"{found}_SECRET"


def _is_findable(value: str) -> bool:
    """Tell whether a secret can be looked for within texts: it is not an ordinary word."""
    kinds = (any(map(str.isdigit, value)), any(map(str.isalpha, value)))
    return len(value) >= FINDABLE or (len(value) >= SHORTEST_ALONE and all(kinds))


def _secrets_of(each: Exchange) -> Iterator[str]:
    """Yield what is secret of a request and its answer."""
    if each.url.user:
        yield each.url.user
        yield unquote(each.url.user.partition(":")[2]) or each.url.user
    for name, value in each.headers:
        yield from _of_header(name.lower(), value)
    for name, value in each.answer_headers:
        if name.lower() in COOKIES or name.lower() in PLACES or is_secret(name, value):
            yield from _of_header(name.lower(), value)
    yield from _of_query(each.url.query)
    for kind, text in each.told:
        if kind == "cookie":
            yield from _of_header("cookie", text)
        else:
            yield from _of_query(text) if kind == "query" else _of_text(text, "")
    yield from _of_path(each.url.path)
    if each.sent:
        yield from _of_text(each.sent.text or "", each.sent.mime)
        for field in each.sent.fields:
            yield from (value for _, value in secrets_in({field.name: field.value}))


def _of_header(name: str, value: str) -> Iterator[str]:
    if name in COOKIES:
        lines = [line.partition(";")[0] for line in value.split("\n")]
        pairs = value.split(";") if name.startswith("cookie") else lines
        for pair in pairs:
            key, _, text = pair.strip().partition("=")
            if is_secret(key, text) or (len(text) >= LONG_COOKIE and _is_findable(text) and not _is_place(text)):
                yield from (text.strip('" '), unquote(text))
    elif name in CREDENTIALS:
        yield from parts_of_credentials(value)
    elif name in PLACES or "://" in value or value.startswith("/"):
        yield from _of_place(value)
    elif name == SOCKETS:
        yield from (part.strip() for part in value.split(",") if _is_findable(part.strip()))
    elif is_secret_in_a_header(name, value) or (is_drawn(value) and not name.startswith(("etag", "if-"))):
        yield from (value, *parts_of(name, value))
    else:
        yield from parts_of(name, value)


def _of_place(value: str) -> Iterator[str]:
    """Yield what is secret of the address of something."""
    before, _, fragment = value.partition("#")
    yield from _of_query(before.partition("?")[2])
    yield from _of_query(fragment.rpartition("?")[2].lstrip("!/"))
    yield from (value[start:end] for start, end in marks(value))
    yield from _of_path(before.partition("?")[0])


def _of_path(path: str) -> Iterator[str]:
    """Yield what is secret of a path: whole segments, and what stands behind a ``;``."""
    whole = [unquote(segment) for segment in path.split("/")]
    yield from (text[start:end] for text in whole for start, end in marks(text))
    segments = [text.partition(";")[0] for text in whole]
    yield from (text for before, text in pairwise(segments) if is_secret_in_a_path(before, text))


def _of_query(text: str) -> Iterator[str]:
    """Yield what is secret of a query or a form; a code beside what belongs to a login is one."""
    pairs = list(_query(text))
    names = {name.lower() for name, _ in pairs}
    for name, value in pairs:
        if (name.lower() == "code" and names & _OF_A_LOGIN) or is_long_in_a_url(value):
            yield value
        else:
            yield from (found for _, found in secrets_in({name: value}))


def _is_place(text: str) -> bool:
    """Tell whether a cookie remembers where somebody was, which stands in paths, too."""
    return unquote(text).startswith(("/", "http:", "https:"))


def _of_text(text: str, mime: str) -> Iterator[str]:
    """Yield the secrets of a body that was sent."""
    if len(text) > MOST_TEXT:
        return
    body = nested_json(text)
    if body is not None:
        yield from (value for _, value in secrets_in(body))
    elif "form-urlencoded" in mime.lower() or _FORM.match(text):
        yield from _of_query(text)
    yield from (text[start:end] for start, end in marks(text))


def _of_answer(text: str) -> Iterator[str]:
    if len(text) > MOST_TEXT:
        return
    body = nested_json(text)
    if body is None:
        yield from (text[start:end] for start, end in marks(text) if _is_findable(text[start:end]))
    else:
        yield from (value for _, value in secrets_in(body) if _is_findable(value))


def _query(text: str) -> Iterator[tuple[str, str]]:
    for piece in text.split("&"):
        name, _, value = piece.partition("=")
        yield unquote_plus(name), unquote_plus(value) if value else unquote_plus(name) if looks_secret(name) else ""
