"""Signed marks of synthetic traffic: what a signature covers, and whom both kinds of middleware let in."""

import ast
import asyncio
import hashlib
import hmac
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_ext.safety import middleware
from locust_ext.safety.middleware import (
    AsgiMiddleware,
    Forged,
    Key,
    Synthetic,
    WsgiMiddleware,
    authority,
    read_keys,
    sign,
    synthetic,
    verify,
)

NOW = 1_900_000_000
HOST = "feed.example.com"
OLD, NEW = Key("2025-12", b"the older secret"), Key("2026-01", b"the newer secret")
STRANGER = Key("2026-01", b"a secret of nobody")
BOTH = (NEW, OLD)
SENDER = Synthetic("nightly-7", "loadtest")
VALID = sign(NEW, HOST, "nightly-7", "loadtest", NOW + 900)
NAMES = st.from_regex(r"[A-Za-z0-9._~-]{1,64}", fullmatch=True)


def signed(key=NEW, host=HOST, run="nightly-7", tenant="loadtest", expires=NOW + 900):
    return sign(key, host, run, tenant, expires)


def test_the_formula_as_it_is_written_down():
    """A signature made by hand, as another language would make it, is the same."""
    text = f"v1\n{HOST}\nnightly-7\nloadtest\n2026-01\n{NOW + 900}"
    by_hand = hmac.new(b"the newer secret", text.encode(), hashlib.sha256).hexdigest()
    assert f"v1;run=nightly-7;tenant=loadtest;kid=2026-01;exp={NOW + 900};sig={by_hand}" == VALID


def test_the_value_in_the_documents():
    """Anyone who writes a verifier in another language can rely on it."""
    page = Path(__file__).parents[3] / "docs" / "how-to" / "verify-synthetic-traffic.md"
    shown = [line for line in page.read_text("utf-8").splitlines() if line.startswith("v1;")]
    assert shown == [VALID]


GOOD = [
    ("the first key signs", VALID),
    ("during rotation an older key is good too", signed(OLD)),
    ("until the last second", signed(expires=NOW + 1)),
    ("a day ahead", signed(expires=NOW + 86_400)),
    ("a host in capitals is the same host", signed(host="Feed.Example.COM")),
    ("the port of https is not part of it", signed(host=f"{HOST}:443")),
    ("the port of http is not part of it", signed(host=f"{HOST}:80")),
    ("a fraction of a second is cut off", signed(expires=NOW + 900.9)),
]


