"""A server that keeps a book of who came and went when, and turns people away on demand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import struct
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass
class Doorman:
    """HTTP and WebSocket on one port; times are of time.monotonic.

    After the first loss the next ``refuse`` connections are answered with ``status`` (0: reset without a word). With a
    ``certificate``, in one file with its key, all of it is over TLS, and who came has shaken hands. Who has had
    ``answers`` of them is shown out; ``asks``: is asked to leave with each of them, and goes first.
    """

    refuse: int = 0
    status: int = 0
    headers: str = ""
    frame_every: float = 0.1
    certificate: Path | None = None
    answers: int = 10**9
    asks: bool = False
    came: list[float] = field(default_factory=list)
    went: list[float] = field(default_factory=list)
    inside: int = 0
    port: int = 0

    def start(self) -> Doorman:
        """Listen on a free port, in a thread of its own."""
        ready = threading.Event()

        def run() -> None:
            asyncio.run(self._serve(ready))

        threading.Thread(target=run, daemon=True).start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._end.set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if self.certificate else None
        if context is not None:
            context.load_cert_chain(self.certificate)
        server = await asyncio.start_server(self._guest, "127.0.0.1", 0, backlog=4096, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._end.wait()
        server.close()

    async def _guest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.append(time.monotonic())
        if self.went and self.refuse > 0:
            self.refuse -= 1
            await self._turn_away(reader, writer)
            return
        self.inside += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for _ in range(self.answers):
                head = await reader.readuntil(b"\r\n\r\n")
                if b"upgrade: websocket" in head.lower():
                    await self._stream(head, reader, writer)
                    break
                close = b"Connection: close\r\n" if self.asks else b""
                writer.write(b"HTTP/1.1 200 OK\r\n" + close + b"Content-Length: 2\r\n\r\nok")
        self.inside -= 1
        self.went.append(time.monotonic())
        writer.close()

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.status:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(f"HTTP/1.1 {self.status} No\r\n{self.headers}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
        else:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        writer.close()

    async def _stream(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n") if b": " in line)
        key = next(value for name, value in lines.items() if name.lower() == b"sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key + _MAGIC).digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        sending = asyncio.ensure_future(self._send_frames(writer))
        try:
            while await reader.read(4096):
                pass
        finally:
            sending.cancel()

    async def _send_frames(self, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"\x81\x02{}")
                await asyncio.sleep(self.frame_every)


def certify(place: Path) -> None:
    """Put the certificate of 127.0.0.1 into a directory: ``both`` has it with its key."""
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1")
    made = ("-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "crt")
    subprocess.run(["openssl", "req", *made, *subject], cwd=place, check=True, capture_output=True)
    (place / "both").write_bytes((place / "key").read_bytes() + (place / "crt").read_bytes())
