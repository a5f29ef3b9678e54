"""A source that is asked over HTTP: what it is sent, what its answer allows, and how each failure is said."""

from __future__ import annotations

import json
import socket
from http.client import BadStatusLine, RemoteDisconnected
from io import BytesIO

import pytest
import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from locust_ext.safety.flags import Reading
from locust_ext.safety.remote import Remote, alarm_at, flag_at, value_at

URL = "https://flags.internal/load"


class Wire(HTTPAdapter):
    """The wire under a real session: it keeps what is sent, and answers or fails."""

    def __init__(self):
        super().__init__()
        self.sent, self.how, self.says = [], {}, (200, b"true", {})

    def send(self, request, **how):
        """Keep it, and answer."""
        self.sent.append(request)
        self.how = how
        if isinstance(self.says, BaseException):
            raise self.says
        status, body, headers = self.says
        raw = HTTPResponse(BytesIO(body), headers, status, preload_content=False)
        return self.build_response(request, raw)


@pytest.fixture
def wire(monkeypatch):
    """Return the wire of all sessions."""
    one = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: one)
    monkeypatch.delenv("NETRC", raising=False)
    return one


def read(headers=None, judge=None, timeout=1.5, **more):
    """Ask once."""
    return Remote("url", URL, headers or {}, judge or flag_at(None), **more).read(timeout)


def test_what_is_sent(wire):
    """One GET past all caches, with the headers of the options, which come before our own."""
    assert read({"X-Key": "s3cr3t", "Accept": "text/plain"}) == Reading(allowed=True, why=f"url {URL} allows it")
    (request,) = wire.sent
    assert (request.method, request.url) == ("GET", URL)
    assert {name: request.headers.get(name) for name in ("X-Key", "Accept", "Cache-Control")} == {
        "X-Key": "s3cr3t",
        "Accept": "text/plain",
        "Cache-Control": "no-cache",
    }
    assert wire.how["timeout"] == 3.0  # for each wait: the whole ends before, when the question is given up
    assert wire.how["stream"] is True
    assert wire.how["verify"]  # or the bundle of the environment


