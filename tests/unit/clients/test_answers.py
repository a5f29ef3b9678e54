"""What is taken of an answer that counts as an error, and what of it may be shown."""

import ast
import gzip
import io
import json
import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import gevent
import msgpack
import pytest
import requests
from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPResponse
from hypothesis import given
from hypothesis import strategies as st
from locust.contrib.fasthttp import ErrorResponse, FastResponse
from websocket import WebSocketBadStatusException

from locust_ext.clients import answers as module
from locust_ext.clients.answers import MOST_BYTES, Answers
from locust_ext.measure.error_notes import LONGEST_TEXT
from locust_ext.measure.errors_told import LONGEST_BODY, MOST_HEADERS, AnswerTold
from locust_ext.safety.outlet import OUTLET, Outlet
from locust_ext.storms.link import ConnectFailed

ANSWERS = Answers()
ANSWERS._is_asked = True  # nothing is loaded beside these tests
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def imported(name):
    """Return which modules of ours a module imports when it is imported."""
    body = ast.parse(Path(find_spec(name).origin).read_text("utf-8")).body
    return {one.module for one in body if isinstance(one, ast.ImportFrom)}


def shown(response=None, exception=None):
    """Return what is told of an answer, as it is read on the other side."""
    taken = ANSWERS.take(response, exception)
    return None if taken is None else AnswerTold.of(msgpack.loads(msgpack.dumps(ANSWERS.tell(taken))))


def plain(body=b"x", headers=(), status=503, sent=()):
    """Return a response of requests whose body was read."""
    response = requests.Response()
    response.status_code, response._content = status, body
    response.headers.update(dict(headers))
    response.request = SimpleNamespace(headers=dict(sent))
    return response


def fast(body=b"x", headers=()):
    """Return a response of FastHttpUser; None: its body was not read."""
    answer = HTTPResponse()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    answer.feed(
        f"HTTP/1.1 503 No\r\n{lines}Content-Length: {len(body or b'unread')}\r\n\r\n".encode() + (body or b"unread")
    )
    response = FastResponse(answer)
    if body is not None:
        response._cached_content = body
    return response


class Unread:
    """A body of which nobody may read."""

    def read(self, *_, **__):
        """Raise."""
        raise AssertionError("read for a report")

    def __getattr__(self, name):
        raise AssertionError(name)


def streamed():
    """Return a response of requests whose body nobody has read."""
    response = plain()
    response._content, response.raw = False, Unread()
    return response


def refused_handshake():
    """Return the exception of a handshake that was answered, as a WebSocketUser tells it."""
    failure = ConnectFailed("status:503")
    failure.__cause__ = WebSocketBadStatusException("no", 503, "No", {"retry-after": "2"}, b"busy")
    return failure


TAKEN = [
    ("requests", plain(b"busy", {"Retry-After": "2"}), None, ("503", "busy", "")),
    ("geventhttpclient", fast(b"busy", [("Retry-After", "2")]), None, ("503", "busy", "")),
    ("a response that is not read", streamed(), None, ("503", "", "not read: it was streamed, or too long to be kept")),
    (
        "the same of geventhttpclient",
        fast(None),
        None,
        ("503", "", "not read: it was streamed, or too long to be kept"),
    ),
    ("a handshake", None, refused_handshake(), ("503", "busy", "")),
    ("websocket-client's own", None, refused_handshake().__cause__, ("503", "busy", "")),
    ("an exception with a response", None, requests.HTTPError(response=plain(b"busy")), ("503", "busy", "")),
    ("a response of one's own", SimpleNamespace(status_code=503, text="busy"), None, ("503", "busy", "")),
    ("no body", SimpleNamespace(status_code="UNAVAILABLE"), None, ("UNAVAILABLE", "", "")),
    ("a connection that was refused", ErrorResponse(None, ConnectionRefusedError()), ConnectionRefusedError(), None),
    ("nothing", None, TimeoutError(), None),
    ("a text", None, "failed", None),
]


