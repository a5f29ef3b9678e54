"""A master and its workers in one process, joined by lists: Locust's own runners, our own parts, and no socket.

Law: time is virtual, and what one says to the other is a letter on a wire (``tests/wire.py``). Each process has greenlets
of its own, so that it can stand still or die, and user classes of its own; only they pass the seams that it has put into
classes of Locust's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import gevent
import locust.runners
from gevent import getcurrent
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events
from locust.rpc import zmqrpc

from locust_ext.measure import hiccup
from locust_ext.plugin import attach
from locust_ext.process.seam import Seam
from locust_ext.safety.outlet import OUTLET
from tests.virtual_time import VirtualTime, adopt, kin, virtual_time
from tests.wire import TO_MASTER, TO_WORKER, Wire

__all__ = ["TO_MASTER", "TO_WORKER", "Pair", "Process", "pair"]


class Crossing:
    """A function of Locust's in which several processes have seams: whoever calls it passes those of its own."""

    def __init__(self, owner: Any, name: str, fallback: Any) -> None:
        self._owner, self._name, self._fallback = owner, name, fallback
        self._stock, self._raw = getattr(owner, name), vars(owner).get(name)
        self._seams: dict[Any, list[Seam]] = {}
        self._made: dict[Any, Any] = {}

        def crossed(*arguments: Any, **named: Any) -> Any:
            return self._of(kin(getcurrent()))(*arguments, **named)

        setattr(owner, name, crossed)

    def _of(self, process: Any) -> Any:
        key = self._fallback if process is None else process
        if key not in self._made:
            function = self._stock
            for seam in self._seams.get(key, ()):
                function = seam.wrap(function)
            self._made[key] = function
        return self._made[key]

    def change(self, process: Any, seam: Seam, *, there: bool) -> None:
        """Put a seam of a process there, or take it away."""
        key = self._fallback if process is None else process
        self._made.pop(key, None)
        mine = self._seams.setdefault(key, [])
        if there and seam not in mine:
            mine.append(seam)
        elif not there and seam in mine:
            mine.remove(seam)

    def restore(self) -> None:
        """Put back what was there."""
        if self._raw is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._raw)


@dataclass(eq=False)
class Process:
    """One of the processes."""

    clock: VirtualTime
    wire: Wire
    environment: Environment
    attached: Any = None
    is_dead: bool = False
    was_struck: bool = False
    """Whether it died, or ever stood still."""

    @property
    def part(self) -> Any:
        """Its part in runs."""
        return self.attached._run

    @property
    def runner(self) -> Any:
        """Locust's runner."""
        return self.environment.runner

    @property
    def id(self) -> str:
        """What a worker is called by its master."""
        return str(self.runner.client_id)

    def start(self, function: Callable[..., Any], *arguments: Any) -> gevent.Greenlet:
        """Call something in this process, and go on."""
        greenlet = gevent.Greenlet(function, *arguments)
        adopt(greenlet, self)
        greenlet.start()
        return greenlet

    def do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call something in this process; return what it returns."""
        return self.start(function, *arguments).get()

    def stall(self) -> None:
        """Stand still, as by SIGSTOP: nobody wakes, nothing is heard, what was said before arrives."""
        self.was_struck = True
        self.clock.freeze(self)
        self.wire.cut(self.id)

    def go_on(self) -> None:
        """Go on, as by SIGCONT."""
        if not self.is_dead:
            self.clock.thaw(self)
            self.wire.mend(self.id)

    def die(self) -> None:
        """End without a word, as by SIGKILL."""
        self.is_dead = self.was_struck = True
        self.clock.freeze(self)
        self.wire.cut(self.id, for_ever=True)


@dataclass
class Pair:
    """A master and its workers, each with its environment and what takes part in its runs."""

    clock: VirtualTime
    wire: Wire
    processes: list[Process]
    _join: Callable[[], Process]

    @property
    def master(self) -> Environment:
        """The master's environment."""
        return self.processes[0].environment

    @property
    def judge(self) -> Any:
        """The master's part in runs."""
        return self.processes[0].part

    @property
    def workers(self) -> list[Process]:
        """All workers that there ever were."""
        return self.processes[1:]

    @property
    def worker(self) -> Environment:
        """The first worker's environment."""
        return self.processes[1].environment

    @property
    def users(self) -> Any:
        """The first worker's part in runs."""
        return self.processes[1].part

    def join(self) -> Process:
        """Have one more worker come."""
        self.self._join()
        return self.processes[-1]

    def start(self, users: int = 1, rate: float = 100.0) -> None:
        """Begin a run, by its shape where it has one."""
        runner = self.master.runner
        if self.master.shape_class is not None:
            self.processes[0].do(runner.start_shape)
        else:
            self.processes[0].do(runner.start, users, min(users, rate))

    def begin(self, users: int = 1) -> None:
        """Begin a run, and wait until its users are there, or it is over."""
        self.start(users)
        self.heed(lambda: sum(one.runner.user_count for one in self.workers) == users)

    def heed(self, happens: Callable[[], object]) -> None:
        """Wait until something happens, or the run is over."""
        self.wait(lambda: happens() or (self.judge.controller.run is not None and self.is_over))

    @property
    def is_over(self) -> bool:
        """Whether the run has ended; its verdict may still be to come."""
        return self.judge.controller.run.ended is not None

    def end(self) -> Any:
        """End the run; return its result."""
        self.processes[0].do(self.master.runner.stop)
        return self.verdict()

    def verdict(self) -> Any:
        """Wait for the verdict; return the run's result."""
        self.wait(lambda: self.judge.result is not None)
        return self.judge.result

    @staticmethod
    def wait(condition: Callable[[], object], limit: float = 200.0) -> None:
        """Wait for a condition."""
        with gevent.Timeout(limit):
            while not condition():
                gevent.sleep(0.02)


