"""What an instance of the target was over time: rates of its counters, its restarts, and its series, thinned.

Law: pure and bounded, whatever the length of the run; time is handed in, in seconds of the run, and never goes back.
Nothing is dropped: where there are too many points, neighbours are merged, but not across a restart.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from locust_ext.measure.interval_history import History
from locust_ext.measure.sinks import MOST_VALUE
from locust_ext.probes.series import CPU, MAX_FDS, OPEN_FDS, START_TIME
from locust_ext.text.frozen import dataclass

MOST_POINTS = 1024
"""Points of a series; beyond, neighbours are merged."""

MOST_RESTARTS = 250
"""Restarts that are kept as the edges that they are; further ones are counted."""

SAME = 1.0
"""Seconds by which two start times of the same process may differ: clients round."""

MOST_FOLLOWED = 80
"""Series of one instance that nobody asked for."""

MOST_STARTS = 64
"""Start times that are remembered."""

MIXED = "several processes answer at this address, one at a time: read each of them by an address of its own"
"""What is said where start times come back that were replaced by others."""


@dataclass(frozen=True)
class Reading:
    """The value of a series, the sum of so many label sets or processes; ``counts``: it only grows."""

    value: float
    counts: bool = False
    parts: int = 1


@dataclass(frozen=True)
class Read:
    """What was read at once."""

    values: Mapping[str, Reading]
    troubles: Mapping[str, str] = field(default_factory=dict)
    """What was wrong with a series that was there, by its name: the end of a sentence."""
    size: int = 0
    """Bytes."""


class Course:
    """One series over time."""

    __slots__ = ("_at", "_pending", "_stride", "_sum", "_times", "_values")

    def __init__(self) -> None:
        self._times, self._values = array("d"), array("d")
        self._stride, self._pending, self._at, self._sum = 1, 0, 0.0, 0.0

    def __len__(self) -> int:
        return len(self._times)

    @property
    def stride(self) -> int:
        """How many reads a point covers."""
        return self._stride

    def add(self, at: float, value: float, edges: Sequence[float] = ()) -> None:
        """Add a reading; ``edges`` are the moments across which nothing is merged."""
        if self._pending and _is_between(edges, self._at / self._pending, at):
            self._close(edges)
        self._at, self._sum, self._pending = self._at + at, self._sum + value, self._pending + 1
        if self._pending >= self._stride:
            self._close(edges)

    def _close(self, edges: Sequence[float]) -> None:
        self._times.append(self._at / self._pending)
        self._values.append(self._sum / self._pending)
        self._at, self._sum, self._pending = 0.0, 0.0, 0
        if len(self._times) >= MOST_POINTS:
            self._thin(edges)

    def _thin(self, edges: Sequence[float]) -> None:
        times, values = array("d"), array("d")
        index = 0
        while index < len(self._times):
            two = index + 1 < len(self._times)
            if two and not _is_between(edges, self._times[index], self._times[index + 1]):
                times.append((self._times[index] + self._times[index + 1]) / 2)
                values.append((self._values[index] + self._values[index + 1]) / 2)
                index += 2
            else:
                times.append(self._times[index])
                values.append(self._values[index])
                index += 1
        self._times, self._values, self._stride = times, values, self._stride * 2

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Seconds since the start of the run, and values; the latest, too."""
        last = [(self._at / self._pending, self._sum / self._pending)] if self._pending else []
        return (*zip(self._times, self._values, strict=True), *last)


def _is_between(edges: Sequence[float], earlier: float, later: float) -> bool:
    """Tell whether an edge lies after ``earlier`` and not after ``later``."""
    index = bisect_right(edges, earlier)
    return index < len(edges) and edges[index] <= later


class InstanceReadings:
    """One instance, reading by reading; ``interval`` are the seconds between two.

    What is ``asked`` for is followed in any case, and of the rest no more than so many series.
    """

    def __init__(self, interval: float, asked: Collection[str] = ()) -> None:
        self._interval, self._asked = interval, frozenset(asked)
        self._counts: dict[str, tuple[float, float]] = {}
        self._courses: dict[str, Course] = {}
        self._starts: list[float] = []
        self._latest = -1.0
        self.restarts: list[float] = []
        self.restarted = 0
        """How often its process began again; more than are kept, where that is often."""
        self.limit: float | None = None
        """How many descriptors it may have."""
        self.is_mixed = False
        """Whether several processes answer in its place."""
        self.has_too_many = False
        """Whether there were more series than are followed: its names change."""

    def take(self, at: float, values: Mapping[str, Reading]) -> dict[str, float]:
        """Take what was read ``at`` seconds into the run; return the series' values, counters as rates a second."""
        if at <= self._latest:
            return {}  # the run has ended meanwhile, and its clock stands still
        self._latest = at
        if self._has_begun_again(values):
            self.restarted += 1
            self._counts.clear()
            if len(self.restarts) < MOST_RESTARTS:
                self.restarts.append(at)
        limit = values.get(MAX_FDS)
        self.limit = limit.value if limit is not None and limit.parts == 1 and limit.value > 0 else None
        found: dict[str, float] = {}
        for name, reading in values.items():
            if not self._follows(name):
                continue
            value = self._rate(name, at, reading.value) if reading.counts else reading.value
            if value is not None:
                found[name] = value
                self._courses.setdefault(name, Course()).add(at, value, self.restarts)
        return found

    def _follows(self, name: str) -> bool:
        """Tell whether a series is followed; a new one is from now on, where there is room."""
        if name in self._asked or name in self._courses:
            return True
        if len(self._courses) >= MOST_FOLLOWED:
            self.has_too_many = True
            return False
        self._courses[name] = Course()
        return True

    def _rate(self, name: str, at: float, value: float) -> float | None:
        before, self._counts[name] = self._counts.get(name), (at, value)
        if before is None or value < before[1]:
            return None
        rate = (value - before[1]) / (at - before[0])
        return rate if rate < MOST_VALUE else None

    def _has_begun_again(self, values: Mapping[str, Reading]) -> bool:
        start = values.get(START_TIME)
        if start is None:  # what else goes back when a process begins again
            used, before = values.get(CPU), self._counts.get(CPU)
            return not self._starts and used is not None and before is not None and used.value < before[1]
        starts, now = self._starts, start.value
        if starts and abs(now - starts[-1]) <= SAME:
            starts[-1] = now  # a clock that is set slowly takes it along
            return False
        if any(abs(now - earlier) <= SAME for earlier in starts):
            self.is_mixed = True
        self._starts = [*starts[-MOST_STARTS + 1 :], now]
        return bool(starts)

    @property
    def series(self) -> tuple[str, ...]:
        """The series that were read."""
        return tuple(name for name, course in self._courses.items() if course.points)

    def limit_of(self, series: str) -> float | None:
        """Return the value at which a series breaks, where the instance says it."""
        return self.limit if series == OPEN_FDS else None

    def history(self, series: str) -> History:
        """Return a series over time; without points where it was never read."""
        course = self._courses.get(series)
        if course is None or not course.points:
            return History(interval=self._interval)
        return History(course.points, tuple(self.restarts), self._interval * course.stride)
