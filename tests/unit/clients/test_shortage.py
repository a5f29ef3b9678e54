"""The last descriptors stay the process's own, and what could not be made is counted by what was lacking."""

from __future__ import annotations

import errno
import resource
from types import SimpleNamespace

import pytest
from geventhttpclient.connectionpool import ConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util import connection as urllib3_connection
from websocket import _http as websocket_http

from locust_ext.clients import shortage
from locust_ext.clients.keep_alive import KeepAlive, counting
from locust_ext.clients.shortage import (
    KEPT,
    UNMADE,
    note,
    ports_are_used,
    spare,
    sparing_addresses,
    sparing_options,
    sparing_pool,
)
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store


@pytest.fixture
def limited(monkeypatch):
    """Let the process have so many descriptors."""

    def set_to(number):
        monkeypatch.setattr(resource, "getrlimit", lambda _: (number, number))

    return set_to


class Sock:
    """A socket as far as its number goes."""

    def __init__(self, number):
        self.number, self.is_closed = number, False

    def fileno(self):
        return self.number

    def close(self):
        self.is_closed = True


NUMBERS = [
    ("the first", 3, 1024, True),
    ("the last of the users'", 1024 - KEPT - 1, 1024, True),
    ("the first of the process's", 1024 - KEPT, 1024, False),
    ("the last", 1023, 1024, False),
    ("of a low limit a quarter is kept", 119, 160, True),
    ("and not more", 120, 160, False),
    ("without a limit", 10**6, resource.RLIM_INFINITY, True),
]


