"""How long an answer is once it is unpacked.

Law: memory is bounded: what grows beyond ``LIMIT`` is unpacked piece by piece and only counted, until somebody asks
for it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]
import gevent

LIMIT = 4 * 1024 * 1024
"""Bytes up to which an unpacked answer is kept as soon as it comes."""

_PACKING = re.compile(rb"\ncontent-encoding:[ \t]*([^\r\n]*)\r\n")

_CUT = "Error -5 while decompressing data: incomplete or truncated stream"  # as zlib says it

PIECE = 1024 * 1024
"""Bytes that are unpacked at once beyond it; other users have their turn between two pieces."""


def measure(response: Any) -> int:
    """Return the length of a response's content; raises what reading or unpacking it raises."""
    headers = response.headers
    packing = headers.getlist("content-encoding") if headers is not None else ()
    unpack = _PACKINGS.get(packing[0].lower()) if packing else None
    if unpack is None:
        content = response.content
        return len(content) if content else 0
    answer = response._response  # noqa: SLF001 geventhttpclient's own, which holds the bytes
    packed = answer.read()
    content, length = _unpacked(unpack(packed))
    if content is not None:
        response._cached_content = content  # noqa: SLF001 where FastHttpUser's keeps it
        answer.release()
        return length
    answer._body_buffer += packed  # noqa: SLF001 for anyone who asks for the content
    return length or len(response.content)


def unpack(head: bytes, body: bytes) -> tuple[bytes | None, int]:
    """Return the content of a packed ``body``, None if it is too long to keep or wrong, and its length.

    ``head`` is in small letters. The length is negative where ``measure`` has to look.
    """
    found = _PACKING.findall(head)
    packing = _PACKINGS.get(found[0].decode("latin-1")) if len(found) == 1 else None
    if packing is None:
        return None, -1
    try:
        content, length = _unpacked(packing(body))
    except (zlib.error, brotli.error):
        return None, -1
    return content, length or -1


def _unpacked(pieces: Iterator[bytes]) -> tuple[bytes | None, int]:
    """Return what was packed, None if it is too long to keep or wrong, and its length; 0 if it is wrong."""
    kept: list[bytes] = []
    length = 0
    try:
        for piece in pieces:
            length += len(piece)
            if length <= LIMIT:
                kept.append(piece)
            else:
                kept.clear()
                gevent.sleep(0)
    except (zlib.error, brotli.error):
        if length > LIMIT:
            raise
        return None, 0  # to read the content says how it is wrong
    return (b"".join(kept), length) if length <= LIMIT else (None, length)


def _gzip(packed: bytes) -> Iterator[bytes]:
    return _inflate(packed, 16 + zlib.MAX_WBITS)


def _deflate(packed: bytes) -> Iterator[bytes]:
    try:
        zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, 1)
    except zlib.error:
        return _inflate(packed, zlib.MAX_WBITS)
    return _inflate(packed, -zlib.MAX_WBITS)


def _inflate(packed: bytes, bits: int) -> Iterator[bytes]:
    stream = zlib.decompressobj(bits)
    while packed and not stream.eof:
        yield stream.decompress(packed, PIECE)
        packed = stream.unconsumed_tail
    if not stream.eof:
        raise zlib.error(_CUT)


def _brotli(packed: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    yield stream.process(packed, output_buffer_limit=PIECE)
    while not stream.is_finished():
        if not (piece := stream.process(b"", output_buffer_limit=PIECE)):
            raise brotli.error("incomplete or truncated stream")
        yield piece


_PACKINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {"gzip": _gzip, "deflate": _deflate, "br": _brotli}
