"""The slowest requests of a run that carry a trace: what they were, when, and by which id a team's tracing knows them.

Law: pure and bounded: at most five of an endpoint and fifty in all. Which are kept does not depend on the order in
which processes tell of them, nor on how often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from locust_ext.measure.traces_told import MOST_TOLD, TracedTold
from locust_ext.text.frozen import dataclass

MOST_OF_AN_ENDPOINT = 5
MOST_TRACED = MOST_TOLD


@dataclass(frozen=True)
class TracedRequest:
    """A request that carried a trace."""

    name: str
    method: str
    """Or the type, where it is not HTTP."""
    phase: str
    """In which it began."""
    status: str
    """Empty where no answer came."""
    duration: float
    """Milliseconds; of one that is lost, at least so many."""
    at: float
    """When it began, in seconds of the run."""
    trace_id: str
    lost: bool = False
    """Whether it never came back."""

    @property
    def endpoint(self) -> tuple[str, str]:
        """What it shares its room with."""
        return self.method, self.name

    def renamed(self, hide: Callable[[str], str]) -> TracedRequest:
        """Return it with what ``hide`` makes of its texts."""
        name, method, phase, status = map(hide, (self.name, self.method, self.phase, self.status))
        return replace(self, name=name, method=method, phase=phase, status=status, trace_id=hide(self.trace_id))


def slowest(requests: Iterable[TracedRequest]) -> tuple[TracedRequest, ...]:
    """Return those that are kept of some, the slowest first; what tells of the same trace is one."""
    found: list[TracedRequest] = []
    room: Counter[tuple[str, str]] = Counter()
    known: set[tuple[str, str, str]] = set()
    for one in sorted(requests, key=_rank):
        trace = (*one.endpoint, one.trace_id)
        if len(found) < MOST_TRACED and room[one.endpoint] < MOST_OF_AN_ENDPOINT and trace not in known:
            found.append(one)
            room[one.endpoint] += 1
            known.add(trace)
    return tuple(found)


def _rank(one: TracedRequest) -> tuple[object, ...]:
    return -one.duration, one.at, one.trace_id, one.name, one.method, one.phase, one.status, one.lost


class TracedRequests:
    """Those of one run so far, of all its processes; ``hide`` takes secrets out of what is told."""

    def __init__(self, hide: Callable[[str], str]) -> None:
        self._hide = hide
        self._kept: tuple[TracedRequest, ...] = ()

    def add(self, told: Iterable[TracedTold], now: float) -> None:
        """Add what a process tells at ``now``, in seconds of the run."""
        new = [self._read(one, now) for one in told]
        if new:
            self._kept = slowest([*self._kept, *new])

    def all(self) -> tuple[TracedRequest, ...]:
        """Return all that are kept, the slowest first."""
        return self._kept

    def _read(self, told: TracedTold, now: float) -> TracedRequest:
        at = max(0.0, now - told.age)
        return TracedRequest(
            told.name, told.method, told.phase, told.status, told.duration, at, told.trace_id, told.lost
        ).renamed(self._hide)
