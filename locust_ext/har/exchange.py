"""One request of a recording and its answer, in one spelling, by whatever it was recorded.

Law: pure; a field that lacks or has another type than HAR 1.2 gives it is as if it were not there, and only what no
request can be made without makes an entry unreadable. Texts hold whole characters.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

from locust_ext.text.frozen import dataclass
from locust_ext.text.lengths import quoted, whole

MOST_URL = 8000
"""Characters of a URL that is read: servers take no longer ones."""

MOST_TOLD, LONGEST_TOLD = 500, 100_000
"""Messages of a socket, and parameters, that are looked through, and characters of one."""

LONGEST_ANSWER = 3_600_000
"""Milliseconds: what says that it took longer is wrong."""

Pairs = tuple[tuple[str, str], ...]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_IN_A_URL = re.compile(r"[^!-~]+")
_METHOD = re.compile(r"[A-Z]{1,20}")
_CACHES = re.compile(r"(memory|disk|prefetch)( cache)?", re.IGNORECASE)
_PARTS = ("blocked", "dns", "connect", "send", "wait", "receive")
"""What a time is made of; ``ssl`` is a part of ``connect``."""


class UnreadableError(ValueError):
    """An entry of which no request can be made; its text is a sentence."""


@dataclass(frozen=True)
class Url:
    """Where a request went, without the user that stood in it and without its fragment."""

    scheme: str
    origin: str
    """``https://host``, with a port where that is not the usual one; empty for what does not go over HTTP."""
    path: str = "/"
    query: str = ""
    user: str = ""
    """``user:password``, which no file may hold."""


@dataclass(frozen=True)
class Field:
    """One field of a form that was sent; ``is_file`` says that a file was, whose name and content are not kept."""

    name: str
    value: str
    is_file: bool = False


@dataclass(frozen=True)
class Sent:
    """The body of a request; ``text`` is None where the recording does not hold it."""

    mime: str
    text: str | None
    fields: tuple[Field, ...] = ()


class Told(NamedTuple):
    """What stands beside a request and is not copied, but may hold secrets that stand elsewhere, too."""

    kind: str
    """``cookie`` for one, ``query`` for names and values as in a query, ``text`` for any other."""
    text: str


@dataclass(frozen=True)
class Exchange:
    """A request and its answer. Times are seconds: ``started`` since the epoch, ``seconds`` until it was answered."""

    number: int
    """Its place among the entries of the file, from 1."""
    started: float | None
    seconds: float | None
    method: str
    url: Url
    headers: Pairs = ()
    sent: Sent | None = None
    status: int = 0
    """0 or less: there was no answer."""
    answer_mime: str = ""
    answer_headers: Pairs = ()
    content: tuple[str, bool] = ("", False)
    """The text of the answer, and whether that is base64."""
    kind: str = ""
    """What the browser took it for: ``document``, ``xhr``, ``image``; empty where nobody says."""
    is_cached: bool = False
    told: tuple[Told, ...] = ()

    @property
    def ended(self) -> float | None:
        """When it was answered."""
        return None if self.started is None else self.started + (self.seconds or 0.0)

    def header(self, name: str) -> str:
        """Return a header of the request, or nothing."""
        return _first(self.headers, name)

    def answer_header(self, name: str) -> str:
        """Return a header of the answer, or nothing."""
        return _first(self.answer_headers, name)

    def answer(self) -> str:
        """Return the text of the answer; nothing for one that is not text."""
        text, is_base64 = self.content
        return _decoded(text) or "" if is_base64 else text


def exchange_of(entry: Any, number: int) -> Exchange:
    """Return what an entry of a recording tells; raises UnreadableError."""
    request, answer = _mapping(_mapping(entry).get("request")), _mapping(_mapping(entry).get("response"))
    if not request:
        raise UnreadableError("it has no request")
    method, address = request.get("method"), request.get("url")
    if not isinstance(method, str) or not _METHOD.fullmatch(method.upper()):
        is_shown = not isinstance(method, str) or re.fullmatch(r"[A-Za-z ]{0,20}", method)
        shown = quoted(method) if is_shown else "a text of other signs"
        raise UnreadableError(f"its request.method is {shown}, which is not a method")
    if not isinstance(address, str) or not address:
        raise UnreadableError("its request.url is missing, or is not a text")
    content = _mapping(answer.get("content"))
    answer_headers = _pairs(answer.get("headers"))
    onward = _text(answer.get("redirectURL"))
    if onward and not _first(answer_headers, "location"):
        answer_headers += (("location", onward),)
    return Exchange(
        number,
        _instant(entry.get("startedDateTime")),
        _seconds(entry),
        method.upper(),
        url_of(whole(address)),
        _pairs(request.get("headers")),
        _sent(request),
        _status(answer.get("status")),
        _text(content.get("mimeType")) or _first(answer_headers, "content-type"),
        answer_headers,
        (_text(content.get("text")), content.get("encoding") == "base64"),
        _text(entry.get("_resourceType")).lower(),
        _is_cached(entry, answer),
        tuple(_told(entry, request, answer, address)),
    )