@pytest.mark.parametrize("value", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_good(value):
    """What a holder of a key has signed for this host, and is not over, speaks for its sender."""
    assert verify(value, HOST, BOTH, NOW) == SENDER


BAD = [
    ("nothing", "", "malformed"),
    ("the word that unsigned traffic sends", "true", "malformed"),
    ("another version", VALID.replace("v1", "v2", 1), "malformed"),
    ("a field is missing", VALID.replace(";tenant=loadtest", ""), "malformed"),
    ("a field twice", VALID.replace(";tenant=", ";tenant=a;tenant="), "malformed"),
    ("another order", VALID.replace("run=nightly-7;tenant=loadtest", "tenant=loadtest;run=nightly-7"), "malformed"),
    ("a signature in capitals", VALID[:-64] + VALID[-64:].upper(), "malformed"),
    ("a blank behind", VALID + " ", "malformed"),
    ("a line end behind", VALID + "\n", "malformed"),
    ("two at once, as servers join them", f"{VALID},{VALID}", "malformed"),
    ("no ASCII", VALID.replace("nightly", "nächtlich"), "malformed"),
    ("digits of another script", VALID.replace(str(NOW + 900), "١٩٠٠٠٠٠٩٠٠"), "malformed"),
    ("half a character", "\udcff\ud800", "malformed"),
    ("10 kB", VALID + "0" * 10_000, "too long"),
    ("an id of no key", signed(Key("2027-01", b"the newer secret")), "unknown key"),
    ("another secret under a known id", signed(STRANGER), "signature does not match"),
    ("another host", signed(host="other.example.com"), "signature does not match"),
    ("a host below", signed(host=f"a.{HOST}"), "signature does not match"),
    ("another port", signed(host=f"{HOST}:8443"), "signature does not match"),
    ("another run", VALID.replace("nightly-7", "nightly-8"), "signature does not match"),
    ("another tenant", VALID.replace("loadtest", "customer"), "signature does not match"),
    ("another id of a key that is known", VALID.replace("2026-01", "2025-12"), "signature does not match"),
    ("a longer life than was signed", VALID.replace(str(NOW + 900), str(NOW + 901)), "signature does not match"),
    ("it is over at the very second", signed(expires=NOW), "expired"),
    ("it was over long ago", signed(expires=0), "expired"),
    ("more than a day ahead", signed(expires=NOW + 86_401), "expires too far ahead"),
]


@pytest.mark.parametrize("value, reason", [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad(value, reason):
    """Anything else is refused, with a reason of a few words."""
    with pytest.raises(Forged) as caught:
        verify(value, HOST, BOTH, NOW)
    assert str(caught.value) == reason


def test_any_of_several_hosts():
    """A service that has several names accepts what is signed for any of them."""
    assert verify(VALID, ["api.example.com", "FEED.example.com:443"], BOTH, NOW) == SENDER
    with pytest.raises(Forged):
        verify(VALID, [], BOTH, NOW)


@given(NAMES, NAMES, NAMES, st.binary(min_size=16, max_size=80), st.integers(1, 86_400))
def test_round_trip(run, tenant, kid, secret, life):
    """Whatever can be signed is verified as what it was, and is short enough."""
    key = Key(kid, secret)
    value = sign(key, HOST, run, tenant, NOW + life)
    assert verify(value, HOST, [key], NOW) == Synthetic(run, tenant)
    assert len(value) <= 512


@given(st.integers(0, len(VALID) - 1), st.characters())
def test_no_character_can_be_changed(place, character):
    """Each character counts: with another one in its place the header is refused."""
    changed = VALID[:place] + character + VALID[place + 1 :]
    if changed == VALID:
        assert verify(changed, HOST, BOTH, NOW) == SENDER
    else:
        with pytest.raises(Forged):
            verify(changed, HOST, BOTH, NOW)


def test_no_end_can_be_cut_off():
    """Truncated at whatever length, it is refused."""
    for length in range(len(VALID)):
        with pytest.raises(Forged):
            verify(VALID[:length], HOST, BOTH, NOW)


@given(st.text(max_size=700), st.text(max_size=50))
def test_garbage_is_refused(value, host):
    """Text that nobody signed, for a host that is none, is refused and breaks nothing."""
    with pytest.raises(Forged):
        verify(value, host, BOTH, NOW)
    with pytest.raises(Forged):
        verify(VALID, host + "x", BOTH, NOW)


HOSTS = [
    ("as it is", "feed.example.com", "feed.example.com"),
    ("capitals", "FEED.example.com", "feed.example.com"),
    ("the port of http", "feed.example.com:80", "feed.example.com"),
    ("the port of https", "feed.example.com:443", "feed.example.com"),
    ("another port", "feed.example.com:8080", "feed.example.com:8080"),
    ("a port that ends like one of them", "feed.example.com:10443", "feed.example.com:10443"),
    ("IPv6", "[::1]:443", "[::1]"),
    ("IPv6 with another port", "[::1]:8443", "[::1]:8443"),
    ("blanks around", " feed.example.com ", "feed.example.com"),
]


@pytest.mark.parametrize("host, name", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_authority(host, name):
    """A host is signed in one spelling, and that spelling stays as it is."""
    assert authority(host) == name
    assert authority(name) == name


UNSIGNABLE = [
    ("no run", {"run": ""}),
    ("a run with a blank", {"run": "nightly 7"}),
    ("a run that is too long", {"run": "r" * 65}),
    ("a run that adds a field", {"run": "a;tenant=b"}),
    ("a tenant with an umlaut", {"tenant": "lästig"}),
    ("a tenant with a line end", {"tenant": "loadtest\n"}),
    ("no host", {"host": ""}),
    ("a URL for a host", {"host": "https://feed.example.com"}),
    ("two lines for a host", {"host": "feed\nnightly"}),
    ("a time before 1970", {"expires": -1}),
    ("a time that never comes", {"expires": 10**12}),
]


@pytest.mark.parametrize("changes", [row[1] for row in UNSIGNABLE], ids=[row[0] for row in UNSIGNABLE])
def test_nobody_signs_what_nobody_could_verify(changes):
    """Such a value is refused where it is made, not by the system under test."""
    with pytest.raises(ValueError):  # noqa: PT011 - each row has a sentence of its own
        signed(**changes)


KEYS = [
    ("one", "a:sixteen letters!", ("a",)),
    ("two for a rotation", "a:sixteen letters!,b:seventeen letters", ("a", "b")),
    ("blanks around everything", " a : sixteen letters! , b:seventeen letters ", ("a", "b")),
    ("a secret with colons", "a:1:2:3:4:5:6:7:8:9", ("a",)),
    ("a secret with umlauts", "a:sechzehn schöne Zeichen", ("a",)),
    ("a secret of bytes that are not text", "a:sechzehn Zeichen\udcff", ("a",)),
]


@pytest.mark.parametrize("text, ids", [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_keys_are_read(text, ids):
    """Keys come in their order, and sign."""
    keys = read_keys(text)
    assert tuple(key.id for key in keys) == ids
    assert all(verify(signed(key), HOST, keys, NOW) == SENDER for key in keys)


def test_the_secret_is_what_stands_behind_the_colon():
    """Without the blanks around it, and with every colon but the first."""
    assert read_keys(" a : b:sixteen letters ") == (Key("a", b"b:sixteen letters"),)


SECRET = "hush-hush-hush-hush"
NO_KEYS = [
    ("nothing", "", "key 1 is not written as KID:SECRET"),
    ("a secret without an id", SECRET, "key 1 is not written as KID:SECRET"),
    ("a secret before the colon", f"{SECRET} :a", "key 1: the secret of a key has to have at least 16 characters"),
    ("an empty id", f":{SECRET}", "key 1: the id of a key has to be 1 to 64"),
    ("a secret for an id", f"{SECRET}!:{SECRET}", "key 1: the id of a key has to be 1 to 64"),
    ("a short secret", f"a:{SECRET[:15]}", "key 1: the secret of a key has to have at least 16 characters"),
    ("few characters of many bytes", "a:" + "ö" * 15, "key 1: the secret of a key has to have at least 16 characters"),
    ("a comma at the end", f"a:{SECRET},", "key 2 is not written as KID:SECRET"),
    ("an id twice", f"a:{SECRET},a:{SECRET}!", "two keys have the same id"),
]


@pytest.mark.parametrize("text, sentence", [row[1:] for row in NO_KEYS], ids=[row[0] for row in NO_KEYS])
def test_keys_that_are_none(text, sentence):
    """They are refused in a sentence that says which one, and shows no part of it."""
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        read_keys(text)
    assert SECRET[:15] not in str(caught.value)
    assert "ö" not in str(caught.value)


def test_no_text_shows_a_secret():
    """A key can be printed."""
    assert repr(NEW) == "Key(id='2026-01')"


def wsgi(headers, *, method="GET", host=HOST, app=None, **options):
    """Send one request through the middleware; return status, headers, body and what the application saw."""
    seen, head = [], []

    def application(environ, start_response):
        seen.append(synthetic(environ))
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Synthetic-Tenant-Ack", "mine")])
        return [b"hello"]

    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers}
    environ |= {"REQUEST_METHOD": method, "HTTP_HOST": host, "SERVER_NAME": "10.0.0.1", "SERVER_PORT": "80"}
    options = {"keys": BOTH, "clock": lambda: NOW, **options}
    body = WsgiMiddleware(application, options.pop("keys"), **options)(environ, lambda *start: head.append(start))
    return int(head[0][0][:3]), head[0][1], b"".join(body), seen


def asgi(headers, *, method="GET", host=HOST, kind="http", **options):
    """Do the same through the one for ASGI."""
    seen, sent = [], []
    starts = {"http": "http.response.start", "websocket": "websocket.accept"}

    async def application(scope, receive, send):
        seen.append(synthetic(scope))
        mine = [(b"X-Synthetic-Tenant-Ack", b"mine")]
        await send({"type": starts[kind], "status": 200, "headers": mine})
        await send({"type": "http.response.body", "body": b"hello"})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in [("host", host), *headers]]
    options = {"keys": BOTH, "clock": lambda: NOW, **options}
    door = AsgiMiddleware(application, options.pop("keys"), **options)
    asyncio.run(door({"type": kind, "method": method, "headers": pairs}, receive, send))
    if sent[0]["type"] == "websocket.close":
        return 403, [], b'{"error": ""}', seen
    start = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0].get("status", 200), start, b"".join(message.get("body", b"") for message in sent[1:]), seen


def websocket(headers, **options):
    """Do the same with a handshake."""
    return asgi(headers, kind="websocket", **options)


DOORS = pytest.mark.parametrize("call", [wsgi, asgi, websocket], ids=["WSGI", "ASGI", "ASGI WebSocket"])


def acks(headers, name="x-synthetic-tenant-ack"):
    return [value for found, value in headers if found.lower() == name]


@DOORS
def test_absent_is_real_traffic(call):
    """Without the header the application answers as if nobody stood before it."""
    status, headers, _, seen = call([])
    assert (status, seen, acks(headers)) == (200, [None], ["mine"])


@DOORS
def test_valid_is_marked_and_acknowledged(call):
    """The application learns who sent it, and the answer names the run once."""
    status, headers, _, seen = call([("x-synthetic-tenant", VALID)])
    assert (status, seen, acks(headers)) == (200, [SENDER], ["nightly-7"])


@DOORS
@pytest.mark.parametrize("value", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_invalid_is_refused(call, value):
    """403 in one line that does not repeat the header; the application hears nothing, and nothing is acknowledged."""
    status, headers, body, seen = call([("x-synthetic-tenant", value)])
    assert (status, seen, acks(headers)) == (403, [], [])
    assert list(json.loads(body)) == ["error"]
    assert b"\n" not in body
    assert b"nightly" not in body
    assert b"2026-01" not in body


@DOORS
@given(value=st.text(st.characters(max_codepoint=255), max_size=600))
def test_bytes_of_any_kind_are_refused(call, value):
    """Whatever bytes a client sends: 403, never an exception."""
    assert call([("x-synthetic-tenant", value)])[::3] == (403, [])


@DOORS
def test_sent_twice(call):
    """Two headers do not count as one, even where both are valid: WSGI servers join them, ASGI hands over both."""
    twice = [("x-synthetic-tenant", VALID), ("X-Synthetic-Tenant", VALID)]
    joined = [("x-synthetic-tenant", f"{VALID}, {VALID}")]
    assert call(joined if call is wsgi else twice)[::3] == (403, [])


@DOORS
def test_names_of_the_service(call):
    """With hosts named, the Host of the request does not count; without, it does."""
    for hosts in (HOST, [HOST.upper()], ["api.example.com", f"{HOST}:443"]):
        assert call([("x-synthetic-tenant", VALID)], host="10.0.0.1:8000", hosts=hosts)[3] == [SENDER]
    assert call([("x-synthetic-tenant", VALID)], hosts=["api.example.com"])[::3] == (403, [])
    assert call([("x-synthetic-tenant", VALID)], host="api.example.com")[::3] == (403, [])
    assert call([("x-synthetic-tenant", VALID)], host=f"{HOST}:80")[3] == [SENDER]
    assert call([("x-synthetic-tenant", VALID)], host=f"{HOST},{HOST}")[::3] == (403, [])


@DOORS
def test_other_names_of_the_headers(call):
    """Both headers can have another name; the usual one is then an ordinary header."""
    names = {"header": "X-Load-Test", "ack_header": "X-Load-Test-Ack"}
    _, headers, _, seen = call([("x-load-test", VALID)], **names)
    assert (seen, acks(headers, "x-load-test-ack")) == ([SENDER], ["nightly-7"])
    assert call([("x-synthetic-tenant", "true")], **names)[3] == [None]


@DOORS
def test_keys_from_a_variable(call):
    """The keys can be given as they stand in an environment variable."""
    assert call([("x-synthetic-tenant", VALID)], keys="2026-01:the newer secret")[3] == [SENDER]


@DOORS
def test_after_the_rotation(call):
    """Once the older key is gone, what it signed is refused."""
    old = [("x-synthetic-tenant", signed(OLD))]
    assert call(old, keys=[NEW, OLD])[3] == [SENDER]
    assert call(old, keys=[NEW])[::3] == (403, [])


@DOORS
@pytest.mark.parametrize(
    "options",
    [{"keys": ()}, {"keys": ""}, {"keys": [NEW, STRANGER]}, {"hosts": []}, {"hosts": "https://feed.example.com"}],
    ids=["no keys", "empty keys", "an id twice", "no hosts", "a URL for a host"],
)
def test_a_door_that_cannot_work(call, options):
    """It is refused when it is made, not with the first request."""
    with pytest.raises(ValueError):  # noqa: PT011 - each has a sentence of its own
        call([], **options)


def test_head_has_no_body():
    """The refusal of a HEAD request says as much as its headers."""
    status, headers, body, _ = wsgi([("x-synthetic-tenant", "true")], method="HEAD")
    assert (status, body) == (403, b"")
    assert int(dict(headers)["Content-Length"]) > 0


def test_a_server_without_a_host_header():
    """HTTP/1.0 needs none: then the server's own name and port stand for it."""
    environ = {"REQUEST_METHOD": "GET", "SERVER_NAME": HOST, "SERVER_PORT": "443", "HTTP_X_SYNTHETIC_TENANT": VALID}
    WsgiMiddleware(lambda environ, start: [], BOTH, clock=lambda: NOW)(environ, lambda *_: None)
    assert synthetic(environ) == SENDER


def test_what_was_there_before_is_taken_off():
    """What stands in the environ or scope without a header does not count, wherever it comes from."""
    environ = {"REQUEST_METHOD": "GET", middleware.KEY: SENDER}
    WsgiMiddleware(lambda environ, start: [], BOTH)(environ, lambda *_: None)
    assert synthetic(environ) is None
    seen = []

    async def application(scope, receive, send):
        seen.append(synthetic(scope))

    asyncio.run(AsgiMiddleware(application, BOTH)({"type": "http", "headers": [], middleware.KEY: SENDER}, None, None))
    assert seen == [None]
    assert synthetic({middleware.KEY: "nightly-7"}) is None


def test_lifespan_passes():
    """What is neither a request nor a handshake is none of its business."""
    seen = []

    async def application(scope, receive, send):
        seen.append(scope)

    asyncio.run(AsgiMiddleware(application, BOTH)({"type": "lifespan"}, None, None))
    assert seen == [{"type": "lifespan"}]


def test_a_handshake_is_refused_before_it_is_accepted():
    """The door hears the client out and closes, which servers answer with 403."""
    sent = []

    async def application(scope, receive, send):
        raise AssertionError

    async def receive():
        sent.append("heard")
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"x-synthetic-tenant", b"true")]}
    asyncio.run(AsgiMiddleware(application, BOTH)(scope, receive, send))
    assert sent == ["heard", {"type": "websocket.close", "code": 1008}]


def test_a_file_that_can_be_copied():
    """It imports the standard library alone, at its top alone."""
    tree = ast.parse(Path(middleware.__file__).read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.split(".")[0])
    assert imported <= sys.stdlib_module_names
    assert "hmac" in imported


def test_a_secret_that_is_too_short():
    """Sixteen bytes at the least, however the key is made; what it holds is not shown."""
    with pytest.raises(ValueError, match="at least 16 characters") as caught:
        Key("2026-01", b"fifteen letters")
    assert "fifteen" not in str(caught.value)
    assert Key("2026-01", b"sixteen letters.").id == "2026-01"
    assert "sixteen" not in repr(Key("2026-01", b"sixteen letters."))