class Idle:
    """A machine that has nothing to do, whatever the simulation takes of it."""

    rss = 50_000_000

    def cpu_percent(self) -> float:
        """Return how busy it is."""
        return 10.0

    def memory_info(self) -> Idle:
        """Return what it needs."""
        return self


class House:
    """Where the processes live: it makes them, and keeps what they put into classes of Locust's apart."""

    def __init__(self, clock: VirtualTime, wire: Wire, classes: Sequence[type[Any]]) -> None:
        self._clock, self._wire, self._classes = clock, wire, classes
        self._crossings: dict[tuple[Any, str], Crossing] = {}
        self.processes: list[Process] = []

    def furnish(self, patch: Any) -> None:
        """Have everything that is made in here join the wire, and each process pass its own seams alone."""
        wire, opened, closed = self._wire, Seam.open, Seam.close
        names = (SimpleNamespace(hex=f"worker-{number}") for number in range(1, 1000))

        def serve(server: Any, *_: Any) -> None:
            server.socket, server.port = wire.server(), 0

        def connect(client: Any, _host: str, _port: int, identity: str) -> None:
            client.socket = wire.client(identity)

        patch.setattr(zmqrpc.Server, "__init__", serve)
        patch.setattr(zmqrpc.Client, "__init__", connect)
        patch.setattr(locust.runners, "uuid4", lambda: next(names))
        patch.setattr(locust.runners, "psutil", SimpleNamespace(Process=Idle))
        patch.setattr(Seam, "open", lambda seam: self._change(seam, opened, there=True))
        patch.setattr(Seam, "close", lambda seam: self._change(seam, closed, there=False))
        patch.setattr(OUTLET, "_look_at", 0.0)
        patch.setattr(hiccup, "INTERVAL", 10 * hiccup.INTERVAL)  # two of three wake-ups were of those who measure lag

    def _change(self, seam: Seam, stock: Callable[[Seam], None], *, there: bool) -> None:
        """Open or close a seam: one in a class or a module is that of the process which does so."""
        if not isinstance(seam.owner, (type, ModuleType)):
            stock(seam)
            return
        place = (seam.owner, seam.name)
        if place not in self._crossings:
            self._crossings[place] = Crossing(*place, self.processes[0])
        self._crossings[place].change(kin(getcurrent()), seam, there=there)

    def add(self, make: Callable[[Environment], Any], configuration: str = "") -> Process:
        """Make one more process, with user classes of its own."""
        mine = [type(one.__name__, (one,), {"__module__": one.__module__}) for one in self._classes]
        environment = Environment(user_classes=mine, events=Events(), host="http://127.0.0.1:1")
        environment.parsed_options = get_parser().parse_args([])
        process = Process(self._clock, self._wire, environment)
        self.processes.append(process)
        process.do(make, environment)
        process.attached = process.do(attach, environment, configuration)
        return process

    def add_worker(self) -> Process:
        """Make one more worker."""
        return self.add(lambda environment: environment.create_worker_runner("127.0.0.1", 1))

    def clear(self) -> None:
        """End all processes, and let go of this one."""
        for one in reversed(self.processes):
            self._clock.thaw(one)
            if one.attached is not None:
                one.do(one.part.let_go)
            if one.runner is not None:
                one.runner.greenlet.kill(block=False)
                one.runner.user_greenlets.kill(block=False)
        for crossing in self._crossings.values():
            crossing.restore()


@contextmanager
def pair(
    monkeypatch: Any, classes: Sequence[type[Any]], wire: Wire | None = None, loadtest: str = "", workers: int = 1
) -> Iterator[Pair]:
    """Yield a master and workers with users of ``classes``; all have let go of this process afterwards."""
    wire = wire or Wire()
    with monkeypatch.context() as patch, virtual_time() as clock:
        house = House(clock, wire, classes)
        house.furnish(patch)
        try:
            house.add(lambda environment: environment.create_master_runner(), loadtest)
            for _ in range(workers):
                house.add_worker()
            yield Pair(clock, wire, house.processes, house.add_worker)
        finally:
            house.clear()
