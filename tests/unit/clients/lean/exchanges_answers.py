"""What a server answers: statuses, headers, encodings, chunks, and where an answer ends."""

from __future__ import annotations

import gzip
import zlib

import brotli

from tests.unit.clients.lean.stage import Do, chunked, ok
from tests.unit.clients.lean.telling import QUICK, row

TEXT = b"The quick brown fox. " * 40
QUICKLY = {"network_timeout": QUICK}


def raw_deflate(data: bytes) -> bytes:
    """Return data packed without the head that deflate should have."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def get(c):
    return c.get("/")


def twice(c):
    return [c.get("/1"), c.get("/2")]


def answered(sentence: str, *script, does=get, **more):
    """Return an exchange in which the answer is all that matters."""
    return row(sentence, does, *script, **more)


def packed(encoding: str, body: bytes, *headers: str) -> bytes:
    """Return an answer that says how it is packed."""
    return ok(body, f"Content-Encoding: {encoding}", *headers)


STATUSES = [
    answered(f"status {status}", ok(b"text", status=f"{status} Some"), ok(), does=twice)
    for status in (200, 201, 202, 203, 205, 206, 207, 208, 226, 300, 305, 306, 400, 401, 404, 418, 429, 499, 500, 503)
]
STATUSES += [answered(f"status {status}", ok(status=f"{status} Odd"), ok(), does=twice) for status in (299, 600, 999)]
STATUSES += [
    answered("204", ok(b"", status="204 No Content", length=False), ok(), does=twice),
    answered("204 with a length of 0", ok(b"", status="204 No Content"), ok(), does=twice),
    answered("204 with a body", ok(b"abc", status="204 No Content"), ok(), does=twice),
    answered("204 with a body in chunks", chunked(b"abc").replace(b"200 OK", b"204 No"), ok(), does=twice),
    answered("205 without a length", (ok(b"", status="205 Reset", length=False), Do.CLOSE), ok(), does=twice),
    answered("304", ok(b"", 'ETag: "1"', status="304 Not Modified", length=False), ok(), does=twice),
    answered("304 with a length and no body", ok(b"", "Content-Length: 9", status="304 N", length=False), does=twice),
    answered("304 with a body", ok(b"abc", status="304 Not Modified"), ok(), does=twice),
    answered("a failure with a body that is no text", ok(b"\xff\xfe", status="500 No")),
    answered("a failure that is packed", ok(gzip.compress(TEXT), "Content-Encoding: gzip", status="500 No")),
    answered("a failure that is packed wrongly", ok(b"no", "Content-Encoding: gzip", status="500 No")),
    answered("a failure of an unknown encoding", ok(b"no", "Content-Encoding: zip", status="500 No")),
    answered("a failure to a body that is no text", ok(status="400 No"), does=lambda c: c.post("/", data=b"\xff")),
    answered("a failure to a string", ok(status="400 No"), does=lambda c: c.post("/", data="é")),
    answered("no reason", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
    answered("a reason beyond ASCII", ok(status="200 Größe")),
    answered("a status of two digits", ok(status="20 OK")),
    answered("a status of four digits", ok(status="2000 OK")),
    answered("a status that is no number", ok(status="abc OK")),
]

INTERIM = [
    answered("100 before the answer", b"HTTP/1.1 100 Continue\r\n\r\n" + ok(), ok(), does=twice),
    answered("100 well before the answer", (b"HTTP/1.1 100 Continue\r\n\r\n", 0.01, ok()), ok(), does=twice),
    answered(
        "102, 103 and 103", b"HTTP/1.1 102 P\r\n\r\n" + b"HTTP/1.1 103 E\r\nLink: <a>\r\n\r\n" * 2 + ok(), does=twice
    ),
    answered("103 to a HEAD", b"HTTP/1.1 103 E\r\n\r\n" + ok(b""), does=lambda c: [c.head("/"), c.get("/")]),
    answered("100 to a POST", b"HTTP/1.1 100 C\r\n\r\n" + ok(), does=lambda c: c.post("/", data="abc")),
    answered("103 and then the end", (b"HTTP/1.1 103 E\r\n\r\n", Do.CLOSE)),
    answered("103 and then nothing", (b"HTTP/1.1 103 E\r\n\r\n", Do.HANG), user=QUICKLY),
    answered("103 before a failure", b"HTTP/1.1 103 E\r\n\r\n" + ok(status="500 No")),
    answered("103 with a length", b"HTTP/1.1 103 E\r\nContent-Length: 2\r\n\r\n" + ok()),
    answered("101", (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nab", Do.CLOSE)),
]

ENDS = [
    answered("a length", ok(b"abc"), does=twice),
    answered("no content", ok(b""), does=twice),
    answered("Connection: close", (ok(b"abc", "Connection: close"), Do.CLOSE), does=twice),
    answered("Connection: close, said and not done", ok(b"abc", "Connection: close"), does=twice),
    answered("HTTP/1.0", (ok(b"abc", version="1.0"), Do.CLOSE), does=twice),
    answered("HTTP/1.0, and it stays open", ok(b"abc", version="1.0"), does=twice),
    answered("HTTP/1.0 that keeps alive", ok(b"abc", "Connection: keep-alive", version="1.0"), does=twice),
    answered("until the end", (ok(b"abc", length=False), Do.CLOSE), does=twice),
    answered("until the end of HTTP/1.0", (ok(b"abc", version="1.0", length=False), Do.CLOSE), does=twice),
    answered("until an end that does not come", (ok(b"abc", length=False), Do.HANG), user=QUICKLY),
    answered("until the end, in pieces", (ok(b"abc", length=False), 0.01, b"def", 0.01, b"g", Do.CLOSE)),
    answered("until the end of a long one", (ok(b"abc" * 100_000, length=False), Do.CLOSE)),
    answered("a short body", (ok(b"", "Content-Length: 9", length=False) + b"abc", Do.CLOSE), does=twice),
    answered("a body longer than announced", ok(b"", "Content-Length: 2", length=False) + b"abc", ok(), does=twice),
    answered(
        "a longer body later",
        (ok(b"", "Content-Length: 2", length=False) + b"ab", b"c"),
        ok(),
        does=lambda c: c.get("/"),
    ),
    answered("an empty line behind", ok() + b"\r\n", ok(), does=twice),
    answered("300 kB", ok(b"x" * 300_000), does=twice),
    answered("5 MB", ok(b"x" * 5_000_000)),
    answered("5 MB in chunks", chunked(*[b"x" * 50_000] * 100)),
    answered("256 kB and a little more", ok(b"x" * 262_200), ok(b"x" * 262_100), does=twice),
    answered(
        "HEAD with a length",
        ok(b"", "Content-Length: 9", length=False),
        does=lambda c: [c.head("/"), c.get("/")][:1],
        user=QUICKLY,
    ),
    answered("HEAD with a body", ok(b"abc"), does=lambda c: c.head("/")),
    answered(
        "HEAD in chunks without any",
        ok(b"", "Transfer-Encoding: chunked", length=False),
        does=lambda c: [c.head("/1"), c.head("/2")],
    ),
    answered("HEAD of a failure", ok(b"", status="404 No"), does=lambda c: c.head("/")),
    answered("HEAD that is packed", ok(b"", "Content-Encoding: gzip"), does=lambda c: c.head("/")),
    answered("a PUT whose answer is long", ok(b"x" * 300_000), does=lambda c: c.put("/", data="a")),
    answered("stream of chunks", chunked(b"ab", b"c"), does=lambda c: c.get("/", stream=True)),
    answered(
        "stream of a short body",
        (ok(b"", "Content-Length: 9", length=False) + b"abc", Do.CLOSE),
        does=lambda c: c.get("/", stream=True),
    ),
]

CHUNKS = [
    answered("chunks", chunked(b"abc", b"de"), does=twice),
    answered("no chunks", chunked(), does=twice),
    answered("chunks one by one", (chunked(b"abc", b"de")[:60], 0.01, chunked(b"abc", b"de")[60:]), does=twice),
    answered("a trailer", chunked(b"abc", trailer=b"X-T: 1\r\n"), does=twice),
    answered(
        "a trailer that is announced", chunked(b"a", headers=("Trailer: X-A",), trailer=b"X-A: 1\r\n"), does=twice
    ),
    answered("a trailer that sets a cookie", chunked(b"a", trailer=b"Set-Cookie: a=b\r\n"), does=twice),
    answered("a trailer that says how it is packed", chunked(b"a", trailer=b"Content-Encoding: gzip\r\n"), does=twice),
    answered(
        "chunks with extensions", ok(b"3;a=b;c\r\nabc\r\n0;x\r\n\r\n", "Transfer-Encoding: chunked", length=False)
    ),
    answered(
        "sizes in capitals with zeros",
        ok(b"00A\r\n0123456789\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False),
    ),
    answered("a size that is no number", ok(b"xyz\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)),
    answered("a size that is empty", ok(b"\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)),
    answered("a size that is negative", ok(b"-1\r\nabc\r\n", "Transfer-Encoding: chunked", length=False)),
    answered("a size beyond all", ok(b"fffffffffffffffff\r\nabc\r\n", "Transfer-Encoding: chunked", length=False)),
    answered("a size that is too small", ok(b"2\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=False)),
    answered("chunks without the last", (chunked(b"abc")[:-5], Do.CLOSE)),
    answered("half a chunk", (chunked(b"abc")[:-8], Do.CLOSE)),
    answered("chunks that stop", (chunked(b"abc")[:-5], Do.HANG), user=QUICKLY),
    answered(
        "chunks beside a length",
        ok(b"3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "Content-Length: 3", length=False),
    ),
    answered("chunked twice", ok(b"3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked, chunked", length=False)),
    answered("chunked in capitals", ok(b"3\r\nabc\r\n0\r\n\r\n", "TRANSFER-ENCODING: CHUNKED", length=False)),
    answered("a transfer encoding of gzip", (ok(b"abc", "Transfer-Encoding: gzip", length=False), Do.CLOSE)),
    answered("chunks of HTTP/1.0", (chunked(b"abc").replace(b"1.1", b"1.0"), Do.CLOSE)),
]

PACKED = [
    answered("gzip", packed("gzip", gzip.compress(TEXT)), does=twice),
    answered(
        "gzip in chunks", chunked(gzip.compress(TEXT)[:9], gzip.compress(TEXT)[9:], headers=("Content-Encoding: gzip",))
    ),
    answered("gzip in capitals", packed("GZip", gzip.compress(TEXT))),
    answered("x-gzip", packed("x-gzip", gzip.compress(TEXT))),
    answered("deflate", packed("deflate", zlib.compress(TEXT)), does=twice),
    answered("raw deflate", packed("deflate", raw_deflate(TEXT)), does=twice),
    answered("brotli", packed("br", brotli.compress(TEXT)), does=twice),
    answered("identity", packed("identity", TEXT)),
    answered("compress", packed("compress", TEXT)),
    answered("an unknown encoding", packed("zstd", TEXT), ok(), does=lambda c: [get(c), get(c)]),
    answered("an empty encoding", packed("", TEXT)),
    answered("two encodings", packed("gzip, br", gzip.compress(TEXT))),
    answered("two lines of encodings", packed("gzip", gzip.compress(TEXT), "Content-Encoding: br")),
    answered("an encoding with blanks", packed("  gzip  ", gzip.compress(TEXT))),
    answered("an encoding with a tab", packed("\tgzip\t", gzip.compress(TEXT))),
    answered("an encoding without a blank", ok(gzip.compress(TEXT), "content-encoding:gzip")),
    answered("an encoding in a folded line", ok(gzip.compress(TEXT), "Content-Encoding:\r\n gzip")),
    answered("a value that looks like an encoding", ok(TEXT, "X: Content-Encoding: gzip")),
    answered("truncated gzip", packed("gzip", gzip.compress(TEXT)[:-9])),
    answered("gzip without its end", packed("gzip", gzip.compress(TEXT)[:-8])),
    answered("gzip with a wrong sum", packed("gzip", gzip.compress(TEXT)[:-8] + bytes(8))),
    answered("gzip with something behind", packed("gzip", gzip.compress(TEXT) + b"more")),
    answered("two streams of gzip", packed("gzip", gzip.compress(TEXT) + gzip.compress(TEXT))),
    answered("gzip that is none", packed("gzip", TEXT), ok(), does=twice),
    answered("gzip of nothing", packed("gzip", b""), ok(), does=twice),
    answered("gzip of an empty text", packed("gzip", gzip.compress(b""))),
    answered("deflate that is none", packed("deflate", TEXT)),
    answered("deflate of nothing", packed("deflate", b"")),
    answered("truncated deflate", packed("deflate", zlib.compress(TEXT)[:-5])),
    answered("truncated raw deflate", packed("deflate", raw_deflate(TEXT)[:-5])),
    answered("raw deflate with something behind", packed("deflate", raw_deflate(TEXT) + b"more")),
    answered("brotli with something behind", packed("br", brotli.compress(TEXT) + b"more")),
    answered("truncated brotli", packed("br", brotli.compress(TEXT)[:-5])),
    answered("brotli that is none", packed("br", TEXT)),
    answered("brotli of nothing", packed("br", b"")),
    answered("brotli of an empty text", packed("br", brotli.compress(b""))),
    answered("gzip that grows beyond 4 MB", packed("gzip", gzip.compress(bytes(6_000_000)))),
    answered("brotli that grows beyond 4 MB", packed("br", brotli.compress(bytes(6_000_000), quality=1))),
    answered("deflate that grows beyond 4 MB", packed("deflate", zlib.compress(bytes(6_000_000)))),
    answered("gzip that grows beyond 4 MB and breaks", packed("gzip", gzip.compress(bytes(6_000_000))[:-9])),
    answered(
        "brotli that grows beyond 4 MB and breaks", packed("br", brotli.compress(bytes(6_000_000), quality=3)[:-1])
    ),
    answered("packed, without content, to a HEAD", ok(b"", "Content-Encoding: br"), does=lambda c: c.head("/")),
    answered("204 that is packed", ok(b"", "Content-Encoding: gzip", status="204 No", length=False), does=twice),
    answered(
        "gzip with catch_response", packed("gzip", gzip.compress(TEXT)), does=lambda c: c.get("/", catch_response=True)
    ),
    answered("stream of gzip", packed("gzip", gzip.compress(TEXT)), does=lambda c: c.get("/", stream=True)),
    answered("wrong gzip with catch_response", packed("gzip", b"no"), does=lambda c: c.get("/", catch_response=True)),
]

HEADS = [
    answered("an answer with odd capitals", ok(b"ok", "x-A: 1", "X-a: 2", "CONTENT-TYPE: text/plain")),
    answered("a header twice", ok(b"ok", "X-A: 1", "X-B: 2", "X-A: 3")),
    answered("a header without a value", ok(b"ok", "X-A:", "X-B: ")),
    answered("a header without a colon", ok(b"ok", "X-A")),
    answered("an answer with a header without a name", ok(b"ok", ": x")),
    answered("a blank before the colon", ok(b"ok", "X-A : b")),
    answered("a folded header", ok(b"ok", "X-A: b\r\n c\r\n\td")),
    answered("blanks around a value", ok(b"ok", "X-A:   b   ")),
    answered("an answer with a header in latin-1", ok(b"ok", "X-A: é")),
    answered("an answer with a header with a NUL", ok(b"ok", "X-A: a\0b")),
    answered("a length twice, the same", ok(b"ok", "Content-Length: 2")),
    answered("a length twice, another one", ok(b"ok", "Content-Length: 3")),
    answered("a length that is no number", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok"),
    answered("a length that is negative", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok"),
    answered("a length with a plus", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"),
    answered("a length beyond all", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok"),
    answered("lone line feeds", (b"HTTP/1.1 200 OK\nX-A: b\nContent-Length: 2\n\nok", Do.CLOSE)),
    answered(
        "lone line feeds and an encoding",
        (b"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 2\n\nok", Do.CLOSE),
    ),
    answered("an empty line first", b"\r\n" + ok(), does=twice),
    answered("HTTP/2.0", ok(version="2.0")),
    answered("HTTP/1.2", ok(version="1.2")),
    answered("HTTP/0.9", (b"just text", Do.CLOSE)),
    answered("another protocol", (b"SSH-2.0-OpenSSH\r\n", Do.CLOSE)),
    answered("ICY", (b"ICY 200 OK\r\n\r\n", Do.CLOSE)),
    answered("small letters", (b"http/1.1 200 ok\r\n\r\n", Do.CLOSE)),
    answered("garbage", (bytes(range(256)), Do.CLOSE), does=twice),
    answered("a hundred headers", ok(b"ok", *[f"X-{i}: {i}" for i in range(100)])),
    answered("a header of 60 kB", ok(b"ok", "X-A: " + "a" * 60_000), does=twice),
    answered("a header of 300 kB", ok(b"ok", "X-A: " + "a" * 300_000)),
    answered(
        "a header that does not end",
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 70_000, b"a" * 300_000, Do.HANG),
        user=QUICKLY,
    ),
    answered("a charset", ok("é".encode("latin-1"), "Content-Type: text/plain; charset=latin-1")),
    answered("a charset that nobody knows", ok(b"abc", "Content-Type: text/plain; charset=xyz")),
    answered("text without a charset", ok("é".encode(), "Content-Type: text/html")),
    answered("no type, beyond ASCII", ok("é€ some words".encode())),
    answered("no type and no text", ok(bytes(range(256)))),
    answered("an answer with json", ok(b'{"a": [1, "\xc3\xa9"]}', "Content-Type: application/json"), does=twice),
    answered("json that is none", ok(b"{", "Content-Type: application/json")),
    answered("Keep-Alive", ok(b"ok", "Connection: keep-alive", "Keep-Alive: timeout=1, max=1"), does=twice),
    answered("Connection: of several", ok(b"ok", "Connection: x, close"), does=twice),
    answered("Upgrade without a switch", ok(b"ok", "Connection: upgrade", "Upgrade: h2"), does=twice),
    answered("a piece at a time", tuple(bytes([byte]) for byte in ok(b"abc", "X-A: b")), does=get),
    answered("a header cut in its middle", (ok(b"abc", "X-A: bcd")[:24], 0.01, ok(b"abc", "X-A: bcd")[24:])),
]

ROWS = [*STATUSES, *INTERIM, *ENDS, *CHUNKS, *PACKED, *HEADS]
