"""The application behind the sockets: how the gate for handshakes answers."""

import io
import socket
from dataclasses import replace

import gevent
import pytest

from locust_ext.demo.faults import dials
from locust_ext.demo.server import Application


class Waiting:
    """A client that keeps waiting."""

    def peek(self, _):
        """Wait for ever."""
        gevent.sleep(3600)


def environ(sock, stream):
    """Return the environment of a handshake."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/ticks",
        "QUERY_STRING": "",
        "HTTP_HOST": "x",
        "HTTP_CONNECTION": "Upgrade",
        "HTTP_UPGRADE": "websocket",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
        "locust_ext.connection": (sock, stream),
    }


GATE = [
    ("a full queue", 1, Waiting(), "503 Service Unavailable", "1"),
    ("a caller that left", 10, io.BufferedReader(io.BytesIO()), "408 Request Timeout", None),
]


@pytest.mark.parametrize("limit, stream, status, retry_after", [row[1:] for row in GATE], ids=[row[0] for row in GATE])
def test_gate(spawn, limit, stream, status, retry_after):
    """Behind one handshake that passes and one that waits, a third is told what became of it, and is counted."""
    application = Application(replace(dials(["reconnect"]), handshake_seconds=3600.0, handshake_queue=limit), seed=1)
    answers = []

    def call(client):
        application(environ(sock, client), lambda *head: answers.append(head))

    with socket.socket() as sock:
        for client in (Waiting(), Waiting(), stream):
            spawn(call, client)
            gevent.sleep(0)
        for _ in range(6):
            gevent.sleep(0)
        ((said, headers),) = answers
    assert said == status
    assert dict(headers).get("Retry-After") == retry_after
    assert application._counts.answered == {("/ticks", int(status[:3])): 1}
    assert application._counts.in_flight == 2
    assert application._service.handshake_limiter.queued == 1
