"""What goes over TLS: believed and verified, whole and cut, and what only begins as if it were TLS."""

from __future__ import annotations

import gzip
from functools import partial

from gevent import ssl

from tests.unit.clients.lean.exchanges_faults import QUICKLY, get, pause, post, twice
from tests.unit.clients.lean.exchanges_sessions import overlapping
from tests.unit.clients.lean.stage import Do, chunked, ok
from tests.unit.clients.lean.telling import QUICK, Row, row

WHOLE = ok(b"0123456789" * 10)
LARGE = ok(b"0123456789" * 10_000)
PACKED = ok(gzip.compress(b"a" * 50_000), "Content-Encoding: gzip")


def secure(sentence, does, *script, certificate="good", **more) -> Row:
    """Return an exchange with a server that speaks TLS."""
    return row(f"TLS: {sentence}", does, *script, **{"base": "https://HERE", "certificate": certificate, **more})


def verified(stage):
    """Return the settings of a user that verifies, and knows the server's certificate."""
    return {"insecure": False, "ssl_context_factory": partial(trusting, str(stage.certificate))}


def trusting(known, cafile=None):
    return ssl.create_default_context(cafile=known)


def leads(to: str, status: str = "302 Found") -> bytes:
    return ok(b"", f"Location: {to}", status=status)


SHORT = [
    secure("two requests on one connection", twice),
    secure("a certificate that is verified", twice, user=verified),
    secure("a certificate that nobody knows", get, user={"insecure": False}),
    secure("100 kB", twice, LARGE),
    secure("a body that is cut off without a goodbye", get, (WHOLE[:-5], Do.CLOSE)),
    secure("from http, and back", get, leads("https://HERE/2"), leads("http://HERE/3"), base="http://HERE"),
]
"""A few of each kind."""

LONG = [
    secure("a certificate of the past", get, certificate="expired", user=verified),
    secure("a certificate of the past that is believed", get, certificate="expired"),
    secure("a certificate of another host", get, certificate="strange", user=verified),
    secure("a body that is cut off with a goodbye", get, (WHOLE[:-5], 0.005, Do.GOODBYE)),
    secure("a body without a length, up to the goodbye", get, (ok(length=False), 0.005, Do.GOODBYE)),
    secure("a body without a length, without a goodbye", get, (ok(length=False), 0.005, Do.CLOSE)),
    secure("nothing, with a goodbye", get, (Do.GOODBYE,), user={"concurrency": 2}),
    secure("nothing, without a goodbye", get, (Do.CLOSE,), user={"concurrency": 2}),
    secure("nothing for a POST, without a goodbye", post, (Do.CLOSE,)),
    secure("a reset in the head", get, (WHOLE[:25], 0.005, Do.RESET)),
    secure("a reset in the body", get, (WHOLE[:-5], 0.005, Do.RESET)),
    secure("a reset in the body of a POST", post, (WHOLE[:-5], 0.005, Do.RESET)),
    secure("a reset instead of an answer", get, (Do.RESET,), user={"concurrency": 2}),
    secure("silence", get, (Do.HANG,), user=QUICKLY),
    secure("silence in the body", twice, (WHOLE[:-5], Do.HANG), ok(), user=QUICKLY),
    secure("closed while idle, with a goodbye", pause(get, get, post), (ok(), Do.GOODBYE), (ok(), Do.GOODBYE), ok()),
    secure("closed while idle, without a goodbye", pause(get, get), (ok(), Do.CLOSE), ok()),
    secure("reset while idle", pause(get, get), (ok(), Do.RESET), ok()),
    secure("plain text instead of a handshake", get, greeting=(b"220 mail.example.com ESMTP\r\n",)),
    secure("HTTP instead of a handshake", get, greeting=(ok(status="400 No"), Do.CLOSE)),
    secure("the end instead of a handshake", get, greeting=(Do.CLOSE,)),
    secure("a reset instead of a handshake", get, greeting=(0.02, Do.RESET)),
    secure("silence instead of a handshake", get, greeting=(2 * QUICK,), user={"connection_timeout": QUICK}),
    secure(
        "silence instead of a handshake, for a POST", post, greeting=(2 * QUICK,), user={"connection_timeout": QUICK}
    ),
    secure("http to a server of TLS alone", get, b"\x15\x03\x01\x00\x02\x02\x46", base="http://HERE", user=QUICKLY),
    secure("in chunks", twice, chunked(b"one", b"two" * 9000)),
    secure("in chunks that come one by one", twice, (chunked(b"a" * 9)[:-8], 0.005, chunked(b"a" * 9)[-8:])),
    secure("packed", twice, PACKED),
    secure("packed, and verified", twice, PACKED, user=verified),
    secure("byte by byte behind the status", get, (ok()[:17], *(ok()[at : at + 1] for at in range(17, len(ok()))))),
    secure("an upload", lambda c: c.post("/", data=b"x" * 3_000_000)),
    secure("an answer before the upload is read", lambda c: c.put("/", json={"a": 1}), ok(status="413 No")),
    secure("to http, and on with the same connection", pause(get, get), leads("http://HERE/2"), ok(), ok()),
    secure("a failure with a body", twice, ok(b"no", status="500 No")),
    secure("a cookie for TLS alone", lambda c: [c.get("/1"), c.get("/2")], ok(b"", "Set-Cookie: a=1; Secure")),
    secure("Connection: close", twice, (ok(b"ok", "Connection: close"), 0.005, Do.GOODBYE)),
    secure("five at once", overlapping("/1", "/22", "/333", "/4444", "/55555"), unordered=True),
]
"""The rest."""
