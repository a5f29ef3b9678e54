"""The client that a run's configuration chooses: LeanHttpUser's for each FastHttpUser, where it says so.

Law: only a client that FastHttpUser itself has made is replaced, when it has made it; one of the locustfile's own
stays, and that is said. Without the word a FastHttpUser is what it is.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import gevent
from locust import FastHttpUser
from locust.contrib.fasthttp import FastHttpSession
from locust.runners import WorkerRunner

from locust_ext.clients.lean.session import LeanSession
from locust_ext.clients.lean.user import LeanHttpUser, lean_client
from locust_ext.config.measuring import LEAN
from locust_ext.process.part import Part, Registered
from locust_ext.process.seam import Seam
from locust_ext.process.supervised import Stake, Work
from locust_ext.process.wire import Inbox, Item, Message, Name, Sentence

logger = logging.getLogger(__name__)

SAYING = Work("the word on clients that are not the chosen one", Stake.LOOKS)


class ClientTold(Item):
    """Which client FastHttpUsers have; nothing is told of a run in which they have their own."""

    client: Literal["lean"]


class NotLean(Message):
    """A process with users says that one of their classes is not measured with the client that was chosen."""

    type: ClassVar[str] = "locust_ext.not_lean"

    run: Name
    why: Sentence


class ChosenClient(Part[str, ClientTold]):
    """Gives the users of one environment their clients; ``mention`` takes what its report has to say of them.

    The intent is the client's name.
    """

    name = "client"

    def __init__(self, environment: Any, mention: Callable[[str], object]) -> None:
        self._environment, self._mention = environment, mention
        self._run = ""
        self._said: set[str] = set()

    def reads(self) -> type[ClientTold]:
        """Return the model of what processes are told."""
        return ClientTold

    def messages(self, inbox: Inbox) -> list[Registered]:
        """Take what workers say of their users."""
        is_worker = isinstance(self._environment.runner, WorkerRunner)
        return [] if is_worker else [inbox.takes(NotLean, lambda _, told: self._hear(told))]

    def orders(self, intent: str) -> ClientTold | None:
        """Return the client, where it is not the users' own."""
        return ClientTold(client="lean") if intent == LEAN else None

    def follow(self, told: ClientTold | None, run: str) -> None:
        """Stand where FastHttpUsers make their clients, before the first of them."""
        self.leave()
        self._run = run
        if told is not None:
            _RUNS[id(self._environment)] = self
            _SEAM.open()

    def leave(self) -> None:
        """Let users have their own clients again."""
        self._said.clear()
        _RUNS.pop(id(self._environment), None)
        if not _RUNS:
            _SEAM.close()

    def look(self, user: Any) -> None:
        """Say of a user that was made whether, and why, it is measured with another client; once for its class."""
        client, name = getattr(user, "client", None), type(user).__name__
        if not isinstance(client, LeanSession):
            why = f"{name} has a client of its own, {type(client).__name__}, and is measured with that"
        elif not client.is_lean:
            why = f"{name} has a client_pool or a proxy, and its requests go FastHttpUser's own way, at its cost"
        else:
            return
        if name not in self._said and _RUNS.get(id(self._environment)) is self:
            self._said.add(name)
            SAYING.start(self._say, f"client: lean: {why}")  # the hub, which asks, must not wait for a socket

    def _say(self, sentence: str) -> None:
        logger.warning("%s", sentence)
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            NotLean(run=self._run, why=sentence).send(runner)
        else:
            self._mention(sentence)

    def _hear(self, told: NotLean) -> None:
        if told.run == self._run:
            self._mention(told.why)


def _choosing(init: Callable[..., None]) -> Callable[..., None]:
    """Wrap FastHttpUser's making of a user, which all its subclasses pass."""

    @functools.wraps(init)
    def made(user: Any, *arguments: Any, **named: Any) -> None:
        init(user, *arguments, **named)
        part = _RUNS.get(id(user.environment))
        if part is None:
            return
        if type(user.client) is FastHttpSession and not isinstance(user, LeanHttpUser):
            user.client = lean_client(user)
        gevent.get_hub().loop.run_callback(part.look, user)  # what a subclass makes of it comes after this

    return made


_RUNS: dict[int, ChosenClient] = {}
"""The parts of the runs with a chosen client that are under way, by their environment: a script may have several."""

_SEAM = Seam(FastHttpUser, "__init__", _choosing)
