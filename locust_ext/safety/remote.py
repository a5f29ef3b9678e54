"""What a URL says: the flag of the kill switch, or the alarm that ends a run.

Law: one GET, no redirect, TLS verified, an end in time and in size. No sentence repeats a secret: neither what the
headers hold, nor the user and the query of the URL, nor what was answered.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import requests
from requests import exceptions

from locust_ext.safety.reading import Reading, SourceLine, StopError, check_word
from locust_ext.safety.redaction import Redaction

LARGEST = 64 * 1024
"""Bytes that an answer may have."""

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")

_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (exceptions.SSLError, "has a certificate that was not accepted"),
    (exceptions.ProxyError, "was not reached through the proxy"),
    (RemoteDisconnected, "closed the connection without an answer"),
    (ConnectionRefusedError, "refused the connection"),
    (ConnectionResetError, "cut the connection"),
    (BrokenPipeError, "cut the connection"),
    (socket.gaierror, "has a host that no name service knows"),
    (exceptions.ChunkedEncodingError, "broke off in its answer"),
    (exceptions.ContentDecodingError, "sent an answer that cannot be unpacked"),
    (IncompleteRead, "broke off in its answer"),
    (HTTPException, "does not speak HTTP"),
    (exceptions.Timeout, "took too long"),
    (TimeoutError, "took too long"),
)
"""What an error is in words: the first row that is among the error and its causes."""

_NO_WORDS = {bool: "says false", type(None): "says null", list: "holds a list", dict: "holds an object"}
"""What is said of a JSON value that does not allow, by its type; of any other that it is a number."""


class Remote:
    """A source that is asked over HTTP; ``judge`` raises StopError for an answer that does not allow."""

    def __init__(
        self,
        kind: str,
        url: str,
        headers: Mapping[str, str],
        judge: Callable[[requests.Response], None],
        fine: str = "allows it",
    ) -> None:
        self.name = f"{kind} {Redaction.of({**os.environ, **headers}, headers).text(url)}"
        self._url, self._headers, self._judge, self._fine = url, headers, judge, fine
        self._line = SourceLine()

    def read(self, timeout: float) -> Reading:
        """Return what the URL says."""
        return self._line.ask(self.name, lambda: self._get(timeout), timeout, self._fine)

    def _get(self, timeout: float) -> None:
        headers = {"Accept": "application/json", "Cache-Control": "no-cache", **self._headers}
        with requests.Session() as session:
            if any(name.lower() == "authorization" for name in self._headers):
                session.auth = _as_it_is  # else requests prefers what it finds in .netrc
            within = 2 * timeout  # for each wait; the whole ends before that, when the question is given up
            try:
                with session.get(
                    self._url, headers=headers, timeout=within, allow_redirects=False, stream=True
                ) as answer:
                    self._judge(answer)
            except (exceptions.RequestException, OSError) as error:
                raise StopError(in_words(error)) from error


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def headers_of(names: Mapping[str, str], environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the headers whose values stand in the variables that ``names`` gives them.

    Raises ValueError, with a sentence that names the variable and does not show what it holds.
    """
    environment = os.environ if environment is None else environment
    headers = {header: environment.get(variable, "").strip() for header, variable in names.items()}
    if troubles := list(_troubles(headers, names)):
        raise ValueError("; ".join(troubles))
    return headers


def _troubles(headers: Mapping[str, str], names: Mapping[str, str]) -> Iterator[str]:
    for header, value in headers.items():
        if not value:
            yield f"headers_env: ${names[header]} for the header {header} is not set"
        elif not (value.isascii() and value.isprintable()):
            yield f"headers_env: ${names[header]} holds characters that cannot stand in the header {header}"


def flag_at(pointer: str | None) -> Callable[[requests.Response], None]:
    """Return the judge of a flag: only 200, and true, or a word that allows, at the JSON pointer."""

    def judge(answer: requests.Response) -> None:
        _check_status(answer, (200,))
        value = value_at(_document(answer), pointer)
        if value is True:
            return
        if not isinstance(value, str):
            raise StopError(_NO_WORDS.get(type(value), "holds a number, not true") + _place(pointer))
        try:
            check_word(value)
        except StopError as stop:
            raise StopError(f"{stop}{_place(pointer)}") from None

    return judge


def alarm_at(pointer: str | None) -> Callable[[requests.Response], None]:
    """Return the judge of an alarm: any success without a pointer, with one only nothing, false or empty there."""

    def judge(answer: requests.Response) -> None:
        _check_status(answer, range(200, 300))
        if pointer is not None and value_at(_document(answer), pointer):
            raise StopError("is on")

    return judge


def value_at(document: Any, pointer: str | None) -> Any:
    """Return what stands at a JSON pointer (RFC 6901), the whole document without one; raises StopError."""
    value = document
    for step in (pointer or "").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        try:
            value = value[_index(key) if isinstance(value, list) else key]
        except (KeyError, IndexError, TypeError):
            raise StopError(f"holds nothing at {pointer}") from None
    return value


def _index(key: str) -> int:
    if not _INDEX.fullmatch(key):
        raise KeyError(key)
    return int(key)


def _place(pointer: str | None) -> str:
    return f" at {pointer}" if pointer else ""


def _check_status(answer: requests.Response, fine: Iterable[int]) -> None:
    status = answer.status_code
    if status not in fine:
        raise StopError(f"redirects elsewhere ({status})" if 300 <= status < 400 else f"answered {status}")  # noqa: PLR2004 the class of redirects


def _document(answer: requests.Response) -> Any:
    body = bytearray()
    for chunk in answer.iter_content(8192):
        body += chunk
        if len(body) > LARGEST:
            raise StopError(f"sent more than {LARGEST // 1024} kB")
    try:
        return json.loads(bytes(body), object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):  # its text would repeat the answer
        raise StopError("did not answer in JSON") from None


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise StopError("says something twice in one object")
    return found


def in_words(error: BaseException) -> str:
    """Return what an error of a request is, as the end of a sentence that names who was asked; it holds no secret."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    known = (words for kind, words in _FAILURES if any(isinstance(cause, kind) for cause in causes))
    return next(known, f"could not be asked: {type(error).__name__}")
