"""What there is of an answer that counts as an error, and what of it may be shown.

Law: nothing is read or unpacked for it: a body that nobody has read stays unread. What is taken is bounded, and what is
told of it is without secrets: those of the environment, those that headers and keys name, and those whose looks say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

import gevent

from locust_ext.measure.error_notes import LONGEST_TEXT, lines
from locust_ext.measure.errors_told import LONGEST_BODY, LONGEST_VALUE, MOST_HEADERS, MOST_OF_HEADERS
from locust_ext.measure.series import Hide, readable, text_of
from locust_ext.measure.trace_context import HEADER
from locust_ext.process.supervised import Stake, Work
from locust_ext.safety.outlet import OUTLET
from locust_ext.safety.redaction import HIDDEN
from locust_ext.safety.spellings import canonical, readings

LOADING = Work("the loading of what tells secrets in answers", Stake.LOOKS)

MODULES = tuple(
    f"locust_ext.har.{name}" for name in ("exchange", "naming", "secret_names", "named_values", "secret_signs")
)
"""What is loaded where something fails, one after the other: no user waits for long."""

PAUSE = 0.05
"""Seconds before each."""

MOST_BYTES = 8192
"""Bytes of a body that are looked at: the beginning of a secret is a part of it, so more than is shown."""

TORN = 2048
"""Characters that are left out at the end of a text that was cut off."""

MOST_OF_A_HEADER = 4096
LONGEST_TRACE = 100

TRACES = (
    "traceparent", "x-trace-id", "trace-id", "x-b3-traceid", "b3", "uber-trace-id", "x-cloud-trace-context",
    "x-amzn-trace-id", "x-datadog-trace-id", "x-request-id", "request-id", "x-correlation-id", "correlation-id",
    "x-amzn-requestid", "x-ms-request-id", "cf-ray",
)  # fmt: skip
"""Headers by which an answer can be found in the traces and logs of the target; the first that is there counts."""

PLACES = frozenset({"location", "content-location", "refresh", "link"})

_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-(?P<id>[0-9a-f]{32})-[0-9a-f]{16}-.*")
_B3 = re.compile(r"(?P<id>[0-9a-fA-F]{16,32})-.*")
_CHARSET = re.compile(r"charset\s{0,3}=\s{0,3}[\"']?(?P<name>[\w.:-]{1,40})", re.IGNORECASE)
_CODECS = re.compile(
    r"utf-?8|utf-?16(?:[bl]e)?|(?:us-)?ascii|latin-?1|iso-?8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|gb\w{1,6}|big5"
    r"|shift_jis|euc-(?:jp|kr)|koi8-[ru]",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z0-9+/=_.~-]{200,}")
"""What is so long without a space is nothing that people read."""

_SEGMENT = re.compile(r"[^/?&=#;,\s<>\"]{24,}")
_KEPT = ("_content", "_cached_content", "content", "body", "text", "resp_body")
"""Where answers keep a body that has been read: those of requests and httpx, of geventhttpclient, and of others."""

_SIGNS = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{},]', re.DOTALL)
"""What tells where a value of JSON begins and ends: texts, also one that was torn, brackets and commas."""

_CLOSING = {"{": "}", "[": "]"}

ODD = 0.1
"""The share of signs that cannot be shown from which on a body is binary."""


_ENDS = dict.fromkeys(map(ord, "\r\n\t"))


class Taken(NamedTuple):
    """What there is of an answer; it may hold secrets."""

    status: str
    headers: list[tuple[str, str]]
    traces: list[tuple[str, str]]
    """Those headers of the request and the answer that may say its name in traces."""
    body: bytes | str | None
    """The beginning of it; None: there is none, or nobody has read it."""
    length: int
    """Of the whole body, as it is kept."""
    unread: bool


class Answers:
    """Takes what there is of an answer, and tells what may be shown of it."""

    def __init__(self) -> None:
        self._is_asked = self.is_ready = False

    def take(self, response: object, exception: object) -> Taken | None:
        """Return what there is of an answer without reading on; None where there was none."""
        if not self._is_asked:
            self._is_asked = True
            LOADING.start(self._load)
        answer = _answer(response, exception)
        status = getattr(answer, "status_code", None)
        headers = list(_pairs(getattr(answer, "headers", None) or getattr(answer, "resp_headers", None)))
        sent = _sent(answer, exception)
        own = (pair for pair in sent if pair[0].lower() == HEADER)  # what the target was asked to go on with is first
        traces = [pair for pair in (*own, *headers, *sent) if pair[0].lower() in TRACES]
        if not (status or headers or traces):
            return None
        body, length, unread = _body(answer)
        return Taken(text_of(status) if status else "", headers[:MOST_HEADERS], traces, body, length, unread)

    def _load(self) -> None:
        for module in MODULES:
            gevent.sleep(PAUSE)
            import_module(module)
        self.is_ready = True

    def tell(self, taken: Taken) -> dict[str, Any]:
        """Return what may be told of it."""
        hide = OUTLET.redaction.text  # once: each look at the environment takes its time
        body, note = _shown(taken, hide)
        return {
            "status": readable(taken.status),
            "headers": _headers(taken.headers, hide),
            "body": body,
            "note": note,
            "trace_id": _trace_id(taken.traces, hide),
        }

    def message(self, text: str) -> str:
        """Return a text without secrets, such as that of an exception, which may hold a body."""
        return _whole(_hidden(text, OUTLET.redaction.text), is_cut=len(text) >= LONGEST_TEXT)


def _answer(response: object, exception: object) -> object:
    """Return who answered: the response, or what the exception knows of one."""
    if response is not None:
        return response
    known = getattr(exception, "response", None)
    if known is not None:
        return known
    cause = getattr(exception, "__cause__", None)
    return next((one for one in (exception, cause) if getattr(one, "resp_headers", None) is not None), None)


def _sent(answer: object, exception: object) -> list[tuple[str, str]]:
    """Return the headers of a request, where they can be read: some clients build it again for that."""
    try:
        request = getattr(answer, "request", None) or getattr(exception, "request", None)
        return list(_pairs(getattr(request, "headers", None)))
    except Exception:  # noqa: BLE001 the answer is shown without
        return []


def _pairs(headers: Any) -> Iterator[tuple[str, str]]:
    """Yield headers as texts, each of a bounded length; of too many only the first."""
    items = headers.items() if hasattr(headers, "items") else ()
    for number, (name, value) in enumerate(items):
        if number >= 3 * MOST_HEADERS:
            return
        yield _text(name)[:MOST_OF_A_HEADER], _text(value)[:MOST_OF_A_HEADER]


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else text_of(value)


def _body(answer: object) -> tuple[bytes | str | None, int, bool]:
    """Return the beginning of a body, how long it is, and whether there is one that was not read."""
    own = getattr(answer, "__dict__", {})
    for name in _KEPT:
        found = own.get(name)
        found = getattr(answer, name, None) if found is None and name.startswith("_") else found
        if isinstance(found, (bytes, str)):
            return found[:MOST_BYTES], len(found), False
    return None, 0, hasattr(answer, "iter_content")


def _shown(taken: Taken, hide: Hide) -> tuple[str, str]:
    """Return the body as text, without secrets, and what there is to know of it."""
    if taken.body is None:
        return "", "not read: it was streamed, or too long to be kept" if taken.unread else ""
    said = {name.lower(): value for name, value in taken.headers}
    text = taken.body if isinstance(taken.body, str) else _decoded(taken.body, said.get("content-type", ""))
    if text is None:
        return "", f"binary, {taken.length:,} bytes"
    clear = _whole(_hidden(text, hide), is_cut=taken.length > MOST_BYTES)
    shown = lines(clear.replace("\r\n", "\n").replace("\t", " "), LONGEST_BODY)
    is_cut = len(clear) > LONGEST_BODY or taken.length > MOST_BYTES
    return shown, f"the beginning of {taken.length:,} bytes" if is_cut else ""


def _decoded(body: bytes, kind: str) -> str | None:
    """Return bytes as text; None where they are none."""
    named = _CHARSET.search(kind)
    codec = named["name"] if named and _CODECS.fullmatch(named["name"]) else "utf-8"
    try:
        text = body.decode(codec, "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    if text.translate(_ENDS).isprintable() and "\ufffd" not in text:
        return text
    odd = sum(not (sign.isprintable() or sign in "\r\n\t") or sign == "\ufffd" for sign in text)
    return None if odd > ODD * len(text) else text


def _hidden(text: str, hide: Hide) -> str:
    """Return a text of somebody's without what is secret in it: by its names, by its looks, or since it is known."""
    from locust_ext.har.secret_signs import marks  # noqa: PLC0415 only where something fails

    marked = ((start, min(end, len(text))) for start, end in marks(text + '"'))  # what is torn off ends there
    pieces, done = [], 0
    for start, end in sorted([*marked, *_values(text)]):
        if start >= done:
            pieces += [text[done:start], HIDDEN]
        done = max(done, end)
    return _RUN.sub(HIDDEN, hide("".join([*pieces, text[done:]])))


