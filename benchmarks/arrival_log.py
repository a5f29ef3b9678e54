"""A target that notes when each request came: how near a generator keeps to its rate is told here, not by itself.

``python benchmarks/arrival_log.py`` serves on a core of its own; ``ArrivalLog`` starts and reads such a process.

Law: one note a request, on the monotonic clock, which all processes of a machine share; and as little else as can be.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from array import array
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.request import urlopen

END = b"\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
READ = b"/log"
"""The path that answers with the log; asking for it is not noted."""

MOST = 2_000_000
"""Requests that there is room for: 16 bytes each, kept before the first one comes."""

LOOK = 0.005
"""Seconds between two looks at the clock, which tell how long this process itself stood still."""


class Book:
    """Times and paths of the requests, in the order in which they were read."""

    def __init__(self, most: int = MOST) -> None:
        self._times, self._paths = array("d", bytes(8 * most)), array("L", bytes(8 * most))
        self._numbers: dict[bytes, int] = {}
        self._longest_stall = 0.0
        self.requests = 0

    def note(self, path: bytes, now: float) -> None:
        """Write one down."""
        self._times[self.requests] = now
        self._paths[self.requests] = self._numbers.setdefault(path, len(self._numbers))
        self.requests += 1

    def stood_still(self, seconds: float) -> None:
        """Write down a stall of this process, in seconds: what came meanwhile was noted late."""
        self._longest_stall = max(self._longest_stall, seconds)

    def page(self) -> bytes:
        """Return everything as JSON: ``arrivals`` (seconds, by path) and ``longest_stall`` (seconds)."""
        names = {number: path.decode("latin-1") for path, number in self._numbers.items()}
        arrivals: dict[str, list[float]] = {name: [] for name in names.values()}
        for number in range(self.requests):
            arrivals[names[self._paths[number]]].append(round(self._times[number], 6))
        return json.dumps({"arrivals": arrivals, "longest_stall": self._longest_stall}).encode()


@dataclass(frozen=True)
class Behaviour:
    """What the target does beside answering at once; seconds."""

    answer_after: float = 0.0
    freeze_at: float = 0.0
    """From the first request to a freeze, in which nothing is read and nothing answered."""
    freeze_for: float = 0.0


class Logged(asyncio.Protocol):
    """Answers each blank line on a connection that stays open; requests with bodies are not for it."""

    def __init__(self, book: Book, behaviour: Behaviour) -> None:
        self._book, self._behaviour = book, behaviour
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the requests that are complete, and answer them."""
        now = time.monotonic()
        *heads, self._rest = (self._rest + data).split(END)
        for head in heads:
            path = head.split(b" ", 2)[1]
            if path == READ:
                self._read()
            else:
                self._take(path, now)

    def _take(self, path: bytes, now: float) -> None:
        if not self._book.requests and self._behaviour.freeze_for:
            self._loop.call_later(self._behaviour.freeze_at, time.sleep, self._behaviour.freeze_for)
        self._book.note(path, now)
        assert self._transport is not None
        if self._behaviour.answer_after:
            self._loop.call_later(self._behaviour.answer_after, self._transport.write, ANSWER)
        else:
            self._transport.write(ANSWER)

    def _read(self) -> None:
        page = self._book.page()
        assert self._transport is not None
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))


async def _look_at_the_clock(book: Book) -> None:
    before = time.monotonic()
    while True:
        await asyncio.sleep(LOOK)
        now = time.monotonic()
        book.stood_still(now - before - LOOK)
        before = now


async def serve(port: int, behaviour: Behaviour) -> Book:
    """Serve until SIGTERM, say where, and return what was noted."""
    loop, over, book = asyncio.get_running_loop(), asyncio.Event(), Book()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(lambda: Logged(book, behaviour), "127.0.0.1", port, backlog=1024)
    gc.freeze()
    gc.disable()  # nothing here goes in circles, and a collection would be noted as lateness of the generator
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    looking = asyncio.create_task(_look_at_the_clock(book))
    await over.wait()
    looking.cancel()
    server.close()
    return book


@dataclass(frozen=True)
class Log:
    """What a target noted."""

    arrivals: dict[str, list[float]]
    """When requests came, by path; seconds on the monotonic clock, in order."""
    longest_stall: float
    """Seconds for which the target itself stood still at most, a freeze included: what came then was noted late."""

    @property
    def times(self) -> list[float]:
        """The times of all requests, in order."""
        return sorted(at for times in self.arrivals.values() for at in times)


class ArrivalLog:
    """A target in a process of its own, on the last core that we may use unless another is named."""

    def __init__(
        self, *, port: int = 0, core: int | None = None, answer_after: float = 0.0, freeze: tuple[float, float] = (0, 0)
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name) / "arrivals.json"
        options = {
            "--path": self._file,
            "--port": port,
            "--core": max(os.sched_getaffinity(0)) if core is None else core,
            "--answer-after": answer_after,
            "--freeze-at": freeze[0],
            "--freeze-for": freeze[1],
        }
        words = [str(word) for option in options.items() for word in option]
        self._process = subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        """Where it listens."""

    def read(self) -> Log:
        """Return what it noted so far; it answers nothing else meanwhile."""
        with urlopen(self.url + READ.decode(), timeout=60) as answer:
            return Log(**json.load(answer))

    def stop(self) -> Log:
        """End it, and return what it noted."""
        self._process.terminate()
        self._process.communicate(timeout=60)
        log = Log(**json.loads(self._file.read_bytes()))
        self._folder.cleanup()
        return log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        self._folder.cleanup()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(description="Answer every request, and note when it came.")
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0: on a free port")
    parser.add_argument("--core", type=int, help="the core to run on")
    parser.add_argument("--path", type=Path, help="file that the log is written to at SIGTERM; GET /log gives it too")
    parser.add_argument("--answer-after", type=float, default=0.0, help="seconds until each answer")
    parser.add_argument("--freeze-at", type=float, default=0.0, help="seconds from the first request to a freeze")
    parser.add_argument("--freeze-for", type=float, default=0.0, help="seconds that it lasts; 0: none")
    given = parser.parse_args()
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)  # an instrument; where it must wait for the core, so does every note
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    behaviour = Behaviour(given.answer_after, given.freeze_at, given.freeze_for)
    book = asyncio.run(serve(given.port, behaviour))
    if given.path:
        given.path.write_bytes(book.page())


if __name__ == "__main__":
    main()
