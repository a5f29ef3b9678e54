"""A server that answers each path in its own way: as it should, too late, too much, nonsense, or not at all."""

from __future__ import annotations

import gzip
import struct
from collections import Counter
from socket import SO_LINGER, SOL_SOCKET

import gevent
from gevent.server import StreamServer

METRICS = b"# TYPE process_open_fds gauge\nprocess_open_fds 12\nprocess_start_time_seconds 100\n"


def answer(body=METRICS, status="200 OK", **headers):
    """Return an answer as it goes over the wire."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{named}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _drip(socket):
    socket.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2000):
        socket.sendall(b"#")
        gevent.sleep(0.01)


def _flood(socket):
    socket.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + METRICS)
    for _ in range(50):
        socket.sendall((b"x" * 99 + b"\n") * 10_000)


BOMB = answer(gzip.compress(b"#" * 50_000_000, compresslevel=1), Content_Encoding="gzip")


def _bomb(socket):
    socket.sendall(BOMB)


def _reset(socket):
    socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))


def _headers(socket):
    socket.sendall(b"HTTP/1.1 200 OK\r\n")
    for n in range(2000):
        socket.sendall(b"X-%d: y\r\n" % n)


PATHS = {
    "/metrics": lambda socket: socket.sendall(answer(Content_Type="text/plain; version=0.0.4")),
    "/chunked": lambda socket: socket.sendall(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(METRICS) + METRICS + b"\r\n0\r\n\r\n"
    ),
    "/no-length": lambda socket: socket.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + METRICS),
    "/packed": lambda socket: socket.sendall(answer(gzip.compress(METRICS), Content_Encoding="gzip")),
    "/packed-twice": lambda socket: socket.sendall(answer(METRICS, Content_Encoding="br")),
    "/packed-badly": lambda socket: socket.sendall(answer(b"no gzip", Content_Encoding="gzip")),
    "/packed-in-part": lambda socket: socket.sendall(answer(gzip.compress(METRICS)[:-9], Content_Encoding="gzip")),
    "/hang": lambda _: gevent.sleep(20),
    "/drip": _drip,
    "/flood": _flood,
    "/bomb": _bomb,
    "/reset": _reset,
    "/headers": _headers,
    "/silence": lambda _: None,
    "/broken-off": lambda socket: socket.sendall(answer()[:-20]),
    "/half-a-chunk": lambda socket: socket.sendall(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + METRICS
    ),
    "/not-http": lambda socket: socket.sendall(b"SSH-2.0-OpenSSH_9.6\r\n" * 10),
    "/html": lambda socket: socket.sendall(answer(b"<html></html>", Content_Type="text/html; charset=utf-8")),
    "/page": lambda socket: socket.sendall(answer(b"<!DOCTYPE html>\n<html>\n</html>\n")),
    "/json": lambda socket: socket.sendall(answer(b"[1, 2]")),
    "/empty": lambda socket: socket.sendall(answer(b"")),
    "/renamed": lambda socket: socket.sendall(answer(b"proc_fds 12\n")),
    "/401": lambda socket: socket.sendall(answer(b"secret words", "401 Unauthorized")),
    "/404": lambda socket: socket.sendall(answer(b"", "404 Not Found")),
    "/500": lambda socket: socket.sendall(answer(b"", "500 Internal Server Error")),
    "/204": lambda socket: socket.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "/moved": lambda socket: socket.sendall(answer(b"", "307 Temporary Redirect", Location="/metrics")),
    "/circle": lambda socket: socket.sendall(answer(b"", "302 Found", Location="/circle")),
    "/nowhere": lambda socket: socket.sendall(answer(b"", "302 Found")),
    "/unclear": lambda socket: socket.sendall(answer(b"", "302 Found", Location="http://[bad/")),
}


class Hostile:
    """The server, on a port of its own; it keeps the requests that came."""

    def __init__(self):
        self.seen: list[bytes] = []
        self.paths: Counter[str] = Counter()
        self.elsewhere = ""
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()

    @property
    def url(self):
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, socket, _):
        with socket:
            request = b""
            while b"\r\n\r\n" not in request:
                chunk = socket.recv(4096)
                if not chunk:
                    return
                request += chunk
            self.seen.append(request)
            path = request.split()[1].decode()
            self.paths[path] += 1
            try:
                if path == "/elsewhere":
                    socket.sendall(answer(b"", "302 Found", Location=self.elsewhere))
                else:
                    PATHS[path](socket)
            except OSError:
                pass  # it has heard enough

    def stop(self):
        """End it."""
        self._server.stop(timeout=0.1)
