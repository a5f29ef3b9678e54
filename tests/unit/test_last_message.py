"""What a worker has said leaves before its process ends, however busy the machine is."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import zmq

pytestmark = pytest.mark.sockets

MESSAGES, SIZE = 300, 100_000

WORKER = f"""
import os, sys
import zmq
from types import SimpleNamespace
from locust_ext.process.last_message import send_out

socket = zmq.Context().socket(zmq.DEALER)
socket.connect(sys.argv[1])
for number in range({MESSAGES}):
    socket.send(b"%d " % number + b"." * {SIZE})
if sys.argv[2] == "sends":
    send_out(SimpleNamespace(client=SimpleNamespace(socket=socket)))
os._exit(0)  # as Python's own end does, it waits for no thread of ZeroMQ
"""


def begin(address: str, ends: str = "sends") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, address, ends])


def arrived(router: zmq.Socket[bytes]) -> int:
    count = 0
    while router.poll(500):
        router.recv_multipart()
        count += 1
    return count


@pytest.fixture
def router():
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    yield socket
    socket.close(0)
    context.term()


@pytest.mark.parametrize("ends, expected", [("sends", True), ("just ends", False)])
def test_all_of_it_arrives(router, ends, expected):
    """The second row shows that it is ``send_out`` that does it."""
    port = router.bind_to_random_port("tcp://127.0.0.1")
    worker = begin(f"tcp://127.0.0.1:{port}", ends)
    assert worker.wait(30) == 0
    assert (arrived(router) == MESSAGES) is expected


def test_a_master_that_is_gone_is_waited_for_two_seconds_at_the_most(router):
    port = router.bind_to_random_port("tcp://127.0.0.1")
    router.unbind(f"tcp://127.0.0.1:{port}")
    began = time.monotonic()
    assert begin(f"tcp://127.0.0.1:{port}").wait(30) == 0
    assert time.monotonic() - began < 20