def url_of(text: str) -> Url:
    """Return the parts of a URL; raises UnreadableError."""
    if len(text) > MOST_URL and not text.startswith(("data:", "blob:")):
        raise UnreadableError(f"its request.url has {len(text):,} characters; {MOST_URL:,} are read")
    scheme = text.partition(":")[0].strip().lower()
    if scheme not in _DEFAULT_PORTS:
        return Url(scheme[:20], "")
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or not host.isprintable() or not re.fullmatch(r"[\w.:%-]+", host):
        shown = re.split(r"[/?#]", text.partition("://")[2])[0].rpartition("@")[2]  # what is behind may be a secret
        raise UnreadableError(f"its request.url is of {quoted(shown, 60)}, which is not the name of a host")
    named = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, _DEFAULT_PORTS[scheme]) else f":{port}"
    user = parts.netloc.rpartition("@")[0]
    path, query = (_NOT_IN_A_URL.sub(lambda match: quote(match[0]), part) for part in (parts.path or "/", parts.query))
    return Url(scheme, f"{scheme}://{named}{suffix}", path, query, user)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return whole(value) if isinstance(value, str) else ""


def _pairs(value: Any) -> Pairs:
    """Return names and values; recorders of HTTP/2 add pseudo headers, which begin with a colon."""
    found = [(_text(_mapping(each).get("name")).strip(), _text(_mapping(each).get("value"))) for each in _list(value)]
    return tuple((name, text) for name, text in found if name and not name.startswith(":"))


def _first(pairs: Pairs, name: str) -> str:
    return next((value for key, value in pairs if key.lower() == name), "")


def _number(value: Any) -> float | None:
    """Return a number that a time can be, or None."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _status(value: Any) -> int:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[1-9][0-9]{2}", text) else 0


def _instant(value: Any) -> float | None:
    """Return seconds since the epoch; a time without a zone is one of UTC, since only differences count."""
    try:
        found = datetime.fromisoformat(_text(value).strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(entry: Mapping[str, Any]) -> float | None:
    """Return how long it took: ``time``, or its parts where a recorder leaves that empty or negative."""
    milliseconds = _number(entry.get("time"))
    if milliseconds is None:
        timings = _mapping(entry.get("timings"))
        parts = [part for part in (_number(timings.get(name)) for name in _PARTS) if part is not None]
        milliseconds = sum(parts) if parts else None
    return None if milliseconds is None or milliseconds > LONGEST_ANSWER else milliseconds / 1000


def _is_cached(entry: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Tell whether the answer came out of a cache of the browser: Chrome's, Safari's or a service worker's."""
    told = (entry.get("_fromCache"), answer.get("_fromCache"), entry.get("_fetchType"), answer.get("_fetchType"))
    return any(_CACHES.fullmatch(_text(each)) for each in told) or (
        answer.get("_serviceWorkerResponseSource") == "cache-storage"
    )


def _told(
    entry: Mapping[str, Any], request: Mapping[str, Any], answer: Mapping[str, Any], address: str
) -> Iterator[Told]:
    """Yield what is not copied: lists of cookies and parameters, the fragment, and what goes over a socket."""
    for each in (*_list(request.get("cookies")), *_list(answer.get("cookies"))):
        yield Told("cookie", f"{_text(_mapping(each).get('name'))}={_text(_mapping(each).get('value'))}")
    for each in _list(request.get("queryString"))[:MOST_TOLD]:
        name, value = (quote_plus(_text(_mapping(each).get(key))) for key in ("name", "value"))
        if value not in address:
            yield Told("query", f"{name}={value}")
    before, _, fragment = whole(address[:MOST_URL]).partition("#")
    if fragment:
        yield Told("query", fragment.rpartition("?")[2].lstrip("!/"))
    if before.partition(":")[0].lower() not in _DEFAULT_PORTS and "?" in before:
        yield Told("query", before.partition("?")[2])
    for each in _list(entry.get("_webSocketMessages"))[:MOST_TOLD]:
        if text := _text(_mapping(each).get("data")):
            yield Told("text", text[:LONGEST_TOLD])


def _sent(request: Mapping[str, Any]) -> Sent | None:
    """Return the body, or None for a request without one."""
    posted = _mapping(request.get("postData"))
    mime = _text(posted.get("mimeType")) or _first(_pairs(request.get("headers")), "content-type")
    fields = tuple(filter(None, map(_field, _list(posted.get("params")))))
    text = posted.get("text")
    if isinstance(text, str) and posted.get("encoding") == "base64":
        text = _decoded(text)
    if isinstance(text, str) and (text or not fields):
        return Sent(mime, whole(text), fields) if text else None
    has_body = bool(posted) or (_number(request.get("bodySize")) or 0) > 0
    is_without = request.get("bodySize") == 0 and not fields
    return Sent(mime, None, fields) if has_body and not is_without else None


def _field(value: Any) -> Field | None:
    found = _mapping(value)
    name = _text(found.get("name"))
    is_file = isinstance(found.get("fileName"), str)
    return Field(name, "" if is_file else _text(found.get("value")), is_file) if name else None


def _decoded(text: str) -> str | None:
    """Return the text in base64; None for what is not text."""
    try:
        return base64.b64decode(text, validate=False).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
