"""The slowest requests of this process that carry a trace, gathered as their durations come.

Law: only a run whose requests carry traces has lists of durations that look at what is appended to them. A request that
is not slower than the five slowest of its endpoint costs a comparison; of the others it is asked what they carried.
Nothing here raises, and nothing keeps an answer alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from locust_ext.measure.event import number_of
from locust_ext.measure.series import Hide, as_it_is, readable
from locust_ext.measure.traced_requests import MOST_OF_AN_ENDPOINT
from locust_ext.measure.traces_told import LONGEST, MOST_IDS, MOST_TOLD
from locust_ext.process.wire import MOST_SECONDS

MOST_ENDPOINTS = 200
"""Endpoints that have room of their own on a process; the others share one."""

Durations = list[float | None]


class Traces(Protocol):
    """Tells which traces requests carried."""

    def of_event(self, name: object, milliseconds: float | None) -> str:
        """Return the id of the trace of the request whose event is told now; ``""``: none."""

    def of_failed(self, name: object, response: Any, exception: Any) -> str:
        """Return that of one that failed."""


class _Kept(NamedTuple):
    duration: float
    began: float
    name: str
    method: str
    phase: str
    status: str
    trace_id: str
    lost: bool


class Room:
    """The slowest of one endpoint."""

    __slots__ = ("floor", "kept")

    def __init__(self) -> None:
        self.floor = -1.0
        """Milliseconds that a request must have lasted longer than, to be one of them."""
        self.kept: list[_Kept] = []


class Watched(Durations):
    """Durations of one kind of requests, each of which is looked at as it is appended."""

    __slots__ = ("_look", "_room")

    def __init__(self, room: Room, look: Callable[[Any], None]) -> None:
        super().__init__()
        self._room, self._look = room, look

    def append(self, milliseconds: float | None) -> None:
        """Append one."""
        _append(self, milliseconds)
        try:
            if milliseconds > self._room.floor:  # type: ignore[operator]
                self._look(milliseconds)
        except Exception:  # noqa: BLE001, S110 whatever a client hands over; the tally counts what makes no sense
            pass


_append = Durations.append


class SlowTraces:
    """Gathers them by a monotonic ``clock``; ``hide`` takes secrets out of names."""

    def __init__(self, clock: Callable[[], float], hide: Hide = as_it_is) -> None:
        self._clock, self._hide = clock, hide
        self.traces: Traces | None = None
        """None: no request carries any."""
        self._rooms: dict[tuple[str, str], Room] = {}
        self._shared = Room()
        self._new: list[_Kept] = []

    def durations(self, method: object, name: object, status: object, phase: str) -> Durations:
        """Return a list for the durations of one kind of requests."""
        traces = self.traces
        if traces is None:
            return []
        where = readable(name, self._hide), readable(method, self._hide)
        room, said = self._room(where), readable(status) if status else ""

        def look(milliseconds: Any) -> None:
            trace_id = traces.of_event(name, milliseconds)
            if trace_id and (duration := number_of(milliseconds)) is not None:
                began = self._clock() - duration * 0.001
                self._keep(room, _Kept(duration, began, *where, readable(phase), said, trace_id, lost=False))

        return Watched(room, look)

    def lose(self, begun: Any, at: float, trace_id: str) -> None:
        """Take a request that will never end, as was known at ``at``; of the clock."""
        method, name, _ = begun.describe()
        where = readable(name, self._hide), readable(method, self._hide)
        one = _Kept(begun.age(at), begun.began, *where, readable(begun.phase), "", trace_id, lost=True)
        self._keep(self._room(where), one)

    def _room(self, where: tuple[str, str]) -> Room:
        room = self._rooms.get(where)
        if room is None:
            if len(self._rooms) >= MOST_ENDPOINTS:
                return self._shared
            room = self._rooms[where] = Room()
        return room

    def _keep(self, room: Room, one: _Kept) -> None:
        if one.duration <= room.floor:
            return
        room.kept.append(one)
        room.kept.sort(key=_duration, reverse=True)
        self._new.append(one)
        if len(room.kept) > MOST_OF_AN_ENDPOINT:
            last = room.kept.pop()
            self._new = [other for other in self._new if other is not last]
        room.floor = room.kept[-1].duration if len(room.kept) == MOST_OF_AN_ENDPOINT else -1.0

    def take(self, now: float) -> list[dict[str, Any]]:
        """Return the slowest of those that are new since the last call, as :class:`TracedTold` reads them."""
        new, self._new = sorted(self._new, key=_duration, reverse=True)[:MOST_TOLD], []
        return [_told(one, now) for one in new]

    def clear(self) -> None:
        """Forget all of them: another run begins."""
        self._rooms.clear()
        self._shared = Room()
        self._new.clear()


def losing(slow: SlowTraces, find: Callable[[Any], str]) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Return what to wrap around ``take_lost``: of the requests that are lost, those are kept that carried a trace."""

    def wrap(take_lost: Callable[[], tuple[Iterable[tuple[Any, float]], Any]]) -> Callable[[], Any]:
        def taken() -> tuple[Iterable[tuple[Any, float]], Any]:
            lost, samples = take_lost()
            for begun, at in lost:
                try:
                    if trace_id := find(begun):
                        slow.lose(begun, at, trace_id)
                except Exception:  # noqa: BLE001, S112 the name is looked up in user code
                    continue
            return lost, samples

        return taken

    return wrap


def noting(traces: Traces) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around how an error is noted: the traces of the first of its kind are kept with it."""

    def wrap(note: Callable[..., Any]) -> Callable[..., Any]:
        def noted(method: object, name: object, status: object, exception: object, response: object, now: float) -> Any:
            found = note(method, name, status, exception, response, now)
            if len(found.traces) < MOST_IDS:
                try:
                    trace_id = traces.of_failed(name, response, exception)
                except Exception:  # noqa: BLE001 a response of anybody's making
                    return found
                if trace_id and trace_id not in found.traces:
                    found.traces.append(trace_id)
            return found

        return noted

    return wrap


def _duration(one: _Kept) -> float:
    return one.duration


def _told(one: _Kept, now: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "method": one.method,
        "phase": one.phase,
        "status": one.status,
        "duration": min(max(0.0, float(one.duration)), LONGEST),
        "age": min(max(0.0, now - one.began), MOST_SECONDS),
        "trace_id": one.trace_id,
    }
    return {**told, "lost": True} if one.lost else told
