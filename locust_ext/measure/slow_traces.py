"""The slowest requests of this process that carry a trace, gathered as their events come.

Law: it hears events only in a run whose requests carry traces. One that is not slower than the five slowest of its
endpoint costs a look into a dictionary and a comparison; of the others it is asked what they carried. Nothing here
raises, and nothing keeps an answer alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any, NamedTuple

from locust_ext.measure.event import number_of
from locust_ext.measure.phases import PhaseLog
from locust_ext.measure.series import Hide, as_it_is, readable
from locust_ext.measure.traced_requests import MOST_OF_AN_ENDPOINT
from locust_ext.measure.traces_told import LONGEST, MOST_IDS, MOST_TOLD
from locust_ext.process.wire import MOST_SECONDS

MOST_ENDPOINTS = 200
"""Endpoints that have room of their own on a process; the others share one."""

LONGEST_KEY = 1000
"""Characters of a name that is a key here; one that is longer has no room of its own."""

_SHARED = ("", "")

Find = Callable[[Any, Any, float], str]
"""Returns the id of the trace that a request carried, ``""`` for none: by its response, its exception, and when it
began, of ``perf_counter``."""


class _Kept(NamedTuple):
    duration: float
    began: float
    name: str
    method: str
    phase: str
    status: str
    trace_id: str
    lost: bool


class SlowTraces:
    """Gathers them; ``hide`` takes secrets out of names."""

    def __init__(self, phases: PhaseLog, hide: Hide = as_it_is) -> None:
        self._phases, self._hide = phases, hide
        self.find: Find = _nothing
        self._floors: dict[tuple[str, str], float] = {}
        """By endpoint: what a request must have lasted longer than, in milliseconds, to be one of its slowest."""
        self._kept: dict[tuple[str, str], list[_Kept]] = {}
        self._new: list[_Kept] = []
        self.failed = ""
        """The id of the trace that the last request that failed carried; ``""``: none."""

    def on_request(  # noqa: PLR0917 Locust names its arguments
        self,
        request_type: str = "",
        name: str = "",
        response_time: float | None = None,
        response: Any = None,
        context: object = None,  # noqa: ARG002 named, since gathering it into a dictionary costs more
        exception: BaseException | None = None,
        response_length: object = 0,  # noqa: ARG002
        start_time: object = 0,  # noqa: ARG002
        url: object = "",  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Hear of one request."""
        try:
            if exception is not None:
                self.failed = ""
                self.failed = self._carried(response, exception, response_time)
            if response_time > self._floors.get((request_type, name), -1.0):  # type: ignore[operator]
                self._look(request_type, name, response_time, response, exception)
        except Exception:  # noqa: BLE001, S110 whatever a client hands over; the recorder counts what makes no sense
            pass

    def _look(self, method: Any, name: Any, response_time: Any, response: Any, exception: Any) -> None:
        key, now = self._key(method, name), perf_counter()
        duration = number_of(response_time)
        if duration is None or duration <= self._floors.get(key, -1.0):
            return
        began = now - duration * 0.001
        trace_id = self.find(response, exception, began)
        if trace_id:
            status = getattr(response, "status_code", None) or getattr(exception, "cause", None)
            said = readable(status) if isinstance(status, (int, str)) else ""
            texts = self._texts(name, method, self._phases.at(began))
            self._keep(key, _Kept(duration, began, *texts, said, trace_id, lost=False))

    def _carried(self, response: Any, exception: Any, response_time: Any) -> str:
        """Return the id of the trace that a failed request carried."""
        now = perf_counter()
        return self.find(response, exception, now - (number_of(response_time) or 0.0) * 0.001)

    def lose(self, begun: Any, at: float, trace_id: str) -> None:
        """Take a request that will never end, as was known at ``at``; of ``perf_counter``."""
        method, name, _ = begun.describe()
        texts = self._texts(name, method, begun.phase)
        self._keep(self._key(method, name), _Kept(begun.age(at), begun.began, *texts, "", trace_id, lost=True))

    def _texts(self, name: Any, method: Any, phase: str) -> tuple[str, str, str]:
        return readable(name, self._hide), readable(method, self._hide), readable(phase, self._hide)

    def _key(self, method: Any, name: Any) -> tuple[str, str]:
        """Return where a request has its room."""
        key = (method, name)
        has_room = len(self._floors) < MOST_ENDPOINTS and isinstance(name, str) and len(name) <= LONGEST_KEY
        return key if key in self._floors or has_room else _SHARED

    def _keep(self, key: tuple[str, str], one: _Kept) -> None:
        kept = self._kept.setdefault(key, [])
        kept.append(one)
        kept.sort(key=lambda other: -other.duration)
        self._new.append(one)
        if len(kept) > MOST_OF_AN_ENDPOINT:
            last = kept.pop()
            self._new = [other for other in self._new if other is not last]
        self._floors[key] = kept[-1].duration if len(kept) == MOST_OF_AN_ENDPOINT else -1.0

    def take(self, now: float) -> list[dict[str, Any]]:
        """Return the slowest of those that are new since the last call, as :class:`TracedTold` reads them."""
        new, self._new = sorted(self._new, key=lambda one: -one.duration)[:MOST_TOLD], []
        return [_told(one, now) for one in new]

    def clear(self) -> None:
        """Forget all of them: another run begins."""
        self._floors.clear()
        self._kept.clear()
        self._new.clear()


def losing(slow: SlowTraces, find: Callable[[Any, float], str]) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Return what to wrap around ``take_lost``: of the requests that are lost, those are kept that carried a trace."""

    def wrap(take_lost: Callable[[], tuple[Iterable[tuple[Any, float]], Any]]) -> Callable[[], Any]:
        def taken() -> tuple[Iterable[tuple[Any, float]], Any]:
            lost, samples = take_lost()
            for begun, at in lost:
                try:
                    if trace_id := find(begun, at):
                        slow.lose(begun, at, trace_id)
                except Exception:  # noqa: BLE001, S112 the name is looked up in user code
                    continue
            return lost, samples

        return taken

    return wrap


def noting(slow: SlowTraces) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what to wrap around how an error is noted, whose event was heard here first: its trace is kept with it."""

    def wrap(note: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*event: Any) -> Any:
            found, trace_id = note(*event), slow.failed
            if trace_id and len(found.traces) < MOST_IDS and trace_id not in found.traces:
                found.traces.append(trace_id)
            return found

        return noted

    return wrap


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


def _nothing(response: Any, exception: Any, began: float) -> str:  # noqa: ARG001
    return ""