def test_it_asks_for_json(wire):
    """Unless the options ask for something else."""
    read()
    assert wire.sent[0].headers["Accept"] == "application/json"


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_an_authorization_of_the_options_comes_before_netrc(wire, tmp_path, monkeypatch, name):
    """However it is written; without one, what .netrc says is sent."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine flags.internal login bob password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    read({name: "Bearer s3cr3t"})
    read({"X-Other": "x"})
    assert wire.sent[0].headers["Authorization"] == "Bearer s3cr3t"
    assert wire.sent[1].headers["Authorization"].startswith("Basic ")


def test_a_redirect_is_not_followed(wire):
    """It is said, and stops."""
    wire.says = (302, b"", {"Location": "https://evil.test"})
    assert read() == Reading(allowed=False, why=f"url {URL} redirects elsewhere (302)")
    assert len(wire.sent) == 1


STATUSES = [
    pytest.param(flag_at(None), 200, "", id="a flag: OK"),
    pytest.param(flag_at(None), 201, "answered 201", id="a flag: nothing but 200"),
    pytest.param(flag_at(None), 299, "answered 299", id="just below the redirects"),
    pytest.param(flag_at(None), 300, "redirects elsewhere (300)", id="the first redirect"),
    pytest.param(flag_at(None), 399, "redirects elsewhere (399)", id="the last redirect"),
    pytest.param(flag_at(None), 400, "answered 400", id="the first failure"),
    pytest.param(alarm_at(None), 199, "answered 199", id="an alarm: just below success"),
    pytest.param(alarm_at(None), 200, "", id="an alarm: OK"),
    pytest.param(alarm_at(None), 299, "", id="an alarm: any success"),
    pytest.param(alarm_at(None), 300, "redirects elsewhere (300)", id="an alarm: just above success"),
]


@pytest.mark.parametrize("judge, status, said", STATUSES)
def test_statuses(wire, judge, status, said):
    """A flag wants 200, an alarm any success."""
    wire.says = (status, b"true", {})
    reading = read(judge=judge)
    assert (reading.allowed, reading.why) == (not said, f"url {URL} {said or 'allows it'}")


VALUES = [
    pytest.param(True, "", id="true"),
    pytest.param("yes", "", id="a word"),
    pytest.param(False, "says false at /load", id="false"),
    pytest.param(None, "says null at /load", id="null"),
    pytest.param([], "holds a list at /load", id="a list"),
    pytest.param({}, "holds an object at /load", id="an object"),
    pytest.param(1, "holds a number, not true at /load", id="one"),
    pytest.param("off", "says off at /load", id="a word that does not"),
]


@pytest.mark.parametrize("value, said", VALUES)
def test_values_of_a_flag(wire, value, said):
    """Only true and a word allow; the sentence says where the value stands."""
    wire.says = (200, json.dumps({"load": value}).encode(), {})
    reading = read(judge=flag_at("/load"))
    assert (reading.allowed, reading.why) == (not said, f"url {URL} {said or 'allows it'}")


ALARMS = [
    pytest.param(None, b"no JSON at all", True, id="without a pointer nothing is read"),
    pytest.param("/on", b'{"on": false}', True, id="false"),
    pytest.param("/on", b'{"on": []}', True, id="empty"),
    pytest.param("/on", b'{"on": 1}', False, id="a number"),
    pytest.param("/on", b'{"on": "no"}', False, id="any word"),
]


@pytest.mark.parametrize("pointer, body, quiet", ALARMS)
def test_values_of_an_alarm(wire, pointer, body, quiet):
    """It is on unless nothing, false or empty stands there."""
    wire.says = (200, body, {})
    reading = read(judge=alarm_at(pointer), fine="is quiet")
    assert (reading.allowed, reading.why) == (quiet, f"url {URL} {'is quiet' if quiet else 'is on'}")


BODIES = [
    pytest.param(b'"' + b"x" * 65_536, "sent more than 64 kB", id="a byte too many"),
    pytest.param(b" " * 65_532 + b"true", "", id="as many as may be"),
    pytest.param(b"s3cr3t", "did not answer in JSON", id="no JSON"),
    pytest.param(b"", "did not answer in JSON", id="nothing"),
    pytest.param(b"[" * 60_000, "did not answer in JSON", id="too deep"),
    pytest.param(b'{"a": true, "a": false}', "says something twice in one object", id="twice"),
]


@pytest.mark.parametrize("body, said", BODIES)
def test_bodies(wire, body, said):
    """An answer has an end, and says one thing, without being repeated."""
    wire.says = (200, body, {})
    reading = read()
    assert (reading.allowed, reading.why) == (not said, f"url {URL} {said or 'allows it'}")


def because(error, cause):
    """Return an error with the one that caused it."""
    error.__cause__ = cause
    return error


def within(error, cause):
    """Return an error that came while another was handled."""
    error.__context__ = cause
    return error


def in_a_circle():
    """Return an error that is its own cause, by way of another."""
    first, second = exceptions.ConnectionError("s3cr3t"), OSError("s3cr3t")
    first.__cause__, second.__cause__ = second, first
    return first


DOWN = exceptions.ConnectionError
FAILURES = [
    pytest.param(exceptions.SSLError("s3cr3t"), "has a certificate that was not accepted", id="certificate"),
    pytest.param(exceptions.ProxyError("s3cr3t"), "was not reached through the proxy", id="proxy"),
    pytest.param(
        because(DOWN(), RemoteDisconnected()), "closed the connection without an answer", id="closed: no reset"
    ),
    pytest.param(because(DOWN(), ConnectionRefusedError()), "refused the connection", id="refused"),
    pytest.param(within(DOWN(), ConnectionRefusedError()), "refused the connection", id="refused, as a context"),
    pytest.param(
        because(DOWN(), within(OSError(), ConnectionResetError())), "cut the connection", id="reset, two causes down"
    ),
    pytest.param(because(DOWN(), BrokenPipeError()), "cut the connection", id="a broken pipe"),
    pytest.param(because(DOWN(), socket.gaierror()), "has a host that no name service knows", id="no such host"),
    pytest.param(exceptions.ChunkedEncodingError("s3cr3t"), "broke off in its answer", id="broken off"),
    pytest.param(exceptions.ContentDecodingError(), "sent an answer that cannot be unpacked", id="not to be unpacked"),
    pytest.param(because(DOWN(), BadStatusLine("s3cr3t")), "does not speak HTTP", id="another protocol"),
    pytest.param(exceptions.ReadTimeout("s3cr3t"), "took too long", id="time"),
    pytest.param(TimeoutError(), "took too long", id="time of the socket"),
    pytest.param(DOWN("s3cr3t"), "could not be asked: ConnectionError", id="anything else"),
    pytest.param(PermissionError("s3cr3t"), "could not be asked: PermissionError", id="anything of the system"),
    pytest.param(in_a_circle(), "could not be asked: ConnectionError", id="causes in a circle"),
]


@pytest.mark.parametrize("error, said", FAILURES)
def test_failures_in_words(wire, error, said):
    """What went wrong, by the first that is known among the error and its causes; its text may hold a secret."""
    wire.says = error
    assert read() == Reading(allowed=False, why=f"url {URL} {said}")


POINTERS = [
    pytest.param(None, {"a": 1}, {"a": 1}, id="the whole"),
    pytest.param("", {"a": 1}, {"a": 1}, id="the whole, in other words"),
    pytest.param("/a/1", {"a": [5, 6]}, 6, id="in a list"),
    pytest.param("/a/0", {"a": {"0": 7}}, 7, id="a number as a name"),
    pytest.param("/a~1b/~0c", {"a/b": {"~c": 8}}, 8, id="written with tildes"),
    pytest.param("/~01", {"~1": 9}, 9, id="a tilde before a one"),
    pytest.param("/", {"": 10}, 10, id="the empty name"),
]


@pytest.mark.parametrize("pointer, document, value", POINTERS)
def test_pointers(pointer, document, value):
    """As RFC 6901 has it."""
    assert value_at(document, pointer) == value
