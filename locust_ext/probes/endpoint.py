"""The endpoint of an instance, asked over HTTP for what it says in Prometheus' format.

Law: one GET that blocks nobody, with an end in time and in size for the whole answer; redirects are followed within its
own origin alone, and its headers go nowhere else. It bears no mark of the run, passes no cap and is in no figure. No
sentence repeats a secret: neither the URL nor what was sent nor what was answered.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urljoin

import locust_ext.process.patched  # noqa: F401 before requests and what else keeps ssl's classes

import gevent
import requests

from locust_ext.probes.exposition import Sieve, Wanted, read_lines
from locust_ext.probes.readings import Read
from locust_ext.probes.source import UnreadError
from locust_ext.safety.origin import origin_of
from locust_ext.safety.remote import in_words

LARGEST = 5 * 1024 * 1024
"""Bytes that an answer may have, unpacked."""

CHUNK = 32 * 1024
"""Bytes that are looked at before others have their turn."""

MOST_REDIRECTS = 3
OK, REDIRECTS = 200, range(300, 400)

ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1"


class Endpoint:
    """An address that is read."""

    def __init__(self, url: str, headers: Mapping[str, str], wanted: Wanted) -> None:
        self._url, self._wanted = url, wanted
        self._headers = {
            "Accept": ACCEPT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": "locust-ext-probe",
            **headers,
        }

    def read(self, timeout: float) -> Read:
        """Return what it says; raises UnreadError with a sentence where it does not within ``timeout`` seconds."""
        late = gevent.Timeout(timeout)
        try:
            with late:
                return self._read(timeout)
        except gevent.Timeout as over:
            if over is not late:
                raise
            raise UnreadError(f"it did not answer within {timeout:g} s") from None
        except UnreadError:
            raise
        except Exception as error:  # noqa: BLE001 whatever is sent may make a client raise anything
            raise UnreadError(f"it {in_words(error)}") from None

    def close(self) -> None:
        """Do nothing: each read has a connection of its own."""

    def _read(self, timeout: float) -> Read:
        with requests.Session() as session:
            if any(name.lower() == "authorization" for name in self._headers):
                session.auth = _as_it_is  # else requests prefers what it finds in .netrc
            url = self._url
            for _ in range(MOST_REDIRECTS + 1):
                with session.get(
                    url, headers=self._headers, timeout=timeout, allow_redirects=False, stream=True
                ) as answer:
                    if answer.status_code not in REDIRECTS:
                        return self._taken(answer)
                    url = self._next(url, answer)
        raise UnreadError("it redirects in a circle")

    def _next(self, url: str, answer: requests.Response) -> str:
        place = ""
        with suppress(ValueError):
            place = urljoin(url, answer.headers["Location"]) if "Location" in answer.headers else ""
        if origin_of(place) is None or origin_of(place) != origin_of(self._url):
            raise UnreadError(f"it redirects elsewhere ({answer.status_code}), and is not followed")
        return place

    def _taken(self, answer: requests.Response) -> Read:
        if answer.status_code != OK:
            raise UnreadError(f"it answered {answer.status_code}")
        if "html" in answer.headers.get("Content-Type", "").lower():
            raise UnreadError("it answered HTML, not metrics")
        sieve, size = Sieve(self._wanted), 0
        for chunk in _unpacked(answer):
            size += len(chunk)
            if size > LARGEST:
                raise UnreadError(f"it sent more than {LARGEST // 1024 // 1024} MB")
            sieve.feed(chunk)
            gevent.sleep(0)  # an answer that comes at once must not hold up the users
        sieve.end()
        if sieve.is_foreign:
            raise UnreadError("it did not answer in Prometheus' format")
        read = read_lines(sieve, self._wanted)
        return Read(read.values, read.troubles, size)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _unpacked(answer: requests.Response) -> Iterator[bytes]:
    """Yield the answer in chunks of a bounded size; one that was packed although nobody asked for it, unpacked."""
    packing = answer.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise UnreadError("it sent an answer in an encoding that nobody asked for")
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in packing else None
    for chunk in answer.raw.stream(CHUNK, decode_content=False):
        if unpack is None:
            yield chunk
            continue
        while chunk:
            try:
                yield unpack.decompress(chunk, CHUNK)
            except zlib.error:
                raise UnreadError("it sent an answer that cannot be unpacked") from None
            chunk = unpack.unconsumed_tail  # noqa: PLW2901 what is left of it
    if unpack is not None and not unpack.eof:
        raise UnreadError("it broke off in its answer")
