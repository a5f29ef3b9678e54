"""What a worker has said leaves before its process ends, however busy the machine is."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import zmq

pytestmark = pytest.mark.sockets

MESSAGES, SIZE = 300, 10_000

BUFFER = 65_536
"""Bytes that the system keeps on the way, on either side: far fewer than are sent."""

WORKER = f"""
import os, sys
import zmq
from types import SimpleNamespace
from locust_ext.process.last_message import send_out

socket = zmq.Context().socket(zmq.DEALER)
socket.sndbuf = {BUFFER}
socket.connect(sys.argv[1])
for number in range({MESSAGES}):
    socket.send(b"%d " % number + b"." * {SIZE})
if sys.argv[2] == "sends":
    send_out(SimpleNamespace(client=SimpleNamespace(socket=socket)))
os._exit(0)  # as Python's own end does, it waits for no thread of ZeroMQ
"""


def begin(address: str, ends: str = "sends") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, address, ends])


def arrived(router: zmq.Socket[bytes], patience: int = 1_000) -> int:
    """Count what arrives, until nothing has for a while, in milliseconds."""
    count = 0
    while count < MESSAGES and router.poll(patience):
        router.recv_multipart()
        count += 1
    return count


@pytest.fixture
def router():
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.rcvbuf, socket.rcvhwm = BUFFER, 1  # what is not read stays with the worker
    yield socket
    socket.close(0)
    context.term()


def test_all_of_it_arrives(router):
    """Also more than the system keeps on the way."""
    worker = begin(f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}")
    assert arrived(router, 10_000) == MESSAGES
    assert worker.wait(30) == 0


def test_without_it_what_the_master_has_not_read_is_lost(router):
    """It is ``send_out`` that does it."""
    worker = begin(f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}", "just ends")
    assert worker.wait(30) == 0
    assert arrived(router) < MESSAGES


def test_a_master_that_is_gone_is_waited_for_two_seconds_at_the_most(router):
    port = router.bind_to_random_port("tcp://127.0.0.1")
    router.unbind(f"tcp://127.0.0.1:{port}")
    began = time.monotonic()
    assert begin(f"tcp://127.0.0.1:{port}").wait(30) == 0
    assert time.monotonic() - began < 20
