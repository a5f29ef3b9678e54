"""Requests that have begun and are in no figure yet: Locust fires an event when a request ends, and not all of them do.

Law: whatever begins is noted, and struck off when its event is recorded; what is killed, given up or forgotten is
lost, and took at least as long as it had been open. Beginning one costs an object and an entry of a dictionary; names
and tags are looked up only for those that are asked for.

::

    begin --event--> end                        recorded, and no longer of interest
          --killed, given up--> lose            at least its age, outcome unknown
          --answered--> hand over --event--> end
                                  --the response is thrown away--> lost: its `with` was forgotten, or left by a jump
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any, NamedTuple, Protocol

MARK = "_locust_ext_begun"
"""The attribute of a response that carries the request until its event comes."""

CONNECTS = "_locust_ext_connects"
"""The attribute of a greenlet that connects a WebSocket: the request that it has begun, while others begin theirs."""

LOSES = "_locust_ext_loses"
"""The attribute of an exception that ended a user in the middle of a request."""

MOST_OPEN = 100_000
"""Open requests that are remembered one by one; a process has far fewer users."""


class Sample(NamedTuple):
    """What is known of an open request: metric, tags, the milliseconds that it took at least, and how often."""

    metric: str
    tags: Mapping[str, object]
    age: float
    times: int = 1


class Open(Protocol):
    """Something that has begun and has not ended."""

    def samples(self, now: float) -> Iterable[Sample]:
        """Return what is known of it at ``now``, in seconds of ``perf_counter``."""


class Begun:
    """One request that has begun; how its client calls it is looked up by the subclass of that client."""

    __slots__ = ("__weakref__", "_response", "answered", "began", "iteration", "phase")

    def __init__(self) -> None:
        self.began = perf_counter()
        self.phase = ""
        self.iteration: Any = None
        """The iteration that it belongs to, in open runs and in those of several scenarios."""
        self.answered: float | None = None
        """When its answer came, if only its result has still to be reported."""
        self._response: Any = None

    @property
    def user(self) -> Any:
        """The user that sent it, if one did."""
        return None

    def describe(self) -> tuple[str, object, Mapping[str, object]]:
        """Return its method (or type), its name, and the tags of its context."""
        raise NotImplementedError

    def known(self, now: float) -> Iterable[Sample] | None:  # noqa: ARG002
        """Return what is known of it at ``now``, where it is not a request; None: it is one."""
        return None

    @property
    def is_forgotten(self) -> bool:
        """Whether nobody can report its result any more."""
        return self.answered is not None and self._response() is None

    @property
    def is_told(self) -> bool:
        """Whether its event was recorded already, and only its listeners are still at work."""
        return False

    @property
    def encloses(self) -> bool:
        """Whether user code is at work within it: it may be waiting for requests that begin now."""
        return self.answered is not None

    def age(self, now: float) -> float:
        """Return the milliseconds that it has taken at least."""
        return ((now if self.answered is None else self.answered) - self.began) * 1000


class OpenRequests:
    """The open requests of one process, and those that were lost since they were last read."""

    def __init__(self) -> None:
        self.opened: dict[Any, None] = {}
        """In the order in which they began."""
        self.unreported = 0
        """At least as many of them have been answered; 0 spares the request path a look."""
        self.lost: list[tuple[Any, float]] = []
        """Those that will never end, and when that was known."""
        self.lost_samples: list[Sample] = []
        """What else will never end, and how long it had lasted."""
        self.turn: Callable[[Any], object] | None = None
        """What lets a user wait for its turn, under a cap: that time is before the request begins."""
        self.leaving: dict[Any, bool] = {}
        """Users that are on their way out; True: they may begin nothing."""
        self.bar: Callable[[Any], object] = lambda _: None
        """What a request asks whose user may be leaving; it raises if that is so."""
        self.said_open = False
        """Whether the last report told of any."""
        self.others: dict[object, Open] = {}
        """What else is waited for, such as the next message of a WebSocket."""

    def begin(self, begun: Any) -> None:
        """Note that a request has begun."""
        self.opened[begun] = None

    def end(self, begun: Any) -> None:
        """Strike off a request whose event was recorded; a second time it does nothing."""
        self.opened.pop(begun, None)

    def lose(self, begun: Any) -> None:
        """Note that a request will never end: it was killed, or given up."""
        if begun in self.opened:
            del self.opened[begun]
            if len(self.lost) < MOST_OPEN:
                self.lost.append((begun, perf_counter()))

    def lose_sample(self, sample: Sample) -> None:
        """Note something else that will never end, such as a silence that outlived its user."""
        if len(self.lost_samples) < MOST_OPEN:
            self.lost_samples.append(sample)

    def sweep(self) -> None:
        """Strike off those whose event is being told, and find the answered ones that nobody can report any more."""
        for begun in [one for one in self.opened if one.is_told]:
            self.end(begun)
        if self.unreported:
            for begun in [one for one in self.opened if one.is_forgotten]:
                self.lose(begun)
            self.unreported = sum(one.answered is not None for one in self.opened)

    def clear(self) -> None:
        """Forget all of them: another run begins."""
        self.opened.clear()
        self.lost.clear()
        self.lost_samples.clear()
        self.others.clear()
        self.unreported = 0
        self.said_open = False

    def close(self) -> None:
        """Give up all that are still open: the run is judged now."""
        self.sweep()
        for begun in list(self.opened):
            self.lose(begun)

    def of(self, user: Any) -> bool:
        """Tell whether ``user`` has a request that has begun and not ended."""
        return any(begun.user is user for begun in self.opened)

    def users(self) -> set[Any]:
        """Return the users that have open requests."""
        return {begun.user for begun in self.opened} - {None}

    def take_lost(self) -> tuple[list[tuple[Any, float]], list[Sample]]:
        """Return the requests that were lost since the last call, each with when that was known, and what else was."""
        lost, samples = self.lost, self.lost_samples
        self.lost, self.lost_samples = [], []
        return lost, samples
