"""How users are connected: what a server's Retry-After says, who can storm, and sockets read in large pieces."""

from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from gevent.event import Event
from hypothesis import given
from hypothesis import strategies as st
from locust import FastHttpUser, HttpUser, User

from locust_ext.clients import http_link as module
from locust_ext.clients.fasthttp_link import FastHttpLink
from locust_ext.clients.links import UserLinks, can_storm
from locust_ext.clients.sockets import Buffered, drop, drop_all
from locust_ext.clients.user_link import UserLink
from locust_ext.storms import hint
from locust_ext.storms.hint import retry_after
from locust_ext.storms.link import ConnectFailed

NOW = 1_800_000_000.0


def http_date(seconds):
    """Return the moment as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


@pytest.fixture
def at_now(monkeypatch):
    """Let the time stand still."""
    monkeypatch.setattr(hint, "time", SimpleNamespace(time=lambda: NOW))


# What the server says, the headers, and the seconds.
HEADERS = [
    ("a number of seconds", {"Retry-After": "120"}, 120.0),
    ("none at all", {"Retry-After": "0"}, 0.0),
    ("in any letters", {"rEtRy-AfTeR": "3"}, 3.0),
    ("with spaces around", {"Retry-After": " 3 "}, 3.0),
    ("a number that is not text", {"Retry-After": 3}, 3.0),
    ("a date to come", {"Retry-After": http_date(NOW + 90)}, 90.0),
    ("this very second", {"Retry-After": http_date(NOW)}, 0.0),
    ("a date that is over", {"Retry-After": http_date(NOW - 90)}, 0.0),
    ("a date with an offset", {"Retry-After": "Fri, 15 Jan 2027 10:00:30 +0200"}, 30.0),
    ("words", {"Retry-After": "soon"}, None),
    ("less than nothing", {"Retry-After": "-5"}, None),
    ("a digit that is none", {"Retry-After": "\u00b2"}, None),
    ("a date without a zone is GMT", {"Retry-After": "Fri Jan 15 08:00:30 2027"}, 30.0),
    ("a broken number", {"Retry-After": "1.5"}, None),
    ("a number and its unit", {"Retry-After": "5s"}, None),
    ("half a date", {"Retry-After": "Fri, 15 Jan"}, None),
    ("the 40th of January", {"Retry-After": "Fri, 40 Jan 2027 08:00:00 GMT"}, None),
    ("nothing", {"Retry-After": ""}, None),
    ("spaces", {"Retry-After": "  "}, None),
    ("other headers", {"Content-Length": "5"}, None),
    ("no headers", {}, None),
    ("not even that", None, None),
]


@pytest.mark.usefixtures("at_now")
@pytest.mark.parametrize("what, headers, seconds", HEADERS, ids=[row[0] for row in HEADERS])
def test_retry_after(what, headers, seconds):
    """The seconds that a server asks for, as a number or as a date; a wrong one is none."""
    assert retry_after(headers) == seconds


def test_a_huge_number():
    """A number of any length is many years, no error, and no infinity."""
    asked = retry_after({"Retry-After": "9" * 4000})
    assert asked is not None
    assert 1e8 < asked < 1e10


@given(st.integers(0, 10**9 - 1))
def test_each_number_reads_back(seconds):
    """Any whole number of seconds is read as it was written."""
    assert retry_after({"Retry-After": str(seconds)}) == seconds


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_garbage_is_no_error(text):
    """Whatever a server writes in plain letters, it is a wait that is not negative, or none."""
    asked = retry_after({"Retry-After": text})
    assert asked is None or asked >= 0


class Own(User):
    """Has a link of its own."""

    abstract = True

    def storm_link(self):
        """Return it."""
        return "its own link"


class Connects(User):
    """Connects and disconnects."""

    abstract = True

    def connect(self):
        """Connect."""

    def disconnect(self):
        """Disconnect."""


class Half(User):
    """Connects, but never disconnects."""

    abstract = True

    def connect(self):
        """Connect."""


class NoMethod(User):
    """Has the names, but nothing to call."""

    abstract = True
    connect = disconnect = "a text"


# Who it is, the class, and whether it can storm.
CAN = [
    ("an HTTP user", HttpUser, True),
    ("a fast HTTP user", FastHttpUser, True),
    ("one with a link of its own", Own, True),
    ("one that connects and disconnects", Connects, True),
    ("one that only connects", Half, False),
    ("one whose names are not methods", NoMethod, False),
    ("one without a connection", User, False),
]


@pytest.mark.parametrize("what, user_class, can", CAN, ids=[row[0] for row in CAN])
def test_can_storm(what, user_class, can):
    """Whether users of a class have a connection that we know how to drop."""
    assert can_storm(user_class) is can


def test_link_for():
    """A user's own link goes first, then its methods; who has neither is told what to give."""
    assert UserLinks().link(Own(None), "/") == "its own link"
    assert isinstance(UserLinks().link(Connects(None), "/"), UserLink)
    with pytest.raises(TypeError, match=r"Half has no connection that could drop: give it connect\(\) and disconnect"):
        UserLinks().link(Half(None), "/")


