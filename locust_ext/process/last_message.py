"""The last messages of a worker: they are on their way before its process ends.

Law: what was handed to the socket is sent, or the time is up: Python's end waits for no thread of ZeroMQ, and on a busy
machine a worker that was told to stop would end before its last report had left.
"""

from __future__ import annotations

from typing import Any

PATIENCE = 2_000
"""Milliseconds for which a master that does not take them is waited for."""


def send_out(runner: Any) -> None:
    """Send what a worker has said, and close its connection to the master; the process must be about to end."""
    socket = runner.client.socket
    context = socket.context
    socket.close(linger=PATIENCE)
    context.term()
