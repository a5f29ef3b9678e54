"""What lies between a master and its workers in one process: letters, and what becomes of them on their way.

Law: a letter can be lost, doubled, late, or overtaken by another one; it is packed as Locust packs it. Nothing here
knows who says what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gevent
from gevent.queue import Queue
from locust.rpc import Message

TO_MASTER, TO_WORKER = "to the master", "to a worker"

OURS = "locust_ext."


@dataclass(frozen=True)
class Letter:
    """One message on its way; ``late`` is how many seconds that takes."""

    way: str
    kind: str
    frames: Sequence[bytes]
    late: float = 0.0

    @property
    def worker(self) -> str:
        """The worker that it comes from, or goes to."""
        return self.frames[0].decode()

    @property
    def is_ours(self) -> bool:
        """Whether it is one of ours: what Locust says comes by TCP, in order, or not at all."""
        return self.kind.startswith(OURS)

    def after(self, seconds: float) -> Letter:
        """Return it, so many seconds later."""
        return replace(self, late=seconds)


Post = Callable[[Letter], Sequence[Letter]]
"""What becomes of a letter: itself as it should be, nothing, itself twice, itself later, one that was kept back."""


class Wire:
    """What lies between them; ``post`` decides what arrives."""

    def __init__(self, post: Post = lambda letter: (letter,)) -> None:
        self.post, self.letters = post, []
        self.heard: Callable[[Letter], object] = lambda _: None
        """Is told of each letter that arrives."""
        self._to_master: Queue[Sequence[bytes]] = Queue()
        self._to_worker: dict[str, Queue[bytes]] = {}
        self._cut: dict[str, list[Letter] | None] = {}

    def carry(self, letter: Letter) -> None:
        """Take a letter, and deliver what is to arrive, now or later."""
        self.letters.append(letter)
        for one in self.post(letter):
            if one.late > 0:
                gevent.get_hub().loop.timer(one.late).start(self._deliver, one)
            else:
                self._deliver(one)

    def _deliver(self, letter: Letter) -> None:
        if letter.worker in self._cut:
            kept = self._cut[letter.worker]
            if kept is not None:
                kept.append(letter)
            return
        self.heard(letter)
        if letter.way == TO_MASTER:
            self._to_master.put(letter.frames)
        elif letter.worker in self._to_worker:
            self._to_worker[letter.worker].put(letter.frames[1])

    def cut(self, worker: str, *, for_ever: bool = False) -> None:
        """Deliver nothing from or to a worker until it is mended; then comes what was kept, in order."""
        self._cut[worker] = None if for_ever else []

    def mend(self, worker: str) -> None:
        """Deliver again."""
        for letter in self._cut.pop(worker, None) or ():
            self._deliver(letter)

    def kinds(self, way: str) -> list[str]:
        """Return what was said one way, without what Locust itself says."""
        return [one.kind for one in self.letters if one.way == way and one.is_ours]

    def server(self) -> Any:
        """Return the master's end."""
        return _End(self, None, self._to_master)

    def client(self, identity: str) -> Any:
        """Return a worker's end."""
        return _End(self, identity.encode(), self._to_worker.setdefault(identity, Queue()))


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

    @property
    def context(self) -> _End:
        """What sockets share: here nothing."""
        return self

    def term(self) -> None:
        """Do nothing: what was said is on its way."""