class FakeUser:
    """A user that counts, and fails as it is told."""

    def __init__(self, error=None):
        self.error, self.did = error, []

    def connect(self):
        """Connect, or fail."""
        self.did.append("connect")
        if self.error:
            raise self.error

    def disconnect(self):
        """Disconnect."""
        self.did.append("disconnect")


class AskingError(Exception):
    """A failure that says how long to stay away."""

    retry_after = 7.0


# What fails, the error, the cause, and the hint.
FAILURES = [
    ("its own word", ConnectFailed("close:1012", 3.0), "close:1012", 3.0),
    ("an error by its name", ConnectionRefusedError(), "ConnectionRefusedError", None),
    ("an error that asks for a wait", AskingError(), "AskingError", 7.0),
]


@pytest.mark.parametrize("what, error, cause, hint", FAILURES, ids=[row[0] for row in FAILURES])
def test_user_link_fails(what, error, cause, hint):
    """What a user's connect() raises is why the attempt failed; nothing has opened."""
    opened = []
    with pytest.raises(ConnectFailed) as failed:
        UserLink(FakeUser(error)).connect(5.0, lambda: opened.append(1))
    assert (failed.value.cause, failed.value.hint) == (cause, hint)
    assert opened == []


def test_user_link_opens():
    """When connect() returns, the connection is open; without sockets() a drop is a disconnect()."""
    user, opened = FakeUser(), []
    link = UserLink(user)
    link.connect(5.0, lambda: opened.append(1))
    assert opened == [1]
    link.drop("reset")
    link.forget()
    assert user.did == ["connect", "disconnect"]


class FakeSocket:
    """A socket that gives its pieces one by one, and writes down what is done to it."""

    def __init__(self, pieces=()):
        self.pieces, self.asked, self.did = list(pieces), [], []

    def recv(self, size):
        """Return the next piece, or the end."""
        self.asked.append(size)
        return self.pieces.pop(0) if self.pieces else b""

    def setsockopt(self, level, option, value):
        """Write it down."""
        self.did.append("linger")

    def shutdown(self, how):
        """Write it down."""
        self.did.append("shutdown")

    def close(self):
        """Write it down."""
        self.did.append("close")

    def settimeout(self, seconds):
        """Write it down."""
        self.did.append(f"timeout {seconds}")


class Gone(FakeSocket):
    """A socket that is gone already."""

    def setsockopt(self, *_):
        """Fail as the system does."""
        raise OSError("bad file descriptor")

    shutdown = close = setsockopt


# How it drops, the cause, and what is done to the socket.
DROPS = [
    ("reset: no lingering, so that closing sends RST", "reset", ["linger", "shutdown", "close"]),
    ("close: FIN, in order", "close", ["shutdown", "close"]),
    ("half open: not a word", "half_open", []),
]


@pytest.mark.parametrize("what, cause, did", DROPS, ids=[row[0] for row in DROPS])
def test_drop(what, cause, did):
    """What is done to a socket that drops, and to all of them."""
    sock, others = FakeSocket(), [FakeSocket(), FakeSocket()]
    drop(sock, cause)
    drop_all(iter(others), cause)
    assert [one.did for one in (sock, *others)] == [did] * 3


@pytest.mark.parametrize("cause", ["reset", "close", "half_open"])
@pytest.mark.parametrize("sock", [Gone(), None], ids=["gone", "none"])
def test_drop_what_is_gone(sock, cause):
    """A socket that is gone already, or that never was, is left alone, and the next one drops none the less."""
    other = FakeSocket()
    drop(sock, cause)
    drop_all([sock, other], cause)
    assert bool(other.did) is (cause != "half_open")


class Answer:
    """An answer to one request, which may be called a success."""

    def __init__(self, status):
        self.status_code, self.headers, self.succeeded = status, {"Retry-After": "7"}, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing to clear."""

    def success(self):
        """Note it."""
        self.succeeded = True


def http_link(request):
    """Return the link of a user of FastHttpUser's kind, and the requests that its environment was told of."""
    told = []
    events = SimpleNamespace(request=SimpleNamespace(fire=lambda **event: told.append(event)))
    pool = SimpleNamespace(get_client=lambda url: None)
    client = SimpleNamespace(request=request, client=SimpleNamespace(clientpool=pool))
    user = SimpleNamespace(client=client, environment=SimpleNamespace(events=events))
    return FastHttpLink(user, "/ready"), told


