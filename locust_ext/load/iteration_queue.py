"""The due iterations of one scenario in one process, and the users that wait for them.

Law: an iteration that is due goes to the user who has waited longest; where nobody waits, it waits itself, at most as
long as its patience, and is then dropped and counted. Nothing here locks: a process has one thread.

::

    pacer --offer(due)-->  a user waits: begins at once          lateness: the generator's own part
                           nobody waits: the queue  -- patience over -->  dropped_iterations
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter

import gevent
from gevent.lock import Semaphore

from locust_ext.load.arrivals import Arrivals, Share
from locust_ext.load.pockets import SharedPocket
from locust_ext.load.schedule import Schedule
from locust_ext.process.supervised import Stake, Work

PACING = Work("the pacer of arrivals", Stake.LOAD)

LONGEST_SLEEP = 0.05
"""Seconds after which a pacer looks at the world again: for another share, or another schedule."""

MOST_AT_ONCE = 10_000
"""Iterations that are offered before others have their turn, however many are due."""

LEAST_PATIENCE = 1.0
"""Seconds that an arrival waits for a permit at the least."""

MOST_WAITING = 100_000
"""Iterations that wait at the most, whatever their patience."""


class Queue:
    """Due iterations for users of one class."""

    __slots__ = ("_ready", "_waiting", "busy", "idle", "weighed", "weight")

    def __init__(self, weight: float) -> None:
        self.weight, self.weighed = weight, 0.0
        self.idle = self.busy = 0
        """Users that wait, and users at work."""
        self._ready = Semaphore(0)
        self._waiting: deque[tuple[float, float]] = deque()

    @property
    def short(self) -> int:
        """How many more users could be at work."""
        return max(0, len(self._waiting) - self.idle)

    @property
    def waiting(self) -> int:
        """Iterations that nobody has begun."""
        return len(self._waiting)

    def put(self, due: float, now: float) -> None:
        """Add an iteration; ``now`` is when it was noticed."""
        alone = self.idle <= len(self._waiting)
        self._waiting.append((due, now if alone else math.inf))
        self._ready.release()

    def get(self) -> tuple[float, float]:
        """Wait for an iteration; return when it was due, and when it was noticed: infinity if it was begun at once."""
        self.idle += 1
        try:
            self._ready.acquire()
        finally:
            self.idle -= 1
        return self._waiting.popleft()

    def drop_before(self, due: float, most: int = MOST_WAITING) -> int:
        """Drop what nobody has begun and has been due for too long, or is too much; return how many that were."""
        dropped = 0
        waiting = self._waiting
        while len(waiting) > self.idle and (waiting[0][0] < due or len(waiting) > most):
            if not self._ready.acquire(blocking=False):
                break
            waiting.popleft()
            dropped += 1
        return dropped


class IterationQueue:
    """One open scenario in this process. Times are of ``perf_counter``, in seconds."""

    def __init__(self, name: str, weights: dict[str, float], patience: float, tags: dict[str, str]) -> None:
        self.name, self.patience, self.tags = name, patience, tags
        self.queues = {user: Queue(weight) for user, weight in weights.items()}
        self.lateness: list[float] = []
        """Milliseconds, of iterations since this was last emptied."""
        self.dropped = self.short = 0
        """Iterations dropped, and users missing at the worst, since these were last read."""
        self.permits: SharedPocket | None = None
        """Where the load ends with its iterations: what each arrival needs."""
        self.pending: deque[float] = deque(maxlen=MOST_WAITING)
        """When arrivals were due that have no permit yet: there may be one more, or no more are needed."""
        self.arrivals: Arrivals | None = None
        self.schedule_number = -1
        self._upcoming: deque[Share] = deque(maxlen=8)
        self._zero = self._until = math.nan
        self._lapsed = True
        self._share: Share | None = None
        """The share whose iterations are offered."""
        self._greenlet: gevent.Greenlet | None = None

    @property
    def idle(self) -> int:
        """Users that wait for an iteration."""
        return sum(queue.idle for queue in self.queues.values())

    @property
    def busy(self) -> int:
        """Users at work."""
        return sum(queue.busy for queue in self.queues.values())

    @property
    def waiting(self) -> int:
        """Iterations that wait for a user."""
        return sum(queue.waiting for queue in self.queues.values())

    def follow(self, number: int, schedule: Schedule, make: Callable[[Schedule], Arrivals]) -> None:
        """Follow a schedule, or a longer version of the one that it follows."""
        self.schedule_number = number
        if self.arrivals is None:
            self.arrivals = make(schedule)
        else:
            self.arrivals.follow(schedule)

    def hold(self, share: Share, zero: float, until: float) -> None:
        """Take a share until ``until``; ``zero`` is when the schedule began.

        One that comes after a lapse leaves nothing of those before it: others may have had them meanwhile. An older one
        that comes late changes nothing.
        """
        if not self._upcoming or (share != self._upcoming[-1] and share.since >= self._upcoming[-1].since):
            if not perf_counter() < self._until:
                self._upcoming.clear()
            self._upcoming.append(share)
        self._zero, self._until = zero, until
        if self._greenlet is None:
            self._greenlet = PACING.start(self._pace)

    def stop(self) -> None:
        """Offer nothing more."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _pace(self) -> None:
        self._lapsed = True  # a pacer that is started again makes up for nothing
        while True:
            now = perf_counter()
            at, arrivals = now - self._zero, self.arrivals
            upcoming = self._upcoming
            if arrivals is None:
                gevent.sleep(LONGEST_SLEEP)
                continue
            if now >= self._until:  # others may have it by now
                self._lapsed = True
                gevent.sleep(LONGEST_SLEEP)
                continue
            share = next((one for one in reversed(upcoming) if one.since <= at), None)
            if share is None:
                gevent.sleep(min(LONGEST_SLEEP, upcoming[0].since - at))
                continue
            if share is not self._share or self._lapsed:
                if self._share is not None and not self._lapsed:  # what was due before is still its own
                    self._offer(arrivals, math.inf, share.since, now)
                # of the share that has lapsed nothing is made up for; one that is new was nobody else's
                since = max(at, share.since) if share == self._share else share.since
                arrivals.take(Share(share.index, share.of, since))
                self._share, self._lapsed = share, False
            later = next((one.since for one in upcoming if one.since > share.since), None)
            self._offer(arrivals, at, later, now)
            self.purge(now)
            due = arrivals.due if later is None or arrivals.is_before(later) else max(arrivals.due, later)
            wait = min(due - (perf_counter() - self._zero), LONGEST_SLEEP)
            gevent.sleep(max(0.0, wait))  # others have their turn, however much there is to offer

    def _offer(self, arrivals: Arrivals, at: float, before: float | None, now: float) -> None:
        """Offer what is due ``at`` some second, and none of a share that holds from ``before`` on."""
        for _ in range(MOST_AT_ONCE):
            if arrivals.due > at or (before is not None and not arrivals.is_before(before)):
                break
            self.offer(self._zero + arrivals.due, now)
            arrivals.advance()

    def offer(self, due: float, now: float) -> None:
        """Offer an iteration to the class whose turn it is: they take turns in proportion to their weights.

        A class that has no users in this process has no turn, unless none has any. It needs a permit where there are
        some.
        """
        if self.permits is not None and not self.permits.reserve():
            self.pending.append(due)
            return
        best: Queue | None = None
        total = 0.0
        for queue in self._able():
            total += queue.weight
            queue.weighed += queue.weight
            if best is None or queue.weighed > best.weighed:
                best = queue
        if best is None:
            self._drop(1)
            return
        best.weighed -= total
        best.put(due, now)

    def offer_again(self, *, more: bool) -> None:
        """Offer what waits for permits, now that some may be here; where there are no ``more``, it is not needed."""
        now = perf_counter()
        for _ in range(min(len(self.pending), self.permits.free if self.permits else 0)):
            self.offer(self.pending.popleft(), now)
        if not more:
            self.pending.clear()

    def _drop(self, count: int) -> None:
        self.dropped += count
        if self.permits is not None and count:
            self.permits.free_again(count)

    def _able(self) -> list[Queue]:
        queues = list(self.queues.values())
        return [queue for queue in queues if queue.idle or queue.busy] or queues

    def purge(self, now: float) -> None:
        """Drop those who have lost patience, and note how many users are missing."""
        short = 0
        for queue in self.queues.values():
            short += queue.short
            if queue.waiting:
                self._drop(queue.drop_before(now - self.patience))
        while self.pending and self.pending[0] < now - max(self.patience, LEAST_PATIENCE):
            self.pending.popleft()
            self.dropped += 1
        self.short = max(self.short, short)

    def take(self, user: str) -> float:
        """Wait for an iteration, as one more user of that class; return how late it begins, in milliseconds."""
        queue = self.queues[user]
        due, noticed = queue.get()
        now = perf_counter()
        self.lateness.append((min(now, noticed) - due) * 1000)
        queue.busy += 1
        return (now - due) * 1000

    def give_back(self, user: str) -> None:
        """End an iteration of a user of that class."""
        self.queues[user].busy -= 1

    def read(self) -> tuple[Sequence[float], int, int]:
        """Return the lateness, the dropped iterations and the users missing since the last call."""
        found = self.lateness, self.dropped, self.short
        self.lateness, self.dropped, self.short = [], 0, 0
        return found
