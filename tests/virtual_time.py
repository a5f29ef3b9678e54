"""Virtual time for gevent: while nothing is ready to run, the clock moves to the next timer, and nobody waits.

Law: timers fire in the order of their instants, and of their making where these are the same; between two of them all
that is ready runs. Every clock that Locust and our modules read says the virtual time. What still waits for it at the
end is killed, and everything is restored. Sockets and signals are not waited for; gevent's pool of threads is.

::

    with virtual_time() as clock:
        gevent.sleep(3600)          # returns at once; monotonic(), time() and perf_counter() are an hour further
"""

from __future__ import annotations

import heapq
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Self

import gevent
from gevent import getcurrent, monkey

ORIGIN = 1_000_000.0
"""What the monotonic clocks say at the beginning: the same in every run, so that rounding is the same too."""

WALL = 1_790_000_000.0
"""What the wall clock says at the beginning."""

LEAST = 1e-6
"""Seconds that every timer takes at the least: a deadline that rounding makes a hair too early is waited for again."""

REAL = (time.time, time.monotonic, time.perf_counter, time.time_ns, time.monotonic_ns)
"""The clocks of the machine."""

OURS = ("time", "locust", "gevent", "tests", "test_")
"""What the modules begin with that read the virtual clock, by whatever name they hold it."""

KIN = "tests.kin"
"""What greenlets hand on to those that they spawn."""

MOST_AT_ONCE = 200_000
"""Timers of one virtual second after which something goes round in a circle."""


class Timer:
    """What stands for a timer of libev."""

    def __init__(self, clock: VirtualTime, after: float, repeat: float, *, ref: bool, priority: int | None) -> None:
        self.loop, self._clock = clock.loop, clock
        self._after, self._repeat = after, repeat
        self.ref, self.priority = ref, priority
        self.callback: Callable[..., Any] | None = None
        self.args: tuple[Any, ...] = ()
        self.owner: Any = None
        """Whose it is: what :func:`kin` says of the greenlet that started it."""
        self.at = math.inf
        self.active, self.pending = False, False

    def start(self, callback: Callable[..., Any], *args: Any, update: bool = True) -> None:
        """Have ``callback`` called when the time is over."""
        if callback is None:
            raise TypeError("callback must be callable, not None")
        del update
        self.callback, self.args, self.owner, self.active = callback, args, kin(getcurrent()), True
        self._clock.put(self, self._after)

    def again(self, callback: Callable[..., Any], *args: Any, update: bool = True) -> None:
        """Begin again with the time between two calls."""
        del update
        self.callback, self.args, self.owner, self.active = callback, args, kin(getcurrent()), True
        self._clock.put(self, self._repeat)

    def fire(self) -> None:
        """Call it: its time has come."""
        callback, args = self.callback, self.args
        if self._repeat:
            self._clock.put(self, self._repeat)
        else:
            self.stop()
        assert callback is not None
        try:
            callback(*args)
        except BaseException:  # noqa: BLE001 as libev's watchers do
            self.loop.handle_error(self, *sys.exc_info())

    def stop(self) -> None:
        """Call nobody."""
        self.callback, self.args, self.owner = None, (), None
        self.active, self.at = False, math.inf

    close = stop

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def sleeper(self) -> Any:
        """The greenlet that is woken by this."""
        target = getattr(self.callback, "__self__", None)
        if isinstance(target, gevent.Timeout):
            return self.args[0]
        return getattr(target, "greenlet", target)


