"""A master and a worker in one process, joined by two lists: Locust's own runners, our own parts, and no socket.

Law: whatever one says to the other is a :class:`Letter` that can be kept back, doubled, dropped or put in another order
before it arrives, and is packed as Locust packs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gevent
import locust.runners
from gevent.queue import Queue
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events
from locust.rpc import Message, zmqrpc

from locust_ext.plugin import attach

TO_MASTER, TO_WORKER = "to the master", "to a worker"


@dataclass(frozen=True)
class Letter:
    """One message on its way."""

    way: str
    kind: str
    frames: Sequence[bytes]


Post = Callable[[Letter], Sequence[Letter]]
"""What becomes of a letter: itself as it should be, nothing, itself twice, one that was kept back."""


class Wire:
    """What lies between the two; ``post`` decides what arrives."""

    def __init__(self, post: Post = lambda letter: (letter,)) -> None:
        self.post, self.letters = post, []
        self._to_master: Queue[Sequence[bytes]] = Queue()
        self._to_worker: dict[bytes, Queue[bytes]] = {}

    def carry(self, letter: Letter) -> None:
        """Take a letter, and deliver what is to arrive."""
        self.letters.append(letter)
        for one in self.post(letter):
            if one.way == TO_MASTER:
                self._to_master.put(one.frames)
            elif one.frames[0] in self._to_worker:
                self._to_worker[one.frames[0]].put(one.frames[1])

    def kinds(self, way: str) -> list[str]:
        """Return what was said one way, without what Locust itself says."""
        return [one.kind for one in self.letters if one.way == way and one.kind.startswith("locust_ext.")]

    def server(self) -> Any:
        """Return the master's end."""
        return _End(self, None, self._to_master)

    def client(self, identity: str) -> Any:
        """Return a worker's end."""
        queue = self._to_worker.setdefault(identity.encode(), Queue())
        return _End(self, identity.encode(), queue)


class _End:
    """What stands for a socket of zmq."""

    def __init__(self, wire: Wire, identity: bytes | None, queue: Queue[Any]) -> None:
        self._wire, self._identity, self._queue = wire, identity, queue

    def send(self, data: bytes, *_: Any) -> None:
        """Say something to the master."""
        self._wire.carry(Letter(TO_MASTER, Message.unserialize(data).type, (self._identity or b"", data)))

    def send_multipart(self, frames: Sequence[bytes]) -> None:
        """Say something to a worker."""
        self._wire.carry(Letter(TO_WORKER, Message.unserialize(frames[1]).type, tuple(frames)))

    def recv(self) -> Any:
        """Wait for the next frame."""
        return self._queue.get()

    def recv_multipart(self) -> Any:
        """Wait for the next frames."""
        return self._queue.get()

    def close(self, linger: object = None) -> None:
        """Do nothing: there is nothing to close."""


class Hurried:
    """gevent as Locust's runners see it, with short sleeps: what takes them seconds takes a hundredth of one."""

    LONGEST = 0.02

    def __getattr__(self, name: str) -> Any:
        """Return what gevent has."""
        return getattr(gevent, name)

    def sleep(self, seconds: float = 0.0) -> None:
        """Sleep for a moment."""
        gevent.sleep(min(seconds, self.LONGEST))


@dataclass
class Pair:
    """The two, each with its environment and what takes part in its runs."""

    wire: Wire
    master: Environment
    worker: Environment
    judge: Any
    users: Any

    def begin(self, users: int = 1) -> None:
        """Begin a run, and wait until its users are there, or it is over."""
        self.master.runner.start(users, users)
        self.heed(lambda: self.worker.runner.user_count == users)

    def heed(self, happens: Callable[[], object]) -> None:
        """Wait until something happens, or the run is over."""
        self.wait(lambda: happens() or self.judge.controller.run.ended is not None)

    def end(self) -> Any:
        """End the run; return its result."""
        self.master.runner.stop()
        self.wait(lambda: self.judge.result is not None)
        return self.judge.result

    @staticmethod
    def wait(condition: Callable[[], object], limit: float = 20.0) -> None:
        """Wait for a condition."""
        with gevent.Timeout(limit):
            while not condition():
                gevent.sleep(0.005)


@contextmanager
def pair(monkeypatch: Any, classes: Sequence[type[Any]], wire: Wire | None = None, loadtest: str = "") -> Any:
    """Yield a pair whose worker has users of ``classes``; both have let go of the process afterwards."""
    wire = wire or Wire()

    def serve(server: Any, *_: Any) -> None:
        server.socket, server.port = wire.server(), 0

    def connect(client: Any, _host: str, _port: int, identity: str) -> None:
        client.socket = wire.client(identity)

    monkeypatch.setattr(zmqrpc.Server, "__init__", serve)
    monkeypatch.setattr(zmqrpc.Client, "__init__", connect)
    monkeypatch.setattr(locust.runners, "gevent", Hurried())
    environments = [Environment(user_classes=list(classes), events=Events(), host="http://127.0.0.1:1") for _ in "mw"]
    for environment in environments:
        environment.parsed_options = get_parser().parse_args([])
    master, worker = environments
    attached = []
    try:
        master.create_master_runner()
        attached.append(attach(master, loadtest))
        worker.create_worker_runner("127.0.0.1", 1)
        attached.append(attach(worker))
        yield Pair(wire, master, worker, *(one._run for one in attached))
    finally:
        for one in reversed(attached):
            one._run.let_go()
        for environment in reversed(environments):
            environment.runner.greenlet.kill(block=False)
