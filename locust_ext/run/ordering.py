"""The master's side of a run's orders: every worker gets them, and follows them, before it gets any user.

Law: a spawn message reaches a worker only after that has said that it follows the run that is under way. Workers that
are there when the run begins are waited for, and none of them starts before all have answered; one that comes later is
sent its orders, and its users when it has answered. Who refuses, or does not answer, gets none.

::

    worker --hello--> master --orders--> worker --follows | refuses--> master --spawn--> worker
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any

from gevent.event import Event
from locust.exception import RPCError
from locust.rpc import zmqrpc

from locust_ext.process.message_types import ORDERS
from locust_ext.process.seam import Seam
from locust_ext.text.spelling import plural

if TYPE_CHECKING:
    from locust_ext.process.orders import Follows

logger = logging.getLogger(__name__)

ANSWERS = 15.0
"""Seconds that a worker has to answer: its listeners of ``init`` may still be loading what they need."""

ANSWERED = 3.0
"""Seconds after which a worker has answered that is there and not at work: a mute one is told after that time."""

SAID_AFTER = 1.0
"""Seconds of waiting after which it is said what is waited for."""

MUTE = "does not answer: is locust_ext installed and loaded there?"


class WorkerState(Enum):
    """How a worker stands to the run that is under way."""

    ASKED = "asked"
    FOLLOWS = "follows"
    OUT = "out"


class Ordering:
    """Gives the orders of one master's runs; ``refused`` is told which worker gets no users, and why."""

    def __init__(self, runner: Any, refused: Callable[[str, str], None]) -> None:
        self._runner, self._refused = runner, refused
        self._told: Mapping[str, Any] = {}
        self._states: dict[str, WorkerState] = {}
        self._since: dict[str, float] = {}
        self._held: dict[str, Any] = {}
        """By worker the last spawn message that waits for its answer: each says how many users there are to be."""
        self._hears_us: set[str] = set()
        """Workers that have said so, once in their lives; of those that have gone none."""
        self.followed: Callable[[str], object] = lambda _: None
        """Is told which worker follows, before that has any users."""
        self._heard = Event()
        self._seam = Seam(zmqrpc.Server, "send_to_client", self._through)

    def install(self) -> None:
        """Stand where messages leave a master."""
        if hasattr(self._runner, "clients"):
            self._seam.open()

    def let_go(self) -> None:
        """Leave the process as it was."""
        self._seam.close()

    @property
    def run(self) -> str:
        """The run whose users workers may get; empty while there is none."""
        return str(self._told.get("id", ""))

    def give(self, run: str, orders: Callable[[], Mapping[str, Any]]) -> None:
        """Send the orders of a run to all workers, and wait until each has answered, or its time is up."""
        self.close()
        if not hasattr(self._runner, "clients"):
            return
        self._told = orders()
        for worker in self._live():
            self._ask(worker)
        began, is_said = monotonic(), False
        while self.run == run and (waiting := list(self._waiting())):
            self._heard.clear()
            self._heard.wait(0.1)
            self.look()
            if not is_said and monotonic() >= began + SAID_AFTER:
                is_said = True
                logger.info("waiting up to %d s for %s to follow the run", ANSWERS, plural(len(waiting), "worker"))

    @property
    def has_followers(self) -> bool:
        """Whether anybody is there to have users; a local run is its own."""
        return not hasattr(self._runner, "clients") or WorkerState.FOLLOWS in self._states.values()

    def close(self) -> None:
        """End the run for the workers: no user of it is asked for any more. Who had time to answer did not want to."""
        for worker in list(self._waiting()):
            self._give_up(worker)
        self._told = {}
        self._states.clear()
        self._since.clear()
        self._held.clear()
        self._heard.set()

    def greet(self, worker: str) -> None:
        """Give a worker that can hear us the orders of the run that is under way, if it has not followed them."""
        self._hears_us = {one for one in self._hears_us if one in self._runner.clients} | {worker}
        if self.run and self._states.get(worker) in (None, WorkerState.ASKED):
            self._ask(worker)

    def _ask(self, worker: str) -> None:
        self._states[worker] = WorkerState.ASKED
        self._since.setdefault(worker, monotonic())
        try:
            self._runner.send_message(ORDERS, dict(self._told), client_id=worker)
        except RPCError as error:
            logger.warning("worker %s cannot be sent its orders: %s", worker, error)

    def answer(self, worker: str, told: Follows) -> None:
        """Take a worker's answer: now its users may be asked for, or never in this run.

        It may come late, from one that stood still, and was not waited for.
        """
        if not self.run or told.run != self.run or self._states.get(worker) in (WorkerState.FOLLOWS, WorkerState.OUT):
            return
        if told.refused:
            self._put_out(worker, f"{told.who or worker} {told.refused}")
        else:
            self._states[worker] = WorkerState.FOLLOWS
            self.followed(worker)
            held = self._held.pop(worker, None)
            if held is not None:
                self._runner.server.send_to_client(held)
        self._heard.set()

    def look(self) -> None:
        """Put out anyone who has not answered in time."""
        for worker in list(self._waiting()):
            if worker not in self._live() or monotonic() >= self._since[worker] + ANSWERS:
                self._give_up(worker)

    def _give_up(self, worker: str) -> None:
        """Wait for a worker no longer: put it out, unless it was asked only just now."""
        if monotonic() >= self._since[worker] + ANSWERED:
            self._put_out(worker, f"worker {worker} {MUTE}")
        else:
            del self._states[worker], self._since[worker]

    def _put_out(self, worker: str, reason: str) -> None:
        self._states[worker] = WorkerState.OUT
        self._held.pop(worker, None)
        self._refused(worker, reason)

    def _waiting(self) -> Iterator[str]:
        return (worker for worker, state in self._states.items() if state is WorkerState.ASKED)

    def _live(self) -> list[str]:
        return [worker.id for worker in getattr(self._runner, "clients", {}).values() if worker.state != "missing"]

    def _through(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Stand in for how Locust's master sends to one worker."""

        @functools.wraps(send)
        def sent(server: Any, message: Any) -> Any:
            if message.type != "spawn" or server is not self._runner.server or self._passes(message):
                return send(server, message)
            return None

        return sent

    def _passes(self, message: Any) -> bool:
        """Tell whether a spawn message may go now; keep it where the answer is still to come."""
        worker, state = message.node_id, self._states.get(message.node_id)
        if self.run and state in (None, WorkerState.ASKED):
            self._held[worker] = message
            if state is None and worker in self._hears_us:
                self._ask(worker)  # it stood still when the others were asked
            self._states[worker] = WorkerState.ASKED  # or it will be, when it says that it can hear us
            self._since.setdefault(worker, monotonic())
        return bool(self.run) and state is WorkerState.FOLLOWS
