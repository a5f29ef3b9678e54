"""Connections are kept, whatever the number of their descriptor is, and each that is made is counted."""

from __future__ import annotations

import os
import select
from select import select as plain_select
from types import SimpleNamespace

import pytest
from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from locust_ext.clients import keep_alive
from locust_ext.clients.keep_alive import MAKERS, OPENED, KeepAlive, asks_by_select, by_poll, counting
from locust_ext.measure.catalogue import BUILT_IN
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.series import Store
from locust_ext.measure.sinks import Kind

close = get_original("os", "close")
"""At once: gevent's own is left to its hub."""


class ByModule:
    """As geventhttpclient 2.5 has it."""

    def _is_socket_alive(self, sock):
        return not select.select([sock], [], [], 0.0)[0]


class ByName:
    """The same with the function's own name."""

    def _is_socket_alive(self, sock):
        select = plain_select
        return not select([sock], [], [], 0.0)[0]


class ByPoll:
    """Mended: poll alone."""

    def _is_socket_alive(self, sock):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return not poll.poll(0)


class ByPollWhereThereIsOne:
    """Mended: select is left for systems without poll."""

    def _is_socket_alive(self, sock):
        if hasattr(select, "poll"):
            return not select.poll().poll(0)
        return not select.select([sock], [], [], 0.0)[0]


class ByHub:
    """Mended: somebody else is asked."""

    def _is_socket_alive(self, sock):
        return sock.is_quiet()


class ByReading:
    """Mended: a read that does not wait."""

    def _is_socket_alive(self, sock):
        return bool(sock.recv(1, 0x42))


class Renamed:
    """Mended by another name: there is nothing to replace."""

    def _can_be_used_again(self, sock):
        return not select.select([sock], [], [], 0.0)[0]


class Elsewhere(ByModule):
    """Inherited: its owner is asked, and not the heir."""


class NoFunction:
    """Whatever it is, it has no code to look at."""

    _is_socket_alive = staticmethod(len)


SPELLINGS = [
    (ByModule, True),
    (ByPoll, False),
    (ByPollWhereThereIsOne, False),
    (ByHub, False),
    (ByReading, False),
    (Renamed, False),
    (Elsewhere, False),
    (NoFunction, False),
]


@pytest.mark.parametrize(("pool", "expected"), SPELLINGS, ids=lambda row: getattr(row, "__name__", row))
def test_only_a_question_to_select_is_replaced(pool, expected):
    """A release of geventhttpclient that has mended it keeps its own way."""
    assert asks_by_select(pool) is expected


def test_the_release_that_is_installed_asks_select():
    """Else the seam is for nothing, and can go."""
    assert asks_by_select()


def test_seams_open_and_close():
    """What stood there before stands there after; twice is once."""
    names = [*MAKERS, (ConnectionPool, "_is_socket_alive")]
    before = [vars(owner)[name] for owner, name in names]
    part = KeepAlive(Recorder(), lambda: True)
    part.install()
    part.install()
    during = [vars(owner)[name] for owner, name in names]
    part.let_go()
    part.let_go()
    assert [vars(owner)[name] for owner, name in names] == before
    assert [function.__wrapped__ for function in during] == before


def test_a_mended_release_keeps_its_question(monkeypatch):
    """Only the makers of connections are stood in for then."""
    monkeypatch.setattr(keep_alive, "asks_by_select", lambda: False)
    asked = vars(ConnectionPool)["_is_socket_alive"]
    part = KeepAlive(Recorder(), lambda: True)
    part.install()
    try:
        assert vars(ConnectionPool)["_is_socket_alive"] is asked
        assert "__wrapped__" in vars(vars(ConnectionPool)["_create_socket"])
    finally:
        part.let_go()


def ends():
    """Return both ends of a pipe, the reading one as a socket looks."""
    reading, writing = os.pipe()
    return SimpleNamespace(fileno=lambda: reading), reading, writing


def test_what_can_be_used_again():
    """A connection with nothing to read; not one that said something unasked, was closed by its peer, or by us."""
    alive = by_poll(lambda *_: pytest.fail("select is not asked"))
    sock, reading, writing = ends()
    assert alive(None, sock) is True
    os.write(writing, b"x")
    assert alive(None, sock) is False
    os.read(reading, 1)
    assert alive(None, sock) is True
    close(writing)
    assert alive(None, sock) is False
    close(reading)
    assert alive(None, SimpleNamespace(fileno=lambda: -1)) is False
    assert alive(None, None) is False


def test_a_high_number_is_as_good_as_any():
    """The first descriptor that select does not know."""
    _, reading, writing = ends()
    high = 1024
    os.dup2(reading, high)
    try:
        assert by_poll(lambda *_: False)(None, SimpleNamespace(fileno=lambda: high)) is True
    finally:
        for number in (high, reading, writing):
            close(number)


def counted(recorder):
    """Return what a recorder counted; None: nothing is known of it."""
    found = Store()
    found.merge(recorder.take())
    return found.counted(OPENED) if any(True for _ in found.of(OPENED)) else None


def test_only_connections_that_were_made_count():
    """One that could not be made is none, and its error is the same."""
    recorder = Recorder()
    assert counted(recorder) is None, "without evidence there is no figure, and not 0"
    error = ConnectionRefusedError(111, "refused")

    def make(maker):
        if maker is None:
            raise error
        return maker

    made = counting(recorder, lambda: True)(make)
    assert made("sock") == "sock"
    with pytest.raises(ConnectionRefusedError) as refused:
        made(None)
    assert refused.value is error
    made("another")
    assert counted(recorder) == 2


def test_only_those_of_users_count():
    """A kill switch that is asked over HTTP each second opens connections as well, and they are not the load's."""
    recorder, users = Recorder(), [True, False, True]
    made = counting(recorder, lambda: users.pop(0))(lambda maker: maker)
    assert [made(number) for number in range(3)] == [0, 1, 2]
    assert counted(recorder) == 2


def test_both_schemes_of_urllib3_pass_there():
    """A class of its own for https inherits what makes connections."""
    assert "_new_conn" not in vars(HTTPSConnection)
    assert issubclass(HTTPSConnection, HTTPConnection)


def test_it_is_a_counter_in_the_catalogue():
    """Thresholds know it."""
    assert BUILT_IN[OPENED].kind is Kind.COUNTER
