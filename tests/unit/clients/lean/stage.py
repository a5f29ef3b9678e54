"""A server that plays scripted answers over real sockets, and notes each byte that it is sent.

Law: every request is answered by the next line of the script, the last line again and again; what comes is kept for
each connection, in the order in which they were opened.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path

import gevent
from gevent import socket, ssl
from gevent.pool import Group

BLOCK = 65536
HANDSHAKE = b"\x16"
"""What begins a connection of TLS."""

PATIENCE = 10.0
"""Seconds after which something hangs that should not; what ends in time needs far fewer, on a busy machine too."""


class Do(Enum):
    """What a server does beside sending."""

    CLOSE = "closes"
    GOODBYE = "says goodbye, as TLS does, and closes"
    RESET = "closes by RST"
    HANG = "says nothing until the client has closed"
    BODY = "reads the body of a request that waits for its leave"


Line = tuple[bytes | float | Do, ...]
"""Bytes to send, seconds to pause, and what else to do, one after the other."""

Script = tuple[Line | bytes | Callable[[bytes], Line], ...]


def ok(body: bytes = b"ok", *headers: str, status: str = "200 OK", version: str = "1.1", length: bool = True) -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/{version} {status}".rstrip(), *headers, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(*pieces: bytes, headers: tuple[str, ...] = (), trailer: bytes = b"") -> bytes:
    """Return an answer in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return ok(b"", "Transfer-Encoding: chunked", *headers, length=False) + body + b"0\r\n" + trailer + b"\r\n"


class Stage:
    """The server; ``connections`` is what came on each.

    With a ``certificate``, in one file with its key, it speaks TLS with those who do, behind the greeting, and plain
    HTTP with the others.
    """

    def __init__(self, host: str = "127.0.0.1", certificate: Path | None = None) -> None:
        self.certificate = certificate
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._context is not None:
            self._context.load_cert_chain(str(certificate))
        self._sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._sock.bind((host, 0))
        self._sock.listen(128)
        self.port = self._sock.getsockname()[1]
        self.at = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self._talks = Group()
        self._accepting = gevent.spawn(self._accept)
        self.perform((ok(),))

    def perform(self, script: Script, greeting: Line = ()) -> None:
        """Begin to play a script, from its first line; the greeting stands before each connection's first request."""
        self._script, self._greeting = list(script), greeting
        self.connections: list[bytearray] = []

    def came(self) -> list[bytes]:
        """Return what came on each connection, now that nobody sends any more."""
        with socket.create_connection(("::1" if "[" in self.at else "127.0.0.1", self.port)) as last:
            last.sendall(b"\0")
            with suppress(OSError):
                last.recv(1)  # all who came before have been let in
        self._talks.join(timeout=0.2)
        self._talks.kill()
        return [bytes(came) for came in self.connections]

    def close(self) -> None:
        """Close it."""
        self._accepting.kill()
        self._talks.kill()
        self._sock.close()

    def _accept(self) -> None:
        while True:
            sock, _ = self._sock.accept()
            self._talks.spawn(self._talk, sock, self._greeting)

    def _talk(self, sock: socket.socket, greeting: Line) -> None:
        came = bytearray()
        self.connections.append(came)
        with sock, suppress(OSError):
            if greeting and self._play(sock, greeting, came):
                return
            if self._context is not None and sock.recv(1, socket.MSG_PEEK) == HANDSHAKE:
                sock = self._context.wrap_socket(sock, server_side=True)
            self._answer(sock, came)

    def _answer(self, sock: socket.socket, came: bytearray) -> None:
        with sock, suppress(OSError):
            while asked := _request(sock, came):
                if asked == b"\0":
                    self.connections.remove(came)
                    return
                line = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                line = line(asked) if callable(line) else line
                if self._play(sock, (line,) if isinstance(line, bytes) else line, came):
                    return

    def _play(self, sock: socket.socket, line: Line, came: bytearray) -> bool:
        for step in line:
            if isinstance(step, float):
                gevent.sleep(step)
            elif isinstance(step, bytes):
                sock.sendall(step.replace(b"HERE", self.at.encode()))
            elif step is Do.BODY:
                _body(sock, came, bytes(came).rpartition(b"\r\n\r\n")[0])
            elif step is Do.RESET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return True
            else:
                if step is Do.GOODBYE:
                    sock.unwrap()
                elif step is Do.CLOSE:
                    sock.shutdown(socket.SHUT_WR)
                while more := sock.recv(BLOCK):
                    came += (
                        b"" if self._context is not None else more
                    )  # what is no request is secret, and never the same
                return True
        return False


def _request(sock: socket.socket, came: bytearray) -> bytes:
    """Read one request, with its body unless it waits for leave to send that."""
    start = len(came)
    while (end := came.find(b"\r\n\r\n", start)) < 0:
        if not (more := sock.recv(BLOCK)):
            return b""
        came += more
        if came == b"\0":
            return b"\0"
    head = bytes(came[start:end])
    if b"100-continue" not in head.lower():
        _body(sock, came, head, end + 4)
    return bytes(came[start:])


def _body(sock: socket.socket, came: bytearray, head: bytes, start: int | None = None) -> None:
    begin = len(came) if start is None else start
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    while (
        not came[begin:].endswith(b"0\r\n\r\n")
        if b"chunked" in head.lower()
        else length is not None and len(came) - begin < int(length[1])
    ):
        if not (more := sock.recv(BLOCK)):
            return
        came += more
