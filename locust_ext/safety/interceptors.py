"""The interceptors of one process: where its users' requests leave, safety looks, holds and marks.

Law: anyone who stands at a door sees every request, hop by hop: redirects, retries of the client's own, resends on a
connection that was reset. First comes the guard, then the turn, then the mark. A wait for the turn comes before the
client's clock starts; where it cannot, it is taken off what the clock says. No client is known here: each has a Door.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import gevent

from locust_ext.process.seam import Seam
from locust_ext.safety.acknowledgement import Acknowledgements
from locust_ext.safety.admission import Admission
from locust_ext.safety.guard import Blocked, Guard
from locust_ext.safety.origin import origin_of
from locust_ext.safety.repeats import Repeats
from locust_ext.safety.tenant import TenantHeaders

_DEEPEST = 32
"""Generations of greenlets that are asked whose child they are."""

Wrap = Callable[["Interceptors", Callable[..., Any]], Callable[..., Any]]
"""What puts a wrapper around a function of a client; called when the interceptors open, with what a run has then."""

Place = tuple[Any, str, Wrap]
"""A class or a module of a client, the name of a function of it, and what to put around that."""


class Door(Protocol):
    """The way by which the requests of one client leave: its places, by what is done there.

    A place at which something is done twice is wrapped in the order of these tables: the last one sees it first.
    """

    @property
    def marks(self) -> Sequence[Place]:
        """Where each hop of a request gets its mark."""

    @property
    def guards(self) -> Sequence[Place]:
        """Where is looked at where each hop goes, before it does."""

    @property
    def turns(self) -> Sequence[Place]:
        """Where requests wait for their turn, mostly before the client's clock starts."""

    @property
    def answers(self) -> Sequence[Place]:
        """Where answers come in."""

    @property
    def repeats(self) -> Sequence[Place]:
        """Where what the guard is going to block waits, before the client's clock starts."""

    @property
    def exits(self) -> Sequence[tuple[Any, str]]:
        """What all that leaves passes: shut between runs."""


class Interceptors:
    """The interceptors of one process, at the ``doors`` of its clients while a run lasts."""

    def __init__(self, environment: Any, admission: Admission, doors: Sequence[Door]) -> None:
        self._environment, self.admission = environment, admission
        self.mark: TenantHeaders | None = None
        self.guard: Guard | None = None
        self.acks: Acknowledgements | None = None
        self.mark_too: Callable[[str], TenantHeaders | None] = lambda _: None
        """Returns the mark for one more host."""
        self.is_waiting = False
        """Whether requests may have to wait for their turn."""
        self._open: list[Seam] = []
        self._marking = tuple(self._seams(place for door in doors for place in door.marks))
        self._guarding = tuple(self._seams(place for door in doors for place in door.guards))
        self._asking = tuple(self._seams(place for door in doors for place in door.turns))
        self._looking = tuple(self._seams(place for door in doors for place in door.answers))
        self._holding = tuple(self._seams(place for door in doors for place in door.repeats))
        self._repeats = Repeats(self.user_greenlet)
        self._telling = Seam(environment.events.request, "fire", functools.partial(_tell_without_the_wait, self))
        admission.on_late = lambda: self._stand_at(self._telling)
        admission.on_close, admission.is_locusts = self.shut, self._is_locusts

    def _seams(self, places: Iterable[Place]) -> Iterator[Seam]:
        for owner, name, wrap in places:
            yield Seam(owner, name, functools.partial(wrap, self))

    def open(
        self, *, mark: TenantHeaders | None, guard: Guard, acks: Acknowledgements | None = None, waits: bool = False
    ) -> None:
        """Stand at the doors from now on; ``waits``: requests may have to wait for their turn."""
        self.close()
        self.mark, self.guard, self.acks = mark, guard, acks
        self.is_waiting = waits
        self._take_turns(waits=waits)
        groups = ((self._marking, mark), (self._guarding, guard), (self._asking, waits), (self._looking, acks))
        for seams, wanted in groups:
            for seam in seams if wanted else ():
                self._stand_at(seam)

    def shut(self) -> None:
        """Let nobody through without asking the admission, which is closed, whatever the run began with."""
        self.is_waiting = True
        self._take_turns(waits=bool(self.guard))
        for seam in self._asking if self.guard else ():
            self._stand_at(seam)

    def _take_turns(self, *, waits: bool) -> None:
        """Let requests wait for their turn before they count as begun."""
        self.admission.begun.turn = self.admission.prepay if waits else None

    def _stand_at(self, seam: Seam) -> None:
        if seam not in self._open:
            seam.open()
            self._open.append(seam)

    def close(self) -> None:
        """Leave the doors; who came first goes last."""
        self._take_turns(waits=False)
        while self._open:
            self._open.pop().close()
        self.mark = self.guard = self.acks = None
        self.mark_too = lambda _: None

    def check(self, guard: Guard, url: str) -> None:
        """Raise Blocked where ``guard`` does, yielding first; from the first time on repeats wait before the clock."""
        try:
            guard.check(url)
        except Blocked:
            for seam in self._holding if self.guard is guard else ():  # else the run is over
                self._stand_at(seam)
            self._repeats.refuse()
            raise

    def learn(self, url: str) -> TenantHeaders | None:
        """Return the mark with the host of the user that sends, if ``url`` goes there and only its code knew it.

        The guard has let it pass before: it is not production.
        """
        host = self.home_of(url)
        mark = self.mark_too(host) if host else None
        if mark is None or not mark.origins.covers(url):
            return None
        self.mark = mark
        return mark

    def home_of(self, url: str) -> str:
        """Return the host of the user that sends, if ``url`` goes there; ``""``: it does not."""
        host = _host_of_user(self.user_greenlet())
        origin = origin_of(host)
        return host if origin is not None and origin == origin_of(url) else ""

    def expect(self, url: str) -> None:
        """Wait, before the client's clock starts, where the guard is going to block ``url``."""
        if self.guard is not None and self.guard.blocks(url):
            self._repeats.expect()

    def _is_locusts(self) -> bool:
        return gevent.getcurrent() in getattr(self._environment.runner, "greenlet", ())

    def is_users(self) -> bool:
        """Tell whether the current greenlet is a user's, or was started by one."""
        return self.user_greenlet() is not None

    def user_greenlet(self) -> Any:
        """Return the greenlet of the user that the current one is, or was started by; None where it is nobody's."""
        users = self._environment.runner.user_greenlets
        finishing = getattr(self._environment, "locust_ext_finishing", ())
        greenlet: Any = gevent.getcurrent()
        for _ in range(_DEEPEST):
            if greenlet is None or greenlet in users or greenlet in finishing:
                return greenlet
            parent = getattr(greenlet, "spawning_greenlet", None)
            greenlet = parent() if parent is not None else None
        return None


def _host_of_user(greenlet: Any) -> str:
    """Return where the user of a greenlet sends its requests; ``""`` where it does not say."""
    try:
        user = greenlet.args[0]
        host = getattr(getattr(user, "client", None), "base_url", None) or user.host
    except Exception:  # noqa: BLE001 nobody's greenlet, or code of the user's that raises
        return ""
    return host if isinstance(host, str) else ""


def _tell_without_the_wait(interceptors: Interceptors, fire: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the request event: what was waited within the measurement is not the target's."""
    settle = interceptors.admission.settle

    def fired(**event: Any) -> None:
        if late := settle():
            _take_off(event, late)
        fire(**event)

    return fired


def _take_off(event: dict[str, Any], seconds: float) -> None:
    if event.get("response_time") is not None:
        event["response_time"] = max(0.0, event["response_time"] - seconds * 1000)