class Loop:
    """gevent's loop, with timers of its own."""

    def __init__(self, clock: VirtualTime, real: Any) -> None:
        self.__dict__.update(_clock=clock, _real=real, run_callback=real.run_callback)

    def timer(self, after: float, repeat: float = 0.0, ref: bool = True, priority: int | None = None) -> Timer:
        """Return a timer of the virtual clock."""
        if repeat < 0.0:
            raise ValueError("repeat must be positive or zero")
        return Timer(self._clock, after, repeat, ref=ref, priority=priority)

    def now(self) -> float:
        """Return the virtual wall clock, which is what libev says."""
        return float(self._clock.time())

    def update_now(self) -> None:
        """Do nothing: time does not pass by itself."""

    update = update_now

    def __getattr__(self, name: str) -> Any:
        """Return what gevent's loop has."""
        return getattr(self._real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what gevent's loop has."""
        setattr(self._real, name, value)


class VirtualTime:
    """The clock; ``now`` is in seconds since the beginning."""

    def __init__(self, hub: Any) -> None:
        self.now = 0.0
        self._hub, self._real = hub, hub.loop
        self.loop = Loop(self, hub.loop)
        self._idle = hub.loop.idle()
        self._timers: list[tuple[float, int, Timer]] = []
        self._numbers = count()
        self._frozen: dict[Any, list[Timer]] = {}
        self._second, self._fired = 0.0, 0
        self._virtual = (self.time, self.monotonic, self.monotonic, self.time_ns, self.monotonic_ns)
        self._pause = monkey.get_original("time", "sleep")

    def time(self) -> float:
        """Return the wall clock."""
        return WALL + self.now

    def monotonic(self) -> float:
        """Return the monotonic clocks."""
        return ORIGIN + self.now

    def time_ns(self) -> int:
        """Return the wall clock in nanoseconds."""
        return round(self.time() * 1e9)

    def monotonic_ns(self) -> int:
        """Return the monotonic clocks in nanoseconds."""
        return round(self.monotonic() * 1e9)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Let virtual time pass, and all that happens in it."""
        gevent.sleep(seconds)

    def put(self, timer: Timer, after: float) -> None:
        """Have a timer fire so many seconds from now."""
        timer.at = self.now + max(after, LEAST)
        heapq.heappush(self._timers, (timer.at, next(self._numbers), timer))
        if not self._idle.active:
            self._idle.start(self._advance)

    def _advance(self) -> None:
        """Fire the next timer: nothing else is ready."""
        if self._real._callbacks:
            return
        pool = self._hub._threadpool
        if pool is not None and pool.task_queue.unfinished_tasks:
            self._pause(0.0002)
            return
        while self._timers:
            at, _, timer = heapq.heappop(self._timers)
            if not timer.active or timer.at != at:
                continue  # it was stopped, or begun again
            if timer.owner in self._frozen:
                self._frozen[timer.owner].append(timer)
                continue
            self.now = max(self.now, at)
            self._count()
            timer.fire()
            return
        self._idle.stop()  # a loop without anything to do ends in LoopExit, as always

    def _count(self) -> None:
        if self.now >= self._second + 1:
            self._second, self._fired = self.now, 0
        self._fired += 1
        if self._fired > MOST_AT_ONCE:
            error = RuntimeError(f"more than {MOST_AT_ONCE} timers within a second at {self.now:.6f} s")
            self._hub.handle_system_error(RuntimeError, error)

    def freeze(self, owner: Any) -> None:
        """Wake nobody of ``owner`` any more, until :meth:`thaw`."""
        self._frozen.setdefault(owner, [])

    def thaw(self, owner: Any) -> None:
        """Wake those whose time came while they were frozen, in order."""
        for timer in self._frozen.pop(owner, []):
            if timer.active:
                self.put(timer, 0.0)

    def open(self) -> None:
        """Begin."""
        self._hub.loop = self.loop
        _replace(list(zip(REAL, self._virtual, strict=True)))

    def close(self) -> None:
        """Kill what still waits, and restore everything."""
        self._frozen.clear()
        try:
            for _ in range(20):
                sleepers = {timer.sleeper for _, _, timer in self._timers if timer.active} - {None, getcurrent()}
                sleepers = {one for one in sleepers if isinstance(one, gevent.Greenlet) and not one.dead}
                if not sleepers:
                    break
                gevent.killall(sleepers, block=False)
                gevent.sleep(0)
                gevent.sleep(0)
        finally:
            self._idle.stop()
            self._idle.close()
            self._hub.loop = self._real
            _replace(list(zip(self._virtual, REAL, strict=True)))


def kin(greenlet: Any) -> Any:
    """Return whose a greenlet is, as all that come of it are too; None: nobody has said so."""
    known = getattr(greenlet, "spawn_tree_locals", None)
    return known.get(KIN) if known else None


def adopt(greenlet: Any, owner: Any) -> None:
    """Have a greenlet, and all that come of it, be ``owner``'s."""
    greenlet.spawn_tree_locals = {KIN: owner}


def _replace(clocks: Sequence[tuple[Any, Any]]) -> None:
    """Give our modules other clocks, by whatever name they hold those that they have."""
    others = {id(old): new for old, new in clocks}
    for name, module in list(sys.modules.items()):
        if name.startswith(OURS) and not others.keys().isdisjoint(map(id, vars(module).values())):
            for key, value in list(vars(module).items()):
                if id(value) in others:
                    setattr(module, key, others[id(value)])


@contextmanager
def virtual_time() -> Iterator[VirtualTime]:
    """Let time be virtual, and give its clock."""
    clock = VirtualTime(gevent.get_hub())
    clock.open()
    try:
        yield clock
    finally:
        clock.close()