@pytest.mark.parametrize(("number", "limit", "good"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_who_gets_a_descriptor(number, limit, good, limited):
    """Each way to make a socket ends alike: with what the system says where there is none left."""
    limited(limit)
    one, other = Sock(number), Sock(number)
    create, prepare = sparing_pool(lambda pool, *kind: one), sparing_options(lambda sock, options: options)
    if good:
        spare(one)
        assert create("pool", 1, 2, 3) is one
        assert prepare(other, "options") == "options"
    for call in [] if good else [lambda: spare(other), lambda: create("pool"), lambda: prepare(other, "options")]:
        with pytest.raises(OSError, match="Too many open files") as raised:
            call()
        assert raised.value.errno == errno.EMFILE
    assert one.is_closed is not good
    assert not other.is_closed, "urllib3 closes it"


def test_all_libraries_are_stood_in_for():
    """And left as they were."""
    places = [
        (ConnectionPool, "_create_tcp_socket"),
        (urllib3_connection, "_set_socket_options"),
        (websocket_http, "_open_socket"),
    ]
    before = [vars(owner)[name] for owner, name in places]
    part = KeepAlive(Recorder(), lambda: True)
    part.install()
    during = [vars(owner)[name].__wrapped__ for owner, name in places]
    part.let_go()
    assert during == before == [vars(owner)[name] for owner, name in places]


@pytest.mark.parametrize("good", [True, False])
def test_websockets_are_asked_beforehand(good, limited, monkeypatch):
    """By the number that their socket would have."""
    limited(1024 if good else 4)
    calls = []
    opened = sparing_addresses(lambda *arguments, **options: calls.append((arguments, options)))
    if good:
        opened("addresses", "options", timeout=1)
    else:
        with pytest.raises(OSError, match="Too many open files"):
            opened("addresses", "options", timeout=1)
    assert calls == [(("addresses", "options"), {"timeout": 1})] * good


def counted(recorder):
    """Return what a recorder counted, by tags."""
    found = Store()
    found.merge(recorder.take())
    return {tags: sink.value for tags, sink in found.of(UNMADE)}


def behind(cause, *, implicitly=False):
    """Return an error of urllib3's with another one behind it."""
    error = NewConnectionError(SimpleNamespace(), "failed")
    if implicitly:
        error.__context__ = cause
    else:
        error.__cause__ = cause
    return error


FULL, USED, REFUSED = (OSError(number, "x") for number in (errno.EMFILE, errno.EADDRNOTAVAIL, errno.ECONNREFUSED))
OF_512 = (("lacking", "descriptors"), ("ulimit", "512"))
ERRORS = [
    ("no descriptor", FULL, OF_512),
    ("no descriptor, as urllib3 says it", behind(FULL), OF_512),
    ("no descriptor, while another error was handled", behind(FULL, implicitly=True), OF_512),
    ("two steps behind", behind(behind(FULL)), OF_512),
    ("no port", USED, (("lacking", "ports"),)),
    ("a target that refuses", REFUSED, None),
    ("a target that refuses, as urllib3 says it", behind(REFUSED), None),
    ("a timeout", TimeoutError("timed out"), None),
    ("something else with that number", SimpleNamespace(errno=errno.EMFILE, __cause__=None, __context__=None), None),
]


@pytest.mark.parametrize(("error", "tags"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_what_is_counted(error, tags, limited, monkeypatch):
    """Only what this machine is the reason of."""
    limited(512)
    monkeypatch.setattr(shortage, "ports_are_used", lambda: True)
    recorder = Recorder()
    for _ in range(3):
        note(recorder, error)
    assert counted(recorder) == ({} if tags is None else {tags: 3})


def test_an_error_that_is_its_own_reason_ends():
    """Whatever a library makes of its errors."""
    error = ValueError("x")
    error.__cause__ = error
    note(Recorder(), error)


def test_an_address_that_is_not_there_is_no_port_that_is_lacking(monkeypatch):
    """Without IPv6 the system says of ::1 what it says of ports."""
    monkeypatch.setattr(shortage, "ports_are_used", lambda: False)
    recorder = Recorder()
    note(recorder, USED)
    assert counted(recorder) == {}


def test_it_is_noted_where_connections_are_made(limited):
    """The error goes on as it was."""
    limited(512)
    recorder = Recorder()

    def make(maker):
        raise maker

    for error in (FULL, REFUSED):
        with pytest.raises(OSError, match="x") as raised:
            counting(recorder, lambda: True)(make)(error)
        assert raised.value is error
    assert counted(recorder) == {OF_512: 1}


def stat(inuse, waiting):
    """Return what Linux says of its sockets."""
    return (
        f"sockets: used 9\nTCP: inuse {inuse} orphan 0 tw {waiting} alloc 104 mem 0\nUDP: inuse 500 mem 0\n"
        "FRAG: inuse 900 memory 0\n"
    )


RANGE = "32768\t60999\n"
PORTS = [
    ("a quiet machine", RANGE, stat(40, 3), False),
    ("half of them wait", RANGE, stat(40, 14076), True),
    ("just less than half", RANGE, stat(40, 14075), False),
    ("all are in use", RANGE, stat(28232, 0), True),
    ("a narrow range", "40000\t40050\n", stat(6, 20), True),
    ("just less than half of a narrow one", "40000\t40050\n", stat(5, 20), False),
    ("nobody can read it", "?", stat(0, 0), True),
    ("nobody knows TCP", RANGE, "sockets: used 9\n", True),
    ("another spelling", RANGE, "TCP: open 9\n", True),
]


@pytest.mark.parametrize(("wide", "sockets", "used"), [row[1:] for row in PORTS], ids=[row[0] for row in PORTS])
def test_whether_ports_are_used(wide, sockets, used, tmp_path, monkeypatch):
    """What is open and what waits, beside the range; what cannot be read speaks for the error."""
    for name, text in (("RANGE", wide), ("SOCKETS", sockets)):
        file = tmp_path / name
        file.write_text(text)
        monkeypatch.setattr(shortage, name, file)
    assert ports_are_used() is used


def test_a_system_without_these_files(monkeypatch, tmp_path):
    """Such as macOS."""
    monkeypatch.setattr(shortage, "RANGE", tmp_path / "none")
    assert ports_are_used() is True
