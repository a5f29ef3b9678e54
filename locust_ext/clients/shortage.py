"""Connections that cannot be made because this machine has nothing to make them of: descriptors, or ports.

Law: users never take the last descriptors of a process: it needs some to find addresses, to load what judges the run,
and to write its reports. What was lacking is counted and not told request by request. All of it stands where
connections are made, which is not where requests are.
"""

from __future__ import annotations

import errno
import functools
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import locust_ext.process.patched  # noqa: F401 before anything that keeps ssl's classes

from gevent.monkey import get_original
from geventhttpclient.connectionpool import ConnectionPool
from urllib3.util import connection as urllib3_connection
from websocket import _http as websocket_http

from locust_ext.measure.recorder import Recorder
from locust_ext.measure.sinks import Kind

UNMADE = "connections_unmade"

DESCRIPTORS, PORTS = "descriptors", "ports"
LACKING = {errno.EMFILE: DESCRIPTORS, errno.EADDRNOTAVAIL: PORTS}
"""What was lacking, by what the system said."""

KEPT = 64
"""Descriptors that users leave to the process; of a limit under 256 it is a quarter."""

MOST_CAUSES = 5
"""Errors behind an error that are looked at."""

_SOCKET = get_original("socket", "socket")

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
SOCKETS = Path("/proc/net/sockstat")


def limit() -> int | None:
    """Return how many descriptors this process may have; None: as many as it likes."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def spare(sock: Any) -> None:
    """Raise OSError for a socket whose number is one of the last, as the system does where there is none left."""
    most = limit()
    if most is not None and sock.fileno() >= most - min(KEPT, most // 4):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def dial(address: tuple[str, int], timeout: float) -> socket.socket:
    """Connect as ``socket.create_connection`` does, with a socket that is none of the last."""
    failure: OSError = OSError("getaddrinfo returns an empty list")
    for family, kind, protocol, _, place in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error
            continue
        try:
            spare(sock)
            sock.settimeout(timeout)
            sock.connect(place)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            failure = error
        else:
            return sock
    raise failure


def sparing_pool(create: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap geventhttpclient's maker of sockets, before it connects them."""

    @functools.wraps(create)
    def created(pool: Any, *arguments: Any) -> Any:
        sock = create(pool, *arguments)
        try:
            spare(sock)
        except OSError:
            sock.close()
            raise
        return sock

    return created


def sparing_options(prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what urllib3 does with a socket that it has made, before it connects it; whatever raises closes that."""

    @functools.wraps(prepare)
    def prepared(sock: Any, options: Any) -> Any:
        spare(sock)
        return prepare(sock, options)

    return prepared


def sparing_addresses(open_socket: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap websocket-client's way to a connection: what it makes next would have the number of a socket made now."""

    @functools.wraps(open_socket)
    def opened(*arguments: Any, **options: Any) -> Any:
        with _SOCKET() as next_one:
            spare(next_one)
        return open_socket(*arguments, **options)

    return opened


SPARED: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
    (ConnectionPool, "_create_tcp_socket", sparing_pool),
    (urllib3_connection, "_set_socket_options", sparing_options),
    (websocket_http, "_open_socket", sparing_addresses),
)
"""Where the clients of Locust's users make sockets."""


def note(recorder: Recorder, error: BaseException) -> None:
    """Count a connection that could not be made, where this machine is the reason."""
    lacking = LACKING.get(_number_of(error))
    if lacking is None or (lacking == PORTS and not ports_are_used()):
        return
    tags: dict[str, object] = {"lacking": lacking}
    if lacking == DESCRIPTORS:
        tags["ulimit"] = limit()
    recorder.add(UNMADE, Kind.COUNTER, 1, tags)


def _number_of(error: BaseException | None) -> int:
    """Return what the system said, be it behind an error of a library's own; 0: something else."""
    for _ in range(MOST_CAUSES):
        if error is None:
            break
        if isinstance(error, OSError) and error.errno in LACKING:
            return error.errno
        error = error.__cause__ or error.__context__
    return 0


def ports_are_used() -> bool:
    """Tell whether connections, open and recently closed, have used up ports; where nobody knows they have.

    An address that does not exist here, such as ::1 without IPv6, is refused in the same words.
    """
    try:
        low, high = map(int, RANGE.read_text("ascii").split())
        words = next(line for line in SOCKETS.read_text("ascii").splitlines() if line.startswith("TCP:")).split()
        used = sum(int(words[words.index(word) + 1]) for word in ("inuse", "tw"))
    except (OSError, ValueError, StopIteration):
        return True
    return used * 2 >= high - low + 1
