"""Whether connections are kept: that geventhttpclient's are, however many there are, and how many were opened.

Law: a connection can be used again if there is nothing to read on it, whatever the number of its descriptor is. Its
figure is counted where connections are made, never where requests are; so are those that could not be made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import locust_ext.process.patched  # noqa: F401 before anything that keeps ssl's classes

import gevent
from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool
from urllib3.connection import HTTPConnection

from locust_ext.clients.shortage import SPARED, note
from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind
from locust_ext.process.seam import Seam
from locust_ext.process.standing import Standing

OPENED = "connections_opened"

_POLL, _IN = get_original("select", ["poll", "POLLIN"])

_ASKED = "_is_socket_alive"

MAKERS = ((ConnectionPool, "_create_socket"), (HTTPConnection, "_new_conn"))
"""What makes the connections of Locust's clients."""


def asks_by_select(pool: type[Any] = ConnectionPool) -> bool:
    """Tell whether geventhttpclient asks ``select`` for a connection's state, which knows no descriptor over 1,023."""
    asked = vars(pool).get(_ASKED)
    names = getattr(getattr(asked, "__code__", None), "co_names", ())
    return "select" in names and "poll" not in names


def by_poll(is_alive: Callable[..., bool]) -> Callable[..., bool]:
    """Wrap geventhttpclient's question whether a socket can be used again: ask ``poll``, which knows every number."""

    @functools.wraps(is_alive)
    def asked(_: Any, sock: Any) -> bool:
        if sock is None:
            return False
        gevent.sleep(0)  # as its select does: users that are ready at once send at once, and share a round of the hub
        number = sock.fileno()
        if number < 0:
            return False
        poll = _POLL()
        poll.register(number, _IN)
        return not poll.poll(0)

    return asked


def counting(recorder: Recorder, is_users: Callable[[], bool]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around a maker of connections: each that it makes for a user is counted with ``recorder``."""

    def wrap(make: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(make)
        def made(maker: Any) -> Any:
            try:
                connection = make(maker)
            except Exception as error:
                note(recorder, error)
                raise
            if is_users():
                recorder.add(OPENED, Kind.COUNTER, 1)
            return connection

        return made

    return wrap


class KeepAlive(Standing):
    """Keeps the connections of this process alive, counts those that are made, and leaves it some descriptors.

    ``is_users`` tells whether a user is at work: what the run itself asks, such as a kill switch, is not counted.
    """

    def __init__(self, recorder: Recorder, is_users: Callable[[], bool]) -> None:
        seams = [Seam(owner, name, counting(recorder, is_users)) for owner, name in MAKERS]
        seams += [Seam(owner, name, sparing) for owner, name, sparing in SPARED]
        if asks_by_select():
            seams.append(Seam(ConnectionPool, _ASKED, by_poll))
        super().__init__(seams)