@pytest.mark.parametrize("response, exception, expected", [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
def test_what_is_taken(response, exception, expected):
    """Status and body of each client's answers, as far as they were read already."""
    found = shown(response, exception)
    assert (found and (found.status, found.body, found.note)) == expected


def test_headers_in_their_order():
    """Those that come twice, too; at most 30, each of at most 200 characters."""
    headers = Headers()
    for number in range(40):
        headers.add("X-Many", str(number))
    found = shown(SimpleNamespace(status_code=500, headers=headers))
    assert found.headers == tuple(("X-Many", str(number)) for number in range(MOST_HEADERS))
    ((name, value),) = shown(plain(headers={"n" * 9000: "v " * 9000})).headers
    assert (len(name), len(value)) == (200, 200)
    wide = shown(plain(headers={f"x-{number:02}": "v " * 90 for number in range(20)})).headers
    assert sum(len(name) + len(value) for name, value in wide) == 184 * 10


BODIES = [
    ("text", b"busy", "text/plain", "busy", ""),
    ("lines", b"a\r\nb\tc", "", "a\nb c", ""),
    ("UTF-8", "grün".encode(), "text/html; charset=utf-8", "grün", ""),
    ("Latin 1", "grün".encode("latin-1"), "text/html; charset=ISO-8859-1", "grün", ""),
    ("a codec that is none", b"busy", "text/html; charset=rot13", "busy", ""),
    ("HTML", b"<img src=x onerror=alert(1)>", "text/html", "<img src=x onerror=alert(1)>", ""),
    ("a picture", bytes(range(256)) * 12, "image/png", "", "binary, 3,072 bytes"),
    ("what says that it is text", gzip.compress(b"x" * 99, mtime=0), "text/plain", "", "binary, 24 bytes"),
    (
        "a control character",
        b"red \x1b[31m alert, and it is long enough",
        "",
        "red \ufffd[31m alert, and it is long enough",
        "",
    ),
    ("half a character at its end", b"a" * 40 + "ü".encode()[:1], "", "a" * 40 + "\ufffd", ""),
    ("long", b"ab " * 5000, "", ("ab " * 400)[: LONGEST_BODY - 1] + "…", "the beginning of 15,000 bytes"),
    ("nothing", b"", "", "", ""),
]


@pytest.mark.parametrize("body, kind, text, note", [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_bodies(body, kind, text, note):
    """Text is text, what is binary is said to be, and of what is long its beginning is shown."""
    found = shown(plain(body, {"Content-Type": kind}))
    assert (found.body, found.note) == (text, note)


SECRET = "Zq7Rk2Vn9XwP4tLb"
HIDDEN_HEADERS = [
    "Set-Cookie", "Cookie", "Authorization", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token", "X-CSRF-Token",
    "X-Amz-Security-Token", "Session-Id",
]  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN_HEADERS)
def test_headers_that_hold_secrets(name):
    """Their names are told."""
    assert shown(plain(headers={name: f"id={SECRET}"})).headers == ((name, "***"),)


HIDDEN_BODIES = [
    ("a token in JSON", json.dumps({"ok": 1, "token": SECRET})),
    ("a password deep in it", json.dumps([{"user": {"password": SECRET}}])),
    ("a name and a value", json.dumps({"name": "password", "value": SECRET})),
    ("a list, as PHP spells a stroke", json.dumps({"tokens": [f"{SECRET}/4b"]}).replace("/", "\\/")),
    ("a pair, spelled in numbers", json.dumps(["password", f"{SECRET} 4"]).replace(" 4", "\\u00204")),
    ("JSON in JSON", json.dumps({"payload": json.dumps({"secret": SECRET})})),
    ("JSON that is torn", f'{{"ok": 1, "access_token": "{SECRET}", "more'),
    ("a list in JSON that is torn", f'{{"tokens": ["1", "{SECRET}"], "more": [{{"text": "{"to [, " * 2000}'),
    ("a pair in JSON that is torn", f'[{{"name": "password", "value": "{SECRET}"}}, "{"and } " * 2000}'),
    ("torn within it", f'{{"ok": 1, "access_token": "{SECRET}'),
    ("a form", f"user=jane&password={SECRET}&ok=1"),
    ("a page", f"<form><input type=hidden name=csrf_token value='{SECRET}'></form>"),
    ("XML", f"<login><password>{SECRET}</password></login>"),
    ("a header that is repeated", f"GET / HTTP/1.1\nAuthorization: Bearer {SECRET}"),
    ("a URL with a user", f"see https://jane:{SECRET}@example.com/"),
    ("a query", f"see /reset?token={SECRET}"),
    ("a JSON web token", f"bad token eyJhbGciOi.eyJzdWIiOi.{SECRET}"),
    ("one that is cut at the end of what is shown", "x " * 505 + json.dumps({"token": SECRET * 4})),
    ("one that is longer than what is looked at", json.dumps({"token": SECRET * 2000})),
]


@pytest.mark.parametrize("text", [row[1] for row in HIDDEN_BODIES], ids=[row[0] for row in HIDDEN_BODIES])
def test_bodies_that_hold_secrets(text):
    """Not even the beginning of one is shown, in a body or in the text of an exception."""
    assert SECRET[:6] not in shown(plain(text.encode())).body
    assert SECRET[:6] not in ANSWERS.message(text)


@given(
    st.integers(0, 450), st.integers(8, 400), st.sampled_from(["a body", "a message", "a header", "a name", "a trace"])
)
def test_where_a_text_is_cut_no_secret_begins(moved, length, where):
    """What was hidden before it is short now, so that what stands at its end comes into sight."""
    secret = (SECRET * 25)[:length]
    text = " " * (moved % (length + 1)) + f"{secret} " * (10_000 // length)
    before, module.OUTLET = module.OUTLET, Outlet({"SHOP_TOKEN": secret})
    try:
        if where == "a message":
            found = ANSWERS.message(text[:LONGEST_TEXT])
        elif where == "a body":
            found = shown(plain(text.encode())).body
        else:
            (name, value), *_ = shown(
                plain(headers={"a name": {text: "x"}, "a trace": {"X-Request-Id": text}}.get(where, {"X-A": text}))
            ).headers
            found = name + value
    finally:
        module.OUTLET = before
    assert secret[:8] not in found


def test_numbers_that_are_secrets():
    """A PIN is one, also where nobody has seen the end of the body; the number of tokens is not."""
    body, expected = '{"pin": 4711, "tokens": 12', '{"pin": ***, "tokens": 12'
    assert shown(plain(f"{body}}}".encode())).body == f"{expected}}}"
    torn = body + ', "text": "' + r"a \" ] } " * 3000
    assert shown(plain(torn.encode())).body.startswith(f"{expected}, ")


def test_an_answer_that_is_full_of_secrets():
    """They are looked for together: to look for each would hold up all users of the process for a second."""
    codes = [f"{number:06}" for number in range(100_000, 101_000)]
    text = json.dumps({"error": "too many", "otp": codes})
    began = time.thread_time()
    found = ANSWERS.message(text)
    assert time.thread_time() - began < 0.25
    assert not [code for code in codes if code in found]
    assert found.startswith('{"error": "too many", "otp": ["***", ')


def test_secrets_of_the_environment(monkeypatch):
    """They are hidden wherever they stand: in a header, a body, a message, and a trace."""
    outlet = Outlet({"SHOP_TOKEN": SECRET})
    monkeypatch.setattr("locust_ext.clients.answers.OUTLET", outlet)
    found = shown(plain(f"is {SECRET}".encode(), {"X-Is": f"a {SECRET}", "X-Request-Id": SECRET, SECRET: "1"}))
    assert SECRET not in repr(found)
    assert found.body == "is ***"
    assert ANSWERS.message(f"is {SECRET}") == "is ***"


def test_a_place_to_go_to():
    """An address loses what its query holds, and segments that only its owner knows."""
    token = "aB3dE5fG7hI9jK1lM3nO5pQ7"
    location = f"https://example.com/reset/{token}/now?next=/home&code={SECRET}"
    ((_, value),) = shown(plain(headers={"Location": location})).headers
    assert value.startswith("https://example.com/reset/***/now?")
    assert SECRET not in value


TRACES = [
    ("traceparent", {"traceparent": PARENT}, {}, "0af7651916cd43dd8448eb211c80319c"),
    ("of the request", {}, {"Traceparent": PARENT}, "0af7651916cd43dd8448eb211c80319c"),
    ("before any other", {"X-Request-Id": "r1"}, {"traceparent": PARENT}, "0af7651916cd43dd8448eb211c80319c"),
    ("the answer's before the request's", {"x-trace-id": "theirs"}, {"X-Trace-Id": "ours"}, "theirs"),
    ("of Zipkin", {"b3": "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1"}, {}, "80f198ee56343ba864fe8b2a57d3eff7"),
    ("of Amazon", {"X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678"}, {},
     "Root=1-67891233-abcdef012345678912345678"),
    ("a request's number", {"X-Request-ID": "7f3c"}, {}, "7f3c"),
    ("a traceparent that is none", {"traceparent": "x\x00y"}, {}, "x\ufffdy"),
    ("a long one", {"X-Trace-Id": "t" * 900}, {}, "t" * 100),
    ("none", {"Date": "now"}, {"Authorization": SECRET}, ""),
]  # fmt: skip


@pytest.mark.parametrize("came, sent, expected", [row[1:] for row in TRACES], ids=[row[0] for row in TRACES])
def test_traces(came, sent, expected):
    """By what an answer can be found in the target's traces; of the request nothing else is told."""
    found = shown(plain(headers=came, sent=sent))
    assert found.trace_id == expected
    assert SECRET not in repr(found)


def test_a_trace_without_an_answer():
    """What was sent can be looked for, though nothing came back."""
    error = requests.ConnectionError(request=SimpleNamespace(headers={"X-Request-Id": "r1"}))
    assert shown(None, error).trace_id == "r1"


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.text(max_size=40),
)
def test_any_body_travels(body, kind):
    """Whatever it is and says that it is: what is told can be read, and has no control characters."""
    found = shown(plain(body, {"Content-Type": kind, kind: kind}))
    assert all(sign == "\n" or sign.isprintable() for sign in found.body)


class Lost:
    """An answer whose request nobody can build again."""

    status_code, headers, text = 503, {"Retry-After": "2"}, "busy"

    @property
    def request(self):
        """Raise."""
        raise ValueError


def test_a_request_that_cannot_be_read():
    """The answer is shown all the same."""
    assert (shown(Lost()).status, shown(Lost()).headers) == ("503", (("Retry-After", "2"),))


def test_what_tells_secrets_is_loaded_where_something_fails(monkeypatch):
    """A module at a time, once, beside the users; nothing is loaded for a run in which nothing fails."""
    log, answers = [], Answers()
    monkeypatch.setattr(module, "import_module", log.append)
    monkeypatch.setattr(module, "PAUSE", 0)
    assert not answers.is_ready
    for _ in range(2):
        answers.take(plain(), None)
    with gevent.Timeout(5):
        while not answers.is_ready:
            gevent.sleep(0)
    assert (log, answers.is_ready) == (list(module.MODULES), True)
    for number, name in enumerate(module.MODULES):
        assert imported(name) & set(module.MODULES[number + 1 :]) == set(), name


def test_nothing_that_was_taken_is_large():
    """An answer of 50 MB leaves its beginning behind."""
    taken = ANSWERS.take(plain(b"x" * 50_000_000, {"a": "b" * 1_000_000}), None)
    assert len(taken.body) == MOST_BYTES
    assert len(taken.headers[0][1]) <= 4096


class Broken(io.BytesIO):
    """Headers of somebody's own."""

    def items(self):
        """Yield what is no text."""
        yield b"X-A", 7
        yield object(), None


def test_headers_of_anybody():
    """They are texts in the end."""
    found = shown(SimpleNamespace(status_code=500, headers=Broken()))
    assert found.headers[0] == ("X-A", "7")
    assert OUTLET is not None