def _whole(clear: str, *, is_cut: bool) -> str:
    """Return a text without its end, where that was cut off: nobody can tell the beginning of a secret there."""
    return clear[:-TORN] if is_cut else clear


def _values(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the values of JSON stand that only all of it tells to be secrets, however they are spelled."""
    from locust_ext.har.secret_signs import secrets_in  # noqa: PLC0415 only where something fails

    value = _json(text)
    secrets = {secret for _, secret in secrets_in(value)} if isinstance(value, (dict, list)) else set()
    found = {spelled for secret in secrets for spelled in (secret, canonical(secret)) if spelled.strip()}
    if found:  # all of them at once: there may be hundreds
        any_of = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
        pattern = re.compile(rf"(?<![\w.])(?:{any_of})(?![\w.])")
        for reading in readings(text):
            yield from (reading.place(*match.span()) for match in pattern.finditer(reading.text))


def _json(text: str) -> Any:
    """Return what a text of JSON says; of one that was torn what is whole of it, and of any other text nothing."""
    for spelled in (text, _closed(text)):
        with suppress(ValueError, RecursionError):
            return json.loads(spelled)
    return None


def _closed(text: str) -> str:
    """Return the beginning of JSON with each bracket closed, up to its last value that is whole."""
    ends, whole = [], 0
    for match in _SIGNS.finditer(text) if text.lstrip().startswith(("{", "[")) else ():
        sign = match[0]
        if sign in _CLOSING:
            ends.append(_CLOSING[sign])
        elif sign in "]}" and ends:
            ends.pop()
        if sign[0] != '"':
            whole = match.start() if sign == "," else match.end()
    return text[:whole] + "".join(reversed(ends))


def _headers(headers: Iterable[tuple[str, str]], hide: Hide) -> list[list[str]]:
    """Return what may be shown of headers, as many as there is room for."""
    found, left = [], MOST_OF_HEADERS
    for name, value in headers:
        shown = [readable(_clear(name, hide)), _header(name, value, hide)]
        left -= sum(map(len, shown))
        if left >= 0:
            found.append(shown)
    return found


def _header(name: str, value: str, hide: Hide) -> str:
    """Return what may be shown of a header."""
    from locust_ext.har.secret_signs import is_long_in_a_url, is_secret_in_a_header, looks_secret  # noqa: PLC0415

    low = name.lower()
    if low in PLACES:
        value = _hidden(_SEGMENT.sub(lambda found: HIDDEN if is_long_in_a_url(found[0]) else found[0], value), hide)
    elif low not in TRACES and (is_secret_in_a_header(name, value) or looks_secret(value)):
        return HIDDEN
    return lines(_clear(value, hide), LONGEST_VALUE).replace("\n", " ")


def _clear(value: str, hide: Hide) -> str:
    """Return a text of a header without secrets."""
    return _whole(hide(value), is_cut=len(value) >= MOST_OF_A_HEADER)


def _trace_id(traces: Iterable[tuple[str, str]], hide: Hide) -> str:
    """Return by what name an answer can be found, if a header says so."""
    said: dict[str, str] = {}
    for name, value in traces:
        said.setdefault(name.lower(), value.strip())
    for name in TRACES:
        if value := said.get(name, ""):
            match = (_TRACE_PARENT if name == "traceparent" else _B3).fullmatch(value)
            known = match["id"] if match and name in ("traceparent", "b3") else _clear(value, hide)
            return readable(known[:LONGEST_TRACE], hide)
    return ""
