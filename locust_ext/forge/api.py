"""An API over HTTPS, asked with a token.

Law: the token goes to that address, follows no redirect, and stands in no sentence. Each answer has an end in time and
in size. What may be better in a moment is a BusyError, anything else a RefusedError.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import requests
from requests import exceptions

from locust_ext.forge.ci_run import is_loopback
from locust_ext.reports.console import plain
from locust_ext.safety.remote import in_words
from locust_ext.text.frozen import dataclass

LARGEST = 48 << 20
"""Bytes that an answer may have: a hundred comments of the greatest length that GitHub takes."""

CONNECT, ANSWER = 5.0, 15.0
"""Seconds to wait for a connection, and for each part of an answer."""

MOST_SAID = 200
"""Characters of what a server says that are repeated."""

FORBIDDEN, TOO_MANY, WRONG = 403, 429, 500


class RefusedError(Exception):
    """The server does not do it; the sentence ends one that begins with its name."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        self.status = status
        super().__init__(sentence)


class BusyError(RefusedError):
    """The server may do it in a moment; ``wait`` is how many seconds it asks for, or None."""

    def __init__(self, sentence: str, status: int = 0, wait: float | None = None) -> None:
        self.wait = wait
        super().__init__(sentence, status)


@dataclass(frozen=True)
class Answer:
    """What was answered: JSON, and whether there is another page of it."""

    document: Any
    has_more: bool = False


class Api:
    """One server, asked over one connection; ``url`` is any address of it."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._session = requests.Session()
        self._session.auth = _as_it_is  # else requests prefers what it finds in .netrc
        self._session.trust_env = not is_loopback(urlsplit(url).hostname or "")  # no proxy gets such a token
        self._session.headers.update({"User-Agent": "locust-ext", "Accept": "application/json", **headers})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def ask(self, method: str, url: str, body: Any = None, **query: Any) -> Answer:
        """Return the answer to a question; raises BusyError and RefusedError."""
        try:
            with self._session.request(
                method,
                url,
                params=query,
                json=body,
                timeout=(CONNECT, ANSWER),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _content(answer)
        except (exceptions.RequestException, OSError) as error:  # its text may hold what was sent
            raise BusyError(in_words(error)) from None
        if not answer.ok or answer.is_redirect:
            raise _refusal(answer, _document(content))
        document = _document(content)
        if content and document is None:
            raise RefusedError("did not answer in JSON", answer.status_code)
        return Answer(document, "next" in answer.links)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _content(answer: requests.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(1 << 16):
        body += chunk
        if len(body) > LARGEST:
            raise RefusedError(f"sent more than {LARGEST >> 20} MiB", answer.status_code)
    return bytes(body)


def _document(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _refusal(answer: requests.Response, document: Any) -> RefusedError:
    status = answer.status_code
    wait = _seconds(answer.headers.get("Retry-After"))
    is_limit = status == FORBIDDEN and (wait is not None or answer.headers.get("X-RateLimit-Remaining") == "0")
    if status == TOO_MANY or status >= WRONG or is_limit:
        said = f"was asked too often ({status})" if status == TOO_MANY or is_limit else f"answered {status}"
        return BusyError(said, status, wait)
    if status < 400:  # noqa: PLR2004 the class of redirects
        return RefusedError(f"redirects elsewhere ({status})", status)
    return RefusedError(f"answered {status}{_words(document)}", status)


def _words(document: Any) -> str:
    """Return what a server says in its own words, on one line; it is not to be believed."""
    said = next((document[key] for key in ("message", "error") if key in document), "") if _is(document) else ""
    text = said if isinstance(said, str) else json.dumps(said)
    return f" ({plain(text[:MOST_SAID])})" if text else ""


def _is(document: Any) -> bool:
    return isinstance(document, dict)


def _seconds(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header; None for a date, and for what is neither."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