ANSWERS = [
    ("it answers", 200, None, True),
    ("it sends elsewhere", 302, None, True),
    ("it does not know the path, and is back", 404, None, True),
    ("the last that is", 499, None, True),
    ("too many come at once", 429, "status:429", False),
    ("it is not well", 500, "status:500", False),
    ("it is not there yet", 503, "status:503", False),
    ("nobody answers", 0, "refused", False),
    ("nobody answers at all", None, "refused", False),
]


@pytest.mark.parametrize("status, cause, succeeded", [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_an_answer_is_ready_or_a_failed_attempt(status, cause, succeeded):
    """An answer below 500 that is not 429 is ready; the others failed, with the wait that the server asked for."""
    opened, asked, answer = [], [], Answer(status)
    link, _ = http_link(lambda *arguments, **options: asked.append((arguments, options)) or answer)
    if cause is None:
        link.connect(5.0, lambda: opened.append(True))
    else:
        with pytest.raises(ConnectFailed) as caught:
            link.connect(5.0, lambda: opened.append(True))
        assert (caught.value.cause, caught.value.hint) == (cause, 7.0 if status else None)
    assert answer.succeeded is succeeded
    assert opened == ([True] if status else [])
    assert asked == [(("GET", "/ready"), {"name": "reconnect /ready", "catch_response": True})]


def test_an_attempt_that_takes_too_long():
    """It is told as a request without an answer, and failed."""
    link, told = http_link(lambda *_, **__: Event().wait())
    with pytest.raises(ConnectFailed) as caught:
        link.connect(0.0, pytest.fail)
    assert (caught.value.cause, caught.value.hint) == ("timeout", None)
    (event,) = told
    assert (event["request_type"], event["name"], event["response_length"]) == ("GET", "reconnect /ready", 0)
    assert str(event["exception"]) == "no answer within 0 s"
    assert 0 <= event["response_time"] < 5000


def test_how_long_an_attempt_took_in_vain(monkeypatch):
    """Is told in milliseconds, as all times of requests are."""
    readings = iter([10.0, 10.25])
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: next(readings)))
    link, told = http_link(lambda *_, **__: Event().wait())
    with pytest.raises(ConnectFailed):
        link.connect(0.0, pytest.fail)
    assert [event["response_time"] for event in told] == [250.0]


def test_half_open_sockets_are_reset_at_the_end():
    """Sockets that a user tells of stay open when they drop half open, until they are forgotten."""
    sock, user = FakeSocket(), FakeUser()
    user.sockets = lambda: [sock]
    link = UserLink(user)
    link.drop("half_open")
    assert sock.did == []
    link.forget()
    assert sock.did == ["linger", "shutdown", "close"]
    link.forget()
    assert sock.did == ["linger", "shutdown", "close"]
    assert user.did == []


PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=10)
SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=10)


@given(PIECES, SIZES)
def test_buffered_reads_what_was_sent(pieces, sizes):
    """However the bytes were split, and in whatever sizes they are read, they are the same bytes in the same order."""
    sock = FakeSocket(pieces)
    buffered = Buffered(sock)
    read, n = [], 0
    while piece := buffered.recv(sizes[n % len(sizes)]):
        assert len(piece) <= sizes[n % len(sizes)]
        read.append(piece)
        n += 1
    assert b"".join(read) == b"".join(pieces)
    assert buffered.recv(1) == b""


def test_buffered_waits_only_for_what_it_lacks():
    """Byte by byte costs one read of the socket a piece, and a large one."""
    sock = FakeSocket([b"abc", b"de"])
    buffered = Buffered(sock)
    assert [buffered.recv(1) for _ in range(3)] == [b"a", b"b", b"c"]
    assert len(sock.asked) == 1
    assert buffered.recv(9) == b"de"
    assert len(sock.asked) == 2
    assert min(sock.asked) >= 4096


def test_buffered_is_its_socket_otherwise():
    """All else is the socket's own."""
    sock = FakeSocket()
    Buffered(sock).settimeout(3)
    drop(Buffered(sock), "close")
    assert sock.did == ["timeout 3", "shutdown", "close"]
    with pytest.raises(AttributeError):
        _ = Buffered(sock).nothing_like_that
